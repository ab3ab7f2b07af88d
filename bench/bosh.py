"""Part bosh: an empty poll here beside an empty poll of the BOSH managers (XEP-0124) in Prosody and ejabberd, in alternation.

Prosody answers a session with hold=0 and wait=0 at once. ejabberd refuses such polls when they come fast, so there each session
has one request held, and the next one has the server answer it: one poll and one answer all the same.
"""

import base64
import re
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import gevent

from bench import machine
from bench.load import Generator
from bench.parts import Scale, say, workplace
from bench.poll import POLL_CONTENT_TYPE, check, gateway, measure, poll, running, session_ids, write_sessions
from bench.report import Figure, Spread
from onesoup.demo.ejabberd import Ejabberd, find_ejabberd
from onesoup.demo.process import Process, ProcessError
from onesoup.demo.servers import Prosody, RedisServer

S = TypeVar("S", Prosody, Ejabberd)
MAX_BOSH_RATIOS = {"prosody": 1.0, "ejabberd": 2.5}
BOSH_SESSIONS, BOSH_LANES = 50, 16
BOSH_PASSWORD, BOSH_DOMAIN = "bench-secret", "localhost"
HTTPBIND_SPACE = "http://jabber.org/protocol/httpbind"
BOSH_PROSODY_CONFIG = """modules_enabled = { "saslauth"; "bosh"; "roster"; "ping" }
modules_disabled = { "s2s"; "s2s_auth_certs"; "tls"; "offline"; "mam" }
consider_bosh_secure = true
bosh_max_inactivity = 60
http_default_host = "localhost"
"""


class Connection:
    """HTTP with keep-alive to one port, one request at a time."""

    def __init__(self, port: int) -> None:
        self._link = socket.create_connection(("127.0.0.1", port), 30)
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def send(self, body: str) -> None:
        head = f"POST /http-bind HTTP/1.1\r\nHost: {BOSH_DOMAIN}\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: "
        self._link.sendall(f"{head}{len(body)}\r\n\r\n{body}".encode())

    def answer(self) -> str:
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        found = re.search(rb"(?i)content-length: *(\d+)", head)
        length = int(found[1]) if found else 0
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        if b" 200 " not in head[:16] or b"terminate" in body:
            raise RuntimeError(f"refused: {head!r} {body!r}")
        return body.decode()

    def _more(self) -> None:
        data = self._link.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._rest += data


class Session:
    """One logged-in BOSH session with nothing to tell it."""

    def __init__(self, port: int, user: str, hold: int) -> None:
        self._hold, self._rid, self._sid = hold, secrets.randbelow(2**31), ""
        self._links = [Connection(port) for _ in range(1 + hold)]
        wait = 60 if hold else 0
        opening = f'to="{BOSH_DOMAIN}" hold="{hold}" wait="{wait}" ver="1.6" xmpp:version="1.0" xmlns:xmpp="urn:xmpp:xbosh"'
        answer = self._ask("", opening)
        found = re.search(r"""\bsid=["']([^"']+)""", answer)
        assert found, answer
        self._sid = found[1]
        login = base64.b64encode(f"\0{user}\0{BOSH_PASSWORD}".encode()).decode()
        self._until(answer, "mechanism")
        auth = f'<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{login}</auth>'
        self._until(self._ask(auth), "<success")
        self._until(self._ask("", f'to="{BOSH_DOMAIN}" xmpp:restart="true" xmlns:xmpp="urn:xmpp:xbosh"'), "xmpp-bind")
        bind = '<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>'
        self._until(self._ask(bind), "<jid>")
        if hold:
            self._ask('<presence xmlns="jabber:client"/>')
            self._links[0].send(self._body())
            with gevent.Timeout(0.5, False):  # what the log-in has left comes first
                while self._links[0].answer():
                    self._links[0].send(self._body())

    def poll(self) -> None:
        if self._hold:
            held, free = self._links
            free.send(self._body())
            held.answer()
            self._links.reverse()
        else:
            self._ask("")

    def _ask(self, inner: str, attributes: str = "") -> str:
        self._links[0].send(self._body(inner, attributes))
        return self._links[0].answer()

    def _until(self, answer: str, wanted: str) -> None:
        for _ in range(100):
            if wanted in answer:
                return
            gevent.sleep(0.01)
            answer = self._ask("")
        raise RuntimeError(f"no {wanted} in {answer}")

    def _body(self, inner: str = "", attributes: str = "") -> str:
        self._rid += 1
        sid = f' sid="{self._sid}"' if self._sid else ""
        return f'<body xmlns="{HTTPBIND_SPACE}" rid="{self._rid}"{sid} {attributes}>{inner}</body>'


class Server:
    """One BOSH manager under load."""

    def __init__(self, name: str, process: Process, port: int, hold: int) -> None:
        self.name, self._process = name, process
        self._lanes: list[list[Session]] = [[] for _ in range(BOSH_LANES)]
        for number in range(BOSH_SESSIONS):
            self._lanes[number % BOSH_LANES].append(Session(port, f"user{number}", hold))

    def measure(self, seconds: float) -> float:
        """CPU microseconds a poll."""
        before, end = machine.cpu(self._process.pid), time.perf_counter() + seconds
        counts = gevent.joinall([gevent.spawn(self._work, lane, end) for lane in self._lanes], raise_error=True)
        gevent.sleep(0.05)
        return (machine.cpu(self._process.pid) - before) / sum(each.value for each in counts) * 1e6

    def _work(self, lane: list[Session], end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            for session in lane:
                session.poll()
            done += len(lane)
        return done


def servers(stack: ExitStack, directory: Path) -> list[Server]:
    """Those that are installed, with their sessions logged in."""
    found = [_prosody(stack, directory)]
    try:
        find_ejabberd()
    except ProcessError:
        say("bosh: no ejabberd; its figures are left out")
        return found
    return [*found, ejabberd(stack, directory)]


def _prosody(stack: ExitStack, directory: Path) -> Server:
    server = stack.enter_context(_with_accounts(Prosody(directory / "prosody", options=BOSH_PROSODY_CONFIG)))
    return Server("prosody", server.process, server.port + 2, hold=0)


def ejabberd(stack: ExitStack, directory: Path) -> Server:
    """With a request held for each session."""
    server = stack.enter_context(_with_accounts(Ejabberd(directory / "ejabberd", BOSH_DOMAIN)))
    return Server("ejabberd", server.process, server.port + 2, hold=1)


def _with_accounts(server: S) -> S:
    for number in range(BOSH_SESSIONS):
        server.add_account(f"user{number}", BOSH_PASSWORD)
    return server


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory, ExitStack() as stack:
        redis_server = stack.enter_context(RedisServer(directory / "redis", appendonly=False))
        sids = session_ids(BOSH_SESSIONS)
        write_sessions(redis_server.url, sids)
        generator = Generator([poll(sid) for sid in sids], POLL_CONTENT_TYPE, BOSH_LANES, directory)
        web = gateway(directory, redis_server.url)
        stack.enter_context(running(web))
        check(web, generator.bodies[0])
        generator.run(web.port, 1.0)
        peers = servers(stack, directory)

        def ours() -> float:
            return measure(generator, redis_server, web, scale.poll_seconds).total

        jobs: dict[str, Callable[[], float]] = {"onesoup": ours}
        jobs |= {peer.name: (lambda peer=peer: peer.measure(scale.poll_seconds)) for peer in peers}
        times: dict[str, list[float]] = {name: [] for name in jobs}
        for number in range(scale.rounds):
            for name, job in jobs.items():
                times[name].append(job())
            told = ", ".join(f"{name} {each[-1]:.0f} us" for name, each in times.items())
            say(f"bosh: round {number + 1} of {scale.rounds}: {told}")
    return [_figure(times["onesoup"], name, times[name]) for name in times if name != "onesoup"]


def _figure(ours: list[float], name: str, theirs: list[float]) -> Figure:
    return Figure(
        "bosh",
        f"empty poll, total CPU, beside {name}'s BOSH",
        "us",
        Spread.of(ours),
        Spread.of(theirs),
        f"us, {name}",
        Spread.of(a / b for a, b in zip(ours, theirs, strict=True)),
        MAX_BOSH_RATIOS[name],
        f"{BOSH_SESSIONS} sessions, {BOSH_LANES} requests at a time; ours is the gateway's CPU and Redis's",
    )
