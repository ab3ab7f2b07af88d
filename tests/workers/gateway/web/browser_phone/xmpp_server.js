// An XMPP server of a few lines in the page: it answers each step of a log-in, and says what a test wants.
async (url, mechanisms) => {
  const { XmppClient } = await import("/demo/files/xmpp/client.js");
  const offered = `<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl">${mechanisms}</mechanisms>`;
  const features = (inside) => `<stream:features xmlns:stream="http://etherx.jabber.org/streams">${inside}</stream:features>`;
  const bound = '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>carol@localhost/wall</jid></bind>';
  window.Server = class extends EventTarget {
    constructor() {
      super();
      this.readyState = WebSocket.OPEN;
      this.sent = [];
      window.server = this;
      setTimeout(() => this.dispatchEvent(new Event("open")));
    }
    send(text) {
      this.sent.push(text);
      if (text.startsWith("<open")) {
        this.say('<open xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>');
        this.say(features(this.knows ? "" : offered));
      } else if (text.startsWith("<auth")) {
        this.knows = true;
        this.say('<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>');
      } else if (text.includes("xmpp-bind")) {
        this.say(`<iq xmlns="jabber:client" type="result" id="bind">${bound}</iq>`);
      }
    }
    say(text) {
      this.dispatchEvent(new MessageEvent("message", { data: text }));
    }
    close() {
      this.readyState = WebSocket.CLOSED;
    }
  };
  window.client = new XmppClient({ url, domain: "localhost", WebSocketClass: Server });
  return client.login("carol", "carol-secret").then(() => "in", (error) => error.message);
}
