"""Sessions that stand in a Redis of the run's own, and an operator."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
import redis

from onesoup.demo.servers import RedisServer
from onesoup.operators.operator import Operator
from onesoup.store.redis.client import connect
from tests.support.in_redis import living_session


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    made = connect(redis_server.url)
    made.flushall()
    yield made
    made.close()


@pytest.fixture
def operator(client: redis.Redis) -> Operator:
    return Operator(client, "root@one", "example.org", "49")


@pytest.fixture
def opened(client: redis.Redis) -> Callable[..., str]:
    """opened(JID, SessionID, ...) makes a living session; the name that operators know it by."""
    return partial(living_session, client)
