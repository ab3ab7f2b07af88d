"""Limits of a domain: places for sessions and for log-ins of a minute, taken in one step by all gateways."""

import gevent
import pytest

from onesoup.store.domain_quotas import LOGIN_MINUTE_MS, UNSETTLED_PLACE_MS, DomainQuotas, QuotaKind, QuotaPolicy
from onesoup.store.session.session_values import NewSession
from tests.support.in_redis import RECORD

DOMAIN = "example.org"
SESSIONS, LOGINS = f"sessions-at:{{{DOMAIN}}}", f"logins-at:{{{DOMAIN}}}"


@pytest.fixture
def quotas(client):
    return DomainQuotas(client, QuotaPolicy({DOMAIN: 3}, {DOMAIN: 5, "any": 2}))


def older(client, key, ms):
    """As if so much time had passed."""
    for member in client.zrange(key, 0, -1):
        client.zincrby(key, -ms, member)


def test_a_domain_without_a_limit_costs_nothing(client):
    quotas = DomainQuotas(client, QuotaPolicy({"other.example": 1}, {DOMAIN: 0}))
    for number in range(20):
        assert not quotas.take(DOMAIN, f"s{number}").full
    quotas.leave(DOMAIN, "s1")
    quotas.note(DOMAIN, ["s1"])
    assert client.dbsize() == 0


def test_all_gateways_together_get_as_many_places_as_there_are(client, quotas):
    gateways = [DomainQuotas(client, QuotaPolicy({DOMAIN: 3})) for _ in range(4)]
    jobs = [
        gevent.spawn(gateway.take, DOMAIN, f"s{number}-{turn}") for turn in range(5) for number, gateway in enumerate(gateways)
    ]
    gevent.joinall(jobs, raise_error=True)
    assert sum(not job.value.full for job in jobs) == 3
    assert {job.value.full for job in jobs} == {QuotaKind.NONE, QuotaKind.SESSIONS}
    assert quotas.counts(DOMAIN)[:2] == (3, 3)


def test_a_session_that_ends_gives_its_place_back(quotas):
    for sid in ("s1", "s2", "s3"):
        assert not quotas.take(DOMAIN, sid).full
    assert quotas.counts(DOMAIN).full == [QuotaKind.SESSIONS]
    assert quotas.take(DOMAIN, "s4").full is QuotaKind.SESSIONS
    quotas.leave(DOMAIN, "s2")
    assert not quotas.take(DOMAIN, "s4").full


def test_a_handset_that_logs_in_again_needs_no_second_place(quotas):
    for sid in ("s1", "s2", "s3"):
        quotas.take(DOMAIN, sid)
    assert not quotas.take(DOMAIN, "s3b", replaces="s3").full
    quotas.leave(DOMAIN, "s3")
    assert quotas.take(DOMAIN, "s4", replaces="unknown").full is QuotaKind.SESSIONS


def test_places_of_sessions_that_are_gone_are_found_when_the_domain_is_full(client, quotas, feed):
    """A holder that was killed has not given them back."""
    feed.create("s1", NewSession(RECORD, 1, 60_000))
    for sid in ("s1", "s2", "s3"):
        quotas.take(DOMAIN, sid)
    assert quotas.take(DOMAIN, "s4").full is QuotaKind.SESSIONS, "log-ins under way have no session yet"
    client.delete(f"looked:{{{DOMAIN}}}")
    older(client, SESSIONS, UNSETTLED_PLACE_MS + 1)
    assert not quotas.take(DOMAIN, "s4").full
    assert {sid.decode() for sid in client.zrange(SESSIONS, 0, -1)} == {"s1", "s4"}


def test_sessions_from_before_the_limit_count_once_a_holder_has_said_so(client, quotas):
    quotas.note(DOMAIN, [f"old{number}" for number in range(3)])
    quotas.note(DOMAIN, ["old1"])
    assert quotas.counts(DOMAIN).sessions == 3
    assert 0 < client.pttl(SESSIONS) <= 86_400_000


def test_log_ins_of_a_minute_are_counted_to_the_second(client):
    quotas = DomainQuotas(client, QuotaPolicy({}, {"any": 2}))
    assert not quotas.take(DOMAIN, "s1").full
    older(client, LOGINS, 20_000)
    assert not quotas.take(DOMAIN, "s2").full
    verdict = quotas.take(DOMAIN, "s3")
    assert verdict.full is QuotaKind.LOGINS
    assert 20 < verdict.wait <= 40
    assert quotas.counts(DOMAIN).full == [QuotaKind.LOGINS]
    assert not quotas.take("other.example", "s1").full, "each domain has its own"
    older(client, LOGINS, LOGIN_MINUTE_MS - 20_000)
    assert not quotas.take(DOMAIN, "s3").full
    assert quotas.counts(DOMAIN).logins == 2
    assert not client.exists(SESSIONS)
