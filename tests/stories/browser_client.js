// Drives the engine of the browser phone from a story: one client by name, what it has told, and a wait for what is to come.
(async () => {
  const { ImpsClient, HANDSETS } = await import("/demo/files/engine/client.js");
  const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const plain = async (message) => ({
    ...message,
    picture: message.picture && { type: message.picture.type, data: base64(new Uint8Array(await message.picture.arrayBuffer())) },
  });
  const EVENTS = ["state", "contacts", "message", "request", "invitation", "invited", "group", "ended", "delivered"];

  window.story = {
    clients: {},

    make(name, handset, changes) {
      const client = new ImpsClient({ url: "/", handset: { ...HANDSETS[handset], ...changes } });
      const kept = { client, told: {}, documents: [], waiting: [] };
      for (const event of EVENTS) {
        kept.told[event] = [];
        client.addEventListener(event, ({ detail }) => {
          kept.told[event] = [...kept.told[event], detail].slice(-100);
          kept.waiting.splice(0).forEach((look) => look());
        });
      }
      client.addEventListener("document", ({ detail }) => kept.documents.push({ ...detail, bytes: base64(detail.bytes) }));
      window.story.clients[name] = kept;
    },

    /** Begins to call a method of the client. `outcome` tells of it: the value, or what was thrown. */
    call(name, method, ...given) {
      const kept = window.story.clients[name];
      const failed = (error) => ({ error: error.name, code: error.code ?? null, text: String(error.message) });
      kept.outcome = kept.client[method](...given).then((value) => ({ value: value ?? null }), failed);
    },

    sendPicture(name, peer, type, data) {
      const blob = new Blob([Uint8Array.from(atob(data), (char) => char.charCodeAt(0))], { type });
      window.story.call(name, "sendPicture", peer, blob);
    },

    /** How the last call went; null while it goes on. */
    outcome(name, ms) {
      return Promise.race([window.story.clients[name].outcome, new Promise((resolve) => setTimeout(resolve, ms, null))]);
    },

    /** What `look` finds, as soon as it finds something; null when it takes too long. */
    async until(name, look, ms) {
      const { client, told, waiting } = window.story.clients[name];
      let over = false;
      const timer = setTimeout(() => {
        over = true;
        waiting.splice(0).forEach((wake) => wake());
      }, ms);
      let found = await look(client, told);
      while (!found && !over) {
        await new Promise((resolve) => waiting.push(resolve));
        found = await look(client, told);
      }
      clearTimeout(timer);
      return found || null;
    },

    /** A message of a talk that fits, as plain values. */
    async message(client, peer, fits) {
      const found = (client.conversations.get(client.key(peer)) ?? []).find(fits);
      return found && plain(found);
    },
  };
})()
