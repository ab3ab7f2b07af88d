"""What a process notes for `onesoup history`: it never waits, it is limited, and a Redis that is away loses nothing of it."""

import pytest

from onesoup.csp.history_events import EndReason, HistoryEvent, HistoryKind, UndeliveredReason, WakeOutcome
from onesoup.observability import history_notes
from onesoup.observability.history_notes import MOST_NOTES_WRITTEN, MOST_WAITING_FAILURES, HistoryNotes
from onesoup.store.account.keyring import KeyRing
from onesoup.store.errors import StoreDown
from onesoup.store.history import History, HistoryNote
from onesoup.store.redis.client import connect
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.session_records import SessionRecords
from onesoup.store.session.session_values import NewSession
from tests.support.in_redis import RECORD, SESSION

NOW = 1_700_000_000
JID = "alice@example.org"
RING = KeyRing([("k1", b"k" * 32)])


@pytest.fixture
def client(redis_server):
    made = connect(redis_server.url)
    made.flushdb()
    yield made
    made.close()


@pytest.fixture
def history(client):
    return History(client, RING, 3600)


@pytest.fixture
def notes(client, history):
    return HistoryNotes(history, SessionRecords(client), lambda: NOW)


@pytest.fixture
def this_process(notes, monkeypatch):
    monkeypatch.setattr(history_notes, "_notes", notes)


def failure(when=NOW, **more):
    return HistoryEvent(HistoryKind.FAILURE, when, when, user=JID, code=409, **more)


def test_what_is_noted_is_written_at_the_next_flush(notes, history):
    notes.note(HistoryNote(failure()))
    assert history.of_account(JID, NOW) == []
    notes.flush()
    assert history.of_account(JID, NOW) == [failure()]
    notes.flush()
    assert history.of_account(JID, NOW)[0].times == 1


def test_a_redis_that_is_away_loses_nothing_and_counts_nothing_twice(notes, history, monkeypatch):
    def away(*_):
        raise StoreDown("ConnectionError")

    notes.note(HistoryNote(failure()))
    notes.wake(SESSION.jid, "stcp", WakeOutcome.SENT)
    with monkeypatch.context() as patched:
        patched.setattr(history, "add", away)
        for _ in range(2):
            with pytest.raises(StoreDown):
                notes.flush()
    notes.note(HistoryNote(failure(NOW + 1)))
    notes.flush()
    (found,) = history.of_account(JID, NOW)
    assert (found.first, found.last, found.times) == (NOW, NOW + 1, 2)


def test_a_note_that_cannot_be_written_holds_up_no_other(notes, history, monkeypatch):
    def broken(*_):
        raise ValueError("a mistake")

    with monkeypatch.context() as patched:
        patched.setattr(history, "add", broken)
        notes.note(HistoryNote(failure()))
        notes.flush()
    notes.note(HistoryNote(failure(reason="the next")))
    notes.flush()
    assert [event.reason for event in history.of_account(JID, NOW)] == ["the next"]


def test_a_flood_of_failures_is_limited_and_leaves_room_for_log_ins(notes, history):
    for number in range(MOST_WAITING_FAILURES + 500):
        notes.note(HistoryNote(failure(address=f"2001:db8::{number:x}")))
    notes.note(HistoryNote(HistoryEvent(HistoryKind.LOGIN, NOW, NOW, user=JID)))
    assert len(notes._failed) == MOST_WAITING_FAILURES
    notes.flush()
    assert len(notes._failed) == MOST_WAITING_FAILURES - MOST_NOTES_WRITTEN
    assert HistoryKind.LOGIN in [event.kind for event in history.of_account(JID, NOW)]


def test_wake_ups_are_counted_and_whose_they_are_is_looked_up(notes, history, client):
    HolderSessionStore(client).create("a7phone", NewSession(RECORD, 1, 60_000))
    for _ in range(3):
        notes.wake("a7phone", "stcp", WakeOutcome.SENT)
    notes.wake("nobody's", "stcp", WakeOutcome.SENT)
    notes.flush()
    (found,) = history.of_account(SESSION.jid, NOW)
    assert (found.kind, found.bearer, found.reason, found.times) == ("wake", "stcp", "sent", 3)


@pytest.mark.usefixtures("this_process")
def test_each_thing_that_is_noted_is_found(notes, history):
    history_notes.note_end(JID, "sid", EndReason.EXPIRED, "s60", 2)
    history_notes.note_undelivered(JID, UndeliveredReason.BOUNCED, "nobody has this address")
    history_notes.note_sms(JID, "sid", "+4917012345678", "wapsms", WakeOutcome.REFUSED, "gap")
    history_notes.stop_history()
    now = max(event.last for event in history._of(JID, 0))
    kinds = {event.kind: event for event in history.of_account(JID, now)}
    assert set(kinds) == {"end", "undelivered", "wake"}
    assert (kinds["end"].messages, kinds["end"].reason) == (2, "expired")
    assert [event.kind for event in history.of_number("+4917012345678", now)] == ["wake"]


def test_a_setting_of_0_hours_and_a_process_without_keys_note_nothing(client, monkeypatch):
    monkeypatch.setattr(history_notes, "_notes", None)
    history_notes.start_history(client, RING, 0)
    history_notes.start_history(client, None, 24)
    assert history_notes._notes is None
    history_notes.note_end(JID, "sid", EndReason.EXPIRED)
    history_notes.note_wake("sid", "stcp", WakeOutcome.SENT)
    history_notes.stop_history()
    assert client.keys("history*") == []
