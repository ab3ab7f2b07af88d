"""A master that is cut off from its replica: who wrote to it and who listened to it finds the new one."""

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
import redis

from onesoup.store.bounds import TooMuch
from onesoup.store.errors import StoreDown
from onesoup.store.redis.channels import Subscriber
from onesoup.store.redis.client import connect
from onesoup.store.session.shards import Shards
from tests.chaos.stores import CutOff
from tests.support.topologies import until


@pytest.fixture(params=[1, 0])
def servers(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[CutOff]:
    with CutOff(tmp_path, wanted=request.param) as running:
        yield running


def test_writers_and_listeners_leave_a_master_that_is_cut_off(servers: CutOff) -> None:
    """One that goes on taking writes, for want of a second replica, is left because Sentinels name another one."""
    clients = [connect(servers.url, shared=shared) for shared in (not servers.wanted, True)]
    heard: list[tuple[str, bytes]] = []
    subscriber = Subscriber(servers.url, lambda channel, data: heard.append((channel, data)))
    subscriber.want(["wake:00"])
    listening = gevent.spawn(subscriber.run)
    until(lambda: subscriber.connected)
    first, second = (Shards(client) for client in clients)
    for number, shards in enumerate((first, second), 1):
        shards.ask(0, b"before")
        until(lambda number=number: heard == [("wake:00", b"login")] * number)  # type: ignore[misc]

    servers.cut()
    replica = redis.Redis(port=servers.replica.port)
    until(lambda: replica.info("replication")["role"] == "master", within=60)

    def asked(shards: Shards, number: int) -> bool:
        try:
            shards.ask(number, b"after")
        except (StoreDown, TooMuch):
            return False
        return True

    # Until its replica has been silent for long enough the old master takes writes, and they are lost with it.
    until(lambda: asked(first, 1) and replica.llen("logins:{01}") > 0, within=60)
    until(lambda: asked(second, 2) and replica.llen("logins:{02}") > 0, within=60)

    def woken() -> bool:
        heard.clear()
        first.ask(0, b"again")
        gevent.sleep(0.2)
        return bool(heard)

    until(woken, within=60)
    listening.kill()
    subscriber._drop()
