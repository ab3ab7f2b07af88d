"""What a process adds to the counts of all, minute by minute."""

import pytest
import redis
from prometheus_client import CollectorRegistry, Counter, Histogram

from onesoup.observability.minute_report import MinuteReport, SeriesSource
from onesoup.store.errors import StoreDown
from onesoup.store.minute_counts import MinuteCounts

NOON = 28_800_720  # a minute
REGISTRY = CollectorRegistry()
ASKED = Counter("asked", "-", ["what"], registry=REGISTRY)
TOOK = Histogram("took", "-", registry=REGISTRY)


class Clock:
    """Where the minute is, and the seconds in it."""

    minute, second = NOON, 0.0

    def __call__(self) -> float:
        return self.minute * 60 + self.second


@pytest.fixture
def sources():
    """Nobody has told of them yet."""
    return SeriesSource("polls", ASKED, lambda labels: labels["what"] == "poll"), SeriesSource("delivered", TOOK, lambda _: True)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(redis_server):
    with redis.Redis.from_url(redis_server.url) as made:
        made.flushdb()
        yield made


def last(client, minute, name):
    return MinuteCounts(client).last_day(minute, [name])[name][-1]


def test_what_was_counted_in_a_minute_is_told_when_it_ends(client, sources, clock):
    ASKED.labels("poll").inc(100)  # before the process counts
    report = MinuteReport(client, sources, clock=clock)
    ASKED.labels("poll").inc(3)
    ASKED.labels("search").inc()
    TOOK.observe(0.2)
    for second in range(0, 60, 3):
        clock.second = second
        report.look()
    assert client.keys("minutes:*") == [], "nothing is written within a minute"
    clock.minute, clock.second = NOON + 1, 2
    report.look()
    assert (last(client, NOON, "polls"), last(client, NOON, "delivered")) == (3, 1)
    clock.minute += 1
    report.look()
    assert last(client, NOON + 1, "polls") == 0


def test_levels_of_processes_are_summed(client, clock):
    reports = [MinuteReport(client, levels={"phones": lambda: 20}, clock=clock) for _ in range(2)]
    clock.minute += 1
    for report in reports:
        report.look()
    assert last(client, NOON, "phones") == 40


def test_counts_are_told_later_when_redis_was_away(client, sources, clock, monkeypatch):
    report = MinuteReport(client, sources, clock=clock)
    ASKED.labels("poll").inc(5)
    with monkeypatch.context() as patched:
        patched.setattr(report._counts, "add", lambda *_: (_ for _ in ()).throw(StoreDown("ConnectionError")))
        clock.minute += 1
        with pytest.raises(StoreDown):
            report.look()
    clock.minute += 1
    report.look()
    assert (last(client, NOON, "polls"), last(client, NOON + 1, "polls")) == (0, 5)


def test_a_process_that_ends_tells_its_part_of_the_minute(client, sources, clock):
    report = MinuteReport(client, sources, {"phones": lambda: 7}, clock)
    ASKED.labels("poll").inc(2)
    report.stop()
    assert (last(client, NOON, "polls"), last(client, NOON, "phones")) == (2, 0)


def test_two_roles_of_one_process_tell_of_each_count_once(client, sources, clock):
    reports = [MinuteReport(client, sources, clock=clock) for _ in range(2)]
    ASKED.labels("poll").inc(4)
    clock.minute += 1
    for report in reports:
        report.look()
    assert last(client, NOON, "polls") == 4
