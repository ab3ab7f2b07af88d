"""A process follows what operators order: at once by pub/sub, else with its next look."""

import gevent
import pytest
import structlog

from onesoup.observability.operator_orders import SAY_BLOCKED_SECONDS, OperatorOrders
from onesoup.operators.blocks import end_block, put_block
from onesoup.operators.operator import Operator
from onesoup.store.drains import Drain, Drains
from onesoup.store.redis.channels import ReplyChannel
from onesoup.store.redis.client import connect

WITHIN = 60


@pytest.fixture
def client(redis_server):
    made = connect(redis_server.url)
    made.flushall()
    yield made
    made.close()


@pytest.fixture
def operator(client):
    return Operator(client, "root@one", "example.org")


def test_an_order_is_followed_as_soon_as_it_is_told(client, operator, redis_server):
    orders, changed = OperatorOrders(client, "one"), gevent.event.Event()
    orders.on_change = changed.set
    replies = ReplyChannel(client, redis_server.url)
    replies.follow(orders.channel, orders.heard)
    listening = gevent.spawn(replies._subscriber.run)
    try:
        assert replies.ready(within=WITHIN)
        for order, seen in (
            (lambda: put_block(operator, "address", "192.0.2.0/24", "scans"), lambda: not orders.admits("192.0.2.7")),
            (lambda: Drains(client).begin(Drain("one", "root", 1)), lambda: orders.draining),
            (lambda: Drains(client).end("one"), lambda: not orders.draining),
            (lambda: end_block(operator, "192.0.2.0/24"), lambda: orders.admits("192.0.2.7")),
        ):
            changed.clear()
            order()
            assert changed.wait(WITHIN)
            assert seen()
    finally:
        listening.kill()
        replies._subscriber._drop()


def test_what_was_not_heard_is_found_with_the_next_look(client, operator):
    orders = OperatorOrders(client, "one")
    put_block(operator, "address", "192.0.2.7", "scans")
    Drains(client).begin(Drain("one", "root", 1))
    Drains(client).begin(Drain("two", "root", 1))
    assert orders.admits("192.0.2.7")
    assert orders.says_draining(), "readiness asks first"
    assert not orders.admits("192.0.2.7")
    assert not OperatorOrders(client, "three").says_draining()


def test_a_flood_from_one_address_fills_no_log(client, operator, monkeypatch):
    orders = OperatorOrders(client, "one")
    block = put_block(operator, "address", "192.0.2.7", "scans").block
    orders.look()
    now = [1000.0]
    monkeypatch.setattr("onesoup.observability.operator_orders.time.monotonic", lambda: now[0])
    with structlog.testing.capture_logs() as logged:
        for _ in range(100):
            assert not orders.admits("192.0.2.7")
        now[0] += SAY_BLOCKED_SECONDS
        assert not orders.admits("192.0.2.7")
    said = [(each["block"], each["kind"], each.get("left_out")) for each in logged if each["event"] == "blocked"]
    assert said == [(block.id, "address", None), (block.id, "address", 99)]


def test_a_slow_look_does_not_bring_back_what_was_before(client, operator):
    """One that the timer has begun just before the order, and one that pub/sub begins."""
    orders, read, go_on = OperatorOrders(client, "one"), gevent.event.Event(), gevent.event.Event()
    all_blocks = orders._blocks.all

    def slow():
        found = all_blocks()
        read.set()
        go_on.wait(WITHIN)
        return found

    orders._blocks.all = slow
    first = gevent.spawn(orders.look)
    assert read.wait(WITHIN)
    orders._blocks.all = all_blocks
    put_block(operator, "address", "192.0.2.7", "scans")
    second = gevent.spawn(orders.look)
    second.join(0.2)
    go_on.set()
    gevent.joinall([first, second], timeout=WITHIN, raise_error=True)
    assert not orders.admits("192.0.2.7")


def test_a_burst_of_news_is_one_look(client, operator):
    orders, looks = OperatorOrders(client, "one"), []
    all_blocks = orders._blocks.all
    orders._blocks.all = lambda: looks.append(1) or all_blocks()
    put_block(operator, "address", "192.0.2.7", "scans")
    for _ in range(50):
        orders.heard()
    seen = gevent.event.Event()
    orders.on_change = seen.set
    assert seen.wait(WITHIN)
    assert len(looks) == 1
