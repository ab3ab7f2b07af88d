"""The forms of a Redis URL."""

import pytest

from onesoup.store.redis.urls import CLUSTER, SENTINEL, SINGLE, RedisUrl, parse


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0", "rediss://:secret@redis.example.org/2", "unix:///run/redis.sock"])
def test_one_server_is_redis_py_s_business(url):
    assert parse(url) == RedisUrl(SINGLE, url)


def test_sentinels():
    url = "redis+sentinel://onesoup:p%40ss@10.0.0.1,10.0.0.2:26380,[::1]/mymaster/3"
    hosts = (("10.0.0.1", 26379), ("10.0.0.2", 26380), ("::1", 26379))
    assert parse(url) == RedisUrl(SENTINEL, url, hosts, "mymaster", 3, "onesoup", "p@ss")


def test_sentinels_that_want_a_password():
    url = "redis+sentinel://:secret@10.0.0.1/mymaster?sentinel_user=onesoup&sentinel_password=p%40ss%26"
    hosts = (("10.0.0.1", 26379),)
    assert parse(url) == RedisUrl(
        SENTINEL, url, hosts, "mymaster", password="secret", sentinel_user="onesoup", sentinel_password="p@ss&"
    )


def test_a_cluster():
    url = "rediss+cluster://:secret@one.example.org,[fd00::2]:7001/"
    assert parse(url) == RedisUrl(CLUSTER, url, (("one.example.org", 6379), ("fd00::2", 7001)), password="secret", tls=True)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("valkey://:secret@127.0.0.1:6379/0", "redis://:secret@127.0.0.1:6379/0"),
        ("valkeys://cache.example.org/1", "rediss://cache.example.org/1"),
        ("valkey+sentinel://10.0.0.1,10.0.0.2/onesoup", "redis+sentinel://10.0.0.1,10.0.0.2/onesoup"),
        ("valkeys+cluster://one.example.org", "rediss+cluster://one.example.org"),
    ],
)
def test_valkey_is_a_word_for_the_same(url, same):
    assert parse(url) == parse(same)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1", "must begin"),
        ("redis+raft://127.0.0.1", "must begin"),
        ("valkey+raft://127.0.0.1", "must begin"),
        ("unix+cluster://127.0.0.1", "must begin"),
        ("redis+sentinel://10.0.0.1,10.0.0.2", "names no service"),
        ("redis+sentinel://10.0.0.1/mymaster/x", "is no number"),
        ("redis+cluster://10.0.0.1/1", "no database numbers"),
        ("redis+sentinel://10.0.0.1/mymaster?password=x", "sentinel_user and sentinel_password"),
        ("redis+sentinel://10.0.0.1/mymaster?sentinel_user=x", "without sentinel_password"),
        ("redis+cluster://10.0.0.1/?sentinel_password=x", "may stand nothing"),
        ("redis+cluster://", "is not host"),
        ("redis+cluster://10.0.0.1:six", "is not host"),
    ],
)
def test_what_is_none_of_them_says_why(url, reason):
    with pytest.raises(ValueError, match=reason):
        parse(url)
