"""Redis's clock jumps: what it keeps by that clock stays right, and nobody is logged out."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.store import keys
from onesoup.store.redis.clock import CLOCK_TOLERANCE_MS, ClockJumps
from onesoup.store.session.shards import Leases
from onesoup.store.session.stream_changes import StreamChanges
from onesoup.store.wakeup.timers import SharedTimers
from onesoup.store.wakeup.wakes import WAKE_SWEEP_KEY, WakeStore
from workers.holder.session.expiry import SessionExpiry

HOUR = 3_600_000


def set_clock(client, sid, by):
    """What a session keeps is as it would be if Redis's clock had jumped by so many ms."""
    names = [keys.session(sid), *keys.of(sid, "open", "dirty", "sent", "valid")]
    client.hincrby(names[0], "due", -by)
    for name in names[1:]:
        for member, score in client.zrange(name, 0, -1, withscores=True):
            client.zadd(name, {member: score - by})


class Jumped(ClockJumps):
    """Sees such a jump at its second look."""

    def __init__(self, by):
        super().__init__()
        self._jump, self._looks = by, 0

    def by(self, redis_ms, before, after):
        super().by(redis_ms, before, after)
        self._looks += 1
        return self._jump if self._looks == 2 else 0


def lifetime(by):
    made = SessionExpiry()
    made._clock = Jumped(by)
    return made


def look(life, feed, sid):
    """As the holder does it."""
    while True:
        before = time.monotonic()
        by, seen = life.judge(feed.status(sid), before, time.monotonic())
        if not by:
            return seen
        feed.shift_times(sid, 1, by)


# --- seeing it ---


@given(st.integers(-50, 50).filter(lambda hours: hours != 0), st.floats(0, 1e6), st.floats(0, 1))
def test_a_jump_is_seen_once_and_measured(hours, moment, took):
    jumps, start = ClockJumps(), 1_700_000_000_000
    assert jumps.by(start, moment, moment) == 0
    later = moment + 60
    seen = jumps.by(start + 60_000 + hours * HOUR, later, later + took)
    assert abs(seen - hours * HOUR) <= 1000
    assert jumps.by(start + 120_000 + hours * HOUR, later + 60, later + 60) == 0


@pytest.mark.parametrize("ms", [0, 100, -100, CLOCK_TOLERANCE_MS - 1])
def test_what_two_clocks_drift_apart_is_no_jump(ms):
    jumps = ClockJumps()
    assert jumps.by(1_000_000, 10.0, 10.0) == 0
    assert jumps.by(1_000_000 + 60_000 + ms, 70.0, 70.0) == 0


def test_a_slow_answer_is_no_jump():
    jumps = ClockJumps()
    assert jumps.by(1_000_000, 10.0, 10.0) == 0
    assert jumps.by(1_000_000 + 40_000, 10.0, 50.0) == 0


# --- sessions ---


@pytest.mark.parametrize("by", [HOUR, -2 * HOUR, 14 * HOUR])
def test_a_session_lives_on(feed, sessions, sid, client, by):
    life = lifetime(by)
    assert look(life, feed, sid).code is None
    set_clock(client, sid, by)
    assert sessions.lives(sid)
    seen = look(life, feed, sid)
    assert seen.code is None
    assert 50_000 < seen.left <= 60_000


def test_a_session_that_is_overdue_by_both_clocks_is_over(feed, sid, client):
    life = SessionExpiry()
    assert look(life, feed, sid).code is None
    client.hset(keys.session(sid), "due", client.time()[0] * 1000 - 10)
    assert look(life, feed, sid).code is None
    life._since = time.monotonic() - 61
    assert look(life, feed, sid).code == 600


@pytest.mark.parametrize("by", [HOUR, -2 * HOUR])
def test_what_was_handed_out_is_repeated_in_its_time(feed, patient, sid, deliver, client, by):
    deliver("m1")
    patient.take(sid)
    life = lifetime(by)
    look(life, feed, sid)
    set_clock(client, sid, by)
    look(life, feed, sid)
    now = client.time()[0] * 1000
    [(_, score)] = client.zrange(keys.of(sid, "open")[0], 0, -1, withscores=True)
    assert now + 50_000 < score <= now + 61_000


def test_presence_goes_on_after_the_clock_was_set_back(feed, sid, client):
    feed.store(sid, 1, StreamChanges(roster={"bob@x": b"r"}))
    client.hset(keys.of(sid, "sub")[0], "bob@x", b"all")
    now = client.time()[0] * 1000
    client.zadd(keys.of(sid, "dirty")[0], {"bob@x": now + 2 * HOUR})
    client.zadd(keys.of(sid, "sent")[0], {"bob@x": now + 2 * HOUR})
    client.hset(keys.session(sid), "cir", f"m{now + 2 * HOUR}")
    feed.shift_times(sid, 1, -2 * HOUR)
    for name in ("dirty", "sent"):
        assert client.zscore(keys.of(sid, name)[0], "bob@x") <= now + 1000
    assert int(client.hget(keys.session(sid), "cir")[1:]) <= now + 10_000


def test_a_jump_that_several_have_seen_counts_once(client):
    due, now = SharedTimers(client, "due"), client.time()[0] * 1000
    client.zadd("due", {"old": now + 30_000 - HOUR, "new": now + 30_000})
    due._clock, other = Jumped(HOUR), SharedTimers(client, "due")
    other._clock = Jumped(HOUR)
    for each in (due, other):
        each._clock._looks = 1
        each._jumped([each._key], [HOUR])
    assert {name: round(score) for name, score in client.zrange("due", 0, -1, withscores=True)} == {
        b"old": now + 30_000,
        b"new": now + 30_000,
    }


def test_the_next_sweep_is_not_late_by_what_the_clock_was_set_back(client):
    wakes = WakeStore(client)
    assert wakes.may_sweep(60)
    assert not wakes.may_sweep(60)
    client.expire(WAKE_SWEEP_KEY, 7200)
    assert not wakes.may_sweep(60)
    assert wakes.may_sweep(60)


# --- leases ---


def test_a_lease_that_ran_out_is_still_ours_when_nobody_has_had_it_since(client):
    one, two = Leases(client, "one", 60_000), Leases(client, "two", 60_000)
    lease, lost = one.acquire(7), one.acquire(8)
    client.delete(keys.shard(7, "lease"), keys.shard(8, "lease"))
    taken = two.acquire(8)
    two.release(taken)
    assert one.renew_all([lease, lost]) == [lease]
    assert two.acquire(7) is None


def test_a_holder_of_before_the_clock_was_set_back_does_not_count_for_hours(client):
    client.zadd("holders", {"dead": client.time()[0] * 1000 + 2 * HOUR})
    assert Leases(client, "one", 10_000).alive()[0] == 1
