// Renews the content of a page that asks for it: <main data-renew="10"> is fetched again every ten seconds. While somebody types,
// or has something selected, it stays as it is.
"use strict";

const main = document.querySelector("main[data-renew]");

function inUse() {
  const active = document.activeElement;
  const typing = main.contains(active) && active.matches("input, select, textarea, button, a, summary");
  return document.hidden || typing || String(document.getSelection()) !== "";
}

async function renew() {
  if (inUse()) return;
  const answer = await fetch(location.href, { headers: { "X-Console-Renewal": "1" } });
  if (answer.status === 401) {
    location.reload();
    return;
  }
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  if (!fresh || inUse()) return;
  main.replaceChildren(...fresh.childNodes);
  main.dataset.renew = fresh.dataset.renew;
}

if (main) {
  const again = () =>
    setTimeout(async () => {
      try {
        await renew();
        main.classList.remove("stale");
      } catch {
        main.classList.add("stale"); // the server is away, or does not work: what is shown grows old
      }
      again();
    }, Number(main.dataset.renew) * 1000);
  again();
}
