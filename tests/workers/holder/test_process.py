"""What a holder does when servers and other holders behave badly."""

import re
import socket
import time

import gevent
import pytest
from gevent.event import Event

from onesoup.csp import presence
from onesoup.csp.codec.generated_elements import PresenceSubList, StatusText, UserAvailability
from onesoup.csp.status import StatusCode
from onesoup.store import records
from onesoup.store.account.blocks import BLOCK, BlockLists
from onesoup.store.account.lists import AttributeList
from onesoup.store.session.inbox import Inbox, RedeliveryPolicy
from onesoup.store.session.request_effects import RequestEffects, SessionUpdate
from onesoup.xmpp import commands
from onesoup.xmpp.stream import Stream, StreamFailure
from tests.support import in_redis
from tests.support.secrets import secret_text
from tests.xmpp.stream.harness import eventually
from workers.holder.process import MAX_PARALLEL_CONNECTS
from workers.holder.session import connection, idle

SERVICE = "urn:ietf:params:xml:ns:xmpp-streams"


def stanzas_before(server, text):
    """How many stanzas the server had seen up to and with the one that holds the text."""
    return next(number for number, stanza in enumerate(server.seen, 1) if text in stanza)


def error(condition, words=""):
    text = f"<text xmlns='{SERVICE}'>{words}</text>" if words else ""
    return f"<stream:error><{condition} xmlns='{SERVICE}'/>{text}</stream:error></stream:stream>"


def say(lab, sid, *texts):
    for text in texts:
        lab.push(sid, commands.SendMessage(f"m{text}", "b@x.example", text, False))


# --- a crash between sending and the acknowledgement ---


def test_what_the_server_had_got_of_a_killed_holder_is_not_sent_again(lab, server):
    first = lab.holder(server.stub)
    sid = lab.log_in(first)
    had, lost = secret_text(), secret_text()
    say(lab, sid, had, lost)
    eventually(lambda: len(server.messages()) == 2)
    server.handled = stanzas_before(server, had)  # the second died on the way
    lab.crash(first)
    assert len(lab.feed.outbox.commands(sid)) == 2

    lab.holder(server.stub)
    eventually(lambda: len(server.messages()) == 3)
    assert server.messages() == [had, lost, lost]
    server.peers[-1].send(f"<a xmlns='urn:xmpp:sm:3' h='{server.handled + 1}'/>")
    eventually(lambda: not lab.feed.outbox.commands(sid))
    assert not lab.client.exists(f"flight:{{{sid}}}")


def test_a_server_that_forgot_gets_all_that_it_did_not_acknowledge_with_the_same_ids(lab, server):
    first = lab.holder(server.stub)
    sid = lab.log_in(first)
    say(lab, sid, text := secret_text())
    eventually(lambda: len(server.messages()) == 1)
    lab.crash(first)
    lab.holder(server.stub)
    eventually(lambda: len(server.messages()) == 2)
    sent = [re.search(r'id="(m[^"]*)"', each)[1] for each in server.seen if each.startswith("<message")]  # type: ignore[index]
    assert sent == [f"m{text}"] * 2


def test_a_phone_that_is_to_be_shown_soon_is_shown_by_whoever_has_it_then(lab, server, monkeypatch):
    """Its shard went to another holder in the seconds between its log-in and its first presence."""
    delay = "workers.holder.session.presence.GO_ONLINE_DELAY_SECONDS"
    monkeypatch.setattr(delay, 3600.0)  # however long the machine stands still, the first does not get so far
    monkeypatch.setattr("workers.holder.session.own_presence.LATEST_PRESENCE_SECONDS", 3600.0)
    first = lab.holder(server.stub)
    sid = lab.log_in(first)
    eventually(lambda: first.subscriber.connected)
    lab.push(sid, commands.GoOnlineSoon())
    first.sessions[sid].outbox.wake()
    eventually(lambda: first.sessions[sid].outbox._aside)
    lab.crash(first)
    assert not shown(server)
    assert lab.feed.outbox.commands(sid)

    monkeypatch.setattr(delay, 1.0)
    lab.holder(server.stub)
    eventually(lambda: shown(server))
    eventually(lambda: not lab.feed.outbox.commands(sid))


def shown(server):
    return [each for each in server.seen if each.startswith("<presence")]


def test_a_phone_that_says_nothing_of_itself_is_seen_soon_after_its_log_in(lab, server, monkeypatch):
    """Without Service-Request and UpdatePresence, which phones of 1.1 and 1.2 may leave out, it would never get a message."""
    monkeypatch.setattr("workers.holder.session.own_presence.LATEST_PRESENCE_SECONDS", 1.0)
    holder, began = lab.holder(server.stub), time.monotonic()
    lab.log_in(holder)
    eventually(lambda: shown(server))
    assert time.monotonic() - began >= 1.0


def test_the_next_holder_shows_a_phone_that_the_last_one_had_not_shown(lab, server, monkeypatch):
    latest = "workers.holder.session.own_presence.LATEST_PRESENCE_SECONDS"
    monkeypatch.setattr(latest, 3600.0)
    first = lab.holder(server.stub)
    lab.log_in(first)
    lab.crash(first)
    assert not shown(server)
    monkeypatch.setattr(latest, 1.0)
    lab.holder(server.stub)
    eventually(lambda: shown(server))


def test_a_phone_is_seen_as_it_wanted_to_be_seen_last(lab, server, monkeypatch):
    """Until it says something else. What it may not show by its default attribute list, it does not show."""
    monkeypatch.setattr("workers.holder.session.own_presence.LATEST_PRESENCE_SECONDS", 0.1)
    holder = lab.holder(server.stub)
    said = PresenceSubList(user_availability=UserAvailability(True, "DISCREET"), status_text=StatusText(True, "at work"))
    own = presence.own_fields(said, "1.2")
    for user, names in (("alice", []), ("bob", ["user_availability"])):
        jid = f"{user}@stub.example"
        holder.services.handsets.keep_own_presence(jid, "phone", own)
        holder.services.handsets.keep_picture_name(jid, "phone", "abc")
        holder.services.lists.attributes.put(jid, {"default": AttributeList(names, [])})
        lab.log_in(holder, user)
        eventually(lambda user=user: len(shown(server)) == 1 + (user == "bob"))
    first, second = shown(server)
    assert "<show>dnd</show>" in first
    assert "<status>at work</status>" in first
    assert "<photo>abc</photo>" in first
    assert "<show>dnd</show>" in second
    assert "at work" not in second


def test_the_first_poll_makes_a_phone_seen_at_once(lab, server, monkeypatch):
    """Any other request does not: the phone may still say how it wants to be seen."""
    monkeypatch.setattr("workers.holder.session.own_presence.LATEST_PRESENCE_SECONDS", 3600.0)
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    eventually(lambda: holder.subscriber.connected)
    lab.sessions.open(sid, "1", "digest")
    gevent.sleep(0.2)
    assert not shown(server)
    inbox = Inbox(lab.client, RedeliveryPolicy())
    inbox.poll(sid)
    eventually(lambda: shown(server))
    assert in_redis.fields(lab.sessions, sid, ["idle"]) == [None]  # from now on polls tell nobody


def test_an_owner_of_the_past_sends_nothing(lab, server):
    """It was paused, its shard went to another: the number that the command gets is refused, and it lets go."""
    old = lab.holder(server.stub)
    sid = lab.log_in(old)
    lab.feed.claim_session(sid, 10**6)
    say(lab, sid, secret_text())
    eventually(lambda: sid not in old.sessions)
    assert server.messages() == []
    assert len(lab.feed.outbox.commands(sid)) == 1


def test_a_server_that_takes_nothing_holds_up_nobody_elses_news(lab, server, monkeypatch):
    """The server of a phone that was idle is told that it is back; the news of all sessions come through one greenlet."""
    taken, told = Event(), Event()
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    monkeypatch.setattr(Stream, "hint", lambda _stream, active: told.set() or taken.wait(20))
    holder.sessions[sid].idle.is_idle = True
    with gevent.Timeout(60):
        say(lab, sid, text := secret_text())
        eventually(lambda: server.messages() == [text])
        told.wait()
    taken.set()


# --- what is known of the account ---


def test_whom_another_phone_of_the_account_blocks_is_not_heard_any_more(lab, server):
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    held = holder.sessions[sid]

    def hear(number, sender):
        server.peers[0].send(
            f"<message from='{sender}@x.example' id='s{number}' type='chat'><body>{secret_text()}</body></message>"
        )

    hear(1, "eve")
    eventually(lambda: len(lab.feed.items.undelivered(sid)) == 1)
    BlockLists(lab.client).add(held.session.jid, BLOCK, ["eve@x.example"])
    eventually(lambda: not held.rules.cached)
    hear(2, "eve")
    hear(3, "bob")
    eventually(lambda: len(lab.feed.items.undelivered(sid)) == 2)
    assert sorted(records.unpack_stored(each).sender for each in lab.feed.items.undelivered(sid).values()) == [
        "bob@x.example",
        "eve@x.example",
    ]


# --- stream errors ---


def test_conflict_is_the_end_and_no_game_of_ping_pong(lab, server):
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    server.peers[0].send(error("conflict"))
    eventually(lambda: lab.feed.status(sid).code == 601)
    assert len(server.peers) == 1
    assert server.resumes == []


def test_a_session_that_another_holder_has_is_not_connected_again(lab, server):
    """A stream that breaks because its session has a new holder: whoever connected now would take the resource away from that
    one, and the server's word for it, conflict, would end the session."""
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    server.handled = 0
    server.peers[0].send("<message from='eve@x.example' type='chat'><body>x</body></message>")
    eventually(lambda: lab.feed.items.undelivered(sid))  # what the server had to say to a new stream is taken in
    lab.feed.claim_session(sid, holder.sessions[sid].fence + 1)
    server.peers[0].sock.shutdown(socket.SHUT_RDWR)
    eventually(lambda: sid not in holder.sessions)
    assert len(server.peers) == 1
    assert lab.feed.status(sid).code is None, "it goes on, elsewhere"


def test_no_attempt_begins_while_the_handset_logs_in_anew(lab, server, monkeypatch):
    """Also when the one that was under way took longer than the log-in waits for it, and failed: the next one would take the
    resource away from the new session."""
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    session, begun, go_on, inside = holder.sessions[sid].connection, Event(), Event(), []
    attempts = []

    def slow(self, stream):
        attempts.append(list(inside))
        begun.set()
        go_on.wait()
        raise StreamFailure("closed", "eof")

    monkeypatch.setattr(connection.SessionConnection, "_connect_stream", slow)
    monkeypatch.setattr(connection, "ATTEMPT_SECONDS", 0.01)
    monkeypatch.setattr(connection, "RECONNECT_BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(session._pace, "wait", lambda *_: 0.0)
    server.peers[0].sock.shutdown(socket.SHUT_RDWR)
    assert begun.wait(60)
    with session.no_attempts():
        inside.append("the log-in")
        go_on.set()
        gevent.sleep(0.5)
        inside.clear()
    eventually(lambda: len(attempts) > 1)
    assert attempts[:2] == [[], []], "an attempt began inside"


@pytest.mark.parametrize("anew", [True, False], ids=["the handset logs in anew", "the session ends"])
def test_an_attempt_that_waits_for_its_turn_does_not_begin_any_more(lab, server, monkeypatch, anew):
    """After the death of a holder thousands of sessions wait for their turn. The phone of one may log in anew meanwhile: its last
    session would then take the resource away from the new one."""
    holder = lab.holder(server.stub)
    session = holder.sessions[lab.log_in(holder)]
    turns, attempts = holder.services.reconnecting, []
    monkeypatch.setattr(connection.SessionConnection, "_connect_stream", lambda *_: attempts.append("one"))
    for _ in range(MAX_PARALLEL_CONNECTS):  # others have all turns
        turns.acquire()
    waits = gevent.spawn(session.connection._reconnected, session.connection.stream)
    gevent.sleep(0)
    with session.connection.no_attempts():
        if not anew:
            session.end(StatusCode.INVALID_SESSION, polite=False)
        turns.release()
        assert waits.get(timeout=60) == (not anew), "it is to try again only where the session goes on"
    assert attempts == []


def test_a_server_that_restarts_is_come_back_to(lab, server):
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    server.handled = 0
    server.peers[0].send(error("system-shutdown"))
    eventually(lambda: len(server.peers) == 2)
    eventually(lambda: holder.sessions[sid].connection.stream.open)
    assert len(server.resumes) == 1


def test_enough_is_enough(lab, server, monkeypatch):
    """A server that says so is left alone for a while; at the third time the session ends."""
    waits = []
    monkeypatch.setattr(
        connection.SessionConnection, "reconnect", lambda self, wait=0.1: waits.append(wait) or self._reconnected(self.stream)
    )
    server.handled = 0
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    for number in (1, 2):
        server.peers[-1].send(error("policy-violation"))
        eventually(lambda number=number: len(server.peers) == number + 1)
    eventually(lambda: holder.sessions[sid].connection.stream.open)
    server.peers[-1].send(error("resource-constraint"))
    eventually(lambda: lab.feed.status(sid).code == 601)
    assert waits == [30.0, 30.0]


def test_what_the_server_could_not_read_is_not_said_again(lab, server):
    """Resumed, the stream would begin with it and end again. The phone is told."""
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    say(lab, sid, bad := secret_text(), good := secret_text())
    eventually(lambda: len(server.messages()) == 2)
    server.peers[0].send(error("not-well-formed"))
    eventually(lambda: len(server.messages()) == 3)
    assert server.messages() == [bad, good, good]
    assert server.resumes == []
    eventually(lambda: lab.inbox(sid) == [f"not delivered: {bad}"])


@pytest.mark.parametrize("resumed", [True, False])
def test_what_was_too_large_for_the_server_is_not_said_again(lab, server, resumed):
    """Else three of these would end the session. The phone is told, and all else arrives, at once."""
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    say(lab, sid, first := secret_text(), huge := "x" * 60_000, last := secret_text())
    eventually(lambda: len(server.messages()) == 3)
    server.handled = stanzas_before(server, first) if resumed else None
    server.peers[0].send(error("policy-violation", "XML stanza is too big"))
    eventually(lambda: len(server.messages()) == (4 if resumed else 5))
    assert server.messages()[3:] == ([last] if resumed else [first, last])
    eventually(lambda: lab.inbox(sid) == [f"not delivered: {huge}"])
    say(lab, sid, later := secret_text())
    eventually(lambda: server.messages()[-1] == later)
    assert holder.sessions[sid].connection._overloads == 0


def test_a_server_that_has_enough_of_us_gets_no_stanza_less(lab, server, monkeypatch):
    """It ends the stream over something else, however large what we said."""
    monkeypatch.setattr(connection, "OVERLOAD_WAIT_SECONDS", 0.1)
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    say(lab, sid, "x" * 60_000)
    eventually(lambda: len(server.messages()) == 1)
    server.peers[0].send(error("policy-violation", "too many stanzas in a minute"))
    eventually(lambda: len(server.messages()) == 2)
    assert lab.inbox(sid) == []
    assert holder.sessions[sid].connection._overloads == 1


def test_a_log_out_on_its_way_does_not_end_the_session_that_follows(lab, server, monkeypatch):
    """The phone logs out and in again at once. While the new session takes over what the old one has, the end of the old one
    is noticed: it is not the end of the new one."""
    holder = lab.holder(server.stub)
    old = lab.log_in(holder, "user", sid="old")
    held, copy, ending = holder.sessions[old], holder.services.feed.copy, []

    def slow(*sids):
        ending.append(gevent.spawn(held.end, 604, polite=True, sid=old))
        gevent.sleep(0.05)
        copy(*sids)

    monkeypatch.setattr(holder.services.feed, "copy", slow)
    lab.feed.end(old, held.fence, 604)
    new = lab.log_in(holder, "user", sid="new")
    gevent.joinall(ending, raise_error=True)
    assert len(ending) == 1
    assert lab.feed.status(new).code is None
    server.peers[-1].send(f"<message from='a@b/c' type='chat' id='1'><body>{(text := secret_text())}</body></message>")
    eventually(lambda: text in lab.inbox(new))


# --- domains of the phone's choice ---


def test_a_domain_of_the_phones_choice_has_only_so_many_streams(lab, server, monkeypatch):
    holder = lab.holder(server.stub, domains="any", domain="elsewhere.example", xmpp_any_streams=2)
    for _ in range(2):
        lab.log_in(holder)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any failure, looked at below
        lab.log_in(holder)
    assert (caught.value.kind, caught.value.condition) == ("refused", "too-many")
    assert not holder.domains.opening


def test_a_listed_domain_has_no_such_limit(lab, server):
    holder = lab.holder(server.stub, domains=f"any,{'stub.example'}", domain="elsewhere.example", xmpp_any_streams=1)
    for _ in range(3):
        lab.log_in(holder)


def test_no_stream_goes_inside(lab, server):
    holder = lab.holder(server.stub, domains="any")
    for domain in ("127.0.0.1", "[::1]", "10.1.2.3", "[::ffff:127.0.0.1]"):
        assert lab.refused(holder, domain) == ("refused", "not-permitted")
    assert lab.log_in(holder)


def test_a_session_whose_phone_wants_a_shorter_life_has_one(lab, server):
    """It is looked at when it is overdue, not when it would have been."""
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    eventually(lambda: holder.subscriber.connected)
    holder.upkeep.tick()
    eventually(lambda: len(holder.services.agenda) == 1)
    lab.sessions.commit(sid, None, "1", b"", RequestEffects(update=SessionUpdate(ttl_ms=1000)))
    gevent.sleep(1.5)
    held = holder.sessions[sid]
    held.lifetime._since -= 600
    eventually(lambda: (holder.upkeep.tick(), sid not in holder.sessions)[1])


# --- a phone that is idle ---


def test_an_idle_phone_lets_the_server_collect_until_it_comes_back(lab, server, monkeypatch):
    server.csi = "<csi xmlns='urn:xmpp:csi:0'/>"
    monkeypatch.setattr(idle, "INACTIVE_DELAY_SECONDS", 0.0)
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    eventually(lambda: holder.subscriber.connected)
    holder.upkeep.check_sessions([holder.sessions[sid]])
    assert server.other == []
    with monkeypatch.context() as short:
        short.setattr(idle, "IDLE_MS", 1)
        gevent.sleep(0.05)
        holder.upkeep.check_sessions([holder.sessions[sid]])
        eventually(lambda: server.other == ["<inactive xmlns='urn:xmpp:csi:0'/>"])
    lab.sessions.open(sid, "1", "digest")
    eventually(lambda: server.other[1:] == ["<active xmlns='urn:xmpp:csi:0'/>"])
    lab.sessions.open(sid, "2", "digest")
    holder.upkeep.check_sessions([holder.sessions[sid]])
    assert len(server.other) == 2


def test_a_phone_on_a_line_is_not_idle(lab, server, monkeypatch):
    """It is woken at once, so it gets its presence at once."""
    server.csi = "<csi xmlns='urn:xmpp:csi:0'/>"
    monkeypatch.setattr(idle, "INACTIVE_DELAY_SECONDS", 0.0)
    monkeypatch.setattr(idle, "IDLE_MS", 1)
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    lab.sessions.stcp_lines.bind(sid, "cir:1")
    gevent.sleep(0.05)
    holder.upkeep.check_sessions([holder.sessions[sid]])
    gevent.sleep(0.05)
    assert server.other == []
