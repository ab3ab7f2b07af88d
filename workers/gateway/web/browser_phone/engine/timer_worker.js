// Keeps time for a page. Browsers slow the timers of a hidden page down to one a minute; those of its workers go on.

onmessage = ({ data: { id, ms } }) => setTimeout(() => postMessage(id), ms);
