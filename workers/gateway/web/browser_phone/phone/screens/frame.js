/** The whole screen: signal, envelope, time and battery above, then title, content, and the words of the soft keys. */

import { COLOURS, LINE_HEIGHT } from "../painter.js";
import { clock } from "./clock.js";
import { drawSoftKeys, drawTitle, SOFT_HEIGHT, TITLE_HEIGHT } from "./screen.js";

const STATUS_HEIGHT = 11;

/**
 * @param {import("../painter.js").Painter} painter
 * @param {import("./screen.js").Screen} screen
 * @param {{time: number, signal: number, unread: boolean, banner: string}} state
 */
export function drawAll(painter, screen, { time, signal, unread, banner }) {
  painter.rect(0, 0, painter.width, painter.height, COLOURS.paper);
  drawStatus(painter, { time, signal, unread, withClock: Boolean(screen.title()) });
  let top = STATUS_HEIGHT;
  if (screen.title()) {
    drawTitle(painter, top, screen.title());
    top += TITLE_HEIGHT;
  }
  const bottom = painter.height - SOFT_HEIGHT;
  screen.draw(painter, top + (screen.title() ? 1 : 0), bottom);
  if (banner) drawBanner(painter, banner, bottom, signal > 0);
  drawSoftKeys(painter, screen.softKeys());
}

function drawStatus(painter, { time, signal, unread, withClock }) {
  painter.rect(0, 0, painter.width, STATUS_HEIGHT, COLOURS.soft);
  for (let bar = 0; bar < 4; bar++) {
    const height = 2 + bar * 2;
    painter.rect(3 + bar * 4, 9 - height, 3, height, bar < signal ? COLOURS.bar : COLOURS.line);
  }
  if (unread) painter.icon("envelope", 24, 2, COLOURS.bad);
  const right = painter.width - 3;
  painter.frame(right - 14, 2, 13, 7, COLOURS.ink);
  painter.rect(right - 1, 4, 2, 3, COLOURS.ink);
  for (let cell = 0; cell < 3; cell++) painter.rect(right - 12 + cell * 3, 4, 2, 3, COLOURS.bar);
  if (withClock) painter.text(0, -1, clock(time), COLOURS.ink, { align: "right", width: painter.width - 21 });
}

function drawBanner(painter, text, bottom, connected) {
  const top = bottom - LINE_HEIGHT - 6;
  painter.rect(2, top, painter.width - 4, LINE_HEIGHT + 4, COLOURS.note);
  painter.frame(2, top, painter.width - 4, LINE_HEIGHT + 4, COLOURS.quiet);
  painter.icon(connected ? "envelope" : "failed", 6, top + 4, connected ? COLOURS.bar : COLOURS.bad);
  painter.text(19, top + 2, text, COLOURS.ink, { width: painter.width - 24 });
}
