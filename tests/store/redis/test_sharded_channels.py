"""On a cluster a wake goes to the node of its channel and is heard there, wherever the script ran and wherever slots move."""

from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
import redis

from onesoup.store import keys
from onesoup.store.blocks import BlockedKind, OperatorBlock, OperatorBlocks
from onesoup.store.domain_quotas import DomainQuotas, QuotaPolicy
from onesoup.store.drains import Drain, Drains
from onesoup.store.errors import NoSession, StoreDown
from onesoup.store.redis import sharded_channels
from onesoup.store.redis.channels import ReplyChannel, Subscriber, send_reply
from onesoup.store.redis.client import RedisScript, connect
from onesoup.store.session.shards import Shards
from tests.support.topologies import Cluster, program, until


@pytest.fixture(scope="module", params=["redis", "valkey"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), program(request.param)) as running:
        yield running


@pytest.fixture
def client(cluster: Cluster) -> redis.Redis:
    return connect(cluster.url)


class Heard:
    def __init__(self, url: str, *channels: str) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.gaps = 0
        self.subscriber = Subscriber(url, lambda channel, data: self.messages.append((channel, data)), self._gap)
        self.subscriber.want(channels)
        self._greenlet = gevent.spawn(self.subscriber.run)
        until(lambda: self.subscriber.connected)

    def _gap(self) -> None:
        self.gaps += 1

    def stop(self) -> None:
        self._greenlet.kill()
        self.subscriber._drop()


def test_every_shard_is_woken_from_every_node(cluster: Cluster, client: redis.Redis) -> None:
    assert sharded_channels.available(client)
    names = [keys.wake_channel(number) for number in range(0, 256, 16)]
    assert len(sharded_channels.places(client, names)) == 3
    heard = Heard(cluster.url, *names)
    for number in range(0, 256, 16):
        Shards(client).ask(number, b"job")
    until(lambda: len(heard.messages) == len(names))
    assert set(heard.messages) == {(name, b"login") for name in names}
    heard.stop()


def test_nothing_is_told_to_nodes_that_have_no_listener(cluster: Cluster, client: redis.Redis) -> None:
    """A message that was broadcast would reach an ordinary subscriber of any node."""
    listening = [redis.Redis(port=node.port).pubsub(ignore_subscribe_messages=True) for node in cluster.nodes]
    for each in listening:
        each.subscribe("wake:00")
        each.get_message(timeout=1)
    heard = Heard(cluster.url, "wake:00")
    Shards(client).ask(0, b"job")
    until(lambda: bool(heard.messages))
    assert [each.get_message(timeout=0.1) for each in listening] == [None] * 3
    heard.stop()


def test_results_and_errors_of_scripts_stay_what_they_are(client: redis.Redis) -> None:
    def script(ending: str) -> RedisScript:
        return RedisScript(client, f"redis.call('PUBLISH', 'news', ARGV[1])\n{ending}")

    assert script("return {1, 'two'}")(["a"], ["x"]) == [1, b"two"]
    assert script("return nil")(["a"], ["x"]) is None
    assert script("return false")(["a"], ["x"]) is None
    assert script("if ARGV[1] == 'x' then return 1 end")(["a"], ["x"]) == 1
    with pytest.raises(NoSession):
        script("return redis.error_reply('NOSESSION 604')")(["a"], ["x"])


def test_a_worker_gets_its_answer(
    cluster: Cluster, client: redis.Redis, new_replies: Callable[[redis.Redis, str], ReplyChannel]
) -> None:
    replies = new_replies(client, cluster.url)
    assert replies.ready(within=60)
    with replies.expect() as expected:
        send_reply(client, replies.channel, expected.name, b"yes")
        assert expected.wait(60) == b"yes"


def test_channels_are_followed_to_another_node(cluster: Cluster, client: redis.Redis) -> None:
    heard = Heard(cluster.url, "wake:07")
    slot = client.cluster_keyslot("wake:07")  # type: ignore[attr-defined]
    nodes = [redis.Redis(port=node.port, decode_responses=True) for node in cluster.nodes]
    ids = [node.execute_command("CLUSTER MYID") for node in nodes]
    here = next(
        place
        for place, node in enumerate(cluster.nodes)
        if ("127.0.0.1", node.port) in sharded_channels.places(client, ["wake:07"])
    )
    there = (here + 1) % 3
    gaps = heard.gaps
    for each in (there, here, 3 - here - there):
        nodes[each].execute_command("CLUSTER SETSLOT", slot, "NODE", ids[there])
    until(lambda: heard.gaps > gaps and heard.subscriber.connected)
    fresh = connect(cluster.url)
    until(lambda: ("127.0.0.1", cluster.nodes[there].port) in sharded_channels.places(connect(cluster.url), ["wake:07"]))
    Shards(fresh).ask(7, b"job")
    until(lambda: heard.messages == [("wake:07", b"login")])
    heard.stop()


def test_a_cluster_that_is_gone_is_a_store_that_is_down(tmp_path: Path) -> None:
    with Cluster(tmp_path) as gone:
        client = connect(gone.url)
        shards = Shards(client)
        shards.ask(1, b"job")
        for node in gone.nodes:
            node.kill()
        with pytest.raises(StoreDown):
            shards.ask(1, b"job")
        with pytest.raises(StoreDown):
            shards.next_logins(1)


def test_orders_of_operators_reach_every_process_of_a_cluster(cluster: Cluster, client: redis.Redis) -> None:
    heard, now = Heard(cluster.url, keys.ORDERS_CHANNEL), 1_800_000_000
    blocks, drains = OperatorBlocks(client), Drains(client)
    spam = OperatorBlock(BlockedKind.USER, "alice@example.org", "root", now, "spam")
    blocks.put(spam, now)
    drains.begin(Drain("one", "root", now))
    until(lambda: [data for _, data in heard.messages] == [b"blocks", b"drains"])
    assert blocks.holds_now(["alice@example.org"], "s60", now) == spam
    assert drains.of("one") == Drain("one", "root", now)
    blocks.end([spam])
    drains.end("one")
    assert (blocks.all(), drains.all()) == ([], [])
    quotas = DomainQuotas(client, QuotaPolicy({"any": 1}, {"any": 9}))
    assert [quotas.take("example.org", sid).full.value for sid in ("s1", "s2")] == ["", "sessions"]
    quotas.leave("example.org", "s1")
    assert quotas.counts("example.org")[:3] == (0, 1, 1)
    heard.stop()
