/** How people are: the words and signs of a phone for the values of CSP. */

import { COLOURS } from "./painter.js";

/** @type {Record<string, {words: string, icon: string, colour: string}>} */
export const AVAILABILITY = {
  AVAILABLE: { words: "available", icon: "available", colour: COLOURS.available },
  NOT_AVAILABLE: { words: "away", icon: "away", colour: COLOURS.away },
  DISCREET: { words: "busy", icon: "busy", colour: COLOURS.busy },
  "": { words: "offline", icon: "offline", colour: COLOURS.offline },
};

/** @param {string | undefined} availability a value of CSP, or none for somebody who is offline */
export function availabilityOf(availability) {
  return AVAILABILITY[availability ?? ""] ?? AVAILABILITY[""];
}
