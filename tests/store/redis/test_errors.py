"""What Redis may say, and what the store makes of it: phones are told to try again, and never that their session is gone."""

import pytest
import redis
from redis.connection import DefaultParser

from onesoup.store.errors import NoSession, StoreDown
from onesoup.store.redis.client import REDIS_ERRORS, store_errors


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (redis.ConnectionError("x"), "ConnectionError"),
        (redis.TimeoutError("x"), "TimeoutError"),
        (redis.exceptions.RedisClusterException("no node can be reached"), "RedisClusterException"),
        (DefaultParser.parse_error("CLUSTERDOWN x"), "CLUSTERDOWN"),
        (DefaultParser.parse_error("OOM x"), "OOM"),
        (redis.ResponseError("MISCONF cannot write"), "MISCONF"),
    ],
)
def test_a_store_that_is_away_is_called_so_and_counted(error, kind):
    counter = REDIS_ERRORS.labels(kind)
    before = counter._value.get()
    with pytest.raises(StoreDown, match=kind), store_errors():
        raise error
    assert counter._value.get() == before + 1


def test_what_scripts_say_by_name_is_no_error_of_redis():
    with pytest.raises(NoSession) as found, store_errors():
        raise redis.ResponseError("NOSESSION 601 script: x")
    assert found.value.code == 601
