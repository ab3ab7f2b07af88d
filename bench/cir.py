"""Part cir: how soon phones with a line are woken, and what the listener costs beside a bare gevent server in the same run."""

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import gevent
import redis

from bench import bare_lines, machine
from bench.parts import LOGIN_REST_SECONDS, REPOSITORY, Scale, say, workplace
from bench.peer import Peer
from bench.people import BENCH_PASSWORD, World
from bench.report import Figure, Spread, percentile
from cir.stcp.waker import AFTER_OK_SECONDS
from onesoup.csp.session import Session
from onesoup.demo.process import Process
from onesoup.demo.servers import RedisServer, connects
from onesoup.phone.engine import Phone
from onesoup.phone.stcp import PhoneStcpLine
from onesoup.runtime.ports import free_port
from onesoup.store import records
from onesoup.store.redis.client import connect
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.session_values import NewSession

MESSAGES_PER_SECOND = 100
BURST_MESSAGES = 50
P50_GOAL_MS, P95_GOAL_MS = 20.0, 100.0
# 60,000 lines a GB.
LINE_GOAL_KB = 1024 * 1024 / 60_000


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory:
        figures = _wakes(scale, directory / "wakes")
        return figures + _idle(scale, directory)


# --- message to WVCI ---


def _wakes(scale: Scale, directory: Path) -> list[Figure]:
    """A phone for every message, as the goal has it: no wake is outstanding."""
    with World(directory) as world, ExitStack() as stack:
        world.prosody.add_account("writer", BENCH_PASSWORD)
        users = world.accounts("woken", scale.wakes + 1, ["writer"])
        address = "127.0.0.1", world.prosody.tls_port
        peer = stack.enter_context(Peer("writer", BENCH_PASSWORD, world.domain, address, world.ca_file))
        lines = [_line(world, stack, user) for user in users]
        # Until everything that the log-ins started has ended.
        gevent.sleep(LOGIN_REST_SECONDS + scale.settle)
        times = _at_rate(lines[1:], peer)
        count = _burst(*lines[0], peer)
        few = max(scale.wakes // 15, 2)
        again = _times(few, lambda number: _again(*lines[1 + number], peer))
        new = _times(few, lambda number: _after_helo(world, stack, lines[1 + number][0], peer))
    say(f"cir: stanza to WVCI: p50 {percentile(times, 0.5):.2f} ms, p95 {percentile(times, 0.95):.2f} ms; burst: {count} wakes")
    note = f"{len(times)} messages at {MESSAGES_PER_SECOND}/s, a phone for each; min-max and n are those of the messages"
    return [
        Figure("cir", "stanza to WVCI at 100 messages/s: p50", "ms", Spread.of(times), goal=P50_GOAL_MS, note=note),
        Figure("cir", "stanza to WVCI at 100 messages/s: p95", "ms", Spread.once(percentile(times, 0.95)), goal=P95_GOAL_MS),
        Figure("cir", f"wakes for a burst of {BURST_MESSAGES} messages", "", Spread.once(count), goal=1),
        Figure(
            "cir", "stanza to WVCI, right behind the poll that found nothing more: p50", "ms", Spread.of(again), goal=P50_GOAL_MS
        ),
        # OK and WVCI must not be read in one go.
        Figure(
            "cir",
            "stanza to WVCI, right behind HELO and OK: p50",
            "ms",
            Spread.of(new),
            goal=AFTER_OK_SECONDS * 1e3 + P50_GOAL_MS,
        ),
    ]


def _line(world: World, stack: ExitStack, user: str) -> tuple[Phone, PhoneStcpLine]:
    phone = stack.enter_context(world.phone(user, cir=("STCP",)))
    phone.login()
    phone.negotiate()
    return phone, stack.enter_context(PhoneStcpLine(*world.stcp, phone.session_id or "", phone.cookie))


def _at_rate(lines: list[tuple[Phone, PhoneStcpLine]], peer: Peer) -> list[float]:
    """Milliseconds of each message, sent at a steady rate that does not wait for earlier ones."""

    def woken(line: PhoneStcpLine) -> float:
        if not line.wait(30.0):
            raise RuntimeError("no WVCI within 30 s")
        return time.perf_counter()

    waiting = [gevent.spawn(woken, line) for _, line in lines]
    gevent.sleep(0.1)
    began, sent = time.perf_counter(), []
    for number, (phone, _) in enumerate(lines):
        gevent.sleep(max(0.0, began + number / MESSAGES_PER_SECOND - time.perf_counter()))
        sent.append(time.perf_counter())
        peer.message(phone.user.removeprefix("wv:"), f"wake{number}")
    return [(each.get() - at) * 1e3 for each, at in zip(waiting, sent, strict=True)]


def _times(count: int, once: Callable[[int], float]) -> list[float]:
    return [once(number) for number in range(count)]


def _again(phone: Phone, line: PhoneStcpLine, peer: Peer) -> float:
    """Ms to the wake for a message that comes when the phone has just fetched the one that it was woken for."""
    _at_rest(phone, line)
    _woken(phone, line, peer)
    while phone.run_once():
        pass
    return _woken(phone, line, peer)


def _at_rest(phone: Phone, line: PhoneStcpLine) -> None:
    """Nothing waits, and nothing is left of earlier wakes."""
    while phone.run_once():
        pass
    while line.wait(0.05):
        pass


def _after_helo(world: World, stack: ExitStack, phone: Phone, peer: Peer) -> float:
    """The same for a phone whose line is new."""
    while phone.run_once():
        pass
    return _woken(phone, stack.enter_context(PhoneStcpLine(*world.stcp, phone.session_id or "", phone.cookie)), peer)


def _woken(phone: Phone, line: PhoneStcpLine, peer: Peer) -> float:
    began = time.perf_counter()
    peer.message(phone.user.removeprefix("wv:"), "once more")
    if not line.wait(30.0):
        raise RuntimeError("no WVCI within 30 s")
    return (time.perf_counter() - began) * 1e3


def _burst(phone: Phone, line: PhoneStcpLine, peer: Peer) -> int:
    """How often a phone is woken for many messages at once."""
    for number in range(BURST_MESSAGES):
        peer.message(phone.user.removeprefix("wv:"), f"burst{number}")
    count = int(line.wait(30.0))
    gevent.sleep(1.0)
    while phone.run_once():
        pass
    while line.wait(1.0):
        count += 1
    return count


# --- idle lines ---


@dataclass
class Listener:
    """A server under measurement; `publish(names)` has it wake these."""

    name: str
    process: Process
    port: int
    publish: Callable[[list[str]], None]


def _idle(scale: Scale, directory: Path) -> list[Figure]:
    with RedisServer(directory / "redis") as server:
        names = [f"00line{number}" for number in range(scale.lines)]
        (directory / "names").write_text("\n".join(names))
        found: dict[str, tuple[float, float, list[float]]] = {}
        for make in (_bare, _ours):
            with make(directory, server, names) as listener:
                found[listener.name] = _measure(listener, names, directory, scale.rounds)
    (bare_kb, _, bare_rates), (kb, kernel, rates) = found["bare"], found["onesoup"]
    anchor, own, bare = {"anchor_name": "bare gevent"}, Spread.once(kb), Spread.once(bare_kb)
    times, bare_times = _each(rates), _each(bare_rates)
    # A goal is an upper bound, so it is of the time of a wake: half of the bare rate is twice its time.
    return [
        Figure(
            "cir", f"{len(names)} idle STCP lines: memory of each", "KB", own, bare, ratio=_ratio(own, bare), goal=2.0, **anchor
        ),
        Figure(
            "cir",
            f"{len(names)} idle STCP lines: memory of each, with the kernel's",
            "KB",
            Spread.once(kb + kernel / 2),
            goal=LINE_GOAL_KB,
            note="60,000 lines a GB: the process, and half of what the kernel has for both ends",
        ),
        Figure(
            "cir", "time of a wake, all at once", "us", times, bare_times, ratio=_ratio(times, bare_times), goal=2.0, **anchor
        ),
        Figure("cir", "wakes/s, all at once", "1/s", Spread.of(rates), Spread.of(bare_rates), **anchor),
    ]


def _each(rates: list[float]) -> Spread:
    return Spread.of([1e6 / rate for rate in rates])


def _ratio(one: Spread, other: Spread) -> Spread:
    return Spread(one.median / other.median, one.low / other.high, one.high / other.low, one.rounds)


def _measure(listener: Listener, names: list[str], directory: Path, rounds: int) -> tuple[float, float, list[float]]:
    """(KB a line, KB of the kernel for both its ends, wakes a second of each round)"""
    before, slab = machine.memory(listener.process.pid)["uss"], machine.slab()
    argv = [sys.executable, "-m", "bench.line_phones", str(listener.port), str(directory / "names")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(argv, cwd=REPOSITORY, text=True, **pipes) as phones:  # type: ignore[call-overload]
        assert phones.stdin is not None
        assert phones.stdout is not None
        assert phones.stdout.readline() == "ready\n"
        gevent.sleep(LOGIN_REST_SECONDS)
        kb, kernel = (machine.memory(listener.process.pid)["uss"] - before) / len(names), (machine.slab() - slab) / len(names)
        rates = []
        for _ in range(rounds):
            print(f"go {len(names)}", file=phones.stdin, flush=True)
            phones.stdout.readline()
            listener.publish(names)
            rates.append(len(names) / float(phones.stdout.readline()))
            gevent.sleep(2.2)  # the least time between two wakes of a line
        phones.stdin.close()
    say(f"cir: {listener.name}: {kb:.1f} KB a line, {max(rates):.0f} wakes/s")
    return kb, kernel, rates


@contextmanager
def _bare(directory: Path, server: RedisServer, names: list[str]) -> Iterator[Listener]:
    port, client = free_port(), redis.Redis(port=server.port)
    argv = [sys.executable, "-m", "bench.bare_lines", str(port), str(server.port)]
    process = Process("bare", argv, os.environ | {"PYTHONPATH": str(REPOSITORY)}, directory / "bare.log")
    process.start()
    try:
        process.wait_until(lambda: connects("127.0.0.1", port) and bool(client.pubsub_numsub(bare_lines.BARE_CHANNEL)[0][1]))
        yield Listener("bare", process, port, lambda names: _publish(client, ((bare_lines.BARE_CHANNEL, name) for name in names)))
    finally:
        process.kill()


@contextmanager
def _ours(directory: Path, server: RedisServer, names: list[str]) -> Iterator[Listener]:
    """The CIR process as it is, with a session in Redis for every line."""
    client, port = connect(server.url), free_port()
    feed = HolderSessionStore(client)
    for name in names:
        session = Session("alice@x", "wv:alice@x", "1.2", "r", cookie="wv:nokia.12345")
        feed.create(name, NewSession(records.pack_session(session), 1, 3_600_000))
    env = {"ONESOUP_REDIS_URL": server.url, "ONESOUP_STCP_PORT": str(port), "ONESOUP_DATA": str(directory / "cir")}
    argv = [str(Path(sys.prefix, "bin", "onesoup")), "cir"]
    process = Process("cir", argv, os.environ | env, directory / "cir.log")
    process.start()
    try:
        process.wait_until(lambda: connects("127.0.0.1", port) and "listening" in process.output())

        def publish(names: list[str]) -> None:
            """As the store does it when something comes for a session."""
            pipe = client.pipeline(transaction=False)
            for name in names:
                pipe.hset(f"s:{{{name}}}", "cir", "m1")
                pipe.rpush(f"q:{{{name}}}", "m1")
            pipe.execute()
            channels = client.hget(f"s:{{{names[0]}}}", "stcp")
            assert isinstance(channels, bytes)
            _publish(client, zip(itertools.repeat(channels.decode()), (f"m {name}" for name in names), strict=False))

        yield Listener("onesoup", process, port, publish)
    finally:
        process.kill()


def _publish(client: redis.Redis, messages: Iterator[tuple[str, str]]) -> None:
    pipe = client.pipeline(transaction=False)
    for channel, data in messages:
        pipe.publish(channel, data)
    pipe.execute()
