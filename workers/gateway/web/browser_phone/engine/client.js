// A phone's chat client: a real CSP client that runs in a page. This is the door of the engine.
//
//   const client = new ImpsClient({ url: "/", handset: HANDSETS.generic });
//   client.addEventListener("message", ({ detail }) => show(detail.peer, detail.message));
//   await client.login("alice", "secret");
//   await client.send("wv:bob@example.org", "hello");

import { toBase64 } from "../wire/values.js";
import { findingsOf, membersOfGroup, membersOfList, numberOf } from "./answers.js";
import { isGroup, localPart, ownGroup } from "./addresses.js";
import { CspError, TransportError } from "./errors.js";
import { takeIn } from "./incoming.js";
import { STEPS, openSession } from "./login.js";
import { PhoneMemory } from "./memory.js";
import * as requests from "./requests.js";
import { sleep } from "./timers.js";

export { CspError, TransportError } from "./errors.js";
export { HANDSETS } from "./handsets.js";
export { isGroup, localPart, userKey } from "./addresses.js";

// How long to wait after a poll that failed, milliseconds; doubled each time.
const FAILED_POLL = [2000, 30_000];
const SEARCH_LIMIT = 20;

/**
 * One phone with one account. Methods that ask the server throw CspError for a refusal, TransportError when no answer comes.
 *
 * Events, all CustomEvents: `document` (see transport.js), `state` (the state), `contacts`, `message` {peer, message}, `request`
 * {userId}, `invitation` (an Invitation), `invited` {inviteId, accepted}, `group` {groupId}, `ended` {code, description}, `delivered`
 * {messageId, code}.
 */
export class ImpsClient extends PhoneMemory {
  /** @param {{url: string, handset: import("./handsets.js").Handset, fetch?: typeof fetch, now?: () => number}} given */
  constructor(given) {
    super(given);
    this.pausing = new AbortController();
    this.addEventListener("more", () => this.pollNow());
  }

  // ---- the session

  /**
   * Logs in and starts as the handset does; then polls until the end.
   * @param {string} user
   * @param {string} password
   */
  async login(user, password) {
    if (this.state.phase === "logging-in" || this.state.phase === "on") {
      throw new TransportError("this phone is logged in");
    }
    this.begin();
    this.forget(user.trim());
    window.addEventListener("pagehide", () => this.#switchedOff(), { signal: this.running.signal });
    try {
      this.update({ step: "log-in" });
      await openSession(this, user.trim(), password);
      for (const step of this.handset.startup) {
        this.update({ step });
        await STEPS[step](this);
      }
    } catch (error) {
      await this.#abandon();
      throw error;
    }
    this.update({ phase: "on", step: "" });
    this.#pollUntilEnd();
  }

  /** Logs out, or stops logging in. Without an answer the phone is logged out all the same. */
  async logout() {
    this.polling.abort();
    try {
      if (this.state.sessionId !== null && this.state.connected) {
        await this.request(requests.logout(), { resends: 0 });
      }
    } catch (error) {
      if (!(error instanceof TransportError)) {
        throw error;
      }
    } finally {
      this.end("off");
    }
  }

  /** The page goes, as a phone does that is switched off: it logs out, and hears no answer. */
  #switchedOff() {
    const { sessionId } = this.state;
    if (sessionId !== null) {
      const { bytes, type } = this.document({ sessionId, mode: "Request", tid: this.nextTid(), content: requests.logout() });
      navigator.sendBeacon(this.transport.url, new Blob([bytes], { type }));
    }
  }

  /** Leaves a start that failed, without a word about what fails now. */
  async #abandon() {
    if (this.state.phase !== "ended") {
      await this.logout().catch(() => undefined);
    }
  }

  // ---- polls

  /** Does not wait until the time of the next poll has come: somebody looks for news. */
  pollNow() {
    this.pausing.abort();
  }

  async #pollUntilEnd() {
    const { signal } = this.polling;
    let failures = 0;
    let aliveAt = this.now();
    while (!signal.aborted) {
      const began = this.now();
      try {
        await this.#round(signal);
        aliveAt = await this.#keepAlive(aliveAt);
        failures = 0;
      } catch (error) {
        if (!(error instanceof CspError || error instanceof TransportError)) {
          throw error;
        }
        failures += 1;
      }
      const [first, longest] = FAILED_POLL;
      const rest = this.state.pollEvery * 1000 - (this.now() - began);
      await this.#pause(failures ? Math.min(first * 2 ** (failures - 1), longest) : rest, signal);
    }
  }

  /** Polls and answers until the server has nothing more. */
  async #round(signal) {
    do {
      let transaction = await this.poll(requests.poll());
      while (transaction && !signal.aborted) {
        const answer = takeIn(this, transaction.content);
        transaction = answer && (await this.answer(transaction, answer));
      }
    } while (this.more && !signal.aborted);
  }

  /** Says that the phone is there when half of the time that the server gives is over. */
  async #keepAlive(since) {
    if (!this.state.keepAlive || this.now() - since < this.state.keepAlive * 500) {
      return since;
    }
    const answer = await this.request(requests.keepAlive(this.style));
    this.update({ keepAlive: numberOf(answer.find("KeepAliveTime")) ?? this.state.keepAlive });
    return this.now();
  }

  async #pause(ms, signal) {
    if (this.more || signal.aborted) {
      return;
    }
    this.pausing = new AbortController();
    const wake = () => this.pausing.abort();
    signal.addEventListener("abort", wake);
    await sleep(ms, this.pausing.signal);
    signal.removeEventListener("abort", wake);
  }

  // ---- presence and contacts

  /**
   * Says how one is. What is missing stays as it is.
   * @param {{availability?: "AVAILABLE"|"NOT_AVAILABLE"|"DISCREET", text?: string}} values
   */
  async setPresence(values) {
    await this.request(requests.updatePresence(values));
  }

  /**
   * @param {string} userId
   * @param {string} [nickname]
   */
  async addContact(userId, nickname = "") {
    const list = this.lists.at(-1) ?? "";
    const added = { userId: this.key(userId), nickname: nickname || localPart(userId) };
    const answer = await this.request(requests.manageList(this.style, list, { add: added }));
    this.keepMembers(list, [added, ...membersOfList(answer)]);
    await this.request(requests.subscribe(this.style, { users: [added.userId] }), { accept: [201] });
  }

  /** @param {string} userId */
  async removeContact(userId) {
    const contact = this.contacts.get(this.key(userId));
    await this.request(requests.manageList(this.style, contact?.list ?? this.lists.at(-1) ?? "", { remove: this.key(userId) }));
    this.contacts.delete(this.key(userId));
    this.emit("contacts");
  }

  /**
   * Answers somebody who asks to see one's presence.
   * @param {string} userId
   * @param {boolean} accepted
   */
  async answerRequest(userId, accepted) {
    await this.request(requests.authorize(userId, accepted));
    this.requests.delete(this.key(userId));
  }

  /**
   * The ids of users, or groups, that fit all criteria.
   * @param {Record<string, string>} criteria text by SearchElement, such as USER_ID
   */
  async search(criteria) {
    const answer = await this.request(requests.search(criteria, SEARCH_LIMIT));
    const searchId = answer.textOf("SearchID");
    if (searchId) {
      await this.request(requests.stopSearch(searchId)).catch(() => undefined); // it ends by itself
    }
    return findingsOf(answer);
  }

  // ---- messages

  /**
   * Writes to somebody. Returns the MessageID.
   * @param {string} recipient
   * @param {string} text
   */
  async send(recipient, text) {
    const userId = this.key(recipient);
    const answer = await this.request(requests.sendText(this.style, this.own, { userId }, text, true));
    return this.#sent(userId, answer, { text });
  }

  /**
   * Sends a picture to somebody, or to a group.
   * @param {string} recipient
   * @param {Blob} blob
   */
  async sendPicture(recipient, blob) {
    const peer = this.key(recipient);
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const picture = { type: blob.type, size: bytes.length, base64: toBase64(bytes) };
    const to = isGroup(peer) ? { groupId: peer } : { userId: peer };
    const answer = await this.request(requests.sendPicture(this.style, this.own, to, picture, !isGroup(peer)));
    return this.#sent(peer, answer, { picture: blob });
  }

  #sent(peer, answer, { text = "", picture = null }) {
    const messageId = answer.textOf("MessageID");
    const from = this.groups.get(peer)?.screenName || this.own;
    this.keepMessage(peer, { messageId, from, text, at: this.now(), picture, mine: true, delivered: false, private: false });
    return messageId;
  }

  // ---- groups

  /**
   * @param {string} groupId
   * @param {string} [screenName] the server chooses one where it is missing
   */
  async joinGroup(groupId, screenName = "") {
    const id = this.key(groupId);
    const answer = await this.request(requests.joinGroup(id, screenName));
    const own = answer.textOf("ScreenName", "SName") || screenName;
    const members = membersOfGroup(answer).filter((name) => name !== own);
    const welcome = answer.textOf("WelcomeNote", "ContentData");
    this.groups.set(id, { groupId: id, name: localPart(id), screenName: own, members, welcome });
    this.emit("group", { groupId: id });
  }

  /** @param {string} groupId */
  async leaveGroup(groupId) {
    await this.request(requests.leaveGroup(this.key(groupId)));
    this.leftGroup(groupId, 200);
  }

  /**
   * @param {string} groupId
   * @param {string} text
   * @param {string} [screenName] to this member alone
   */
  async sendToGroup(groupId, text, screenName = "") {
    const to = { groupId: this.key(groupId), screenName };
    return this.#sent(to.groupId, await this.request(requests.sendText(this.style, this.own, to, text, false)), { text });
  }

  /**
   * Makes a group of one's own and joins it. Returns its id.
   * @param {string} name
   * @param {string} [screenName]
   */
  async createGroup(name, screenName = "") {
    const id = ownGroup(name, this.key(this.own));
    await this.request(requests.createGroup(id, name, screenName));
    this.groups.set(id, { groupId: id, name, screenName, members: [], welcome: "" });
    this.emit("group", { groupId: id });
    return id;
  }

  /**
   * Asks somebody into a group. Returns the InviteID.
   * @param {string} groupId
   * @param {string} userId
   * @param {string} [note]
   */
  async inviteToGroup(groupId, userId, note = "") {
    const inviteId = `inv-${this.nextTid()}-${this.now().toString(36)}`;
    await this.request(requests.invite(inviteId, this.key(groupId), this.key(userId), note));
    return inviteId;
  }

  /**
   * Answers an invitation; whoever accepts it joins the group.
   * @param {string} inviteId
   * @param {boolean} accepted
   */
  async answerInvitation(inviteId, accepted) {
    const invitation = this.invitations.get(inviteId);
    if (!invitation) {
      return;
    }
    if (accepted) {
      await this.joinGroup(invitation.groupId);
    }
    await this.request(requests.answerInvitation(inviteId, accepted, invitation.sender));
    this.invitations.delete(inviteId);
  }
}
