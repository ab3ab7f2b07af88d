"""Part latency: one message at a time between a phone and an ordinary XMPP client, on a machine that does nothing else.

A message is judged by the time that it is with us, which stamps in our processes tell (`bench.stamps`). The way from end to end
has Prosody and both clients in it, and stands beside it; so does what two bare processes take for the same way."""

import os
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import gevent

from bench.parts import LOGIN_REST_SECONDS, REPOSITORY, Scale, say, workplace
from bench.peer import Peer
from bench.people import BENCH_PASSWORD, World
from bench.report import Figure, Spread, percentile
from bench.stamps import Stamps
from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.phone.engine import Phone
from onesoup.phone.stcp import PhoneStcpLine
from onesoup.runtime.ports import free_port

# Between two messages, so that what the last one left behind is done.
MESSAGE_PAUSE_SECONDS = 0.03
# Messages that are not counted, at the begin.
WARM_UP_MESSAGES = 3
# A bare message that takes longer is lost.
BARE_SECONDS = 30.0
# Where a message comes to us and where it leaves us (bench.stamps).
REQUEST_READ_STAMP, TLS_WRITE_STAMP = "web: head read", "holder: TLS write."
STANZAS_READ_STAMP, LINE_STAMP = "holder: stanzas parsed", "cir: line."
# A place that so many messages of ten have passed is on their way.
HOP_SHARE_TENTHS = 6

# Runs one message; when it began and ended, by the monotonic clock.
Once = Callable[[int], tuple[float, float]]
Hops = list[tuple[float, str]]


@dataclass
class Way:
    """The messages that went one way: ms from end to end, and the stamps of each."""

    name: str
    times: list[float] = field(default_factory=list)
    hops: list[Hops] = field(default_factory=list)

    def within(self, first: str, last: str) -> list[float]:
        """Ms of each message from one stamp to another; the last may be written after the message has arrived."""
        found = []
        for time_, hops in zip(self.times, self.hops, strict=True):
            at = {name: when for when, name in hops}
            if first in at:
                found.append(min(at.get(last, time_), time_) - at[first])
        return found

    def line(self) -> str:
        """The time line: where the median message is when."""
        places: dict[str, list[float]] = {}
        for hops in self.hops:
            for when, name in hops:
                places.setdefault(name, []).append(when)
        rows = sorted((statistics.median(found), min(found), name) for name, found in places.items() if self._common(found))
        out, before = [f"# {self.name}: ms since the begin (median, step, least)"], 0.0
        for middle, least, name in [*rows, (statistics.median(self.times), min(self.times), "arrived")]:
            out.append(f"{middle:7.2f} {middle - before:+6.2f} {least:7.2f}  {name}")
            before = middle
        return "\n".join(out)

    def _common(self, found: Sequence[float]) -> bool:
        return len(found) * 10 > len(self.hops) * HOP_SHARE_TENTHS


def run(scale: Scale) -> list[Figure]:
    out, back, line, bare, through = measure(scale)
    whole = "Prosody and both clients included"
    return [
        *_figures("phone's POST read to stanza written", out.within(REQUEST_READ_STAMP, TLS_WRITE_STAMP), (5.0, 25.0)),
        *_figures("stanza read to WVCI written", line.within(STANZAS_READ_STAMP, LINE_STAMP), (3.0, 20.0)),
        *_figures(f"phone's POST to stanza at an XMPP client, {whole}", out.times, None),
        *_figures(f"stanza to WVCI on the STCP line, {whole}", line.times, None),
        *_figures(f"stanza to held poll answered, {whole}", back.times, None),
        *_figures("anchor: an XMPP client to another, by Prosody alone", through.times, None),
        *_figures("anchor: socket, script and publish, subscriber, socket: two bare processes", bare.times, None),
    ]


def hops(scale: Scale) -> str:
    """`python -m bench hops`: where the time goes, as text."""
    out, back, line, *_ = measure(scale)
    return "\n\n".join(way.line() for way in (out, back, line))


def measure(scale: Scale) -> list[Way]:
    """Out to an XMPP client, back to a held poll, back to an STCP line; and the anchors, bare hops and Prosody alone."""
    with workplace() as directory:
        stamps = Stamps(directory / "stamps")
        with World(directory, scale.hold, stamps=stamps) as world, ExitStack() as stack:
            world.prosody.add_account("writer", BENCH_PASSWORD, {"poller": "P"})
            world.prosody.add_account("poller", BENCH_PASSWORD, {"writer": "W"})
            address = "127.0.0.1", world.prosody.tls_port
            peer = stack.enter_context(Peer("writer", BENCH_PASSWORD, world.domain, address, world.ca_file))
            ways = [*_polled(scale, world, peer, stamps), _lined(scale, world, peer, stamps)]
            bare = stack.enter_context(_bare(directory, world.redis.port))
            ways.append(_times("two bare processes", scale.messages, bare))
            other = stack.enter_context(Peer("poller", BENCH_PASSWORD, world.domain, address, world.ca_file))
            ways.append(_times("client to client", scale.messages, lambda number: _through(peer, other, number)))
        return ways


def _polled(scale: Scale, world: World, peer: Peer, stamps: Stamps) -> list[Way]:
    with world.phone("poller") as phone:
        _settle(phone)
        out = _times("phone's POST to stanza", scale.messages, lambda number: _to_peer(phone, peer, number), stamps)
        back = _times("stanza to held poll answered", scale.messages, lambda number: _to_poll(phone, peer, number), stamps)
        phone.logout()
    return [out, back]


def _lined(scale: Scale, world: World, peer: Peer, stamps: Stamps) -> Way:
    """A line for every message: a phone that was woken and has not come yet is left alone for a while."""
    users = world.accounts("liner", scale.messages + WARM_UP_MESSAGES, ["writer"])
    with ExitStack() as stack:
        lines = [_line(world, stack, user) for user in users]
        gevent.sleep(LOGIN_REST_SECONDS)
        return _times("stanza to WVCI", scale.messages, lambda number: _to_line(*lines[number], peer, number), stamps)


def _line(world: World, stack: ExitStack, user: str) -> tuple[Phone, PhoneStcpLine]:
    phone = stack.enter_context(world.phone(user, cir=("STCP",)))
    phone.login()
    phone.negotiate()
    phone.publish()
    if phone.stcp is None:
        raise RuntimeError("the server agreed no STCP line")
    return phone, stack.enter_context(PhoneStcpLine(*world.stcp, phone.session_id or "", phone.cookie))


def _settle(phone: Phone) -> None:
    """Logged in as phones are, with nothing left to tell them: the last poll was held to its end."""
    phone.start()
    gevent.sleep(1.0)
    while phone.run_once():
        pass


def _times(what: str, count: int, once: Once, stamps: Stamps | None = None) -> Way:
    """The first few messages are left out."""
    spans = []
    for number in range(count + WARM_UP_MESSAGES):
        spans.append(once(number))
        gevent.sleep(MESSAGE_PAUSE_SECONDS)
    way = Way(what)
    for began, ended in spans[WARM_UP_MESSAGES:]:
        way.times.append((ended - began) * 1e3)
        found = stamps.between(began, ended) if stamps is not None else []
        way.hops.append([((when - began) * 1e3, name) for when, name in found])
    say(f"latency: {what}: {percentile(way.times, 0.5):.2f} ms")
    return way


def _to_line(phone: Phone, line: PhoneStcpLine, peer: Peer, number: int) -> tuple[float, float]:
    began = time.monotonic()
    peer.message(phone.user.removeprefix("wv:"), f"wake{number}")
    if not line.wait(5.0):
        raise RuntimeError("no WVCI within 5 s")
    at = time.monotonic()
    while phone.run_once():
        pass
    return began, at


def _to_peer(phone: Phone, peer: Peer, number: int) -> tuple[float, float]:
    seen = gevent.spawn(_seen, peer, f"out{number}</body>")
    gevent.sleep(0)
    began = time.monotonic()
    phone.send(f"wv:{peer.jid}", f"out{number}")
    return began, seen.get()


def _seen(peer: Peer, pattern: str) -> float:
    peer.wait(pattern)
    return time.monotonic()


def _to_poll(phone: Phone, peer: Peer, number: int) -> tuple[float, float]:
    def poll() -> tuple[object, float]:
        return phone.poll(), time.monotonic()

    held = gevent.spawn(poll)
    gevent.sleep(MESSAGE_PAUSE_SECONDS)  # the poll is held by now
    began = time.monotonic()
    peer.message(phone.user.removeprefix("wv:"), f"back{number}")
    transaction, at = held.get()
    if transaction is None:
        raise RuntimeError("a held poll came back empty")
    phone.answer(transaction)
    return began, at


# --- anchors ---


def _through(peer: Peer, other: Peer, number: int) -> tuple[float, float]:
    began = time.monotonic()
    peer.message(other.jid, f"through{number}")
    return began, _seen(other, f"through{number}</body>")


@contextmanager
def _bare(directory: Path, redis_port: int) -> Iterator[Once]:
    """A message through two bare processes and the Redis of the others."""
    with ExitStack() as stack:
        inlet, outlet = (_process(stack, directory, name, redis_port) for name in ("bare_hops", "bare_lines"))
        reader = stack.enter_context(socket.create_connection(outlet, timeout=BARE_SECONDS))
        reader.sendall(b"HELO bare\r\n")
        reader.recv(100)
        writer = stack.enter_context(socket.create_connection(inlet))
        for link in (reader, writer):
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def once(_number: int) -> tuple[float, float]:
            began = time.monotonic()
            writer.sendall(b"bare")
            reader.recv(100)
            return began, time.monotonic()

        yield once


def _process(stack: ExitStack, directory: Path, name: str, redis_port: int) -> tuple[str, int]:
    port = free_port()
    argv = [sys.executable, "-m", f"bench.{name}", str(port), str(redis_port)]
    process = Process(name, argv, os.environ | {"PYTHONPATH": str(REPOSITORY)}, directory / f"{name}.log")
    process.start()
    stack.callback(process.kill)
    process.wait_until(lambda: connects("127.0.0.1", port))
    return "127.0.0.1", port


# --- figures ---


def _figures(name: str, times: list[float], goals: tuple[float, float] | None) -> list[Figure]:
    """`goals`: for the middle and for 99 of 100, on a machine that does nothing else."""
    note = f"{len(times)} messages, one after the other; min-max and n are those of the messages"
    middle, most = goals or (None, None)
    return [
        Figure("latency", f"{name}: p50", "ms", Spread.of(times), goal=middle, note=note),
        Figure("latency", f"{name}: p99", "ms", Spread.once(percentile(times, 0.99)), goal=most),
    ]
