"""Part memory: what one more idle session costs the holder (a TLS stream to Prosody) and Redis."""

import time

import redis

from bench import machine
from bench.parts import Scale, say, workplace
from bench.people import World, at_once
from bench.report import Figure, Spread
from onesoup.phone.engine import Phone
from onesoup.store.session.request_effects import UNKNOWN_PRESENCE_MS

SESSION_GOAL_KB, SESSION_REDIS_GOAL_KB = 50, 6
CONTACTS_PER_ROSTER = 20
# Keys that pass within minutes: stored replies, and their names.
PASSING_KEYS = (b"a", b"login", b"replied")


def run(scale: Scale) -> list[Figure]:
    figures = _alone(scale, scale.idle, "no contacts", 0)
    return figures + _alone(scale, scale.idle_with_contacts, f"{CONTACTS_PER_ROSTER} contacts", CONTACTS_PER_ROSTER)


def _alone(scale: Scale, count: int, what: str, contacts: int) -> list[Figure]:
    """Each kind has processes of its own: it would use again what another one has left in their memory."""
    with workplace() as directory, World(directory) as world:
        friends = world.accounts("friend", contacts)
        # The first sessions make what all share: code, caches, contexts. They are not counted.
        _log_in(world, world.accounts("first", max(count // 5, 3), friends), bool(contacts))
        users = world.accounts("social" if contacts else "alone", count, friends)
        return _kind(scale, world, users, what, bool(contacts), SESSION_GOAL_KB)


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
            "Redis, keys of the session",
            "session",
            SESSION_REDIS_GOAL_KB if lists else None,
            "sum of MEMORY USAGE, stored replies left out: they pass within minutes",
        ),
        (
            "Redis, keys of its account",
            "account",
            None,
            "what outlives the session: what the phone did in the last day, for its owner and for operators; its handset",
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
    """As phones do after a log-in, until nothing waits for them any more. Contacts of whom nothing is heard come last."""
    phone.load_lists()
    for _ in range(2):
        while phone.run_once():
            pass
        time.sleep(UNKNOWN_PRESENCE_MS / 1000 + 0.5)


def _settled(world: World, seconds: float) -> dict[str, float]:
    """KB now, when nothing moves, and with replies of the past forgotten."""
    time.sleep(seconds)  # presence of its own accord, acknowledgements, idle connections
    holder = world.processes["holder"]
    for _ in range(2):
        world.collect_garbage()
        time.sleep(min(seconds, 0.5))
    with redis.Redis(port=world.redis.port) as client:
        found = {kind: octets / 1024 for kind, octets in _keys(client).items()}
        info = client.info("memory")
    used = info["used_memory"] - info["mem_clients_normal"] - info["mem_aof_buffer"]
    found |= machine.memory(holder.pid) | {"used": used / 1024}
    found["web"] = sum(machine.memory(pid)["uss"] for pid in machine.family(world.processes["web"].pid))
    return found | {"prosody": machine.memory(world.prosody.process.pid)["uss"]}


def _keys(client: redis.Redis) -> dict[str, int]:
    """Bytes of the keys of sessions, of all others, and of stored replies, which Redis drops by itself. Removes the replies."""
    found = {"session": 0, "account": 0, "replies": 0}
    keys = list(client.scan_iter(count=1000))
    sessions = {key.partition(b":")[2] for key in keys if key.startswith(b"s:")}
    for key in keys:
        name, _, owner = key.partition(b":")
        kind = "replies" if name in PASSING_KEYS else "session" if owner in sessions else "account"
        found[kind] += client.memory_usage(key, samples=0) or 0
        if kind == "replies":
            client.delete(key)
    return found
