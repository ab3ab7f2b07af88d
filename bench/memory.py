"""Part memory: what one more idle session costs the holder (a TLS stream to Prosody) and Redis."""

import os
import signal
import time

import redis

from bench import machine
from bench.parts import Scale, say, workplace
from bench.people import World, at_once
from bench.report import Figure, Spread
from onesoup.phone.engine import Phone

GOAL_KB = 80
CONTACTS = 20
# Until everything that a log-in starts has ended: presence of its own accord, acknowledgements, idle connections.
SETTLE_SECONDS = 6.0
# Replies are kept for a repeated request and go by themselves; sessions live for hours.
PASSING_MS = 600_000


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory, World(directory) as world:
        # The first sessions make what all share: code, caches, contexts. They are not counted.
        _log_in(world, world.accounts("first", max(scale.idle // 5, 3)), False)
        figures = _kind(world, world.accounts("alone", scale.idle), "no contacts", False, GOAL_KB)
        contacts = world.accounts("friend", CONTACTS)
        users = world.accounts("social", scale.idle_with_contacts, contacts)
        return figures + _kind(world, users, f"{CONTACTS} contacts", True, None)


def _kind(world: World, users: list[str], what: str, lists: bool, goal: float | None) -> list[Figure]:
    """The growth from these users' log-ins, for each of them."""
    before = _settled(world)
    _log_in(world, users, lists)
    after = _settled(world)
    each = {name: (after[name] - before[name]) / len(users) for name in before}
    say(f"memory: {len(users)} sessions with {what}: {each}")
    how = f"growth by {len(users)} logged-in, negotiated{', subscribed' if lists else ''} sessions, after a collection of garbage"
    return [
        Figure("memory", f"holder, idle session, {what}: USS", "KB", Spread.once(each["uss"]), goal=goal, note=how),
        Figure("memory", f"holder, idle session, {what}: RSS", "KB", Spread.once(each["rss"])),
        Figure(
            "memory",
            f"Redis, idle session, {what}: used_memory",
            "KB",
            Spread.once(each["redis"]),
            note="without the stored replies, which pass within minutes; contacts are offline",
        ),
        Figure("memory", f"Redis, idle session, {what}: with stored replies", "KB", Spread.once(each["redis at once"])),
        Figure("memory", f"Prosody, idle session, {what}: USS", "KB", Spread.once(each["prosody"])),
    ]


def _log_in(world: World, users: list[str], lists: bool) -> None:
    def start(user: str) -> None:
        with world.phone(user) as phone:
            phone.login()
            phone.negotiate()
            if lists:
                _subscribe(phone)

    at_once(10, start, users)


def _subscribe(phone: Phone) -> None:
    """As phones do after a log-in, until nothing waits for them any more."""
    phone.load_lists()
    while phone.run_once():
        pass


def _settled(world: World) -> dict[str, float]:
    """KB now, when nothing moves: USS and RSS of the holder, memory that Redis says it uses."""
    time.sleep(SETTLE_SECONDS)
    holder = world.processes["holder"]
    for _ in range(2):
        os.kill(holder.pid, signal.SIGUSR1)
        time.sleep(0.5)
    with redis.Redis(port=world.redis.port) as client:
        found = machine.memory(holder.pid)
        at_once_kb = client.info("memory")["used_memory"] / 1024
        _forget_passing(client)
        return {
            "uss": found["uss"],
            "rss": found["rss"],
            "redis": client.info("memory")["used_memory"] / 1024,
            "redis at once": at_once_kb,
            "prosody": machine.memory(world.prosody.process.pid)["uss"],
        }


def _forget_passing(client: redis.Redis) -> None:
    """Does now what a few minutes would do."""
    for key in list(client.scan_iter(match="*", count=1000)):
        if 0 <= client.pttl(key) < PASSING_MS and client.type(key) == b"string":
            client.delete(key)
