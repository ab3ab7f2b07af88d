"""Part takeover: a holder with many TLS streams is killed (SIGKILL); how another takes them over, and what gets lost."""

import json
import re
import time
from typing import Any

import gevent
import redis

from bench import machine
from bench.parts import Scale, say, workplace
from bench.peer import Peer
from bench.people import BENCH_PASSWORD, World, at_once
from bench.report import Figure, Spread

# Shorter than their defaults, so that shards go round quickly.
LEASE_TTL_SECONDS, LEASE_RENEW_SECONDS = 3.0, 1.0
TAKEOVER_TIMEOUT_SECONDS = 240.0
WATCHER_USER = "watcher"
ONLINE_TIMEOUT_SECONDS = 60.0


class Watcher(Peer):
    """A contact of everybody: counts presence and sends messages."""

    def __enter__(self) -> "Watcher":
        super().__enter__()
        self.heard = bytearray(self._buffer)
        self._reader = gevent.spawn(self._read)
        return self

    def __exit__(self, *error: object) -> None:
        self._reader.kill()
        super().__exit__(*error)

    def _read(self) -> None:
        self._link.settimeout(None)
        while data := self._link.recv(65536):
            self.heard += data

    def presences(self) -> list[bytes]:
        return re.findall(rb"<presence[^>]*>", bytes(self.heard))


def run(scale: Scale) -> list[Figure]:
    env = {"ONESOUP_LEASE_TTL": str(LEASE_TTL_SECONDS), "ONESOUP_LEASE_RENEW": str(LEASE_RENEW_SECONDS)}
    with workplace() as directory, World(directory, more=env) as world:
        count = scale.taken_over
        users = world.accounts("crew", count, [WATCHER_USER])
        world.prosody.add_account(WATCHER_USER, BENCH_PASSWORD, {user: user for user in users})
        address = ("127.0.0.1", world.prosody.tls_port)
        with Watcher(WATCHER_USER, BENCH_PASSWORD, world.domain, address, world.ca_file) as watcher:
            return _figures(count, _measure(world, watcher, users))


def _measure(world: World, watcher: Watcher, users: list[str]) -> dict[str, float]:
    say(f"takeover: {len(users)} phones log in")
    at_once(10, lambda user: _online(world, user), users)
    _until(lambda: len(watcher.presences()) >= len(users), ONLINE_TIMEOUT_SECONDS + len(users) * 0.1)
    gevent.sleep(1.0)
    watcher.heard.clear()
    say("takeover: the holder is killed")
    world.kill("holder")
    began = time.monotonic()
    another = world.launch("holder", "another")
    for user in users:
        watcher.message(f"{user}@{world.domain}", f"for {user}")
    with redis.Redis(port=world.redis.port) as client:
        _until(lambda: len(_resumed(world)) >= len(users) and len(_inboxes(client)) >= len(users), TAKEOVER_TIMEOUT_SECONDS)
        found = _inboxes(client)
    took = time.monotonic() - began
    gevent.sleep(2.0)  # a change of presence would have come by now
    again = _resumed(world)
    return {
        "took": took,
        "cpu": machine.cpu(another.pid) / len(users) * 1e3,
        "resumed": sum(bool(line["resumed"]) for line in again),
        "lost": len({f"for {user}" for user in users} - set(found)),
        "doubled": len(found) - len(set(found)),
        "presences": len(watcher.presences()),
    }


def _online(world: World, user: str) -> None:
    with world.phone(user) as phone:
        phone.login()
        phone.negotiate()
        phone.publish()


def _resumed(world: World) -> list[dict[str, Any]]:
    """What the new holder has logged of streams that it took over."""
    lines = [line for line in world.logs("another").splitlines() if '"stream-again"' in line]
    return [json.loads(line) for line in lines]


def _inboxes(client: redis.Redis) -> list[str]:
    """The messages of the watcher that wait for phones."""
    found = []
    for key in client.scan_iter(match="i:{*}", count=1000):
        for stored in client.hvals(key):
            found += re.findall(r"for crew\d+", stored.decode("utf-8", "replace"))
    return found


def _until(condition: Any, seconds: float) -> None:
    """Until it holds, or the time is over: then the figures tell."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        gevent.sleep(0.2)


def _figures(count: int, found: dict[str, float]) -> list[Figure]:
    note = f"{count} TLS streams, a message to each while nobody holds them; the new holder starts on the host of the dead one"
    lines = [
        ("messages lost", "", "lost", 0.0, note),
        ("messages doubled", "", "doubled", 0.0, ""),
        ("presence changes that contacts saw", "", "presences", 0.0, ""),
        ("streams not resumed", "", "missed", 0.0, ""),
        ("from the kill to the last stream and message", "s", "took", None, ""),
        ("CPU of the new holder a stream, its start included", "ms", "cpu", None, ""),
    ]
    found["missed"] = count - found["resumed"]
    return [
        Figure("takeover", name, unit, Spread.once(found[key]), goal=goal, note=text) for name, unit, key, goal, text in lines
    ]
