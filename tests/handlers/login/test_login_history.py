"""What `onesoup history` knows of log-ins: why each failed, under the name that was meant; never at the cost of a log-in."""

import time

import pytest

from onesoup.csp.codec.generated_elements import LogoutRequest
from onesoup.observability import history_notes
from onesoup.observability.history_notes import HistoryNotes
from onesoup.observability.logs import short
from onesoup.operators.history_words import failure_words
from onesoup.store.history import History
from onesoup.store.session.session_records import SessionRecords
from tests.handlers.login.test_access import digest, first, second

ALICE, HOME = "alice@example.org", "10.0.0.7"


@pytest.fixture
def history(redis, services, monkeypatch):
    client = services.logins._client
    kept = History(client, services.ring, 3600)
    monkeypatch.setattr(history_notes, "_notes", HistoryNotes(kept, SessionRecords(client)))
    return kept


@pytest.fixture
def known(history):
    """What is known of somebody, after this process has written what it noted."""

    def look(who=ALICE, at=""):
        history_notes.stop_history()
        now = int(time.time())
        return history.of_address(at, now) if at else history.of_account(who, now)

    return look


def test_a_log_in_has_phone_place_and_session(new_phone, known):
    phone = new_phone(client_id="JiMMY", version="1.1")
    phone.log_in("wv:Alice")
    (event,) = known()
    assert (event.kind, event.user, event.address, event.code) == ("login", ALICE, HOME, 200)
    assert (event.handset, event.csp, event.scheme, event.session) == ("android", "1.1", "pwd", short(phone.sid))
    assert known(at=HOME) == [event]


def test_wrong_passwords_are_one_failure_with_its_reason(new_phone, holder, known):
    holder.login_code, holder.login_failure = 409, {"kind": "auth", "condition": "not-authorized"}
    for word in ("wrong1", "wrong2"):
        new_phone().log_in("alice", word)
    (event,) = known()
    assert (event.kind, event.times, event.code) == ("failure", 2, 409)
    assert failure_words(event).says == "wrong user or password"
    assert "wrong1" not in repr(event)


def test_a_domain_that_is_closed_is_told_with_what_to_do(new_phone, holder, services, known):
    holder.login_code = 409
    for number in range(15):
        new_phone(address=f"192.0.2.{number}").log_in(f"user{number}", f"wrong{number}")
    new_phone(address="198.51.100.1").log_in("alice", "secret")
    (event,) = known()
    assert event.code == 503
    assert "domain was closed" in failure_words(event).says
    assert "guard show example.org" in failure_words(event).do


def test_a_domain_that_is_not_served_is_found_under_the_name_that_was_most_likely_meant(new_phone, known):
    new_phone().log_in("alice@exmaple.org", "secret")
    (event,) = known()
    assert (event.code, event.user) == (516, "alice@exmaple.org")
    assert known("alice@exmaple.org") == [event]


def test_a_log_in_that_is_linked_to_another_account_is_found_under_both(new_phone, services, known):
    services.accounts.link(ALICE, "robert@example.org", "xmpp-secret", "phone-secret")
    new_phone().log_in("alice", "phone-secret")
    assert known() == known("robert@example.org") != []


def test_the_first_half_of_a_log_in_is_no_event(new_phone, services, known):
    services.accounts.link(ALICE, ALICE, "xmpp-secret", "phone-secret")
    phone = new_phone()
    nonce = first(phone, "MD5").nonce
    assert known() == []
    second(phone, digest_bytes=digest(nonce))
    assert [event.scheme for event in known()] == ["md5"]


def test_a_log_in_by_number_is_found_by_the_number(new_phone, services, history, known):
    services.accounts.link(ALICE, ALICE, "xmpp-secret", "phone-secret", number="+4917012345678")
    new_phone(number="+4917012345678").log_in("", password=None)
    assert known() == history.of_number("+4917012345678", int(time.time())) != []


def test_a_redis_that_refuses_the_history_refuses_no_log_in(new_phone, services, history, known, monkeypatch):
    """It has no room for it, say."""
    monkeypatch.setattr(history._events, "_add", None)
    monkeypatch.setattr(history._failures, "_add", None)
    phone = new_phone()
    phone.log_in("alice")
    assert phone.sid
    known()
    assert phone.ask(LogoutRequest())


def test_the_oldest_of_too_many_sessions_is_ended_with_the_reason(new_phone, services, known):
    for number in range(services.policy.sessions + 1):
        phone = new_phone(client_id=f"phone{number}")
        phone.log_in("alice")
        services.clients.put(ALICE, f"phone{number}", phone.sid)
    (ended,) = [event for event in known() if event.kind == "end"]
    assert ended.reason == "too-many-sessions"
