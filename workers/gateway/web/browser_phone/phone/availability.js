/** How people are: the words and signs of a phone for the values of the engine. */

import { COLOURS } from "./painter.js";

/** @type {Record<string, {words: string, icon: string, colour: string}>} */
export const AVAILABILITY = {
  AVAILABLE: { words: "available", icon: "available", colour: COLOURS.available },
  NOT_AVAILABLE: { words: "away", icon: "away", colour: COLOURS.away },
  DISCREET: { words: "busy", icon: "busy", colour: COLOURS.busy },
  OFFLINE: { words: "offline", icon: "offline", colour: COLOURS.offline },
};

/** What one can say of oneself. */
export const OWN = ["AVAILABLE", "NOT_AVAILABLE", "DISCREET"];

/** @param {string | undefined} availability of a contact; of somebody who is none, nothing is known */
export function availabilityOf(availability) {
  return AVAILABILITY[availability] ?? AVAILABILITY.OFFLINE;
}
