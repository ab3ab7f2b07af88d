/** The page /demo: one phone, and the protocol beside it. The phone does not wait for what is beside it. */

import { ImpsClient } from "./engine/client.js";
import { HANDSETS } from "./engine/handsets.js";
import { Phone } from "./phone/phone.js";

const data = JSON.parse(document.getElementById("page-data").textContent);
const [place, beside] = [document.getElementById("phone"), document.getElementById("inspector")];
let inspector = null;
place.addEventListener("client", ({ detail }) => inspector?.follow(detail, "phone"));
const phone = new Phone(place, {
  makeClient: (handset) => new ImpsClient({ url: data.imps_url, handset }),
  handsets: Object.values(HANDSETS),
  accounts: data.accounts,
  domain: data.domain,
  keyboard: document,
});
phone.focus();

try {
  const { Inspector } = await import("./inspector/inspector.js");
  inspector = new Inspector(beside);
  if (phone.client) inspector.follow(phone.client, "phone");
} catch (error) {
  beside.textContent = `The protocol cannot be shown: ${error.message}`;
}
