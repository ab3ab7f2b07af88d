"""Part stream: what one XMPP stream costs, beside slixmpp doing the same work in the same minutes. One real Prosody, TLS."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.parts import REPOSITORY, Scale, say, workplace
from bench.peer import Peer
from bench.report import Figure, Spread
from onesoup.demo import certs
from onesoup.demo.servers import Prosody, find_newer_prosody

STANZA_GOAL_US, MAX_STREAM_RATIO, LOGIN_GOAL_MS, MAX_LOGIN_RATIO, STREAM_GOAL_KB = 20.0, 1 / 3, 2.5, 1.8, 60.0
ANONYMOUS = """
VirtualHost "anon.localhost"
  authentication = "anonymous"
  modules_disabled = { "s2s"; "mam"; "offline" }
"""
# Prosody 0.12 asks for so many.
SCRAM_ITERATIONS = 10_000
# Ways to log in at a server with SASL2 and Bind 2.
LOGIN_WAYS = {
    "starttls": "SASL2 and Bind 2",
    "direct": "SASL2 and Bind 2 over direct TLS",
    "token": "SASL2 and Bind 2 over direct TLS by a token",
}
NEWER_MODULES = ("sasl2", "sasl2_bind2", "sasl2_sm", "sasl2_fast")
CLIENT_MODULES = {"ours": "bench.clients", "slixmpp": "bench.slix"}


class Child:
    """One of the two client processes."""

    def __init__(self, module: str, server: Prosody, user: str, direct: bool = False, **more: bool) -> None:
        argv, self._tls_port = [sys.executable, "-m", module], server.tls_port
        self._process = subprocess.Popen(argv, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        host, port = ("tls://127.0.0.1", server.tls_port) if direct else ("127.0.0.1", server.port)
        self.jid = self.order("connect", host=host, port=port, ca=str(server.ca_file), **account(user), **more)["jid"]

    def order(self, do: str, **fields: object) -> dict[str, Any]:
        self.tell(do, **fields)
        return self.answer()

    def login_ms(self, count: int) -> float:
        """CPU of a log-in with its end."""
        return float(self.order("login", count=count)["cpu"]) / count * 1e3

    def handshake_ms(self, count: int) -> float:
        """CPU of TCP and TLS alone, at the same server."""
        return float(self.order("handshake", port=self._tls_port, count=count)["cpu"]) / count * 1e3

    def tell(self, do: str, **fields: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a client of the benchmark ended")
        found: dict[str, Any] = json.loads(line)
        return found

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()


def account(user: str) -> dict[str, str]:
    return {"domain": "localhost", "user": user, "password": "secret"}


@contextmanager
def clients() -> Iterator[tuple[Prosody, dict[str, Child], Peer]]:
    with workplace() as directory:
        certs.ensure(directory / "prosody" / "certs", ["localhost", "conference.localhost", "anon.localhost"])
        # An archive of each message on disk is the server's business, and most of its time.
        options = 'authentication = "internal_hashed"; modules_disabled = { "s2s"; "s2s_auth_certs"; "mam"; "offline" }'
        with Prosody(directory / "prosody", options=options, more_hosts=ANONYMOUS) as server:
            for user in (*CLIENT_MODULES, "peer"):
                server.add_account(user, "secret")
            with Peer("peer", "secret", "localhost", ("127.0.0.1", server.tls_port), server.ca_file) as peer:
                children = {name: Child(module, server, name) for name, module in CLIENT_MODULES.items()}
                try:
                    yield server, children, peer
                finally:
                    for child in children.values():
                        child.stop()


@contextmanager
def fast() -> Iterator[dict[str, Child]]:
    """Ours at a server that has SASL2 and keeps no messages, by its way in; none where there is no such server."""
    program = find_newer_prosody()
    if program is None:
        yield {}
        return
    with workplace() as directory:
        options = 'authentication = "internal_hashed"\nmodules_disabled = { "s2s"; "s2s_auth_certs"; "mam"; "offline" }'
        with Prosody(directory / "newer", options=options, modules=NEWER_MODULES, program=program) as server:
            for user in LOGIN_WAYS:
                server.add_account(user, "secret")
            children = {
                way: Child(CLIENT_MODULES["ours"], server, way, way != "starttls", stores=False, tokens=way == "token")
                for way in LOGIN_WAYS
            }
            try:
                yield children
            finally:
                for child in children.values():
                    child.stop()


def run(scale: Scale) -> list[Figure]:
    with fast() as ways:
        return _run(scale, ways)


def _run(scale: Scale, ways: dict[str, Child]) -> list[Figure]:
    quick: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    found: dict[tuple[str, str], list[float]] = {(name, what): [] for name in CLIENT_MODULES for what in ("in", "out", "login")}
    bare: dict[str, list[float]] = {"out": [], "login": []}
    for child in ways.values():  # the server is known then, and has given its tokens
        child.order("login", count=scale.stream_logins)
    with clients() as (server, children, peer):
        for number in range(scale.rounds):
            ours = children["ours"]
            bare["login"].append(ours.handshake_ms(scale.stream_logins))
            bare["out"].append(ours.order("write", count=scale.stanzas)["cpu"] / scale.stanzas * 1e6)
            for name, child in children.items():
                found[name, "in"].append(_in(child, peer, scale.stanzas))
                found[name, "out"].append(_out(child, peer, scale.stanzas))
                found[name, "login"].append(child.login_ms(scale.stream_logins))
            for way, child in ways.items():  # each beside its own anchor: the round has taken long since the first
                quick[way].append((child.handshake_ms(scale.stream_logins), child.login_ms(scale.stream_logins)))
            say(f"stream: round {number + 1} of {scale.rounds}")
        derivation = _derivation()
        counts = {"ours": scale.streams, "slixmpp": scale.slix_streams}
        idle = {}
        for name, module in CLIENT_MODULES.items():
            # In a process that has not done anything yet: what log-ins of the past have left would be used again.
            fresh = Child(module, server, name)
            idle[name] = fresh.order("idle", count=counts[name])["kb"]
            fresh.stop()
            say(f"stream: {counts[name]} idle streams of {name}: {idle[name]:.1f} KB each")
    return _figures(found, bare, idle, counts, derivation) + _ways(quick)


def _ways(quick: dict[str, list[tuple[float, float]]]) -> list[Figure]:
    """The goal is that of the best way that a server can offer."""
    figures = []
    for way, rounds in quick.items():
        bare, ours = [each[0] for each in rounds], [each[1] for each in rounds]
        title = f"CPU a TLS log-in with its end, {LOGIN_WAYS[way]}"
        goal = LOGIN_GOAL_MS if way == "token" else None
        figures.append(Figure("stream", title, "ms", Spread.of(ours), goal=goal))
        floor = Spread.of(a / b for a, b in zip(ours, bare, strict=True))
        ratio_goal = MAX_LOGIN_RATIO if way == "token" else None
        name = f"{title}, beside the bare handshake"
        figures.append(Figure("stream", name, "ms", Spread.of(ours), Spread.of(bare), "ms, bare handshake", floor, ratio_goal))
    return figures


def _in(child: Child, peer: Peer, count: int) -> float:
    """CPU microseconds for a message that comes in."""
    child.order("expect", count=count)
    child.tell("taken")
    for number in range(count):
        peer.message(child.jid, f"This is message number {number}.")
    return float(child.answer()["cpu"] / count * 1e6)


def _out(child: Child, peer: Peer, count: int) -> float:
    """CPU microseconds for a message that goes out and is acknowledged."""
    child.tell("send", to=peer.jid, count=count)
    peer.wait(f"This is message number {count - 1}\\.")
    return float(child.answer()["cpu"] / count * 1e6)


def _derivation() -> float:
    began = time.process_time()
    hashlib.pbkdf2_hmac("sha1", b"secret", b"salt", SCRAM_ITERATIONS)
    return (time.process_time() - began) * 1e3


def _figures(
    found: dict[tuple[str, str], list[float]],
    bare: dict[str, list[float]],
    idle: dict[str, float],
    counts: dict[str, int],
    derivation: float,
) -> list[Figure]:
    units = {"in": "us", "out": "us", "login": "ms"}
    titles = {
        "in": "CPU a stanza in",
        "out": "CPU a stanza out",
        "login": "CPU a TLS log-in with its end, without key derivation",
    }
    goals = {"in": STANZA_GOAL_US, "out": STANZA_GOAL_US, "login": None if find_newer_prosody() else LOGIN_GOAL_MS}
    figures = []
    for what, unit in units.items():
        ours, theirs = found["ours", what], found["slixmpp", what]
        ratio = Spread.of(a / b for a, b in zip(ours, theirs, strict=True))
        figures.append(Figure("stream", titles[what], unit, Spread.of(ours), goal=goals[what]))
        goal = MAX_STREAM_RATIO if what != "login" else None
        if what in bare:
            kind = {"out": "bare TLS write", "login": "bare handshake"}[what]
            floor = Spread.of(a / b for a, b in zip(ours, bare[what], strict=True))
            name = f"{titles[what]}, beside {'a' if what == 'out' else 'the'} {kind}"
            figures.append(Figure("stream", name, unit, Spread.of(ours), Spread.of(bare[what]), f"{unit}, {kind}", floor))
        beside = Spread.of(theirs)
        figures.append(Figure("stream", f"{titles[what]}, beside slixmpp", unit, Spread.of(ours), beside, "slixmpp", ratio, goal))
    figures.append(
        Figure("stream", f"key derivation, {SCRAM_ITERATIONS} rounds, once for each account", "ms", Spread.once(derivation))
    )
    note = f"USS of a process with {counts['ours']} streams ({counts['slixmpp']} of slixmpp), presence sent, stream management on"
    beside = Spread.once(idle["slixmpp"])
    figures.append(Figure("stream", "idle TLS stream", "KB", Spread.once(idle["ours"]), goal=STREAM_GOAL_KB, note=note))
    ratio = Spread.once(idle["ours"] / max(idle["slixmpp"], 1.0))
    figures.append(Figure("stream", "idle TLS stream, beside slixmpp", "KB", Spread.once(idle["ours"]), beside, "slixmpp", ratio))
    return figures
