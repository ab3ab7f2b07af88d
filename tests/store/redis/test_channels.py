"""Pub/sub that wakes: who waits is woken, who lost the connection subscribes again and is told of the gap.

And what becomes of commands when Redis stops, hangs or is full: StoreDown, in time, and never a missing session."""

import os
import signal
import time

import gevent
import pytest
import redis

from onesoup.demo.servers import RedisServer
from onesoup.load.proxy import TcpProxy
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.login_replies import LoginReplies
from onesoup.store.errors import StoreDown
from onesoup.store.redis import channels
from onesoup.store.redis import client as store_client
from onesoup.store.redis.channels import Subscriber, send_reply
from onesoup.store.redis.client import connect
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.inbox import Inbox, RedeliveryPolicy
from onesoup.store.session.request_effects import RequestEffects
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.shards import Leases, Shards
from onesoup.store.wakeup.cir_processes import CirProcesses
from tests.support.flood import flood
from tests.support.in_redis import RECORD, SESSION
from tests.support.turns import most_between_turns


def until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        gevent.sleep(0.01)


# --- replies ---


@pytest.fixture
def replies(client, redis_server, new_replies):
    replies = new_replies(client, redis_server.url)
    assert replies.ready(within=60)
    return replies


def test_who_waits_gets_the_answer(replies, client):
    with replies.expect() as expected:
        gevent.spawn(send_reply, client, replies.channel, expected.name, b"\xff answer with blanks")
        assert expected.wait(60) == b"\xff answer with blanks"


def test_messages_without_end_leave_others_their_turn(redis_server):
    """Each takes a little time, so that the next read finds more at once."""
    heard = []

    def work(_channel, _data):
        heard.append(1)
        end = time.perf_counter() + 0.0005
        while time.perf_counter() < end:
            pass

    subscriber = Subscriber(redis_server.url, work)
    subscriber.want(["flood"])
    reading = gevent.spawn(subscriber.run)
    until(lambda: subscriber.connected)
    watching = gevent.spawn(most_between_turns, lambda: len(heard), lambda: len(heard) < 10 * channels.MESSAGES_PER_TURN)
    with flood(("127.0.0.1", redis_server.port), b"PUBLISH flood " + b"x" * 4000 + b"\r\n"):
        most = watching.get()
    reading.kill()
    subscriber._drop()
    assert most <= channels.MESSAGES_PER_TURN


def test_an_answer_may_come_before_anybody_waits(replies, client):
    with replies.expect() as expected:
        send_reply(client, replies.channel, expected.name, b"early")
        with replies.expect() as second:
            send_reply(client, replies.channel, second.name, b"later")
            assert second.wait(60) == b"later"
        assert expected.wait(60) == b"early"


def test_answers_find_their_own_waiters(replies, client):
    with replies.expect() as one, replies.expect() as two:
        send_reply(client, replies.channel, two.name, b"two")
        send_reply(client, replies.channel, one.name, b"one")
        assert (one.wait(60), two.wait(60)) == (b"one", b"two")


def test_a_wait_ends_in_time(replies):
    began = time.monotonic()
    with replies.expect() as expected:
        assert expected.wait(0.05) is None
        assert expected.wait(-1) is None
    assert time.monotonic() - began < 20


def test_an_answer_that_nobody_wants_any_more_is_dropped(replies, client):
    with replies.expect() as expected:
        pass
    send_reply(client, replies.channel, expected.name, b"late")
    client.publish(replies.channel, b"")
    client.publish(replies.channel, b"\xff\xff \xff")
    with replies.expect() as second:
        send_reply(client, replies.channel, second.name, b"ok")
        assert second.wait(60) == b"ok"


def test_a_held_poll_is_woken_by_its_session(replies, client):
    with replies.expect("poll a7phone") as expected:
        client.publish(replies.channel, b"poll a7phone")
        assert expected.wait(60) is not None


def test_a_second_poll_of_a_session_takes_the_place_of_the_first(replies, client):
    with replies.expect("poll a7") as first:
        with replies.expect("poll a7") as second:
            client.publish(replies.channel, b"poll a7")
            assert second.wait(60) is not None
        assert first.wait(0) is None


def test_a_graceful_stop_ends_every_wait(replies):
    with replies.expect() as one, replies.expect("poll a7") as two:
        gevent.spawn(replies.release_all)
        began = time.monotonic()
        assert (one.wait(60), two.wait(60)) == (None, None)
    assert time.monotonic() - began < 20


# --- subscribers ---


class Heard:
    """A subscriber in a greenlet of its own, and what it was told."""

    def __init__(self, url):
        self.messages, self.gaps = [], 0
        self.subscriber = Subscriber(url, lambda channel, data: self.messages.append((channel, data)), self.gap)
        self.greenlet = gevent.spawn(self.subscriber.run)

    def gap(self):
        self.gaps += 1

    def stop(self):
        self.greenlet.kill()
        self.subscriber._drop()


@pytest.fixture
def heard(redis_server, client):
    heard = Heard(redis_server.url)
    heard.subscriber.want(["news"])
    until(lambda: heard.subscriber.connected)
    yield heard
    heard.stop()


def test_what_is_published_is_heard(heard, client):
    client.publish("news", b"\xff one")
    client.publish("other", b"two")
    until(lambda: heard.messages)
    assert heard.messages == [("news", b"\xff one")]


def test_the_wanted_channels_may_change(heard, client):
    heard.subscriber.want(["sport"])
    until(lambda: client.publish("sport", b"x"))
    until(lambda: heard.messages == [("sport", b"x")])
    assert client.publish("news", b"y") == 0


def test_a_lost_connection_comes_back_and_the_gap_is_told(heard, client):
    gaps = heard.gaps
    client.client_kill_filter(_type="pubsub")
    until(lambda: heard.gaps > gaps)
    assert client.publish("news", b"again") == 1
    until(lambda: heard.messages == [("news", b"again")])


def test_a_connection_that_falls_silent_is_made_anew(redis_server, client):
    """As when a firewall has forgotten it: it never ends, and nothing passes."""
    with TcpProxy(("127.0.0.1", redis_server.port)) as proxy:
        heard = Heard(f"redis://127.0.0.1:{proxy.port}/0")
        heard.subscriber.want(["news"])
        until(lambda: heard.subscriber.connected)
        proxy.freeze()
        client.publish("news", b"lost")
        until(lambda: heard.gaps >= 2)
        until(lambda: client.publish("news", b"again"))
        until(lambda: heard.messages[:1] == [("news", b"again")])
        heard.stop()


def test_a_silent_server_that_answers_is_kept(heard, client, monkeypatch):
    monkeypatch.setattr(channels, "PING_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(channels, "PING_ANSWER_SECONDS", 60.0)
    asked = client.info("commandstats").get("cmdstat_ping", {}).get("calls", 0)
    until(lambda: client.info("commandstats").get("cmdstat_ping", {}).get("calls", 0) > asked + 1)
    assert heard.gaps == 1


def test_a_gap_is_told_for_channels_that_are_new(heard, client):
    """What was published there before nobody has heard."""
    heard.subscriber.want(["news", "sport"])
    until(lambda: heard.gaps >= 2)
    assert client.publish("sport", b"x") == 1


def test_a_mistake_about_one_message_keeps_none_of_the_others_back(heard, client):
    real = heard.subscriber._readers[None]._on_message

    def wrong(channel, data):
        if data == b"bad":
            raise ValueError(data)
        real(channel, data)

    heard.subscriber._readers[None]._on_message = wrong
    client.publish("news", b"bad")
    client.publish("news", b"good")
    until(lambda: heard.messages == [("news", b"good")])


@pytest.fixture
def own_redis(tmp_path):
    """One that a test may stop."""
    with RedisServer(tmp_path) as server:
        yield server


def test_a_restart_of_redis_is_survived(own_redis, new_replies):
    heard = Heard(own_redis.url)
    heard.subscriber.want(["news"])
    until(lambda: heard.subscriber.connected)
    replies = new_replies(connect(own_redis.url), own_redis.url)
    own_redis.stop()
    until(lambda: not heard.subscriber.connected)
    own_redis.start()
    until(lambda: heard.gaps >= 2)
    client = connect(own_redis.url)
    client.publish("news", b"after")
    until(lambda: heard.messages == [("news", b"after")])
    assert replies.ready(within=60)
    heard.stop()


def test_scripts_work_again_after_a_restart(own_redis):
    """Redis has lost them; data it has not."""
    feed, sessions = HolderSessionStore(connect(own_redis.url)), GatewaySessionStore(connect(own_redis.url))
    feed.create("a7x", NewSession(RECORD, 1, 60_000))
    sessions.open("a7x", "1", "d")
    own_redis.restart()
    assert sessions.open("a7x", "2", "d").session == SESSION


# --- Redis away ---


def commands(url):
    client = connect(url)
    feed, ring = HolderSessionStore(client), KeyRing([("k1", bytes(32))])
    return {
        "open": lambda: GatewaySessionStore(client).open("a7x", "1", "d"),
        "commit": lambda: GatewaySessionStore(client).commit("a7x", "1", "d", b"x", RequestEffects()),
        "push": lambda: GatewaySessionStore(client).push("a7x", b"x"),
        "spellings": lambda: GatewaySessionStore(client).contacts.spellings("a7x", ["x"]),
        "roster": lambda: GatewaySessionStore(client).contacts.roster("a7x"),
        "take": lambda: Inbox(client, RedeliveryPolicy()).take("a7x"),
        "create": lambda: feed.create("a7x", NewSession(RECORD, 1, 1)),
        "commands": lambda: feed.outbox.commands("a7x"),
        "with_commands": lambda: feed.outbox.sessions_with_commands(["a7x"]),
        "copy": lambda: feed.copy("a7x", "a7y"),
        "link": lambda: Accounts(client, ring).find("a@x"),
        "clients": lambda: ClientSessions(client).all("a@x"),
        "ask": lambda: Shards(client).ask(1, b"job"),
        "alive": lambda: Leases(client, "one", 1000).alive(),
        "free": lambda: Leases(client, "one", 1000).free(),
        "claim": lambda: LoginReplies(client).claim("r", 1),
        "lines": lambda: CirProcesses(client).any(),
        "answer": lambda: send_reply(client, "worker:1", "c1", b"x"),
    }


def test_without_redis_every_command_is_store_down(own_redis):
    own_redis.stop()
    for name, command in commands(own_redis.url).items():
        began = time.monotonic()
        with pytest.raises(StoreDown):
            command()
        assert time.monotonic() - began < 8, name


def test_a_redis_that_hangs_is_store_down_in_time_for_an_answer(own_redis, monkeypatch):
    calls = commands(own_redis.url)
    calls["lines"]()
    os.kill(own_redis.process.pid, signal.SIGSTOP)
    try:
        waits = {name: gevent.spawn(_timed, calls[name]) for name in ("open", "commit", "take", "link", "roster", "ask")}
        gevent.joinall(list(waits.values()), timeout=60)
        for name, wait in waits.items():
            error, took = wait.value
            assert isinstance(error, StoreDown), name
            assert took < 10, name
    finally:
        os.kill(own_redis.process.pid, signal.SIGCONT)
    assert calls["lines"]() is False


def _timed(command):
    began = time.monotonic()
    try:
        command()
    except Exception as error:
        return error, time.monotonic() - began
    return None, time.monotonic() - began


def test_a_full_redis_is_store_down(own_redis):
    client = connect(own_redis.url)
    client.config_set("maxmemory", 1)
    calls = commands(own_redis.url)
    for name in ("create", "ask", "claim"):
        with pytest.raises(StoreDown):
            calls[name]()


def test_a_replica_is_store_down(own_redis):
    """As the old master is, after a failover."""
    client = connect(own_redis.url)
    client.replicaof("127.0.0.1", "1")
    calls = commands(own_redis.url)
    for name in ("create", "claim", "alive"):
        with pytest.raises(StoreDown):
            calls[name]()


def test_a_redis_that_is_busy_with_a_script_is_store_down(own_redis):
    client = connect(own_redis.url)
    client.config_set("busy-reply-threshold", 50)
    loop = redis.Redis.from_url(own_redis.url, socket_timeout=120)
    busy = gevent.spawn(_timed, lambda: loop.eval("while true do end", 0))

    def is_busy() -> bool:
        try:
            client.ping()
        except redis.ResponseError as error:
            return "BUSY" in str(error)
        return False

    until(is_busy)
    try:
        with pytest.raises(StoreDown):
            commands(own_redis.url)["open"]()
    finally:
        client.script_kill()
        busy.join(60)


def test_a_bug_of_ours_is_not_told_as_store_down(client):
    client.set("s:{a7x}", b"no hash")
    with pytest.raises(redis.ResponseError):
        GatewaySessionStore(client).open("a7x", "1", "d")


def test_no_wait_in_the_module_is_longer_than_a_phone_waits():
    assert 2 * store_client.REQUEST_TIMEOUT_SECONDS + store_client.POOL_WAIT_SECONDS < 9
