"""Whom an operator means, what the first lines answer, and what failures mean in words."""

import pytest

from onesoup.csp.history_events import EndReason, HistoryEvent, HistoryKind, UndeliveredReason, WakeOutcome
from onesoup.handlers.login import reasons
from onesoup.operators.history import events_of, history_answer, history_subject
from onesoup.operators.history_words import END_WORDS, FAILURES, UNDELIVERED_WORDS, WAKE_WORDS, event_words, failure_words
from onesoup.store.account.keyring import KeyRing
from onesoup.store.history import History, HistoryNote
from onesoup.store.redis.client import connect

NOW = 1_700_000_000
ALICE = "alice@example.org"


def event(kind, when=NOW, **more):
    return HistoryEvent(kind, when, when, **{"user": ALICE} | more)


def failure(code, reason="", when=NOW, **more):
    return event(HistoryKind.FAILURE, when, code=code, reason=reason, **more)


@pytest.mark.parametrize(
    ("word", "kind", "name"),
    [
        ("alice", "user", ALICE),
        ("wv:alice", "user", ALICE),
        ("wv:alice@example.net", "user", "alice@example.net"),
        ("Alice@Example.org", "user", ALICE),
        ("12345678", "user", "12345678@example.org"),
        ("+49 170 12345678", "number", "+4917012345678"),
        ("004917012345678", "number", "+4917012345678"),
        ("017012345678", "number", "+4917012345678"),
        ("192.0.2.7", "address", "192.0.2.7"),
        ("::ffff:192.0.2.7", "address", "192.0.2.7"),
        ("2001:DB8::1", "address", "2001:db8::1"),
    ],
)
def test_a_word_means_a_user_a_number_or_an_address(word, kind, name):
    found = history_subject(word, "example.org", "49")
    assert (found.kind, found.name) == (kind, name)


@pytest.mark.parametrize("word", ["", "+123", "sip:alice@example.org"])
def test_a_word_that_means_nobody_is_an_error_in_words(word):
    with pytest.raises(ValueError, match=r"[a-z]"):
        history_subject(word, "example.org")


def test_the_last_log_in_and_the_last_failure_answer():
    login = event(HistoryKind.LOGIN, NOW, session="s1")
    end = event(HistoryKind.END, NOW + 5, session="s1", reason="logout")
    late = failure(409, reasons.WRONG_BEFORE, NOW + 9)
    answer = history_answer([late, end, login])
    assert (answer.login, answer.ended, answer.failure, answer.cause) == (login, end, late, None)
    assert answer.locked_out
    assert not history_answer([login, failure(409, "", NOW - 1)]).locked_out
    assert history_answer([]).login is None


def test_a_wait_names_the_wrong_password_before_it():
    wrong = failure(409, "the XMPP server refused user or password (auth/not-authorized)")
    waits = failure(503, "throttled: too many wrong passwords, wait 4 min, for this account", NOW + 1)
    assert history_answer([waits, wrong]).cause == wrong
    assert history_answer([failure(503, reasons.NO_HOLDER, NOW + 1), wrong]).cause is None


@pytest.mark.parametrize(
    ("code", "reason", "says", "do"),
    [
        (503, "too many wrong passwords for example.org, wait 55 min", "domain was closed", "guard show example.org"),
        (503, "throttled: too many wrong passwords, wait 4 min, for this account", "user had to wait", f"guard clear {ALICE}"),
        (503, "throttled: too many wrong passwords, wait 4 min, for this address", "address had to", "guard clear 192.0.2.7"),
        (409, "the XMPP server refused user or password (auth/not-authorized)", "wrong user or password", "type both again"),
        (409, reasons.WRONG_BEFORE, "wrong password, the same", "again"),
        (409, reasons.NOT_LINKED, "no phone password", "/account"),
        (409, reasons.WRONG_DIGEST, "wrong phone password", "/account"),
        (403, reasons.CLOSED_BEFORE, "disabled", "account there"),
        (516, "domain not served here", f"domain of {ALICE}", "domains"),
        (502, reasons.NOTHING_TO_RESUME, "session that was over", "nothing"),
        (504, reasons.NO_HOLDER.format(shard=7), "no holder", "doctor"),
        (504, reasons.SERVER_SLOW, "did not answer in time", "doctor"),
        (503, "TLS with the XMPP server failed (tls/certificate)", "certificate", "doctor"),
        (503, "no connection to the XMPP server (refused)", "could not be reached", "doctor"),
        (503, "Redis: READONLY", "Redis", "redis check"),
        (403, "blocked by the operator, no. 12", "operator has blocked", "block list"),
        (503, "example.org is full, try again later", "domain has reached its limit of sessions", "domain_sessions"),
        (503, "too many log-ins at example.org, wait 2 min", "domain has reached its limit of log-ins", "domain_logins"),
        (503, reasons.NO_SLOT, "too many log-ins", "doctor"),
        (500, "a mistake in the gateway, see its log (KeyError)", "mistake", "log"),
        (599, "something new", "refused", "trace"),
    ],
)
def test_a_failure_is_told_with_what_to_do(code, reason, says, do):
    words = failure_words(failure(code, reason, address="192.0.2.7"))
    assert says in words.says
    assert do in words.do


def test_each_reason_that_there_is_has_words():
    """The reasons of the log are matched by their text: one that is worded anew must not fall through."""
    named = [value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str) and name[0] != "_"]
    known = {row.reason for row in FAILURES if row.reason}
    assert {reasons.NOT_LINKED, reasons.WRONG_DIGEST, reasons.NO_PASSWORD, reasons.NO_NONCE, reasons.WRONG_BEFORE} <= known
    assert all(failure_words(failure(503, reason)).says for reason in named)
    assert set(END_WORDS) == set(EndReason)
    assert set(WAKE_WORDS) == set(WakeOutcome)
    assert set(UNDELIVERED_WORDS) == set(UndeliveredReason)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (event(HistoryKind.LOGIN, session="s1", reason="open"), "logged in, session s1"),
        (event(HistoryKind.LOGIN, session="s1", reason="resume"), "went on with session s1"),
        (
            event(HistoryKind.END, session="s1", reason="expired", messages=2),
            "longer than its keep-alive time; 2 mess",
        ),
        (
            event(HistoryKind.END, session="s1", reason="ended", messages=1),
            "`onesoup audit` says who; a mess",
        ),
        (event(HistoryKind.WAKE, bearer="stcp", reason="sent"), "wake-up by STCP: sent"),
        (event(HistoryKind.WAKE, bearer="wapsms", reason="refused", detail="gap"), "not sent, too soon after the last one"),
        (
            event(HistoryKind.WAKE, bearer="all", reason="unanswered", detail="SUDP,WAPSMS"),
            "did not poll after a wake-up by SUDP, WAP push by SMS",
        ),
        (event(HistoryKind.UNDELIVERED, reason="too-many-wait", messages=3), "not delivered: 3 times a message for the user"),
        (event(HistoryKind.LOGIN, session="s1", detail="s40"), "logged in, session s1, with another phone than before (s40)"),
        (event(HistoryKind.END, session="s1", reason="a-later-word"), "a-later-word"),
    ],
)
def test_an_event_in_words(told, words):
    assert words in event_words(told)


def test_another_phone_than_before_is_told(redis_server):
    client = connect(redis_server.url)
    client.flushdb()
    store = History(client, KeyRing([("k1", b"k" * 32)]), 3600)
    phones = [event(HistoryKind.LOGIN, NOW + n, session=f"s{n}", handset=name) for n, name in enumerate(("s40", "s40", "s60"))]
    store.add(map(HistoryNote, phones), NOW)
    found = events_of(store, history_subject(ALICE, "example.org"), NOW)
    assert [(each.handset, each.detail) for each in found] == [("s60", "s40"), ("s40", ""), ("s40", "")]
    client.close()


def test_a_session_ends_once_for_the_reason_that_says_more(redis_server):
    client = connect(redis_server.url)
    client.flushdb()
    store = History(client, KeyRing([("k1", b"k" * 32)]), 3600)
    limit = event(HistoryKind.END, NOW, session="s1", reason=EndReason.TOO_MANY)
    closed = event(HistoryKind.END, NOW + 2, session="s1", reason=EndReason.ENDED, messages=3)
    other = event(HistoryKind.END, NOW + 1, session="s2", reason=EndReason.ENDED)
    store.add([HistoryNote(each) for each in (limit, closed, other)], NOW)
    found = events_of(store, history_subject(ALICE, "example.org"), NOW)
    assert [(each.session, each.reason, each.messages) for each in found] == [("s1", "too-many-sessions", 3), ("s2", "ended", 0)]
    client.close()
