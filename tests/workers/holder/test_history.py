"""What a holder notes for `onesoup history`: why each session ended, and messages that were not delivered."""

import time

import pytest

from onesoup.handlers.login.access import end_session
from onesoup.observability import history_notes
from onesoup.observability.history_notes import HistoryNotes
from onesoup.store.history import History
from onesoup.store.session.session_records import SessionRecords
from onesoup.xmpp import commands
from tests.support.secrets import secret_text
from tests.workers.holder.conftest import DOMAIN
from tests.workers.holder.test_process import error
from tests.xmpp.stream.harness import eventually

JID = f"alice@{DOMAIN}"


@pytest.fixture
def known(lab, monkeypatch):
    """What is known of alice, by kind."""
    kept = History(lab.client, lab.ring, 3600)
    monkeypatch.setattr(history_notes, "_notes", HistoryNotes(kept, SessionRecords(lab.client)))

    def look(kind):
        history_notes.stop_history()
        return [event for event in kept.of_account(JID, int(time.time())) if event.kind == kind]

    return look


def ended(lab, known, sid):
    """Why the session ended, once it has."""
    eventually(lambda: lab.feed.records.unended_session(sid) is None)
    eventually(lambda: known("end"))
    (event,) = known("end")
    assert event.user == JID
    return event.reason


def test_a_session_whose_time_is_over_has_expired_and_says_what_waits(lab, server, known):
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder, "alice")
    text = secret_text()
    server.peers[0].send(f"<message from='bob@x.example/c' type='chat' id='1'><body>{text}</body></message>")
    eventually(lambda: lab.inbox(sid) == [text])
    holder.sessions[sid].end(600, polite=False)
    assert ended(lab, known, sid) == "expired"
    assert known("end")[0].messages == 1


def test_the_same_phone_again_replaces_its_session(lab, server, known):
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder, "alice")
    lab.log_in(holder, "alice", sid="again")
    assert ended(lab, known, sid) == "replaced"


def test_who_is_kicked_did_not_log_out(lab, server, known):
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder, "alice")
    end_session(lab.sessions, sid)
    assert ended(lab, known, sid) == "ended"


def test_a_server_that_ends_the_stream_for_good_is_the_reason(lab, server, known):
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder, "alice")
    server.peers[0].send(error("conflict"))
    assert ended(lab, known, sid) == "xmpp-server-refused"


def test_a_bounce_is_noted_without_words_and_names(lab, server, known):
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder, "alice")
    text = secret_text()
    lab.push(sid, commands.SendMessage("m1", "bob@x.example", text, False))
    eventually(lambda: server.messages() == [text])
    gone = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    server.peers[0].send(f"<message type='error' id='m1' from='bob@x.example'>{gone}</message>")
    eventually(lambda: known("undelivered"))
    (event,) = known("undelivered")
    assert event.reason == "bounced"
    assert text not in repr(event)
    assert "bob" not in repr(event)
