// The live trace: server-sent events become rows, the newest on top. The server says in its last event why it is over; when it
// goes away without a word, the browser connects again by itself.
"use strict";

const MOST_ROWS = 300;
const FRONT = ["at", "role", "what", "sid"];

const section = document.querySelector("[data-events]");
if (section) {
  const [start, stop] = ["trace-start", "trace-stop"].map((id) => document.getElementById(id));
  const [state, region] = ["trace-state", "trace-events"].map((id) => document.getElementById(id));
  const rows = region.querySelector("tbody");
  let source = null;

  function text(value) {
    return Array.isArray(value) ? value.join(", ") : String(value);
  }

  function clock(seconds) {
    return new Date(seconds * 1000).toISOString().slice(11); // UTC, as in the log: 14:57:31.837Z
  }

  function show(event) {
    const rest = Object.entries(event).filter(([name]) => !FRONT.includes(name));
    const told = rest.filter(([, value]) => value !== null && text(value) !== "");
    const more = told.map(([name, value]) => `${name}=${text(value)}`).join(" ");
    const row = rows.insertRow(0);
    for (const cell of [clock(event.at), event.role, event.what, event.sid || "-", more]) row.insertCell().textContent = text(cell);
    if (rows.rows.length > MOST_ROWS) rows.deleteRow(-1);
    region.hidden = false;
  }

  function end(why) {
    if (source) source.close();
    source = null;
    state.textContent = why;
    start.disabled = false;
    stop.disabled = true;
  }

  function begin() {
    source = new EventSource(section.dataset.events);
    state.textContent = "Asking all processes to tell ...";
    start.disabled = true;
    stop.disabled = false;
    source.addEventListener("following", (told) => {
      state.textContent = JSON.parse(told.data);
    });
    source.addEventListener("over", (told) => end(JSON.parse(told.data)));
    source.addEventListener("message", (told) => show(JSON.parse(told.data)));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) end("The console does not answer. Are you still logged in?");
      else state.textContent = "The connection is lost. Connecting again ...";
    });
  }

  start.addEventListener("click", begin);
  stop.addEventListener("click", () => end("Stopped."));
  start.parentElement.hidden = false;
}
