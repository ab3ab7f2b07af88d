"""What Redis refuses keeps the name that operators know, whichever client asked and however often it tried."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.connection import DefaultParser

from onesoup.commands.redis_check import ADVICE
from onesoup.demo.servers import RedisServer
from onesoup.store.errors import StoreDown
from onesoup.store.redis.client import REDIS_ERRORS, RedisScript, connect, guarded, writable
from onesoup.store.redis.refusals import FULL_REFUSAL, REFUSALS, error_name, is_away
from tests.support.refusing import MAKE_REFUSE, refusing_server
from tests.support.topologies import Sentinels

WRITE = "return redis.call('SET', KEYS[1], ARGV[1], 'PX', 1000)"


@pytest.fixture
def refusing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    """A server that refuses by this name."""
    with refusing_server(tmp_path, request.param) as server:
        yield server


@pytest.mark.parametrize(("refusing", "name"), [(name, name) for name in MAKE_REFUSE], indirect=["refusing"])
def test_a_refusal_keeps_its_name(refusing: RedisServer, name: str) -> None:
    for shared in (False, True):
        client = connect(refusing.url, shared=shared)
        write = RedisScript(client, WRITE)
        asked: list[Callable[[], Any]] = [
            lambda client=client: guarded(lambda: client.set("x", "x")),
            lambda write=write: write(["x"], ["x"]),
            lambda write=write: write.many([(["x"], ["x"])]),
        ]
        if name != FULL_REFUSAL:
            asked.append(lambda client=client: writable(client))
        for ask in asked:
            before = REDIS_ERRORS.labels(name)._value.get()
            with pytest.raises(StoreDown) as found:
                ask()
            assert (str(found.value), shared) == (name, shared)
            assert REDIS_ERRORS.labels(name)._value.get() == before + 1
        client.close()


def test_behind_sentinels_the_name_comes_through_the_search_for_the_new_master(tmp_path: Path) -> None:
    """The connection is given up and made again, once more in vain."""
    with Sentinels(tmp_path, silence=60.0) as servers:  # a new master would take writes
        redis.Redis(port=servers.master.port).config_set("min-replicas-to-write", 2)
        for shared in (False, True):
            client = connect(servers.url, shared=shared)
            write = RedisScript(client, WRITE)
            asked = [lambda write=write: write(["x"], ["x"]), lambda write=write: write.many([(["x"], ["x"])])]
            for ask in (*asked, lambda client=client: writable(client)):
                with pytest.raises(StoreDown, match=r"^NOREPLICAS$"):
                    ask()
            client.close()


TEXTS = [
    ("OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
    ("LOADING Redis is loading the dataset in memory", "LOADING"),
    ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "MASTERDOWN"),
    ("BUSY Redis is busy running a script.", "BUSY"),
    ("WRONGPASS invalid username-password pair or user is disabled.", "WRONGPASS"),
    ("TRYAGAIN Multiple keys request during rehashing of slot", "TRYAGAIN"),
    # Redis 6.2, out of a script.
    ("ERR Error running script (call to f_1b): @user_script:1: @user_script: 1: -READONLY You can't write.", "READONLY"),
    ("ERR Error running script (call to f_1b): @user_script:1: @user_script: 1: -NOREPLICAS Not enough.", "NOREPLICAS"),
]


@pytest.mark.parametrize(("text", "name"), TEXTS)
def test_each_text_has_its_name(text: str, name: str) -> None:
    error = DefaultParser.parse_error(text)
    assert (error_name(error), is_away(error)) == (name, True)


@pytest.mark.parametrize("text", ["WRONGTYPE Operation against a key", "ERR unknown command", "NOSESSION 604", "ERR -OOM"])
def test_other_errors_are_no_refusals(text: str) -> None:
    assert not is_away(DefaultParser.parse_error(text))


def test_every_refusal_has_advice() -> None:
    assert ADVICE.keys() == REFUSALS
