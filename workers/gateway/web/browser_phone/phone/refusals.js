/** Why something was refused, in words for the person who holds the phone. */

import { LOGIN_BEGINNINGS, LOGIN_REFUSALS, REFUSALS } from "./refusal_words.js";

/**
 * What a status code of CSP says.
 * @param {number | undefined} code none where no server has answered
 * @param {string} [description] what the server, or the browser, says itself
 */
export function refusalWords(code, description = "", atLogIn = false) {
  const begin = atLogIn && Object.keys(LOGIN_BEGINNINGS).find((each) => description.startsWith(each));
  if (begin) return `${capital(LOGIN_BEGINNINGS[begin])}${description.slice(begin.length)}.`;  // with the number of the block
  const words = (atLogIn && LOGIN_REFUSALS[code]) || REFUSALS[code];
  if (!words) return capital(description || "The server does not answer.");
  return `${capital(words)}.`;
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
