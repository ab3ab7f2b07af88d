/** The time of day as the phone shows it. */

/** 14:05 for a time in ms. */
export function clock(ms) {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes()].map((each) => String(each).padStart(2, "0")).join(":");
}

/** Mon, 30 Nov 2026. */
export function day(ms) {
  return new Date(ms).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric" });
}
