"""A holder inside the test's own process, on a real Redis, with an XMPP server of a few lines that does what it is told."""

import itertools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any

import gevent
import pytest

from onesoup.csp.session import Session
from onesoup.demo.servers import RedisServer
from onesoup.settings import load_settings
from onesoup.store import keys, records
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import connect
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.xmpp import commands
from onesoup.xmpp.stream import StreamFailure, socket
from tests.support.secrets import secret_text
from tests.xmpp.stream.stub import SM, Peer, Stub
from workers.holder import logins
from workers.holder.process import Holder
from workers.holder.session import connection
from workers.holder.session.state import Phase

DOMAIN = "stub.example"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def large_budget() -> Iterator[None]:
    """What a server sends is read as fast as it comes."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "READ_BURST_BYTES", 1024 * 1024 * 1024)
        yield


class Server:
    """Logs everybody in, answers every request with an empty result, acknowledges nothing unless asked to by the test.

    `seen` are the stanzas of all connections, `resumed` what clients said when they came back.
    """

    def __init__(self, stub: Callable[..., Stub], password: str) -> None:
        self._password = password
        self.peers: list[Peer] = []
        self.seen: list[str] = []
        self.other: list[str] = []
        self.resumes: list[str] = []
        self.handled: int | None = None  # the h to answer a <resume/> with; None: the session is gone
        self.refusal: str | None = None  # with this the connection of a <resume/> ends instead
        self.csi = ""
        self.stub = stub(self._talk)

    def _talk(self, peer: Peer) -> None:
        peer.offer("SCRAM-SHA-1")
        peer.scram(password=self._password)
        peer.open(f"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='{SM}'/>{self.csi}")
        rest, peer.seen = peer.seen.decode(), b""
        while True:
            found = re.match(r"\s*<(\w+)[^>]*?(?:/>|>.*?</\1>)", rest, re.DOTALL)
            if found is None:
                data = peer.sock.recv(65536)
                if not data:
                    return
                rest += data.decode()
                continue
            rest = rest[found.end() :]
            self._element(peer, found[1], found[0].strip())

    def _element(self, peer: Peer, name: str, text: str) -> None:
        if name == "resume":
            self.resumes.append(text)
            if self.refusal is not None:
                peer.send(self.refusal or "</stream:stream>")
                peer.sock.shutdown(SHUT_RDWR)
                return
            self._resume(peer)
        elif name == "enable":
            peer.send(f"<enabled xmlns='{SM}' id='one' resume='true'/>")
            self.peers.append(peer)
        elif name == "iq" and "xmpp-bind" in text:
            jid = f"<jid>a@{DOMAIN}/r</jid>"
            peer.send(f"<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{jid}</bind></iq>")
        elif name in ("iq", "message", "presence"):
            self.seen.append(text)
            if name == "iq" and re.search('type="[gs]et"', text):
                answer = re.search('id="([^"]*)"', text)
                assert answer
                peer.send(f"<iq type='result' id='{answer[1]}'/>")
        else:
            self.other.append(text)

    def _resume(self, peer: Peer) -> None:
        if self.handled is None:
            peer.send(f"<failed xmlns='{SM}'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
            return
        peer.send(f"<resumed xmlns='{SM}' previd='one' h='{self.handled}'/>")
        self.peers.append(peer)

    def messages(self) -> list[str]:
        return [each.partition("<body>")[2].partition("</body>")[0] for each in self.seen if each.startswith("<message")]


class Lab:
    """Makes holders, log-ins and requests of phones."""

    def __init__(self, directory: Path, redis_server: RedisServer, password: str) -> None:
        self._directory, self._redis, self.password = directory, redis_server, password
        self.client: Any = connect(redis_server.url)
        self.client.flushall()
        KeyRing.create(directory / "keys")
        self.ring = KeyRing.load(directory / "keys")
        self.feed, self.sessions = HolderSessionStore(self.client), GatewaySessionStore(self.client)
        self._jobs: list[gevent.Greenlet] = []
        self._holders: list[Holder] = []

    def holder(self, *servers: Stub, domains: str = DOMAIN, host: str = "", **more: object) -> Holder:
        """`host` is the one that it runs on, where operators' orders matter."""
        routes = {DOMAIN: servers[0].port} if servers else {}
        env = {
            "redis_url": self._redis.url,
            "keys_file": str(self._directory / "keys"),
            "data": str(self._directory),
            "domain": DOMAIN,
            "domains": domains,
            "xmpp_routes": ",".join(f"{domain}=127.0.0.1:{port}" for domain, port in routes.items()),
            "xmpp_insecure": DOMAIN,
            **more,
        }
        holder = Holder(load_settings({f"ONESOUP_{name.upper()}": str(value) for name, value in env.items()}))
        self._holders.append(holder)
        if host:
            holder.orders.host = host
            holder.orders.look()
        holder.leases.renew()
        self._jobs.append(gevent.spawn(holder.subscriber.run))
        return holder

    def log_in(self, holder: Holder, user: str = "", domain: str = DOMAIN, sid: str = "", resource: str = "phone") -> str:
        """Returns the SessionID. StreamFailure when the server does not let it in."""
        user = user or f"user{next(_numbers)}"
        jid = f"{user}@{domain}"
        session = Session(jid, f"wv:{jid}", "1.2", resource, ttl=600)
        shard = keys.shard_of(jid, resource)
        sid = f"{shard:02x}{sid or user}"
        job = {
            "sid": sid,
            "r": records.pack_session(session),
            "cred": self.ring.seal(self.password.encode(), f"cred:{jid}"),
            "check": self.ring.digest(self.password, f"check:{jid}"),
            "until": time.time() + 60,
        }
        assert records.unpack_answer(holder.opener.open_session(shard, job))["code"] == 200
        return sid

    def login_job(self, user: str) -> tuple[bytes, dict[str, Any]]:
        """As a worker asks for it: as it stands in Redis, and read."""
        jid = f"{user}@{DOMAIN}"
        shard = keys.shard_of(jid, "phone")
        job = {
            "sid": f"{shard:02x}{user}",
            "r": records.pack_session(Session(jid, f"wv:{jid}", "1.2", "phone", ttl=600)),
            "cred": self.ring.seal(self.password.encode(), f"cred:{jid}"),
            "check": self.ring.digest(self.password, f"check:{jid}"),
            "until": time.time() + 60,
            "reply": "worker:nobody",
            "name": "c1",
        }
        return records.pack_command(job), job

    def refused(self, holder: Holder, domain: str) -> tuple[str, str]:
        with pytest.raises(StreamFailure) as caught:
            self.log_in(holder, domain=domain)
        return caught.value.kind, caught.value.condition

    def push(self, sid: str, command: commands.Command) -> None:
        self.sessions.push(sid, commands.pack(command))

    def inbox(self, sid: str) -> list[str]:
        return [records.unpack_text(stored.partition(b"\n")[2]).body for stored in self.feed.items.undelivered(sid).values()]

    def crash(self, holder: Holder) -> None:
        """As SIGKILL: nothing is said, nothing is stored; the leases run out."""
        for held in holder.sessions.all():
            held.state.phase = Phase.RELEASED
            if held.connection.stream is not None:
                held.connection.stream._wire.close()  # type: ignore[union-attr]
        holder.leases.owned.clear()
        self.client.delete(*[keys.shard(number, "lease") for number in range(keys.SHARDS)], "holders")

    def close(self) -> None:
        for holder in self._holders:
            for held in holder.sessions.all():
                held.drop()
        gevent.killall(self._jobs)
        self.client.close()


@contextmanager
def server_with(password: str, kind: type[Server] = Server) -> Iterator[Server]:
    made: list[Stub] = []

    def stub(talk: Callable[[Peer], None]) -> Stub:
        made.append(Stub(talk))
        return made[-1]

    yield kind(stub, password)
    for each in made:
        each.stop()


@pytest.fixture
def lab(tmp_path: Path, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """No test here is about the seconds that a stream may take; a busy machine stands still for longer."""
    for module in (connection, logins):
        monkeypatch.setattr(module, "STREAM_CONNECT_TIMEOUT_SECONDS", 60.0)
    made = Lab(tmp_path, redis_server, secret_text())
    yield made
    made.close()


@pytest.fixture
def server(lab: Lab) -> Iterator[Server]:
    with server_with(lab.password) as made:
        yield made
