"""The project's streams in a process of their own, driven over JSON lines: what part stream measures.

In: {"do": what, ...}, one at a time; out: one answer each. Ends with its standard input. bench/slix.py does the same work.
"""

from gevent import monkey

monkey.patch_all()

import gc  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from gevent.event import Event  # noqa: E402
from gevent.fileobject import FileObject  # noqa: E402
from gevent.pool import Pool  # noqa: E402

from bench import machine  # noqa: E402
from onesoup.xmpp.commands import SendMessage  # noqa: E402
from onesoup.xmpp.stream import (  # noqa: E402
    Options,
    Resolver,
    Stream,
    Tls,
    stanzas,
)
from onesoup.xmpp.stream.login_tokens import LoginToken  # noqa: E402
from onesoup.xmpp.stream.socket import StreamSocket  # noqa: E402
from onesoup.xmpp.stream.tcp import connect_tcp  # noqa: E402

# Stanzas sent in a row before the server is asked whether it has them.
SEND_WINDOW = 100


class Tokens:
    """Log-in tokens (XEP-0484) in memory: the stream alone is measured here."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], LoginToken] = {}

    def recall(self, address: str, agent: str) -> LoginToken | None:
        return self._kept.get((address, agent))

    def keep(self, address: str, agent: str, token: LoginToken) -> None:
        self._kept[address, agent] = token

    def drop(self, address: str, agent: str) -> None:
        self._kept.pop((address, agent), None)

    def forget(self, address: str) -> None:
        self._kept = {who: token for who, token in self._kept.items() if who[0] != address}


class Client:
    """One stream that counts the messages it gets."""

    def __init__(self, options: Options, domain: str, user: str, password: str, resource: str) -> None:
        self.got, self.wanted, self.full = 0, -1, Event()
        self.stream = Stream(
            domain, user, password, resource, options=options, on_stanzas=self._take, on_acked=lambda keys: None, prefix=resource
        )
        self.stream.connect(60)
        self.stream.read_on(lambda failure: failure and print(failure, file=sys.stderr))

    def _take(self, batch: list[Any]) -> None:
        for each in batch:
            self.got += each.getTagData("body") is not None
        if self.got >= self.wanted > 0:
            self.full.set()


class Driver:
    """Carries the orders out."""

    def __init__(self) -> None:
        self.idle: list[Client] = []

    def do_connect(
        self, domain: str, host: str, port: int, ca: str, user: str, password: str, stores: bool = True, tokens: bool = False
    ) -> dict[str, Any]:
        """`stores`: what a holder has learnt of the server, that messages wait there for who is offline, or do not. `tokens`: log
        in by them where the server gives some."""
        routes = {domain: (host, port), f"anon.{domain}": (host, port)}
        self.options = Options(tls=Tls(ca), resolver=Resolver(routes), tokens=Tokens() if tokens else None)
        self.options.past.learn(domain, stores)
        self.account = (domain, user, password)
        self.client = Client(self.options, *self.account, "main")
        self.client.stream.send(stanzas.presence({}))
        return {"jid": self.client.stream.jid}

    def do_expect(self, count: int) -> dict[str, Any]:
        self.client.got, self.client.wanted = 0, count
        self.client.full.clear()
        self.began = time.process_time()
        return {}

    def do_taken(self) -> dict[str, Any]:
        self.client.full.wait()
        return {"cpu": time.process_time() - self.began}

    def do_send(self, to: str, count: int) -> dict[str, Any]:
        began, stream = time.process_time(), self.client.stream
        for number in range(count):
            command = SendMessage(f"m{number}", to, f"This is message number {number}.")
            stream.send(stanzas.message_octets(command), key=number)
            if number % SEND_WINDOW == SEND_WINDOW - 1:
                stream.request(stanzas.Node("iq", {"type": "get"}, [stanzas.Node("urn:xmpp:ping ping")]), 60)
        return {"cpu": time.process_time() - began}

    def do_login(self, count: int) -> dict[str, Any]:
        began = time.process_time()
        for number in range(count):
            Client(self.options, *self.account, f"again{number}").stream.close()
        return {"cpu": time.process_time() - began}

    def do_handshake(self, port: int, count: int) -> dict[str, Any]:
        """TCP and TLS alone, as the stream makes them: what a log-in cannot do without."""
        tls, domain = self.options.tls, self.account[0]
        began = time.process_time()
        for _ in range(count):
            link = StreamSocket(connect_tcp("127.0.0.1", port))
            tls.secure(link, domain, direct=True)
            link.close()
        return {"cpu": time.process_time() - began}

    def do_write(self, count: int) -> dict[str, Any]:
        """White space of the size of a message, through the TLS connection alone."""
        link = self.client.stream._wired()._linked()
        octets = b" " * len(stanzas.message_octets(SendMessage("m1000", self.client.stream.jid, "a" * 30)))
        began = time.process_time()
        for _ in range(count):
            link.offer(octets)
            link.push()
        return {"cpu": time.process_time() - began}

    def do_idle(self, count: int) -> dict[str, Any]:
        """Anonymous ones, with presence sent."""
        before = self._memory()

        def one(number: int) -> None:
            client = Client(self.options, f"anon.{self.account[0]}", "", "", f"i{number}")
            client.stream.send(stanzas.presence({}))
            self.idle.append(client)

        pool = Pool(20)
        for _ in pool.imap_unordered(one, range(count)):
            pass
        gevent.sleep(1.0)
        return {"kb": (self._memory() - before) / count}

    def _memory(self) -> int:
        gc.collect()
        return machine.memory(os.getpid())["uss"]


def main() -> None:
    driver = Driver()
    for line in FileObject(sys.stdin.buffer, "rb"):
        order = json.loads(line)
        print(json.dumps(getattr(driver, "do_" + order.pop("do"))(**order)), flush=True)


main()
