/** What a phone shows that lies on the table: the time, who is logged in, and whether something has come. And its main menu. */

import { COLOURS } from "../painter.js";
import { clock, day } from "./clock.js";
import { ContactsScreen } from "./contacts.js";
import { openConversation, TalksScreen } from "./chat.js";
import { GroupsScreen } from "./groups.js";
import { ListScreen } from "./list.js";
import { Screen } from "./screen.js";
import { OwnStatusScreen } from "./own_status.js";
import { TextScreen } from "./dialogs.js";
import { AVAILABILITY } from "../availability.js";

export class IdleScreen extends Screen {
  softKeys() {
    const unread = this.phone.session.unreadPeers();
    const show = { label: "Show", act: () => openConversation(this.phone, unread[0]) };
    const menu = { label: "Menu", act: () => this._menu() };
    return {
      left: unread.length ? show : menu,
      middle: unread.length ? menu : undefined,
      right: { label: "Contacts", act: () => this.phone.open(new ContactsScreen(this.phone)) },
    };
  }

  key(name) {
    if (name === "down" || name === "right") this.phone.open(new ContactsScreen(this.phone));
    else if (name === "up" || name === "left") this._menu();
    else if (name === "call") this.phone.open(new TalksScreen(this.phone));
    else return name === "end" || name === "clear" || name === "escape";
    return true;
  }

  draw(painter, top, bottom) {
    const { session } = this.phone;
    const room = painter.width - 8;
    const centre = { align: "middle", width: room };
    painter.rect(0, top, painter.width, bottom - top, "#dfeee7");
    drawHills(painter, top, bottom);
    painter.text(4, top + 8, clock(this.phone.now()), COLOURS.bar, { ...centre, scale: 3 });
    painter.text(4, top + 44, day(this.phone.now()), COLOURS.ink, centre);
    painter.text(4, top + 58, session.ownName, COLOURS.ink, { ...centre, bold: true });
    painter.text(4, top + 70, AVAILABILITY[session.own.availability].words, COLOURS.ink, centre);
    const news = session.news();
    if (!news) return;
    painter.rect(6, bottom - 28, painter.width - 12, 22, COLOURS.note);
    painter.frame(6, bottom - 28, painter.width - 12, 22, COLOURS.quiet);
    painter.icon("envelope", 11, bottom - 20, COLOURS.bar);
    painter.text(24, bottom - 23, news, COLOURS.ink, { width: painter.width - 34 });
  }

  lines() {
    const { session } = this.phone;
    const who = `${session.ownName}, ${AVAILABILITY[session.own.availability].words}`;
    return [clock(this.phone.now()), day(this.phone.now()), who, session.news() || "No new messages"];
  }

  said() {
    return `Idle. ${this.phone.session.news() || "No new messages"}`;
  }

  _menu() {
    this.phone.open(new MenuScreen(this.phone));
  }
}

/** The ways to everything. */
class MenuScreen extends ListScreen {
  title() {
    return "Menu";
  }

  rows() {
    const { phone } = this;
    const opens = (id, label, icon, Kind) => ({ id, label, icon, act: () => phone.open(new Kind(phone)) });
    const sounds = { id: "sounds", label: "Sounds", value: phone.sounds.on ? "on" : "off", icon: "sound" };
    return [
      opens("contacts", "Contacts", "person", ContactsScreen),
      opens("talks", "Messages", "envelope", TalksScreen),
      opens("groups", "Groups", "group", GroupsScreen),
      opens("status", "My status", "status", OwnStatusScreen),
      { ...sounds, act: () => phone.switchSounds() },
      { id: "about", label: "This phone", icon: "handset", act: () => phone.open(about(phone)) },
      { id: "leave", label: "Log out", icon: "leave", act: () => phone.logOut() },
    ];
  }
}

function about(phone) {
  const { handset, session } = phone;
  const { state } = session.client;
  const text = [
    handset.title,
    `CSP ${state.csp || handset.version} in ${(state.encoding || handset.encoding).toUpperCase()}`,
    `Screen ${handset.screen.width} x ${handset.screen.height}`,
    `User ${session.user}`,
    `Polls every ${state.pollEvery || "?"} s`,
    "Log out to change the handset.",
  ].join("\n");
  return new TextScreen(phone, { title: "This phone", text });
}

function drawHills(painter, top, bottom) {
  for (let x = 0; x < painter.width; x++) {
    const far = Math.round(16 + 7 * Math.sin(x / 17) + 3 * Math.sin(x / 6));
    painter.rect(x, bottom - far, 1, far, "#b5d6c6");
    const near = Math.round(9 + 5 * Math.sin(x / 23 + 2));
    painter.rect(x, bottom - near, 1, near, "#8fbfa9");
  }
}
