// A server of a few lines for the engine, in the page: it answers as a test says, and keeps what it was asked. Not shipped.
(async () => {
  const codec = await import("/demo/files/wire/codec.js");
  const engine = await import("/demo/files/engine/client.js");
  const { md4, md5, sha1, loginDigest } = await import("/demo/files/engine/digest.js");
  const { decode, encode, mediaType, Element } = codec;
  const { of } = Element;

  /** An element of nested lists: ["Result", ["Code", "200"]]. */
  const made = (tree) => (typeof tree === "string" ? tree : of(tree[0], ...tree.slice(1).map(made)));
  const asked = (bytes) => decode(bytes).root.find("Session");
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const result = (code, text = "") => ["Result", ["Code", String(code)], ["Description", text]];

  /** What a server says to a phone that does nothing wrong. */
  const ORDINARY = {
    "Login-Request": () => ["Login-Response", result(200), ["SessionID", "s1"], ["KeepAliveTime", "7200"]],
    "Logout-Request": () => ["Status", result(200)],
    "ClientCapability-Request": () => ["ClientCapability-Response", ["AgreedCapabilityList", ["ServerPollMin", "1"]]],
    "Service-Request": () => ["Service-Response"],
    "UpdatePresence-Request": () => ["Status", result(200)],
    "GetList-Request": () => ["GetList-Response", ["DefaultContactList", "wv:alice/friends@example.org"]],
    "ListManage-Request": () => [
      "ListManage-Response",
      result(200),
      ["NickList", ["NickName", ["Name", "Bob"], ["UserID", "wv:bob@example.org"]]],
    ],
    "SubscribePresence-Request": () => ["Status", result(200)],
    "SendMessage-Request": () => ["SendMessage-Response", result(200), ["MessageID", "m1"]],
    "KeepAlive-Request": () => ["KeepAlive-Response", result(200)],
    "Polling-Request": () => null,
    Status: () => null,
    MessageDelivered: () => null,
  };

  class Server {
    constructor(rules = {}) {
      this.rules = { ...ORDINARY, ...rules };
      this.names = [];
      this.posts = [];
      this.open = 0;
      this.most = 0;
      this.waiting = [];
      this.fetch = (url, options) => this.answer(options);
    }

    /** Resolves when a request of this name, and as many as that of it, has come. */
    async came(name, times = 1) {
      while (this.names.filter((each) => each === name).length < times) {
        await new Promise((resolve) => this.waiting.push(resolve));
      }
    }

    async answer({ body, signal, headers }) {
      const session = asked(body);
      const transaction = session.find("Transaction");
      const content = transaction.find("TransactionContent").children[0];
      const tid = transaction.at("TransactionDescriptor", "TransactionID");
      this.names.push(content.name);
      this.posts.push({ name: content.name, tid: tid && tid.text, body: hex(body), type: headers["Content-Type"], content });
      this.waiting.splice(0).forEach((resolve) => resolve());
      this.most = Math.max(this.most, ++this.open);
      try {
        const said = await this.rules[content.name]({ content, tid, count: this.posts.length, signal, server: this });
        if (signal.aborted) {
          throw new DOMException("aborted", "AbortError");
        }
        return this.response(said, session, tid);
      } finally {
        this.open -= 1;
      }
    }

    response(said, session, tid) {
      if (said === null || said instanceof Uint8Array) {
        return new Response(said, { headers: { "Content-Type": "application/vnd.wv.csp.wbxml" } });
      }
      if (typeof said === "number") {
        return new Response("", { status: said });
      }
      const { mode = "Response", id = tid?.text ?? "", more = false, ...rest } = Array.isArray(said) ? { tree: said } : said;
      const descriptor = of("TransactionDescriptor", of("TransactionMode", mode), of("TransactionID", id));
      const transaction = of("Transaction", descriptor, of("TransactionContent", made(rest.tree)));
      const root = of("WV-CSP-Message", of("Session", session.find("SessionDescriptor"), transaction, more ? of("Poll", "T") : null));
      return new Response(encode(root, "1.2", "wbxml"), { headers: { "Content-Type": mediaType("1.2", "wbxml") } });
    }
  }

  const phoneOf = (server, handset = "generic", changes = {}) =>
    new engine.ImpsClient({ url: "/", handset: { ...engine.HANDSETS[handset], ...changes }, fetch: server.fetch });
  const event = (client, name) => new Promise((resolve) => client.addEventListener(name, ({ detail }) => resolve(detail), { once: true }));
  const failure = async (promise) => {
    try {
      await promise;
      return null;
    } catch (error) {
      return { name: error.name, code: error.code ?? null, text: error.description || error.message };
    }
  };
  Object.assign(window, { engine, codec, Server, phoneOf, event, failure, result, hex, md4, md5, sha1, loginDigest });
})()
