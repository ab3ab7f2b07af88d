// Documents as a file to keep: without passwords and digests, unless somebody wants them.

import { decode } from "../wire/codec.js";
import { make } from "./dom.js";
import { capture } from "./pcap.js";
import { withoutSecrets } from "./secrets.js";

/**
 * A pcap file.
 * @param {import("./document_log.js").LoggedDocument[]} documents
 * @param {boolean} areSecretsShown
 */
export function exportable(documents, areSecretsShown) {
  const shown = areSecretsShown ? documents : documents.map((each) => ({ ...each, bytes: hidden(each) }));
  return capture(shown, location.host);
}

/** Of a request that cannot be read nobody knows where its password is. @param {import("./document_log.js").LoggedDocument} document */
function hidden({ bytes, contentType, direction, error }) {
  if (bytes.length === 0 || (error && direction === "response")) {
    return bytes;
  }
  if (error) {
    return new Uint8Array(bytes.length);
  }
  const { spans, encoding } = decode(bytes, contentType);
  return withoutSecrets(bytes, spans, encoding);
}

/** Hands the browser a file to save. Returns what one does with it. @param {Uint8Array} data */
export function save(data) {
  const url = URL.createObjectURL(new Blob([data], { type: "application/vnd.tcpdump.pcap" }));
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "");
  const name = `onesoup-${stamp}.pcap`;
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
  return ["Saved. To read it: ", make("code", {}, `onesoup wire decode --annotate ${name}`)];
}
