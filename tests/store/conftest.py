"""The store on a real Redis, and on a real Valkey: an empty one for each test, and a phone's session in it."""

import time
from collections.abc import Callable, Iterator

import gevent
import pytest
import redis

from onesoup.demo.servers import RedisServer
from onesoup.store.redis.channels import ReplyChannel
from onesoup.store.redis.client import connect
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.inbox import Inbox, RedeliveryPolicy
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from tests.support.in_redis import RECORD
from tests.support.topologies import program

SID = "a7phone"


@pytest.fixture(scope="session", params=["redis", "valkey"])
def redis_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp(request.param), appendonly=False, program=program(request.param)) as server:
        yield server


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    client = connect(redis_server.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def sessions(client):
    return GatewaySessionStore(client, unknown_presence_ms=0)


@pytest.fixture
def feed(client):
    return HolderSessionStore(client)


@pytest.fixture
def inbox(client):
    """Repeats at once: a test that wants time to pass says so."""
    return Inbox(client, RedeliveryPolicy(repeat_ms=0, repeats=3))


@pytest.fixture
def patient(client):
    """An inbox that repeats nothing while a test runs."""
    return Inbox(client, RedeliveryPolicy(repeat_ms=60_000))


@pytest.fixture
def sid(feed) -> str:
    """A living session, held under fence 1."""
    feed.create(SID, NewSession(RECORD, 1, 60_000))
    return SID


@pytest.fixture
def deliver(feed, sid) -> Callable[..., None]:
    """Messages from the XMPP side: deliver("m1", ...)."""

    def go(*ids: str, jid: str = "romeo@x", receipt: bytes = b"", seen: str = "", copy: str = "") -> None:
        items = [Delivery(each, jid, b"text " + each.encode(), receipt, seen, copy=copy) for each in ids]
        feed.store(sid, 1, StreamChanges(items=items))

    return go


@pytest.fixture
def listen(client) -> Iterator[Callable[[str], Callable[[], list[bytes]]]]:
    """listen(channel) returns a function that gives what has been published there so far."""
    opened = []

    def start(channel: str) -> Callable[[], list[bytes]]:
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        pubsub.subscribe(channel)
        opened.append(pubsub)
        end = time.monotonic() + 60
        while not client.pubsub_numsub(channel)[0][1]:
            assert time.monotonic() < end

        def heard() -> list[bytes]:
            # What was published before this command on another connection has been written to the subscriber before its own.
            client.publish(channel, b"(mark)")
            found = []
            while (message := pubsub.get_message(timeout=2.0)) is None or message["data"] != b"(mark)":
                if message is not None:
                    found.append(message["data"])
            return found

        return heard

    yield start
    for pubsub in opened:
        pubsub.close()


@pytest.fixture
def new_replies() -> Iterator[Callable[[redis.Redis, str], ReplyChannel]]:
    """Makes reply channels that listen until the test ends: what listens on asks the shared Redis, beside all other tests."""
    made: list[tuple[ReplyChannel, gevent.Greenlet]] = []

    def make(client: redis.Redis, url: str) -> ReplyChannel:
        replies = ReplyChannel(client, url)
        made.append((replies, gevent.spawn(replies._subscriber.run)))
        return replies

    yield make
    for replies, listening in made:
        listening.kill()
        replies._subscriber._drop()
