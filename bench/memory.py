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

SESSION_GOAL_KB, SESSION_REDIS_GOAL_KB = 80, 8
CONTACTS_PER_ROSTER = 20


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory, World(directory) as world:
        # The first sessions make what all share: code, caches, contexts. They are not counted.
        _log_in(world, world.accounts("first", max(scale.idle // 5, 3)), False)
        figures = _kind(scale, world, world.accounts("alone", scale.idle), "no contacts", False, SESSION_GOAL_KB)
        contacts = world.accounts("friend", CONTACTS_PER_ROSTER)
        users = world.accounts("social", scale.idle_with_contacts, contacts)
        return figures + _kind(scale, world, users, f"{CONTACTS_PER_ROSTER} contacts", True, None)


def _kind(scale: Scale, world: World, users: list[str], what: str, lists: bool, goal: float | None) -> list[Figure]:
    """The growth from these users' log-ins, for each of them."""
    before = _settled(world, scale.settle)
    _log_in(world, users, lists)
    after = _settled(world, scale.settle)
    each = {name: (after[name] - before[name]) / len(users) for name in before}
    say(f"memory: {len(users)} sessions with {what}: " + ", ".join(f"{name} {kb:.1f} KB" for name, kb in each.items()))
    how = f"growth by {len(users)} logged-in, negotiated{', subscribed' if lists else ''} sessions, after a collection of garbage"
    lines = [
        ("holder, USS", "uss", goal, how),
        ("holder, RSS", "rss", None, ""),
        ("Redis, used_memory", "used", None, "less buffers of clients and of the AOF; the contacts are offline"),
        (
            "Redis, keys",
            "keys",
            SESSION_REDIS_GOAL_KB if lists else None,
            "sum of MEMORY USAGE, stored replies left out: they pass within minutes",
        ),
        ("Redis, stored replies", "replies", None, "sum of MEMORY USAGE, just after the log-in"),
        ("gateway, USS", "web", None, "a worker keeps nothing of a session"),
        ("Prosody, USS", "prosody", None, ""),
    ]
    return [
        Figure("memory", f"idle session, {what}: {name}", "KB", Spread.once(each[key]), goal=limit, note=note)
        for name, key, limit, note in lines
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


def _settled(world: World, seconds: float) -> dict[str, float]:
    """KB now, when nothing moves, and with replies of the past forgotten."""
    time.sleep(seconds)  # presence of its own accord, acknowledgements, idle connections
    holder = world.processes["holder"]
    for _ in range(2):
        os.kill(holder.pid, signal.SIGUSR1)
        time.sleep(min(seconds, 0.5))
    with redis.Redis(port=world.redis.port) as client:
        keys, replies = _keys(client)
        info = client.info("memory")
    used = info["used_memory"] - info["mem_clients_normal"] - info["mem_aof_buffer"]
    found: dict[str, float] = machine.memory(holder.pid)  # type: ignore[assignment]
    found |= {"used": used / 1024, "keys": keys / 1024, "replies": replies / 1024}
    found["web"] = sum(machine.memory(pid)["uss"] for pid in machine.family(world.processes["web"].pid))
    return found | {"prosody": machine.memory(world.prosody.process.pid)["uss"]}


def _keys(client: redis.Redis) -> tuple[int, int]:
    """Bytes of the keys that stay, and of the stored replies, which Redis drops by itself. Removes the replies."""
    stay = pass_by = 0
    for key in list(client.scan_iter(count=1000)):
        octets = client.memory_usage(key, samples=0) or 0
        if key.startswith((b"a:", b"login:")):
            pass_by += octets
            client.delete(key)
        else:
            stay += octets
    return stay, pass_by
