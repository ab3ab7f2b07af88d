"""Part capacity: polls a second of one worker before answers are late, log-ins of one holder, a crowd of idle lines.

The ramp is open-loop: every poll has its time, and is as late as its answer."""

import itertools
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import gevent
from gevent.queue import Queue

from bench import cir, login, machine
from bench.load import _answer
from bench.parts import REPOSITORY, Scale, say, workplace
from bench.people import World
from bench.poll import POLL_CONTENT_TYPE, gateway, poll, running, session_ids, write_sessions
from bench.report import Figure, Spread, percentile
from onesoup.demo.servers import RedisServer

RATE_STEP = 1.25
FIRST_RATE = 100.0
LATE_SECONDS = 0.5
RAMP_CONNECTIONS = 32
# Floors of a second: polls of a core, log-ins of a holder. Goals are upper bounds, so they are of the time of each.
POLL_GOAL, LOGIN_GOAL = 700, 40
CROWD_KB, CROWD_CPU = 20.0, 10.0


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory:
        figures = _ramp(scale, directory / "ramp")
        figures += _logins(scale, directory / "logins")
        return figures + _crowd(scale, directory)


# --- polls ---


def _ramp(scale: Scale, directory: Path) -> list[Figure]:
    directory.mkdir()
    with RedisServer(directory / "redis") as server:
        sids = session_ids(scale.sessions)
        write_sessions(server.url, sids)
        requests = [_request(poll(sid)) for sid in sids]
        web = gateway(directory, server.url)
        with running(web):
            _load(web.port, requests, FIRST_RATE, 1.0)
            rate, best, core, p95 = FIRST_RATE, 0.0, 0.0, 0.0
            while True:
                before = web.cpu
                times = _load(web.port, requests, rate, scale.ramp_seconds)
                used, late = web.cpu - before, percentile(times, 0.95)
                busy = used / scale.ramp_seconds * 100
                say(f"capacity: {rate:.0f} polls/s: p95 {late * 1e3:.0f} ms, worker {busy:.0f} % of a core")
                if late > LATE_SECONDS:
                    break
                best, core, p95 = rate, used / len(times), late
                rate *= RATE_STEP
                if len(times) < 50:
                    break  # a tiny run, which has shown that it works
    note = f"one worker, AOF on, {scale.ramp_seconds:g} s a rate, a quarter more each time until p95 is above 500 ms"
    return [
        Figure("capacity", "polls/s with p95 <= 500 ms, open loop", "1/s", Spread.once(best), note=note),
        Figure("capacity", "p95 at that rate", "ms", Spread.once(p95 * 1e3)),
        Figure("capacity", "worker's CPU of a poll at that rate", "us", Spread.once(core * 1e6), goal=1e6 / POLL_GOAL),
    ]


def _request(body: bytes) -> bytes:
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {POLL_CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _load(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> list[float]:
    """Seconds from the time that each poll was planned for to its answer."""
    times: list[float] = []
    waiting: Queue[tuple[float, bytes] | None] = Queue()

    def connection() -> None:
        with socket.create_connection(("127.0.0.1", port), 30) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for planned, request in iter(waiting.get, None):
                link.sendall(request)
                if not _answer(link).startswith(b"HTTP/1.1 200 "):
                    raise RuntimeError("a poll failed")
                times.append(time.perf_counter() - planned)

    links = [gevent.spawn(connection) for _ in range(RAMP_CONNECTIONS)]
    began = time.perf_counter()
    for number, request in zip(range(round(rate * seconds)), itertools.cycle(requests), strict=False):
        planned = began + number / rate
        if planned > time.perf_counter():
            gevent.sleep(planned - time.perf_counter())
        waiting.put((planned, request))
    for _ in links:
        waiting.put(None)
    gevent.joinall(links, raise_error=True)
    return times


# --- log-ins ---


def _logins(scale: Scale, directory: Path) -> list[Figure]:
    with World(directory) as world:
        users = world.accounts("login", max(scale.logins, scale.phones))
        login._round(world, users, scale.phones)
        rate = login._round(world, users, scale.phones).rate
    say(f"capacity: {rate:.0f} log-ins/s")
    return [
        Figure("capacity", "log-ins/s of one holder, TLS, each with a log-out", "1/s", Spread.once(rate)),
        Figure("capacity", "time of a log-in at that rate", "ms", Spread.once(1e3 / rate), goal=1e3 / LOGIN_GOAL),
    ]


# --- an idle crowd ---


def _crowd(scale: Scale, directory: Path) -> list[Figure]:
    names = [f"00crowd{number}" for number in range(scale.crowd)]
    (directory / "names").write_text("\n".join(names))
    with RedisServer(directory / "redis") as server, cir._ours(directory, server, names) as listener:
        before = machine.memory(listener.process.pid)["uss"]
        argv = [sys.executable, "-m", "bench.line_phones", str(listener.port), str(directory / "names")]
        with subprocess.Popen(argv, cwd=REPOSITORY, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as phones:
            assert phones.stdin is not None
            assert phones.stdout is not None
            assert phones.stdout.readline() == "ready\n"
            gevent.sleep(cir.LOGIN_REST_SECONDS)
            kb = (machine.memory(listener.process.pid)["uss"] - before) / len(names)
            used = machine.cpu(listener.process.pid)
            gevent.sleep(scale.crowd_seconds)
            cpu = (machine.cpu(listener.process.pid) - used) / scale.crowd_seconds * 100
            phones.stdin.close()
    say(f"capacity: {len(names)} idle lines: {kb:.1f} KB each, {cpu:.2f} % of a core")
    return [
        Figure("capacity", f"{len(names)} idle STCP lines: memory of each", "KB", Spread.once(kb), goal=CROWD_KB),
        Figure("capacity", f"{len(names)} idle STCP lines: CPU", "% of a core", Spread.once(cpu), goal=CROWD_CPU),
    ]
