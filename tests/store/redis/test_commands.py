"""Redis commands that go out together: each is as alone, in their order, also when Redis has lost a script."""

import re
from pathlib import Path

import pytest

from onesoup.store.errors import NoSession
from onesoup.store.redis.client import RedisScript
from onesoup.store.redis.commands import READS, RedisCommand, publish_command, script_command, send_together

MAKE = "redis.call('SET', KEYS[1], ARGV[1]) return 'made'"
NEED = """
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.error_reply('NOSESSION 604') end
return redis.call('APPEND', KEYS[1], ARGV[1])
"""


@pytest.fixture
def scripts(client):
    return RedisScript(client, MAKE, "make"), RedisScript(client, NEED, "need")


def both(scripts, *more):
    make, need = scripts
    return [script_command(make, ["k"], ["a"], read=bytes.decode), script_command(need, ["k"], ["b"], read=int), *more]


@pytest.mark.parametrize("lost", [False, True])
def test_answers_come_in_the_order_of_the_commands_each_with_its_meaning(client, scripts, lost):
    """Also what is read behind a script that Redis has lost: a session that ends would leave behind what came just before."""
    send_together(client, *both(scripts))
    client.delete("k")
    if lost:
        client.script_flush()
    asked = both(scripts, RedisCommand(("GET", "k")), RedisCommand(("HGETALL", "none"), len), publish_command(client, "c", b"m"))
    assert send_together(client, *asked) == ["made", 2, b"ab", 0, 0]


def test_scripts_that_redis_has_lost_are_run_all_the_same(client, scripts):
    client.script_flush()
    assert send_together(client, *both(scripts)) == ["made", 2]


def test_what_failed_for_want_of_a_lost_script_is_asked_again_and_what_was_done_is_not(client, scripts):
    send_together(client, *both(scripts))
    client.delete("k")
    client.script_flush()
    client.set("other", "")
    scripts[1](["other"], ["x"])  # this one Redis knows
    assert send_together(client, *both(scripts, RedisCommand(("INCR", "n"), int))) == ["made", 2, 1]


def test_the_first_error_is_raised_when_all_are_done(client, scripts):
    _, need = scripts
    with pytest.raises(NoSession):
        send_together(client, script_command(need, ["k"], ["b"]), RedisCommand(("SET", "n", 1)))
    assert client.get("n") == b"1"


def test_every_command_that_stores_ask_is_known_as_one_that_reads_or_one_that_writes():
    """One that reads and is not known would be told as it was before a lost script ran."""
    sources = Path(__file__).resolve().parents[3] / "onesoup" / "store"
    asked = {name for each in sources.rglob("*.py") for name in re.findall(r'RedisCommand\(\("([A-Z]+)"', each.read_text())}
    assert len(asked) > 5
    assert asked - READS == {"DEL", "HSET", "PUBLISH", "SADD", "SET", "SREM"}
