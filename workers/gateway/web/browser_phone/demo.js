/** The page /demo: one phone, and the protocol beside it. The phone does not wait for what is beside it. */

import { ImpsClient } from "./engine/client.js";
import { HANDSETS } from "./engine/handsets.js";
import { Phone } from "./phone/phone.js";

const data = JSON.parse(document.getElementById("page-data").textContent);
const [place, beside] = [document.getElementById("phone"), document.getElementById("inspector")];
let inspector = null;
/** What helps stands above the protocol in windows of this width, as in demo.css. */
const NARROW = matchMedia("(max-width: 1499px)");
const help = document.querySelector(".demo-help details");
place.addEventListener("client", ({ detail }) => inspector?.follow(detail, "phone"));
place.addEventListener("client", ({ detail }) => detail.addEventListener("message", foldHelp));
const phone = new Phone(place, {
  makeClient: (handset) => new ImpsClient({ url: data.imps_url, handset }),
  handsets: Object.values(HANDSETS),
  accounts: data.accounts,
  domain: data.domain,
  keyboard: document,
});
phone.focus();

/** Who has written something knows the way, and may open the help again. */
function foldHelp({ target, detail }) {
  if (!detail.message.mine) return;
  target.removeEventListener("message", foldHelp);
  if (NARROW.matches) help.open = false;
}

try {
  const { Inspector } = await import("./inspector/inspector.js");
  inspector = new Inspector(beside);
  if (phone.client) inspector.follow(phone.client, "phone");
} catch (error) {
  beside.textContent = `The protocol cannot be shown: ${error.message}`;
}
