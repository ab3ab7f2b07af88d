"""An operator on a Redis with nothing in it."""

from collections.abc import Iterator

import pytest
import redis

from onesoup.demo.servers import RedisServer
from onesoup.operators.operator import Operator
from onesoup.store.redis.client import connect


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    made = connect(redis_server.url)
    made.flushall()
    yield made
    made.close()


@pytest.fixture
def operator(client: redis.Redis) -> Operator:
    return Operator(client, "root@one", "example.org")
