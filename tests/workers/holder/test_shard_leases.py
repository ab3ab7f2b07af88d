"""Several holders: each has its share, sessions move with their shards, and nothing is held or said twice."""

import time

import gevent
import pytest
from gevent.event import Event

from onesoup.store import keys
from onesoup.xmpp import commands
from tests.support.secrets import secret_text
from tests.workers.holder.conftest import DOMAIN
from tests.xmpp.stream.harness import eventually
from workers.holder.session.session import XmppSession
from workers.holder.session.state import Phase

HALF = keys.SHARDS // 2
# A slow machine takes its time over log-ins.
WITHIN = 90
EACH = 4


def phones():
    """Users of whose shards each half has four."""
    names = [f"share{number}" for number in range(100)]
    low = [name for name in names if keys.shard_of(f"{name}@{DOMAIN}", "phone") < HALF]
    return [*low[:EACH], *[name for name in names if name not in low][:EACH]]


pytestmark = pytest.mark.timeout(400)


def settle(lab, *holders):
    """The turns that holders take every few seconds, until nobody has to give or take anything any more."""
    for _ in range(40):
        before = [set(holder.leases.owned) for holder in holders]
        for holder in holders:
            holder.leases.renew()
        if before == [set(holder.leases.owned) for holder in holders]:
            return


def owned_once(*holders):
    owned = [shard for holder in holders for shard in holder.leases.owned]
    assert len(owned) == len(set(owned))
    return sorted(len(holder.leases.owned) for holder in holders)


def held_once(sids, *holders):
    """Whether each session has one holder, and an open stream there."""
    held = [each for holder in holders for each in holder.sessions.all() if each.connected]
    return sorted(each.sid for each in held) == sorted(sids)


def test_a_holder_that_joins_gets_its_half_and_one_that_leaves_gives_it_back(lab, server):
    server.handled = 0
    first = lab.holder(server.stub)
    sids = [lab.log_in(first, name) for name in phones()]
    second = lab.holder(server.stub)
    settle(lab, first, second)
    assert owned_once(first, second) == [HALF, HALF]
    eventually(lambda: held_once(sids, first, second), WITHIN)
    moved = [sid for sid in sids if sid in second.sessions]
    assert len(moved) == EACH
    assert len(server.resumes) == EACH, "streams are taken over, not made anew"

    texts = {sid: secret_text() for sid in sids}
    for sid, text in texts.items():
        lab.push(sid, commands.SendMessage(f"m{sid}", "b@x.example", text, False))

    def arrived():
        for holder in (first, second):
            holder.sweeps.sweep()  # a wake is lost on who has not begun to listen; holders look every two seconds
        gevent.sleep(0.1)
        return len(server.messages()) >= len(sids)

    eventually(arrived, WITHIN)
    assert sorted(server.messages()) == sorted(texts.values())

    second.leases.give_back_all()
    assert not second.leases.owned
    assert not second.sessions
    settle(lab, first)
    assert owned_once(first) == [keys.SHARDS]
    eventually(lambda: held_once(sids, first), WITHIN)


def test_three_holders_have_a_third_each_and_every_shard_has_one(lab, server):
    holders = [lab.holder(server.stub) for _ in range(3)]
    settle(lab, *holders)
    assert owned_once(*holders) == [84, 86, 86]


def test_what_a_killed_holder_had_is_shared_by_the_others(lab, server):
    server.handled = 0
    first, second, third = (lab.holder(server.stub) for _ in range(3))
    settle(lab, first, second, third)
    sids = []
    for name in phones():
        shard = keys.shard_of(f"{name}@{DOMAIN}", "phone")
        owner = next(holder for holder in (first, second, third) if shard in holder.leases.owned)
        sids.append(lab.log_in(owner, name))
    for held in third.sessions.all():
        held.state.phase = Phase.RELEASED
        held.connection.stream._wire.close()
    gone = list(third.leases.owned)
    lab.client.delete(*[keys.shard(number, "lease") for number in gone])
    lab.client.zrem("holders", third.name)
    settle(lab, first, second)
    assert owned_once(first, second) == [HALF, HALF]
    eventually(lambda: held_once(sids, first, second), WITHIN)


def test_a_lease_that_could_not_be_renewed_in_time_is_let_go_without_asking(lab, server, monkeypatch):
    """Redis was away for longer than the lease: another holder may have the shards, whatever Redis will say."""
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    holder.leases.drop_expired()
    assert sid in holder.sessions
    holder.leases.drop_expired(time.monotonic() + 3600)
    assert not holder.leases.owned
    assert sid not in holder.sessions


def test_a_log_in_follows_its_shard_to_another_holder(lab, server):
    first = lab.holder(server.stub)
    stored, job = lab.login_job("mover")
    shard = int(job["sid"][:2], 16)
    first.leases.give_back(shard)
    first.logins.run_job(shard, job, stored)
    assert job["sid"] not in first.sessions
    second = lab.holder(server.stub)
    second.leases.renew()
    assert shard in second.leases.owned
    eventually(lambda: job["sid"] in second.sessions, WITHIN)


def test_a_log_in_that_is_under_way_when_its_holder_stops_is_the_next_holders(lab, server, monkeypatch):
    """The process ends when `finish` returns: by then the job stands in Redis again."""
    first = lab.holder(server.stub)
    stored, job = lab.login_job("latecomer")
    shard = int(job["sid"][:2], 16)
    connecting, go_on = Event(), Event()
    connect = XmppSession.connect

    def slow(session, has_lists):
        connecting.set()
        go_on.wait()
        connect(session, has_lists)

    monkeypatch.setattr(XmppSession, "connect", slow)
    first.services.shards.ask(shard, stored)
    first.logins.serve_shard(shard)
    assert connecting.wait(WITHIN)
    first.leases.give_back_all()
    finished = gevent.spawn(first.logins.finish)
    assert not finished.ready()
    go_on.set()
    finished.join(WITHIN)
    assert finished.ready()
    assert first.services.shards.waiting_logins([shard]) == [shard]
    second = lab.holder(server.stub)
    second.leases.renew()
    eventually(lambda: job["sid"] in second.sessions, WITHIN)


def test_holders_keep_their_shares_when_the_clock_of_redis_jumps(lab, server):
    """All leases run out in that moment, and both entries of who lives."""
    first = lab.holder(server.stub)
    sids = [lab.log_in(first, name) for name in phones()]
    second = lab.holder(server.stub)
    settle(lab, first, second)
    eventually(lambda: held_once(sids, first, second), WITHIN)
    before, resumed = [dict(holder.leases.owned) for holder in (first, second)], len(server.resumes)
    first.client.delete("holders", *(keys.shard(number, "lease") for number in range(keys.SHARDS)))
    for holder in (first, second):
        holder.leases.clock._ahead -= 3_600_000
    for _ in range(3):
        for holder in (first, second):
            holder.leases.renew()
    assert [dict(holder.leases.owned) for holder in (first, second)] == before
    assert held_once(sids, first, second)
    assert len(server.resumes) == resumed


def test_holders_that_look_at_the_same_moment_get_their_shares_in_one_turn(lab, server, monkeypatch):
    """A host died. The holders of another host look for free shards with one beat: each sees all of them free."""
    first, second, third = (lab.holder(server.stub) for _ in range(3))
    settle(lab, first, second, third)
    third.leases.give_back_all()
    leases = second.leases._leases
    looks, look_again = [leases.free()], leases.free
    monkeypatch.setattr(leases, "free", lambda: looks.pop() if looks else look_again())
    before = len(second.leases.owned)
    first.leases.renew()
    second.leases.renew()
    assert owned_once(first, second) == [HALF, HALF], f"the second had {before}, and went for what the first one had taken"


def test_a_log_in_whose_shard_is_given_back_at_its_very_end_leaves_no_second_owner(lab, server, monkeypatch):
    """Two holders with one session would throw each other's streams out, until the server ends it."""
    first = lab.holder(server.stub)
    feed, made = first.services.feed, []
    create, send = feed.create_command, feed.send

    def noted(sid, *rest):
        made.append(int(sid[:2], 16))
        return create(sid, *rest)

    def and_give_back(*commands):
        answers = send(*commands)
        while made:
            first.leases.give_back(made.pop())
        return answers

    monkeypatch.setattr(feed, "create_command", noted)
    monkeypatch.setattr(feed, "send", and_give_back)
    sid = lab.log_in(first)
    assert sid not in first.sessions
    second = lab.holder(server.stub)
    second.leases.renew()
    eventually(lambda: sid in second.sessions, WITHIN)


def test_a_takeover_whose_shard_is_given_back_meanwhile_leaves_no_second_owner(lab, server, monkeypatch):
    first = lab.holder(server.stub)
    sid = lab.log_in(first)
    lab.crash(first)
    second = lab.holder(server.stub)
    claim = second.services.feed.claim_session
    given_back = Event()

    def and_give_back(sid, fence):
        claimed = claim(sid, fence)
        second.leases.give_back(int(sid[:2], 16))
        gevent.spawn_later(0.05, given_back.set)
        return claimed

    monkeypatch.setattr(second.services.feed, "claim_session", and_give_back)
    second.takeover.take_over_shards(list(second.leases.owned.values()))
    assert given_back.wait(WITHIN)
    assert sid not in second.sessions
    third = lab.holder(server.stub)
    third.leases.renew()
    eventually(lambda: sid in third.sessions, WITHIN)
