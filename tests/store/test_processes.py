"""Processes say that they live, and who is silent is forgotten."""

from dataclasses import replace

from onesoup.store import bounds
from onesoup.store.processes import PROCESS_TTL_MS, PROCESSES_KEY, SEEN_KEY, ProcessRecord, ProcessRegistry
from onesoup.store.redis import msgpack

HOLDER = ProcessRecord("holder", "one.example.org", 12, 12, ("127.0.0.1", "9472"), "1.0", ("k2:aa", "k1:bb"), 1_700_000_000)
WORKER = ProcessRecord("web", "one.example.org", 31, 30, ("::1", "9471"), "1.0", ("k2:aa", "k1:bb"), 1_700_000_000)


def test_processes_are_known_until_they_leave(client):
    registry = ProcessRegistry(client)
    registry.tell(HOLDER)
    registry.tell(WORKER)
    registry.tell(replace(HOLDER, keys=("k1:bb",)))
    assert [each.record for each in registry.all()] == [replace(HOLDER, keys=("k1:bb",)), WORKER]
    assert all(0 <= each.ago < PROCESS_TTL_MS / 1000 for each in registry.all())
    assert WORKER.shown == "web 30 on one.example.org, worker 31"
    registry.leave(HOLDER)
    assert [each.record for each in registry.all()] == [WORKER]
    assert 0 < client.pttl(PROCESSES_KEY) <= 2 * PROCESS_TTL_MS
    assert 0 < client.pttl(SEEN_KEY) <= 2 * PROCESS_TTL_MS


def test_who_is_silent_is_forgotten(client):
    registry = ProcessRegistry(client)
    registry.tell(HOLDER)
    registry.tell(WORKER)
    client.zincrby(SEEN_KEY, -PROCESS_TTL_MS - 1, HOLDER.name)
    assert [each.record for each in registry.all()] == [WORKER]
    assert client.hlen(PROCESSES_KEY) == 1


def test_there_are_never_too_many(client):
    registry = ProcessRegistry(client)
    for number in range(bounds.MOST_PROCESSES + 3):
        registry.tell(replace(HOLDER, pid=number, keys=tuple(f"k{n}:aa" for n in range(200))))
    found = registry.all()
    assert len(found) == bounds.MOST_PROCESSES
    assert {len(each.record.keys) for each in found} == {bounds.MOST_PROCESS_KEYS}


def test_a_record_of_a_later_version_is_left_out(client):
    registry = ProcessRegistry(client)
    registry.tell(HOLDER)
    registry.tell(WORKER)
    client.hset(PROCESSES_KEY, WORKER.name, msgpack.pack(9, {"role": "web"}))
    assert [each.record for each in registry.all()] == [HOLDER]
