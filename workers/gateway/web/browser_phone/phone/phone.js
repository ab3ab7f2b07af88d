/**
 * The phone in the browser: puts its parts together, and keeps one log-in. `new Phone(element, options)` draws itself into the
 * element and needs nothing else.
 *
 * Whenever it begins to log in, the element gets the event "client" with the new client as `detail`: who watches the protocol
 * follows that.
 */

import { PhoneBody } from "./body.js";
import { Images } from "./images.js";
import { listen } from "./keyboard.js";
import { Navigation } from "./navigation.js";
import { Painter } from "./painter.js";
import { refusalWords } from "./refusals.js";
import { looksAt, openConversation } from "./screens/chat.js";
import { ContactsScreen } from "./screens/contacts.js";
import { ErrorScreen, Question, TextScreen, WaitScreen } from "./screens/dialogs.js";
import { drawAll } from "./screens/frame.js";
import { IdleScreen } from "./screens/idle.js";
import { pressSoft, softKeyAt } from "./screens/screen.js";
import { StartScreen } from "./screens/start.js";
import { PhoneSession } from "./session.js";
import { Sounds } from "./sounds.js";

const CLOCK_TICK = 10_000;
const FRAME = 120;
/** How long a note about a message lies over another screen, in ms. */
const BANNER = 5000;
/** What is done within this time, in ms, is not worth the words "please wait". */
const AT_ONCE = 300;
const GOOD = 200;
const NO_CONNECTION = "No connection";

/** @typedef {import("../engine/client.js").ImpsClient} ImpsClient */

export class Phone {
  /**
   * @param {HTMLElement} element
   * @param {object} options
   * @param {(handset: object) => ImpsClient} options.makeClient
   * @param {object[]} options.handsets those to choose from
   * @param {object} [options.handset] the one to begin with; the first one otherwise
   * @param {{user: string, password: string}[]} [options.accounts] those to choose from
   * @param {string} [options.domain] of names without a domain
   * @param {boolean} [options.sounds]
   * @param {EventTarget} [options.keyboard] what else than the phone itself hands it a keyboard's keys: the document
   */
  constructor(element, { makeClient, handsets, handset, accounts = [], domain = "localhost", sounds = false, keyboard }) {
    this.element = element;
    this.handsets = handsets;
    this.accounts = accounts;
    this.domain = domain;
    this.sounds = new Sounds(sounds);
    /** @type {ImpsClient | null} */
    this.client = null;
    /** @type {PhoneSession | null} */
    this.session = null;
    this.images = new Images(() => this.redraw());
    this._makeClient = makeClient;
    this._banner = { peer: "", until: 0 };
    /** @type {Map<string, Question>} */
    this._invitations = new Map();
    this._drawn = true;
    this._calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    this._body = new PhoneBody(element, {
      press: (key) => this.press(key),
      hold: (key) => this._hold(key),
      point: (x, y) => this._point(x, y),
    });
    this._navigation = new Navigation(() => this.redraw());
    listen(element, keyboard ?? element, { key: (name) => this.press(name), character: (text) => this._character(text) });
    this.handset = handset ?? handsets[0];
    this._navigation.restart(new StartScreen(this));
    setInterval(() => this.redraw(), CLOCK_TICK);
  }

  // --- the handset ---

  get handset() {
    return this._handset;
  }

  set handset(handset) {
    this._handset = handset;
    this._body.resize(handset.screen);
    this._painter = new Painter(this._body.canvas);
    this.redraw();
  }

  /** Whether nothing shall move. */
  get still() {
    return this._calm.matches;
  }

  now() {
    return Date.now();
  }

  /** The element that takes the keyboard's keys. */
  get screen() {
    return this._body.screen;
  }

  focus() {
    this.screen.focus({ preventScroll: true });
  }

  // --- screens ---

  get top() {
    return this._navigation.top;
  }

  get screens() {
    return this._navigation.screens;
  }

  open(screen) {
    this._navigation.open(screen);
  }

  close(screen) {
    this._navigation.close(screen);
  }

  back() {
    this._navigation.back();
  }

  /** Draws the screen anew, once, however often it is called meanwhile. */
  redraw() {
    if (!this._drawn) return;
    this._drawn = false;
    queueMicrotask(() => this._draw());
  }

  // --- keys ---

  /** A key of the phone: "0" to "9", "*", "#", up, down, left, right, ok, soft-left, soft-right, call, end, clear, escape. */
  press(name) {
    this.sounds.click();
    this._flash(name);
    if (!this.top.key(name)) this._common(this.top, name);
    this.redraw();
  }

  // --- log-in ---

  async logIn(user, password) {
    const client = this._makeClient(this.handset);
    this.client = client;
    this.element.dispatchEvent(new CustomEvent("client", { detail: client, bubbles: true }));
    const wait = new WaitScreen(this, { title: "Log in", text: "Connecting", cancel: () => this.logOut() });
    const progress = () => this._progress(client, wait);
    client.addEventListener("state", progress);
    this.open(wait);
    try {
      await client.login(user, password);
    } catch (error) {
      if (this.client === client) this._refused("Not logged in", error, true);
      return;
    } finally {
      client.removeEventListener("state", progress);
      this.close(wait);
    }
    if (this.client === client) this._loggedIn(client, user, password);
    else await quietly(client.logout()); // it was cancelled meanwhile
  }

  /** Logs out, or stops logging in. */
  async logOut() {
    const { client } = this;
    this._over();
    this._navigation.restart(new StartScreen(this));
    if (client) await quietly(client.logout());
  }

  /**
   * Does what takes time: with words on the screen while it lasts, and an error on the screen where it fails. Returns whether it
   * was done.
   */
  async during(title, text, work) {
    const { session } = this;
    const wait = new WaitScreen(this, { title, text });
    const timer = setTimeout(() => this.open(wait), AT_ONCE);
    try {
      await work();
      return true;
    } catch (error) {
      if (this.session === session) this._refused(`${title} failed`, error);
      return false;
    } finally {
      clearTimeout(timer);
      this.close(wait);
    }
  }

  switchSounds() {
    this.sounds.on = !this.sounds.on;
    this.sounds.message();
    this.redraw();
  }

  /** A picture's file of this computer, or null. @returns {Promise<File | null>} */
  pickFile() {
    const { file } = this._body;
    file.value = "";
    return new Promise((done) => {
      file.onchange = () => done(file.files[0] ?? null);
      file.oncancel = () => done(null);
      // A finger that has just come down may not open a window yet; one that goes up may.
      if (navigator.userActivation?.isActive === false) addEventListener("pointerup", () => file.click(), { once: true });
      else file.click();
    });
  }

  _loggedIn(client, user, password) {
    this.session = new PhoneSession(client, user, this.domain);
    this._invitations.clear();
    const told = {
      contacts: () => this.redraw(),
      delivered: () => this.redraw(),
      state: () => this.redraw(),
      group: ({ detail }) => this._group(detail),
      message: ({ detail }) => this._message(detail),
      request: ({ detail }) => this._request(detail),
      invitation: ({ detail }) => this._invitation(detail),
      ended: ({ detail }) => this._ended(detail, user, password),
    };
    for (const [name, act] of Object.entries(told)) {
      client.addEventListener(name, (event) => this.client === client && act(event));
    }
    this._navigation.restart(new IdleScreen(this), new ContactsScreen(this));
  }

  _over() {
    this.client = null;
    this.session = null;
    this._banner.until = 0;
  }

  /** The word for what the phone does now: the name of the last request. */
  _progress(client, wait) {
    const last = client.state.transactions.at(-1);
    wait.text = last ? `Logging in\n${last.primitive}` : "Connecting";
    this.redraw();
  }

  // --- what comes from the server ---

  _message({ peer, message }) {
    if (!message.mine) {
      this._alert();
      if (!looksAt(this, peer)) {
        this.session.arrived(peer);
        this._note(peer);
      }
    }
    this.redraw();
  }

  _request({ userId, answered }) {
    if (answered) return;
    const { client, session } = this;
    const answer = (yes) => this.during("Friend request", "Answering", () => client.answerRequest(userId, yes));
    const text = `${session.nameOf(userId)} (${userId}) wants to see when you are online. Allow?`;
    this._navigation.ask(new Question(this, { title: "Friend request", text, yes: "Allow", no: "Deny", answer }));
    this._alert();
  }

  _invitation({ inviteId, groupId, from, note = "", answered, cancelled }) {
    if (answered) return;
    if (cancelled) {
      this._navigation.close(this._invitations.get(inviteId));
      return;
    }
    const { client, session } = this;
    const answer = async (yes) => {
      const done = await this.during("Group", "Answering", () => client.answerInvitation(inviteId, yes));
      if (yes && done) openConversation(this, client.key(groupId));
    };
    const text = `${from ? session.nameOf(client.key(from)) : "Somebody"} invites you into the group ${session.nameOf(groupId)}.\n${note}`;
    const question = new Question(this, { title: "Invitation", text: text.trim(), yes: "Join", no: "No", answer });
    this._invitations.set(inviteId, question);
    this._navigation.ask(question);
    this._alert();
  }

  _group({ groupId, left, code }) {
    this.redraw();
    if (!left || code === GOOD) return;
    for (const screen of this.screens) if (screen.peer === groupId) this.close(screen);
    const text = `You are out of ${this.session.nameOf(groupId)}.\n\n${refusalWords(code)}`;
    this._navigation.ask(new TextScreen(this, { title: "Group", text }));
  }

  _ended({ code, description }, user, password) {
    this._over();
    const again = { label: "Log in", act: () => this._again(user, password) };
    const text = `Connection lost\n\n${refusalWords(code, description)}${code ? `\n(status ${code})` : ""}`;
    const screen = new TextScreen(this, { title: "Logged out", text, left: again });
    this._navigation.restart(new StartScreen(this), screen);
    this.sounds.error();
  }

  _again(user, password) {
    this.back();
    this.logIn(user, password);
  }

  _refused(title, error, atLogIn = false) {
    const text = refusalWords(error.code, error.description || error.message, atLogIn);
    this.open(new ErrorScreen(this, { title, text, code: error.code }));
    this.sounds.error();
  }

  _alert() {
    this.sounds.message();
    this._body.shake();
  }

  /** For some time other screens say that there is a message. */
  _note(peer) {
    this._banner = { peer, until: this.now() + BANNER };
    setTimeout(() => this.redraw(), BANNER + 50);
  }

  /** What lies over the screen now: that the server does not answer, or a message that is not read, which the idle screen says. */
  _bannerText() {
    if (this.session && !this.client.state.connected) return NO_CONNECTION;
    const { peer, until } = this._banner;
    if (until <= this.now() || !this.session?.unreadOf(peer) || this.top instanceof IdleScreen) return "";
    return this.session.news();
  }

  // --- keys and drawing ---

  _hold(name) {
    this.top.hold(name);
    this.redraw();
  }

  _point(x, y) {
    const { width, height } = this._painter;
    const key = softKeyAt(this._painter, x * width, y * height);
    if (key) this.press(key);
    else this.top.point(y * height);
    this.redraw();
  }

  _character(text) {
    const { top } = this;
    if (top.type(text)) this.redraw();
    else if (/^[0-9*#]$/.test(text)) this.press(text);
  }

  /** What a key does that the screen does not use itself. */
  _common(top, name) {
    if (pressSoft(top, name)) return;
    if (name === "escape" || name === "clear") pressSoft(top, "soft-right");
    else if (name === "end" && this.session && top.mayBeCovered) this._navigation.home();
    else if (name === "call" && this.session) this._openNewest(top);
  }

  _openNewest(top) {
    const [newest] = this.session.unreadPeers();
    if (newest && top.mayBeCovered) openConversation(this, newest);
  }

  /** A key of the drawn phone goes down when one of the keyboard does. */
  _flash(name) {
    const button = this.element.querySelector(`[data-key="${CSS.escape(name)}"]`);
    button?.classList.add("phone-pressed");
    setTimeout(() => button?.classList.remove("phone-pressed"), FRAME);
  }

  _draw() {
    this._drawn = true;
    const { top } = this;
    if (!top) return;
    const banner = this._bannerText();
    const unread = this.session?.unreadPeers().length ?? 0;
    const signal = banner === NO_CONNECTION ? 0 : 4;
    drawAll(this._painter, top, { time: this.now(), signal, unread: unread > 0, banner });
    const keys = Object.values(top.softKeys()).map((key) => key?.label).filter(Boolean);
    const lines = [top.title(), ...top.lines(), banner, `Soft keys: ${keys.join(", ")}`].filter(Boolean);
    this._body.tell(lines, banner ? `${banner}. ${top.said()}` : top.said());
    this._body.led.classList.toggle("phone-led-on", unread > 0);
    if (top.moves && !this.still) setTimeout(() => this.redraw(), FRAME);
  }
}

/** A server that is away has nobody logged in. */
function quietly(logout) {
  return logout.catch(() => {});
}
