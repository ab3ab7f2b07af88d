"""What a process says of itself in Redis, and when it says it again."""

import os
import socket

import pytest
import redis

from onesoup.observability.process_beat import ProcessBeat
from onesoup.store.account.keyring import KeyRing
from onesoup.store.processes import PROCESSES_KEY, ProcessRegistry
from tests.support.keys import add_key


@pytest.fixture
def client(redis_server):
    with redis.Redis.from_url(redis_server.url) as made:
        made.flushdb()
        yield made


def test_it_says_where_it_is_and_which_keys_it_knows_until_it_ends(client, tmp_path):
    KeyRing.create(tmp_path / "keys")
    beat = ProcessBeat(client, "holder", ("127.0.0.1", 9472), KeyRing.load(tmp_path / "keys"))
    beat.beat()
    (found,) = (each.record for each in ProcessRegistry(client).all())
    assert (found.role, found.host, found.pid, found.unit) == ("holder", socket.gethostname(), os.getpid(), os.getpid())
    assert (found.admin, found.key_ids) == (("127.0.0.1", "9472"), ("k1",))
    beat.leave()
    assert ProcessRegistry(client).all() == []


def test_it_speaks_again_when_its_keys_have_changed_and_else_seldom(client, tmp_path, monkeypatch):
    KeyRing.create(tmp_path / "keys")
    ring = KeyRing.load(tmp_path / "keys")
    beat = ProcessBeat(client, "web", ("127.0.0.1", 9471), ring, unit=7)
    beat.beat()
    client.delete(PROCESSES_KEY)
    beat.beat()
    assert not client.exists(PROCESSES_KEY), "there is nothing new"
    add_key(tmp_path / "keys")
    ring.follow(at_once=True)
    beat.beat()
    assert [each.record.key_ids for each in ProcessRegistry(client).all()] == [("k2", "k1")]
    monkeypatch.setattr(beat, "_again", 0.0)
    client.delete(PROCESSES_KEY)
    beat.beat()
    assert client.exists(PROCESSES_KEY)
    beat.leave()


def test_a_process_without_a_key_ring_knows_no_keys(client):
    beat = ProcessBeat(client, "cir", ("127.0.0.1", 9473))
    beat.beat()
    assert [each.record.keys for each in ProcessRegistry(client).all()] == [()]
    beat.leave()
