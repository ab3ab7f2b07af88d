// What scrolls sideways is reached by the Tab key and moved by the arrow keys. Material does so for code alone, and only where there
// is a mouse.
const watcher = new ResizeObserver((seen) => {
  for (const { target } of seen) {
    if (target.scrollWidth > target.clientWidth) {
      target.tabIndex = 0;
    } else {
      target.removeAttribute("tabindex");
    }
  }
});

addEventListener("load", () => {
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) {
    table.setAttribute("role", "group");
    table.setAttribute("aria-label", "Table");
    watcher.observe(table);
  }
  for (const code of document.querySelectorAll("pre > code")) {
    watcher.observe(code);
  }
});
