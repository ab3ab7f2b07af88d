"""A holder takes over what another one has left, however much that is."""

import socket
import time
from types import SimpleNamespace

import gevent
import pytest

from onesoup.store import keys
from onesoup.xmpp.stream import StreamFailure, scram_cache
from tests.support.secrets import secret_text
from tests.xmpp.stream.harness import eventually
from workers.holder.process import MAX_PARALLEL_CONNECTS
from workers.holder.session import connection
from workers.holder.takeover import MAX_PARALLEL_TAKEOVERS


def taken_over(lab, server, sid):
    """The session in a new holder, its stream resumed."""
    second = lab.holder(server.stub)
    server.handled = 2
    held = second.takeover.take_over_now(sid, second.leases.owned[int(sid[:2], 16)])
    eventually(lambda: held.connected)
    return held


def test_a_crowd_of_sessions_is_taken_over_a_few_at_a_time(lab, server, monkeypatch):
    """All at once they would wait for each other's answers of Redis until the time of each was over."""
    first = lab.holder(server.stub)
    sids = {lab.log_in(first) for _ in range(MAX_PARALLEL_TAKEOVERS + 10)}
    lab.crash(first)
    second = lab.holder(server.stub)
    at_work, most = 0, 0
    read = second.services.feed.records.session

    def watched(sid):
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        gevent.sleep(0.01)
        found = read(sid)
        at_work -= 1
        return found

    monkeypatch.setattr(second.services.feed.records, "session", watched)
    second.takeover.take_over_shards(list(second.leases.owned.values()))
    end = time.monotonic() + 60
    while set(second.sessions.sids()) != sids and time.monotonic() < end:
        gevent.sleep(0.02)
    assert set(second.sessions.sids()) == sids
    assert 1 < most <= MAX_PARALLEL_TAKEOVERS


@pytest.mark.parametrize("waits", ["to be taken over", "to reconnect"])
@pytest.mark.parametrize("resumable", [True, False], ids=["resumed", "the server has forgotten it"])
def test_a_phone_that_logs_in_anew_before_its_stream_is_there_again_gets_that_stream(lab, server, waits, resumable):
    """With a new stream the server would send again what the old one had not acknowledged: the message would come twice."""
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder, "bob")
    message = f"<message from='romeo@x.example/c' type='chat' id='1'><body>{(text := secret_text())}</body></message>"
    server.peers[0].send(message)
    eventually(lambda: lab.inbox(sid) == [text])
    server.handled = 2 if resumable else None
    if waits == "to be taken over":
        lab.crash(holder)
        holder = lab.holder(server.stub)
    else:
        server.peers[0].sock.shutdown(socket.SHUT_RDWR)
        eventually(lambda: not holder.sessions[sid].connected or server.resumes)
    new = lab.log_in(holder, "bob", sid="bobagain")
    assert (len(server.resumes), len(server.peers), holder.sessions.sids()) == (1, 2, [new])
    if resumable:
        server.peers[1].send(message)
        server.peers[1].send(message.replace(text, last := secret_text()).replace("id='1'", "id='2'"))
        eventually(lambda: last in lab.inbox(new))
        assert sorted(lab.inbox(new)) == sorted([text, last])
    gevent.sleep(2 * connection.RECONNECT_FIRST_SECONDS)
    assert len(server.peers) == 2, "the attempt that waited came after all"


@pytest.mark.parametrize("moved", [False, True], ids=["its first session", "a session that took over the stream"])
def test_a_successor_need_not_make_the_salted_password_again(lab, server, monkeypatch, moved):
    """It takes one to two milliseconds for each of thousands of sessions."""
    first = lab.holder(server.stub)
    sid = lab.log_in(first, "bob")
    if moved:
        sid = lab.log_in(first, "bob", sid="bobagain")
    lab.crash(first)

    def made(*_args):
        raise AssertionError("made again")

    monkeypatch.setattr(scram_cache, "hashlib", SimpleNamespace(pbkdf2_hmac=made))
    taken_over(lab, server, sid)


def test_a_salted_password_that_nobody_can_read_is_made_again(lab, server):
    first = lab.holder(server.stub)
    sid = lab.log_in(first, "bob")
    lab.crash(first)
    lab.client.hset(keys.session(sid), "salted", b"of another ring")
    taken_over(lab, server, sid)


def test_a_log_in_does_not_wait_behind_the_sessions_that_reconnect(lab, server):
    """A dead holder leaves thousands of them. Log-ins that waited for their turn failed for a minute (make scale)."""
    first = lab.holder(server.stub)
    lab.log_in(first, "bob")
    lab.crash(first)
    second = lab.holder(server.stub)
    for _ in range(MAX_PARALLEL_CONNECTS):
        second.services.reconnecting.acquire()
    with gevent.Timeout(60):
        both = {lab.log_in(second, "bob", sid="bobagain"), lab.log_in(second, "carol")}
    assert set(second.sessions.sids()) == both


def test_a_stream_is_not_resumed_from_where_an_earlier_one_was(lab, server):
    """What that one has taken in since would come again."""
    first = lab.holder(server.stub)
    sid = lab.log_in(first, "bob")
    lab.crash(first)
    held = taken_over(lab, server, sid)
    held.connection.stream.close(polite=False)
    held.connection.resume_now()
    assert len(server.resumes) == 1


@pytest.mark.parametrize("refusal", ["<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>", ""])
def test_where_the_server_ends_what_is_resumed_the_phone_gets_a_new_stream(lab, server, refusal):
    first = lab.holder(server.stub)
    lab.log_in(first, "bob")
    lab.crash(first)
    second = lab.holder(server.stub)
    server.refusal = refusal
    new = lab.log_in(second, "bob", sid="bobagain")
    assert (len(server.resumes), second.sessions.sids()) == (1, [new])


def test_a_phone_whose_server_is_away_is_told_so_at_once(lab, server):
    first = lab.holder(server.stub)
    sid = lab.log_in(first, "bob")
    lab.crash(first)
    second = lab.holder(server.stub)
    server.stub.stop()
    with pytest.raises(StreamFailure):
        lab.log_in(second, "bob", sid="bobagain")
    assert second.sessions.sids() == [sid], "it tries on"
