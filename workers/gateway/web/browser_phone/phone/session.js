/**
 * What the phone knows while somebody is logged in: how people and groups are called, what is unread, what was begun to be
 * written, how the user is shown. The engine's client knows the rest.
 */

import { clip } from "./font.js";

const NEWS_WIDTH = 90;

export class PhoneSession {
  /** @param {import("../engine/client.js").ImpsClient} client */
  constructor(client, user, domain) {
    this.client = client;
    this.user = user;
    this.domain = domain;
    this.own = { availability: "AVAILABLE", text: "" };
    /** @type {Map<string, string>} what was begun to be written, by peer */
    this.drafts = new Map();
    /** @type {Map<string, number>} how many messages are not read, by peer; the newest peer last */
    this._unread = new Map();
  }

  get ownName() {
    return localPart(this.user);
  }

  /** The address of CSP for what somebody types: alice, alice@example.org, wv:alice. */
  userId(typed) {
    return this.client.key(this._near(typed));
  }

  /** The GroupID for what somebody types: lobby, lobby@example.org, wv:/lobby@example.org. */
  groupId(typed) {
    return this.client.key(`/${this._near(typed).replace(/^\//, "")}`);
  }

  /** A phone that logs in without a domain knows all people of its own one without it. */
  _near(typed) {
    const bare = typed.trim().replace(/^wv:/i, "");
    const own = `@${this.domain}`;
    return !this.client.domain && bare.toLowerCase().endsWith(own) ? bare.slice(0, -own.length) : bare;
  }

  /** What a person or a group is called on the screen. */
  nameOf(id) {
    if (isGroup(id)) return this.client.groups.get(id)?.name || groupName(id);
    return this.client.contacts.get(id)?.nickname || localPart(id);
  }

  /** How the user is called in groups. */
  get screenName() {
    return this.ownName;
  }

  unreadOf(peer) {
    return this._unread.get(peer) ?? 0;
  }

  /** Those from whom something is not read, the newest first. */
  unreadPeers() {
    return [...this._unread.keys()].reverse();
  }

  arrived(peer) {
    const count = this.unreadOf(peer) + 1;
    this._unread.delete(peer);
    this._unread.set(peer, count);
  }

  read(peer) {
    this._unread.delete(peer);
  }

  /** What is new, in a few words; "" for nothing. */
  news() {
    const peers = this.unreadPeers();
    if (!peers.length) return "";
    const count = peers.reduce((sum, peer) => sum + this.unreadOf(peer), 0);
    return peers.length === 1 ? `${count} new: ${clip(this.nameOf(peers[0]), NEWS_WIDTH)}` : `${count} new messages`;
  }
}

/** Whether an address is that of a group: wv:/lobby@example.org, wv:alice/friends@example.org. */
export function isGroup(id) {
  return id.replace(/^wv:/i, "").split("@")[0].includes("/");
}

function groupName(id) {
  return id.replace(/^wv:/i, "").split("@")[0].split("/").at(-1) || id;
}

function localPart(id) {
  return id.replace(/^wv:/i, "").split("@")[0];
}
