"""Following a user: when it begins, what it passes on, when it ends."""

import time

from onesoup.operators import trace
from onesoup.operators.trace import Followed, begin_trace, follow
from onesoup.store.audit import AuditLog
from onesoup.store.redis.client import connect_subscriber
from onesoup.store.traces import Traces
from tests.support.peer import WITHIN


def test_who_is_followed_is_noted(client, operator, opened):
    name = opened("alice@example.org", "00one")
    assert begin_trace(operator, "alice") == Followed("alice@example.org", 1)
    assert begin_trace(operator, name) == Followed(name, 1, True)
    assert [(each.what, each.whom) for each in AuditLog(client).last(9)] == [("trace", name), ("trace", "alice@example.org")]


def test_events_are_passed_on_and_the_start_is_told(client, redis_server, monkeypatch):
    monkeypatch.setattr(trace, "TRACING_STARTS_SECONDS", 0.0)
    steps = follow(client, connect_subscriber(redis_server.url), Followed("alice@example.org", 1), 600.0)
    assert next(steps) == Followed("alice@example.org", 1)
    assert Traces(client).watched() == {"alice@example.org"}
    Traces(client).tell("alice@example.org", b'{"what": "request"}')
    assert next(step for step in steps if step) == {"what": "request"}
    steps.close()
    end = time.monotonic() + WITHIN
    while client.pubsub_numsub("trace:alice@example.org")[0][1]:  # Redis hears of it a moment later
        assert time.monotonic() < end, "the subscription is still there"
        time.sleep(0.01)


def test_a_trace_that_ends_leaves_that_of_another_operator_alone(client, redis_server):
    one, two = (follow(client, connect_subscriber(redis_server.url), Followed("alice@example.org", 1), 600.0) for _ in range(2))
    next(one), next(two)
    one.close()
    assert Traces(client).watched() == {"alice@example.org"}
    two.close()


def test_it_ends_with_its_time(client, redis_server):
    assert list(follow(client, connect_subscriber(redis_server.url), Followed("alice@example.org", 1), -10.0)) == []
