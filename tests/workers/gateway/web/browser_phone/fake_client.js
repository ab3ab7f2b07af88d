// A client of the phone's seam that has no server: what it is told to do is kept in `asked`, what arrives is told by a test.
window.HANDSET = { name: "generic", title: "onesoup's own phone", version: "1.2", encoding: "wbxml", screen: { width: 128, height: 160 } };
window.BIG_HANDSET = { name: "s60", title: "Nokia S60", version: "1.1", encoding: "wbxml", screen: { width: 176, height: 208 } };
window.FINE_HANDSET = { name: "fine", title: "Fine", version: "1.3", encoding: "xml", screen: { width: 240, height: 320 } };

window.FakeClient = class extends EventTarget {
  constructor() {
    super();
    this.asked = [];
    this.refuse = {};
    this.contacts = new Map();
    this.conversations = new Map();
    this.groups = new Map();
    this.domain = "localhost";
    this.state = { phase: "off", connected: true, csp: "1.2", encoding: "wbxml", pollEvery: 5, transactions: [] };
    this.count = 0;
    for (const [user, availability, statusText] of [
      ["bob", "AVAILABLE", "At home"],
      ["carol", "DISCREET", "In a meeting until four o'clock"],
      ["dave", "OFFLINE", ""],
      ["echo", "AVAILABLE", "I answer with your own words"],
    ]) {
      const nickname = user[0].toUpperCase() + user.slice(1);
      this.contacts.set(`wv:${user}@localhost`, { userId: `wv:${user}@localhost`, nickname, list: "wv:alice/friends@localhost", availability, statusText });
    }
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  async ask(name, ...values) {
    this.asked.push([name, ...values]);
    if (this.refuse[name]) throw Object.assign(new Error("refused"), this.refuse[name]);
  }

  async login(user, password) {
    this.state.transactions.push({ tid: "1", primitive: "Login-Request" });
    this.tell("state");
    if (this.slow) await this.slow;
    await this.ask("login", user, password);
    this.state.phase = "on";
  }

  async logout() {
    await this.ask("logout");
  }

  key(text) {
    const bare = text.trim().toLowerCase().replace(/^wv:/, "");
    return `wv:${bare}${bare.includes("@") || !this.domain ? "" : `@${this.domain}`}`;
  }

  add(peer, message) {
    const whole = { messageId: `m${++this.count}`, at: new Date(2005, 5, 1, 14, this.count).getTime(), delivered: false, ...message };
    if (!this.conversations.has(peer)) this.conversations.set(peer, []);
    this.conversations.get(peer).push(whole);
    this.tell("message", { peer, message: whole });
    return whole.messageId;
  }

  async send(peer, text) {
    await this.ask("send", peer, text);
    return this.add(peer, { from: "wv:alice@localhost", text, mine: true });
  }

  async sendPicture(peer, picture) {
    await this.ask("sendPicture", peer, picture.type, picture.size);
    return this.add(peer, { from: "wv:alice@localhost", text: "", picture, mine: true });
  }

  async sendToGroup(groupId, text) {
    await this.ask("sendToGroup", groupId, text);
    this.add(groupId, { from: "alice", text, mine: true });
  }

  async joinGroup(groupId, screenName) {
    await this.ask("joinGroup", groupId, screenName);
    this.groups.set(groupId, { groupId, name: "", members: ["alice", "bob"] });
    this.tell("group", { groupId });
  }

  async createGroup(name) {
    await this.ask("createGroup", name);
    this.groups.set(`wv:/${name}@localhost`, { name, members: ["alice"] });
    return `wv:/${name}@localhost`;
  }

  async leaveGroup(groupId) {
    await this.ask("leaveGroup", groupId);
    this.groups.delete(groupId);
    this.tell("group", { groupId, left: true, code: 200 });
  }

  async answerInvitation(inviteId, accepted) {
    await this.ask("answerInvitation", inviteId, accepted);
    if (accepted) await this.joinGroup("wv:/tea@localhost", "alice");
    this.tell("invitation", { inviteId, answered: true });
  }

  async inviteToGroup(groupId, userId) {
    await this.ask("inviteToGroup", groupId, userId);
  }

  async setPresence(own) {
    await this.ask("setPresence", own.availability, own.text);
  }

  async addContact(userId, nickname) {
    await this.ask("addContact", userId, nickname);
    this.contacts.set(userId, { userId, nickname, list: "wv:alice/friends@localhost" });
    this.tell("contacts");
  }

  async removeContact(userId) {
    await this.ask("removeContact", userId);
    this.contacts.delete(userId);
    this.tell("contacts");
  }

  async answerRequest(userId, accepted) {
    await this.ask("answerRequest", userId, accepted);
    this.tell("request", { userId, answered: true });
  }
};

// One phone of its own for each test; the old one goes. Its clock stands still until a test moves it.
window.newPhone = async (options = {}) => {
  const { Phone } = await import("/demo/files/phone/phone.js");
  const place = document.createElement("div");
  document.getElementById("place").replaceChildren(place);
  window.clients = [];
  window.time = new Date(2005, 5, 1, 14, 30).getTime();
  const makeClient = () => {
    window.client = new FakeClient();
    Object.assign(client.refuse, options.refuse);
    clients.push(client);
    return client;
  };
  const accounts = options.accounts ?? [{ user: "alice", password: "alice-secret" }, { user: "bob", password: "bob-secret" }];
  const handsets = [HANDSET, BIG_HANDSET, FINE_HANDSET];
  window.phone = new Phone(place, { makeClient, handsets, accounts, domain: "localhost", ...options });
  phone.now = () => time;
  phone.focus();
  await quiet();
};

// All that follows from what was done, but for what a timer or a picture brings.
window.quiet = () => new Promise((done) => setTimeout(done, 0));

window.keys = async (...names) => {
  for (const name of names) {
    phone.press(name);
    await quiet();
  }
};

window.typed = async (text) => {
  for (const each of text) phone.screen.dispatchEvent(new KeyboardEvent("keydown", { key: each, bubbles: true, cancelable: true }));
  await quiet();
};

window.shown = () => [...document.querySelectorAll(".phone-text p")].map((line) => line.textContent);
