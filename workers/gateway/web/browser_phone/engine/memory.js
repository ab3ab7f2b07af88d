// What a phone knows while it is logged in: contacts, talks, groups, and who waits for an answer. Changes are told as events.

import { domainOf, localPart, userKey } from "./addresses.js";
import { Session } from "./session.js";

// What is kept: older messages go first. A server that talks without end fills no memory.
const MOST_MESSAGES = 200;
const MOST_CONVERSATIONS = 100;
const MOST_SEEN = 500;
const MOST_ASKED = 100;

/**
 * @typedef {object} Contact
 * @property {string} userId
 * @property {string} nickname
 * @property {string} list
 * @property {"AVAILABLE"|"NOT_AVAILABLE"|"DISCREET"|""} availability "" for offline, or not known
 * @property {string} statusText
 * @property {Blob | null} picture
 *
 * @typedef {object} Message
 * @property {string} messageId
 * @property {string} from a user, or the screen name of somebody in a group
 * @property {string} text
 * @property {number} at milliseconds since 1970
 * @property {Blob | null} picture
 * @property {boolean} mine
 * @property {boolean} delivered
 * @property {number} [failed] the code of a report that it was not delivered
 * @property {boolean} private in a group, to this phone alone
 *
 * @typedef {object} Group
 * @property {string} groupId
 * @property {string} name
 * @property {string} screenName one's own there
 * @property {string[]} members screen names of the others
 * @property {string} welcome
 *
 * @typedef {object} Invitation
 * @property {string} inviteId
 * @property {string} groupId
 * @property {string} userId who invites
 * @property {string} note
 * @property {import("../wire/codec.js").Element | null} sender
 */

/** The memory of one phone. Keys of its maps are addresses as `key` gives them. */
export class PhoneMemory extends Session {
  /** @param {ConstructorParameters<typeof Session>[0]} given */
  constructor(given) {
    super(given);
    /** One's own address, as it was typed. */
    this.own = "";
    this.domain = "";
    /** @type {string[]} the contact lists, the default one last */
    this.lists = [];
    /** @type {Map<string, Contact>} */
    this.contacts = new Map();
    /** @type {Map<string, Message[]>} by user or group */
    this.conversations = new Map();
    /** @type {Map<string, Group>} the groups that this phone is in */
    this.groups = new Map();
    /** @type {Map<string, {userId: string, at: number}>} who waits for an answer */
    this.requests = new Map();
    /** @type {Map<string, Invitation>} */
    this.invitations = new Map();
    this.seen = new Set();
  }

  /** An address as a key of the maps. @param {string} text */
  key(text) {
    return userKey(text, this.domain);
  }

  /** Forgets everything, for a log-in of this user. @param {string} user */
  forget(user) {
    this.own = /^wv:/i.test(user) ? user : `wv:${user}`;
    this.domain = domainOf(user);
    this.lists = [];
    for (const kept of [this.contacts, this.conversations, this.groups, this.requests, this.invitations, this.seen]) {
      kept.clear();
    }
  }

  /** @param {string} peer @param {Message} message */
  keepMessage(peer, message) {
    const before = this.conversations.get(peer) ?? [];
    this.conversations.delete(peer);
    this.conversations.set(peer, [...before, message].slice(-MOST_MESSAGES)); // the last in the map is the newest
    if (this.conversations.size > MOST_CONVERSATIONS) {
      this.conversations.delete(this.conversations.keys().next().value);
    }
    this.emit("message", { peer, message });
  }

  /** @param {string} list @param {{userId: string, nickname: string}[]} members */
  keepMembers(list, members) {
    for (const { userId, nickname } of members) {
      const key = this.key(userId);
      const before = this.contacts.get(key) ?? { availability: /** @type {const} */ (""), statusText: "", picture: null };
      this.contacts.set(key, { ...before, userId: key, nickname: nickname || localPart(userId), list });
    }
    this.emit("contacts");
  }

  /** @param {import("./answers.js").Presence[]} presences */
  keepPresences(presences) {
    for (const { userId, ...values } of presences) {
      const contact = this.contacts.get(this.key(userId));
      if (contact) {
        this.contacts.set(contact.userId, { ...contact, ...values });
      }
    }
    this.emit("contacts");
  }

  /** A message may come twice: when the server did not hear that it has been delivered. @param {import("./answers.js").Received} received */
  hear({ messageId, peer, from, text, at, picture, private: isPrivate }) {
    if (messageId && this.seen.has(messageId)) {
      return;
    }
    this.seen.add(messageId);
    if (this.seen.size > MOST_SEEN) {
      this.seen.delete(this.seen.values().next().value);
    }
    const message = { messageId, from, text, at: at ?? this.now(), picture, mine: false, delivered: true, private: isPrivate };
    this.keepMessage(this.key(peer), message);
  }

  /** @param {string} messageId @param {number} code */
  reported(messageId, code) {
    for (const messages of this.conversations.values()) {
      const message = messages.find((each) => each.mine && each.messageId === messageId);
      if (message) {
        message.delivered = code === 200;
        message.failed = code === 200 ? undefined : code;
      }
    }
    this.emit("delivered", { messageId, code });
  }

  /** @param {string} userId */
  askedBy(userId) {
    const key = this.key(userId);
    if (this.requests.size < MOST_ASKED) {
      this.requests.set(key, { userId: key, at: this.now() });
      this.emit("request", { userId: key });
    }
  }

  /** @param {Invitation} invitation */
  invitedBy(invitation) {
    if (this.invitations.size < MOST_ASKED) {
      this.invitations.set(invitation.inviteId, invitation);
      this.emit("invitation", invitation);
    }
  }

  /** @param {string} groupId @param {{joined: string[], left: string[], name?: string}} changes */
  groupChanged(groupId, { joined, left, name }) {
    const group = this.groups.get(this.key(groupId));
    if (group) {
      const others = joined.filter((each) => each !== group.screenName);
      group.members = [...new Set([...group.members, ...others])].filter((each) => !left.includes(each));
      group.name = name || group.name;
      this.emit("group", { groupId: group.groupId });
    }
  }

  /** @param {string} groupId @param {number} code */
  leftGroup(groupId, code) {
    const id = this.key(groupId);
    this.groups.delete(id);
    this.emit("group", { groupId: id, left: true, code });
  }
}
