/** Talking with one person or in a group, and the list of all talks. */

import { clip, measure, wrap } from "../font.js";
import { AVAILABILITY, availabilityOf } from "../availability.js";
import { COLOURS, fitted, LINE_HEIGHT } from "../painter.js";
import { isGroup } from "../session.js";
import { TextScreen } from "./dialogs.js";
import { EditScreen } from "./edit.js";
import { inviteTo, leave, MembersScreen } from "./group_actions.js";
import { ListScreen } from "./list.js";
import { PicturesScreen } from "./pictures.js";
import { drawScrollBar, Screen } from "./screen.js";
import { clock } from "./clock.js";

const STEP = 3 * LINE_HEIGHT;
const PICTURE_HEIGHT = 90;
const MOST_SHOWN = 100;
const [DELIVERED, FAILED] = ["delivered", "not delivered"];

/** Opens a talk, or comes back to it where it is open already. */
export function openConversation(phone, peer) {
  const open = phone.screens.find((screen) => screen instanceof ChatScreen && screen.peer === peer);
  if (open) phone.close(open);
  phone.open(open ?? new ChatScreen(phone, peer));
}

/** Whether this is the talk that somebody looks at now. */
export function looksAt(phone, peer) {
  const { top } = phone;
  return top instanceof ChatScreen && top.peer === peer;
}

export class ChatScreen extends Screen {
  constructor(phone, peer) {
    super(phone);
    this.peer = peer;
    this._up = 0;
    this._most = 0;
    /** The lines of messages, which do not change. @type {WeakMap<object, string[]>} */
    this._wrapped = new WeakMap();
  }

  title() {
    return this.phone.session.nameOf(this.peer);
  }

  softKeys() {
    return {
      left: { label: "Options", act: () => this.phone.open(new ChatOptions(this.phone, this.peer)) },
      middle: { label: "Write", act: () => this.write() },
      right: this.backKey(),
    };
  }

  shown() {
    this.phone.session.read(this.peer);
  }

  key(name) {
    if (name === "up") this._up = Math.min(this._up + STEP, this._most);
    else if (name === "down") this._up = Math.max(0, this._up - STEP);
    else if (name === "call") this.write();
    else if (/^[0-9*#]$/.test(name)) this.write().key(name);
    else return false;
    return true;
  }

  type(text) {
    return this.write().type(text);
  }

  point() {
    this.write();
  }

  /** Opens the screen to write, with what was begun. */
  write() {
    const { phone, peer } = this;
    const screen = new EditScreen(phone, {
      title: `To ${this.title()}`,
      text: phone.session.drafts.get(peer) ?? "",
      hint: "Type, or press 2-9",
      done: "Send",
      sentences: true,
      limit: 480,
      accept: (text) => this._send(text, screen),
      leave: (text) => phone.session.drafts.set(peer, text),
    });
    phone.open(screen);
    return screen;
  }

  draw(painter, top, bottom) {
    const blocks = this._messages().flatMap((message) => this._blocks(painter, message));
    if (blocks.length) blocks.push(...this._noteBlocks(painter));
    else {
      const room = { align: "middle", width: painter.width - 12 };
      wrap(this._empty(), room.width).forEach((line, row) => painter.text(6, top + 10 + row * LINE_HEIGHT, line, COLOURS.quiet, room));
      return;
    }
    const [height, room] = [blocks.reduce((sum, block) => sum + block.height, 0), bottom - top];
    this._most = Math.max(0, height - room);
    this._up = Math.min(this._up, this._most);
    let y = height <= room ? top : bottom - height + this._up;
    painter.within(0, top, painter.width, room, () => {
      for (const block of blocks) {
        if (y + block.height > top && y < bottom) block.draw(y);
        y += block.height;
      }
    });
    drawScrollBar(painter, top, bottom, this._most - this._up, room, height);
  }

  lines() {
    const messages = this._messages();
    if (!messages.length) return this._empty().split("\n");
    return [...messages.map((message) => this._inWords(message)), this._note()].filter(Boolean);
  }

  said() {
    const last = this._messages().at(-1);
    return `${this.title()}. ${last ? this._inWords(last) : this._empty()}`;
  }

  /** What stands there before the first message: with a group, its welcome. */
  _empty() {
    const welcome = this.phone.session.client.groups.get(this.peer)?.welcome;
    return ["No messages yet", welcome, this._note()].filter(Boolean).join("\n\n");
  }

  /** That a contact does not see now what one writes; "" otherwise. */
  _note() {
    const contact = this.phone.session.client.contacts.get(this.peer);
    const isAway = contact && availabilityOf(contact.availability) === AVAILABILITY.OFFLINE;
    return isAway ? `${this.title()} is offline and will get it later.` : "";
  }

  _noteBlocks(painter) {
    const lines = this._note() ? wrap(this._note(), painter.width - 12) : [];
    return lines.map((line) => ({ height: LINE_HEIGHT, draw: (y) => painter.text(4, y, line, COLOURS.quiet) }));
  }

  _messages() {
    return (this.phone.session.client.conversations.get(this.peer) ?? []).slice(-MOST_SHOWN);
  }

  async _send(text, screen) {
    const { phone, peer } = this;
    const { client, drafts } = phone.session;
    phone.close(screen);
    this._up = 0;
    drafts.set(peer, text);
    await phone.during("Message", "Sending", async () => {
      await (isGroup(peer) ? client.sendToGroup(peer, text) : client.send(peer, text));
      drafts.delete(peer);
    });
  }

  _sender(message) {
    return message.mine ? "Me" : this.phone.session.nameOf(message.from || this.peer);
  }

  _inWords(message) {
    const text = message.picture ? `a picture${message.text ? `, ${message.text}` : ""}` : message.text;
    return [this._sender(message), clock(message.at), fate(message)].filter(Boolean).join(", ") + `: ${text}`;
  }

  /** A message as parts to draw: who and when, the text, a picture. */
  _blocks(painter, message) {
    const width = painter.width - 10;
    const blocks = [{ height: LINE_HEIGHT, draw: (y) => this._drawHead(painter, message, y) }];
    for (const line of this._linesOf(message, width)) {
      blocks.push({ height: LINE_HEIGHT, draw: (y) => painter.text(4, y, line, COLOURS.ink) });
    }
    if (message.picture) blocks.push(this._pictureBlock(painter, message, width));
    blocks.push({ height: 3, draw: () => {} });
    return blocks;
  }

  _linesOf(message, width) {
    if (!this._wrapped.has(message)) this._wrapped.set(message, message.text ? wrap(message.text, width) : []);
    return this._wrapped.get(message);
  }

  _drawHead(painter, message, y) {
    const time = clock(message.at);
    const room = painter.width - 10 - measure(time) - 14;
    const end = painter.text(4, y, clip(this._sender(message), room, true), message.mine ? COLOURS.mine : COLOURS.theirs, {
      bold: true,
    });
    const after = painter.text(end + 4, y, time, COLOURS.quiet);
    if (fate(message) === DELIVERED) painter.icon("tick", after + 2, y + 3, COLOURS.available);
    if (fate(message) === FAILED) painter.icon("failed", after + 2, y + 3, COLOURS.bad);
  }

  _pictureBlock(painter, message, width) {
    const image = this.phone.images.of(message.picture);
    if (!image) {
      const words = image === null ? "(a picture that cannot be shown)" : "(picture)";
      return { height: LINE_HEIGHT, draw: (y) => painter.text(4, y, words, COLOURS.quiet, { width }) };
    }
    const height = fitted(image, width * painter.unit, PICTURE_HEIGHT * painter.unit).height / painter.unit;
    return { height: Math.ceil(height) + 2, draw: (y) => painter.picture(image, 4, y + 1, width, PICTURE_HEIGHT) };
  }
}

/** What has become of a message of one's own, "" while nothing is known. */
function fate(message) {
  if (!message.mine) return "";
  if (message.failed) return FAILED;
  return message.delivered ? DELIVERED : "";
}

class ChatOptions extends ListScreen {
  constructor(phone, peer) {
    super(phone);
    this._peer = peer;
  }

  title() {
    return "Options";
  }

  rows() {
    return isGroup(this._peer) ? this._ofGroup() : this._ofPerson();
  }

  _ofPerson() {
    const { phone, _peer: peer } = this;
    const { session } = phone;
    const known = session.client.contacts.has(peer);
    const add = { id: "add", label: "Add to contacts", act: () => this._then(() => addContact(phone, peer)) };
    return [
      { id: "picture", label: "Send picture", act: () => this._then(() => phone.open(new PicturesScreen(phone, peer))) },
      ...(known ? [] : [add]),
      { id: "address", label: "Address", act: () => phone.open(new TextScreen(phone, { title: session.nameOf(peer), text: peer })) },
    ];
  }

  _ofGroup() {
    const { phone, _peer: peer } = this;
    return [
      { id: "members", label: "Members", act: () => this._then(() => phone.open(new MembersScreen(phone, peer))) },
      { id: "invite", label: "Invite", act: () => this._then(() => inviteTo(phone, peer)) },
      { id: "leave", label: "Leave group", act: () => this._then(() => leave(phone, peer)) },
    ];
  }

  _then(act) {
    this.phone.close(this);
    act();
  }
}

function addContact(phone, peer) {
  const { session } = phone;
  return phone.during("Add contact", "Asking the server", () => session.client.addContact(peer, session.nameOf(peer)));
}

/** All who have been talked with, the newest first. */
export class TalksScreen extends ListScreen {
  title() {
    return "Messages";
  }

  empty() {
    return "No messages yet. Choose a contact to write to.";
  }

  rows() {
    const { session } = this.phone;
    const talks = [...session.client.conversations].filter(([, messages]) => messages.length);
    talks.sort(([, one], [, other]) => other.at(-1).at - one.at(-1).at);
    return talks.map(([peer, messages]) => {
      const unread = session.unreadOf(peer);
      return {
        id: peer,
        label: session.nameOf(peer),
        value: unread ? `${unread} new` : clock(messages.at(-1).at),
        detail: messages.at(-1).text || "picture",
        icon: unread ? "envelope" : isGroup(peer) ? "group" : "person",
        act: () => openConversation(this.phone, peer),
      };
    });
  }

  verb() {
    return "Open";
  }
}
