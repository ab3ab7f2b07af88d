"""Where a lock keeps a log-in out, the phone and the operator's doctor say so, and for how long."""

import time

import pytest

from onesoup.commands import doctor
from onesoup.csp.codec.generated_elements import ClientID, LoginRequest
from onesoup.handlers.context import Peer
from onesoup.handlers.login import access
from onesoup.handlers.login.throttle import address_digest, minutes
from onesoup.settings import Settings
from onesoup.store.account.guard_state import GuardState
from onesoup.store.account.login_limits import LoginLimits, LoginPolicy

ALICE = "alice@example.org"


@pytest.fixture
def server(holder):
    holder.right = {(ALICE, "right")}
    return holder


def told(services, user: str, password: str, address: str, version: str = "1.2") -> tuple[int, str]:
    """Code and description of a log-in's answer."""
    request = LoginRequest(user_id=user, client_id=ClientID(url="x"), password=password)
    result = access.login(services, request, "1", version, Peer(address=address), time.monotonic() + 5).response.result
    return result.code, result.description or ""


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_an_account_that_waits(services, server, version):
    for number in range(5):
        told(services, ALICE, f"guess{number}", "203.0.113.9", version)
    assert told(services, ALICE, "right", "203.0.113.9", version) == (503, "too many wrong passwords, wait 1 min")


def test_an_address_that_waits(services, server):
    services.guard = LoginLimits(services.guard._client, LoginPolicy(of_address=3))
    for number in range(3):
        told(services, f"user{number}@example.org", "guess", "203.0.113.9")
    assert told(services, ALICE, "right", "203.0.113.9") == (503, "too many wrong passwords, wait 10 min")


def test_a_domain_that_waits_is_told_to_phones_and_by_the_doctor(services, server, redis):
    settings = Settings(redis_url=redis.url, domain="example.org", domains=("example.org", "example.net"))
    client = services.guard._client
    assert {(each.grade, each.says) for each in doctor._locks(settings, client)} == {("ok", "0 of 15 wrong passwords in an hour")}
    for number in range(15):
        told(services, f"user{number}@example.org", "guess", f"10.{number}.0.1")
    assert told(services, ALICE, "right", "203.0.113.9") == (503, "too many wrong passwords for example.org, wait 60 min")
    other, finding = doctor._locks(settings, client)
    assert (other.what, other.grade, finding.what) == ("log-ins at example.net", "ok", "log-ins at example.org")
    assert finding.grade == "FAIL"
    assert "15 of 15 wrong passwords in an hour" in finding.says
    assert "xmpp_own=example.org" in finding.do
    assert "for 60 min" in finding.says


def test_without_a_limit_no_domain_is_locked(services, server, redis):
    services.guard = LoginLimits(services.guard._client, LoginPolicy(at_server=0))
    for number in range(40):
        told(services, f"user{number}@example.org", "guess", f"10.{number}.0.1")
    assert told(services, ALICE, "right", "203.0.113.9")[0] == 200
    settings = Settings(redis_url=redis.url, domain="example.org", refusals_at_server=0)
    (finding,) = doctor._locks(settings, services.guard._client)
    assert (finding.grade, finding.says) == ("ok", "no limit of wrong passwords: refusals_at_server is 0")


def test_a_server_of_one_s_own_has_no_limit_and_others_have(services, server, redis):
    services.guard = LoginLimits(services.guard._client, LoginPolicy(own=frozenset({"example.org"})))
    for number in range(40):
        told(services, f"user{number}@example.org", "guess", f"10.{number}.0.1")
    assert told(services, ALICE, "right", "203.0.113.9")[0] == 200
    assert services.guard.policy.limit_at("example.net") == 15
    settings = Settings(redis_url=redis.url, domain="example.org", xmpp_own=("example.org",))
    (finding,) = doctor._locks(settings, services.guard._client)
    assert (finding.grade, finding.says) == ("ok", "no limit of wrong passwords: the server is your own (xmpp_own)")


def test_one_address_that_is_closed_is_told_by_the_doctor(services, server, redis):
    settings, client = Settings(redis_url=redis.url, domain="example.org"), services.guard._client
    for number in range(10):
        told(services, f"user{number}@example.org", "guess", "10.0.0.1")
    assert told(services, ALICE, "right", "10.0.0.1") == (503, "too many wrong passwords for example.org, wait 60 min")
    (finding,) = doctor._locks(settings, client)
    assert (finding.grade, finding.says) == ("note", "closed for 1 address; 10 of 15 wrong passwords in an hour")
    assert GuardState(client, LoginPolicy()).clear_address(address_digest(services.ring, "10.0.0.1"))
    assert told(services, ALICE, "right", "10.0.0.1")[0] == 200


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 min"), (60, "1 min"), (61, "2 min"), (3600, "60 min")])
def test_a_wait_in_words_is_never_too_short(seconds, words):
    assert minutes(seconds) == words
