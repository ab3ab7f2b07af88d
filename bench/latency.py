"""Part latency: one message at a time between a phone and an ordinary XMPP client, on a machine that does nothing else."""

import time
from collections.abc import Callable
from contextlib import ExitStack

import gevent

from bench.parts import Scale, say, workplace
from bench.peer import Peer
from bench.people import PASSWORD, World
from bench.report import Figure, Spread, percentile
from onesoup.phone.engine import Phone
from onesoup.phone.stcp import Line

# Between two messages, so that what the last one left behind is done.
PAUSE = 0.03
# Seconds for which a new STCP line is left alone.
REST = 3.2
# Messages that are not counted, at the begin.
WARM_UP = 3

Once = Callable[[int], float]


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory, World(directory, scale.hold) as world:
        world.prosody.add_account("writer", PASSWORD, {"poller": "P"})
        world.prosody.add_account("poller", PASSWORD, {"writer": "W"})
        address = "127.0.0.1", world.prosody.tls_port
        with Peer("writer", PASSWORD, world.domain, address, world.ca_file) as peer:
            return _polled(scale, world, peer) + _lined(scale, world, peer)


def _polled(scale: Scale, world: World, peer: Peer) -> list[Figure]:
    with world.phone("poller") as phone:
        _settle(phone)
        out = _times("phone's POST to stanza", scale.messages, lambda number: _to_peer(phone, peer, number))
        back = _times("stanza to held poll answered", scale.messages, lambda number: _to_poll(phone, peer, number))
        phone.logout()
    return [
        *_figures("phone's POST to stanza at an XMPP client", out, (5.0, 25.0)),
        *_figures("stanza to held poll answered", back, None),
    ]


def _lined(scale: Scale, world: World, peer: Peer) -> list[Figure]:
    """A line for every message: the server leaves each alone for a while after its OK and after a wake."""
    users = world.accounts("liner", scale.messages + WARM_UP, ["writer"])
    with ExitStack() as stack:
        lines = [_line(world, stack, user) for user in users]
        gevent.sleep(REST)
        times = _times("stanza to WVCI", scale.messages, lambda number: _to_line(*lines[number], peer, number))
    return _figures("stanza to WVCI on the STCP line", times, (3.0, 20.0))


def _line(world: World, stack: ExitStack, user: str) -> tuple[Phone, Line]:
    phone = stack.enter_context(world.phone(user, cir=("STCP",)))
    phone.login()
    phone.negotiate()
    phone.publish()
    if phone.stcp is None:
        raise RuntimeError("the server agreed no STCP line")
    return phone, stack.enter_context(Line(*world.stcp, phone.session_id or "", phone.cookie))


def _to_line(phone: Phone, line: Line, peer: Peer, number: int) -> float:
    began = time.perf_counter()
    peer.message(phone.user.removeprefix("wv:"), f"wake{number}")
    if not line.wait(5.0):
        raise RuntimeError("no WVCI within 5 s")
    at = time.perf_counter()
    while phone.run_once():
        pass
    return at - began


def _settle(phone: Phone) -> None:
    """Logged in as phones are, with nothing left to tell them: the last poll was held to its end."""
    phone.start()
    gevent.sleep(1.0)
    while phone.run_once():
        pass


def _times(what: str, count: int, once: Once) -> list[float]:
    """Milliseconds, the first few left out."""
    found = []
    for number in range(count + WARM_UP):
        found.append(once(number) * 1e3)
        gevent.sleep(PAUSE)
    say(f"latency: {what}: {percentile(found[WARM_UP:], 0.5):.2f} ms")
    return found[WARM_UP:]


def _to_peer(phone: Phone, peer: Peer, number: int) -> float:
    seen = gevent.spawn(peer.wait, f"out{number}</body>")
    gevent.sleep(0)
    began = time.perf_counter()
    phone.send(f"wv:{peer.jid}", f"out{number}")
    return seen.get() - began


def _to_poll(phone: Phone, peer: Peer, number: int) -> float:
    def poll() -> tuple[object, float]:
        return phone.poll(), time.perf_counter()

    held = gevent.spawn(poll)
    gevent.sleep(PAUSE)  # the poll is held by now
    began = time.perf_counter()
    peer.message(phone.user.removeprefix("wv:"), f"back{number}")
    transaction, at = held.get()
    if transaction is None:
        raise RuntimeError("a held poll came back empty")
    phone.answer(transaction)
    return at - began


def _figures(name: str, times: list[float], goals: tuple[float, float] | None) -> list[Figure]:
    """`goals`: for the middle and for 99 of 100, on a machine that does nothing else."""
    note = f"{len(times)} messages, one after the other; min-max and n are those of the messages"
    middle, most = goals or (None, None)
    return [
        Figure("latency", f"{name}: p50", "ms", Spread.of(times), goal=middle, note=note),
        Figure("latency", f"{name}: p95", "ms", Spread.once(percentile(times, 0.95))),
        Figure("latency", f"{name}: p99", "ms", Spread.once(percentile(times, 0.99)), goal=most),
    ]
