"""Sessions that stand in a Redis of the run's own, and an operator."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import redis

from onesoup.demo.servers import RedisServer
from onesoup.observability.logs import short
from onesoup.operators.operator import Operator
from onesoup.store import records
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.shards import Shards
from tests.support.in_redis import SESSION

Open = Callable[..., str]


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url) as made:
        made.flushdb()
        yield made


@pytest.fixture
def operator(client: redis.Redis) -> Operator:
    return Operator(client, "carol@desk", "example.org", "49")


@pytest.fixture
def opened(client: redis.Redis) -> Open:
    """opened(JID, SessionID, ...) makes a living session; the name that operators know it by. `address` and `number` are the
    phone's."""

    def make(jid: str, sid: str, address: str = "", number: str = "") -> str:
        record = records.pack_session(replace(SESSION, jid=jid))
        HolderSessionStore(client).create(sid, NewSession(record, 1, 600_000))
        Shards(client).add(int(sid[:2], 16), sid)
        ClientSessions(client).put(jid, sid, sid)
        if address or number:
            client.hset(f"s:{{{sid}}}", mapping={"addr": address, "num": number})
        return short(sid)

    return make
