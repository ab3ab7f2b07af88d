"""Part scaling: whether a request costs the same with two workers, and a stanza the same with two holders, as with one.

Two processes on two cores share what one had, caches above all, whatever they run. So the bare ceiling goes from one worker to
two in the same run, and what is more than its step is ours.
"""

import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import gevent
import redis

from bench import machine
from bench.load import Generator
from bench.parts import Scale, say, workplace
from bench.peer import Peer
from bench.people import BENCH_PASSWORD, World, at_once
from bench.poll import (
    POLL_CONTENT_TYPE,
    Web,
    alternate,
    ceiling,
    check,
    gateway,
    place_of,
    poll,
    running,
    session_ids,
    write_sessions,
)
from bench.report import Figure, Spread
from onesoup.demo.servers import RedisServer
from onesoup.store import keys
from onesoup.store.session.shards import Shards

MAX_SCALING_RATIO = 1.10
SCALING_SAMPLE_SECONDS = 3.0


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory:
        figures, bare = _workers(scale, directory)
        return [*figures, *_holders(scale, directory, bare)]


def _workers(scale: Scale, directory: Path) -> tuple[list[Figure], list[float]]:
    """With the steps of the bare ceiling."""
    with RedisServer(directory / "redis", appendonly=False) as server:
        sids = session_ids(scale.sessions)
        write_sessions(server.url, sids)
        generator = Generator([poll(sid) for sid in sids], POLL_CONTENT_TYPE, scale.connections, directory)
        place = place_of(sids[0], generator.bodies[0])
        webs: list[Web] = [gateway(directory, server.url, workers) for workers in (1, 2)]
        webs += [ceiling(directory, server, place, "shared", workers) for workers in (1, 2)]
        with running(*webs):
            for web in webs:
                check(web, generator.bodies[0])
                generator.run(web.port, 1.0)
            one, two, bare_one, bare_two = (
                [each.total for each in rounds] for rounds in alternate(scale, generator, server, webs, "scaling")
            )
    bare = steps(bare_two, bare_one)
    what = "total CPU of an empty poll"
    return [_figure(f"{what} with 2 workers", "1 worker", two, one), _step(what, steps(two, one), bare)], bare


def steps(two: list[float], one: list[float]) -> list[float]:
    """What two take beside one, round by round."""
    return [a / b for a, b in zip(two, one, strict=True)]


def _holders(scale: Scale, directory: Path, bare: list[float]) -> list[Figure]:
    """Two stacks side by side, one with one holder and one with two; messages go to the phones of each in turn."""
    with ExitStack() as stack:
        sides = [_Side(stack, directory / f"h{count}", count, scale.crew) for count in (1, 2)]
        found: list[list[float]] = [[], []]
        for number in range(scale.rounds):
            for side, times in zip(sides, found, strict=True):
                times.append(side.measure(scale.stanzas))
            say(f"scaling: round {number + 1} of {scale.rounds}: 1 holder {found[0][-1]:.0f} us, 2 {found[1][-1]:.0f} us")
    what = "CPU of the holders for a stanza"
    return [_figure(f"{what}, 2 holders", "1 holder", found[1], found[0]), _step(what, steps(found[1], found[0]), bare)]


class _Side:
    """A stack with so many holders, and phones that are logged in and do not come."""

    def __init__(self, stack: ExitStack, directory: Path, holders: int, phones: int) -> None:
        # The phones do not fetch their messages; that is no flood here.
        self._world = stack.enter_context(World(directory))
        self._names = ["holder", *(f"holder-{number}" for number in range(2, holders + 1))]
        for name in self._names[1:]:
            self._world.start("holder", name)
        self._shared(holders)
        self._world.prosody.add_account("writer", BENCH_PASSWORD)
        self._users = self._world.accounts("crew", phones, ["writer"])
        address = "127.0.0.1", self._world.prosody.tls_port
        self._peer = stack.enter_context(Peer("writer", BENCH_PASSWORD, self._world.domain, address, self._world.ca_file))
        at_once(10, self._log_in, self._users)
        gevent.sleep(6.0)  # phones that publish nothing are shown after a while

    def _log_in(self, user: str) -> None:
        with self._world.phone(user) as phone:
            phone.login()
            phone.negotiate()

    def _shared(self, holders: int) -> None:
        """Waits until each holder has its share of the shards, since sessions that move spoil the figures."""
        with redis.Redis.from_url(self._world.redis_url) as client, gevent.Timeout(120.0):
            while True:
                owners = Counter(Shards(client).holders(range(keys.SHARDS)))
                if len(owners) == holders and "" not in owners and max(owners.values()) - min(owners.values()) <= 1:
                    return
                gevent.sleep(0.5)

    def measure(self, count: int) -> float:
        """CPU microseconds of all holders for a message that comes in, its way into Redis included. What they use without any
        message is not counted: there are as many beats as holders."""
        server = self._world.redis
        rest = self._cpu()
        gevent.sleep(SCALING_SAMPLE_SECONDS)
        before, stored, began = self._cpu(), _stored(server), time.perf_counter()
        for number in range(count):
            self._peer.message(f"{self._users[number % len(self._users)]}@{self._world.domain}", f"m{number}")
        with gevent.Timeout(60.0):
            while _stored(server) < stored + count:
                gevent.sleep(0.05)
        gevent.sleep(0.3)
        beats = (before - rest) / SCALING_SAMPLE_SECONDS * (time.perf_counter() - began)
        return (self._cpu() - before - beats) / count * 1e6

    def _cpu(self) -> float:
        return sum(machine.cpu(self._world.processes[name].pid) for name in self._names)


def _stored(server: RedisServer) -> int:
    with redis.Redis(port=server.port) as client:
        pipe = client.pipeline(transaction=False)
        for key in client.scan_iter(match="i:{*}", count=1000):
            pipe.hlen(key)
        return sum(pipe.execute())


def _figure(title: str, anchor: str, two: list[float], one: list[float]) -> Figure:
    return Figure("scaling", title, "us", Spread.of(two), Spread.of(one), f"us, {anchor}", Spread.of(steps(two, one)))


def _step(what: str, own: list[float], bare: list[float]) -> Figure:
    title = f"{what}, step from 1 to 2, beside the bare ceiling's"
    return Figure(
        "scaling", title, "x", Spread.of(own), Spread.of(bare), "x, ceiling", Spread.of(steps(own, bare)), MAX_SCALING_RATIO
    )
