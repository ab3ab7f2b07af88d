"""slixmpp doing the work of bench/clients.py, over the same JSON lines. Runs unpatched; imports nothing of onesoup."""

import asyncio
import gc
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

import slixmpp

from bench import machine

SEND_WINDOW = 100


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid: str, password: str, ca: str, anonymous: bool = False) -> None:
        super().__init__(jid, password)
        self.ca_certs, self.enable_direct_tls = Path(ca), False
        self.got, self.wanted, self.full = 0, -1, asyncio.Event()
        self.up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.register_plugin("xep_0198")
        self.register_plugin("xep_0199")
        # Without the key derivation, which is no work of the stream; the project's own streams remember the derived key.
        self.plugin["feature_mechanisms"].use_mechs = {"ANONYMOUS"} if anonymous else {"PLAIN"}
        self.add_event_handler("session_start", self._started)
        self.add_event_handler("message", self._message)

    def _started(self, _event: object) -> None:
        if not self.up.done():
            self.up.set_result(None)

    def _message(self, stanza: slixmpp.Message) -> None:
        self.got += bool(stanza["body"])
        if self.got >= self.wanted > 0:
            self.full.set()


class Driver:
    def __init__(self) -> None:
        self.idle: list[Client] = []

    async def _new(self, jid: str, password: str, anonymous: bool = False) -> Client:
        client = Client(jid, password, self.place[2], anonymous)
        client.connect(*self.place[:2])
        await asyncio.wait_for(client.up, 60)
        return client

    async def do_connect(self, domain: str, host: str, port: int, ca: str, user: str, password: str) -> dict[str, Any]:
        self.place, self.domain, self.account = (host, port, ca), domain, (f"{user}@{domain}", password)
        self.client = await self._new(f"{self.account[0]}/main", password)
        self.client.send_presence()
        return {"jid": str(self.client.boundjid)}

    async def do_expect(self, count: int) -> dict[str, Any]:
        self.client.got, self.client.wanted = 0, count
        self.client.full.clear()
        self.began = time.process_time()
        return {}

    async def do_taken(self) -> dict[str, Any]:
        await self.client.full.wait()
        return {"cpu": time.process_time() - self.began}

    async def do_send(self, to: str, count: int) -> dict[str, Any]:
        began = time.process_time()
        for number in range(count):
            stanza = self.client.make_message(mto=to, mbody=f"This is message number {number}.", mtype="chat")
            stanza["id"] = f"m{number}"
            stanza.send()
            if number % SEND_WINDOW == SEND_WINDOW - 1:
                await self.client.plugin["xep_0199"].ping(self.domain, timeout=60)
        return {"cpu": time.process_time() - began}

    async def do_login(self, count: int) -> dict[str, Any]:
        began = time.process_time()
        for number in range(count):
            client = await self._new(f"{self.account[0]}/again{number}", self.account[1])
            await client.disconnect()
        return {"cpu": time.process_time() - began}

    async def do_idle(self, count: int) -> dict[str, Any]:
        before = self._memory()
        for _ in range(count):
            client = await self._new(f"anon.{self.domain}", "", True)
            client.send_presence()
            self.idle.append(client)
        await asyncio.sleep(1.0)
        return {"kb": (self._memory() - before) / count}

    def _memory(self) -> int:
        gc.collect()
        return machine.memory(os.getpid())["uss"]


async def main() -> None:
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    driver = Driver()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        print(json.dumps(await getattr(driver, "do_" + order.pop("do"))(**order)), flush=True)


asyncio.run(main())
