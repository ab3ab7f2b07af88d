"""A Redis with nothing in it, for commands that are called in the process of the test."""

from collections.abc import Iterator

import pytest
import redis

from onesoup.demo.servers import RedisServer


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url) as made:
        made.flushdb()
        yield made
