"""A bound stream at work: messages both ways, acknowledgements, requests, resumption, and peers that misbehave."""

import itertools
import os
import re
import time

import gevent
import pytest
from gevent.event import Event
from gevent.monkey import get_original
from xmpp.protocol import Iq, Message
from xmpp.simplexml import Node

from onesoup.xmpp.stream import NotStored, Stream, StreamFailure
from onesoup.xmpp.stream import socket as link_module
from onesoup.xmpp.stream.events import TooBig
from onesoup.xmpp.stream.socket import StreamSocket
from onesoup.xmpp.stream.stream_management import MAX_UNACKED
from tests.support.turns import most_between_turns
from tests.xmpp.stream.conftest import options_for
from tests.xmpp.stream.harness import Client, chat, eventually

TRICKY = "\U0001f600 \u00e9\u4e2d & <b>\"'\n\t x\x00\x01\x0c\x1b\x7f\ud800\ufffe]]>"
LEGAL = "\U0001f600 \u00e9\u4e2d & <b>\"'\n\t x\x7f]]>"


_tests = itertools.count(1)


@pytest.fixture
def client(client, prosody):
    """Alice and Bob are other people in each test: nothing waits for them."""
    number = next(_tests)

    def make(user, **more):
        if user in ("alice", "bob"):
            user += str(number)
            prosody.add_account(user, "secret")
        return client(user, **more)

    return make


@pytest.fixture
def large_budget(monkeypatch):
    """All that a peer sends in the test is read at once."""
    monkeypatch.setattr(link_module, "READ_BURST_BYTES", 64 * 1024 * 1024)


def roster():
    return Iq("get", queryNS="jabber:iq:roster")


def test_a_message_arrives_as_it_was_written(client):
    bob, alice = client("bob").online(), client("alice").connect()
    alice.stream.send(chat(bob.address, TRICKY))
    bob.wait_for(lambda: bob.texts)
    assert bob.texts == [LEGAL]
    assert alice.stream.open


def test_keys_come_back_when_the_server_has_the_stanzas(client):
    alice = client("alice").connect()
    for number in range(50):
        alice.stream.send(chat("carol@localhost", "x"), key=number)
    alice.wait_for(lambda: len(alice.acked) == 50)
    assert alice.acked == list(range(50))
    assert alice.stream.unacked == []


def test_a_batch_has_one_key(client):
    alice = client("alice").connect()
    alice.stream.send(chat("carol@localhost", "1"), chat("carol@localhost", "2"), key="both")
    alice.wait_for(lambda: alice.acked)
    assert alice.acked == ["both"]
    assert alice.stream.state()["acked"] == 2


def test_stanzas_without_a_key_do_not_pile_up(client):
    alice = client("alice").connect()
    for _ in range(100):
        alice.stream.send(chat("carol@localhost", "x"))
    alice.wait_for(lambda: len(alice.stream.unacked) < 40)
    assert alice.acked == []


def test_without_stream_management_the_key_comes_back_at_once(client, stub):
    server = stub(lambda peer: (peer.log_in(), peer.until("never")))
    one = client("a", domain="stub.example", options=server.options()).connect()
    one.stream.send(chat("b@c", "x"), key="k")
    assert one.acked == ["k"]
    assert one.stream.state() is None


def test_requests_meet_their_answers(client):
    alice = client("alice").connect()
    jobs = [gevent.spawn(alice.stream.request, roster(), 5) for _ in range(10)]
    gevent.joinall(jobs, raise_error=True)
    assert len({job.value["id"] for job in jobs}) == 10
    refused = alice.stream.request(Iq("get", queryNS="urn:nothing", to="localhost"), 60)
    assert refused.getError() == "service-unavailable"
    assert alice.stanzas("iq") == []
    assert not alice.stream._requests
    alice.wait_for(lambda: alice.stream.h_in == 11)
    assert alice.h[-1] == 11  # answers count, so the keeper hears of them


def test_a_request_nobody_answers_ends_in_time_and_leaves_the_stream(client, stub):
    server = stub(lambda peer: (peer.log_in(), peer.until("never")))
    one = client("a", domain="stub.example", options=server.options()).connect()
    with pytest.raises(StreamFailure) as caught:
        one.stream.request(roster(), 0.1)
    assert caught.value.kind == "no-answer"
    assert one.stream.open
    assert not one.stream._requests


def test_a_strangers_answer_is_none(client, stub):
    """Whoever guesses the id of a request still does not answer for our server."""

    def talk(peer):
        peer.log_in()
        id = peer.until("/></iq>").partition('id="')[2].partition('"')[0]
        peer.send(f"<iq type='result' id='{id}' from='evil@x/y'><query xmlns='evil'/></iq>")
        peer.send(f"<iq type='result' id='{id}' from='a@stub.example'><query xmlns='good'/></iq>")
        peer.until("never")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    assert one.stream.request(roster(), 60).getTag("query").namespace == "good"
    assert [iq["from"] for iq in one.stanzas("iq")] == ["evil@x/y"]


def test_a_list_is_handed_over_entry_by_entry_and_a_strangers_is_not(client, stub):
    entries = "".join(f"<item jid='c{number}@x'/>" for number in range(5000))

    def talk(peer):
        peer.log_in()
        id = peer.until("/></iq>").partition('id="')[2].partition('"')[0]
        peer.send(
            f"<iq type='result' id='{id}' from='evil@x/y'><query xmlns='jabber:iq:roster'><item jid='evil@x'/></query></iq>"
        )
        peer.send(f"<iq type='result' id='{id}'><query xmlns='jabber:iq:roster'>{entries}</query></iq>")
        peer.send("<message from='b@x'><body><b/></body></message>")
        peer.until("never")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    taken = []
    answer = one.stream.request_list(roster(), 60, taken.append)
    assert [each["jid"] for each in taken] == [f"c{number}@x" for number in range(5000)]
    assert answer.getTag("query").kids == []
    one.wait_for(lambda: one.stanzas("message"))
    assert len(one.stanzas("message")[0].getTag("body").kids) == 1


def test_whoever_waits_is_told_when_the_stream_ends(client, stub):
    server = stub(lambda peer: (peer.log_in(), gevent.sleep(0.2)))
    one = client("a", domain="stub.example", options=server.options()).connect()
    with pytest.raises(StreamFailure) as caught:
        one.stream.request(roster(), 60)
    assert caught.value.kind in ("closed", "stream")
    with pytest.raises(StreamFailure):
        one.stream.send(chat("b@c", "x"))


# Reading.


def test_many_stanzas_in_one_record_are_one_batch(client, stub, tmp_path):
    from tests.xmpp.stream.stub import self_signed

    authority, context = self_signed(tmp_path, "stub.example")

    def talk(peer):
        peer.start_tls(context)
        peer.log_in()
        peer.send("".join(f"<message id='{number}'/>" for number in range(300)))  # 9 KB: one TLS record
        peer.until("never")

    one = client("a", domain="stub.example", options=stub(talk).options(ca=authority, insecure=False)).connect()
    one.wait_for(lambda: len(one.stanzas("message")) == 300)
    assert [message["id"] for message in one.stanzas("message")] == [str(number) for number in range(300)]
    assert len(one.batches) == 1


def test_more_than_one_read_holds(client, stub):
    def talk(peer):
        peer.log_in()
        for _ in range(3):
            peer.send(f"<message><body>{'x' * 100_000}</body></message>")
        peer.until("never")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    one.wait_for(lambda: [len(text) for text in one.texts] == [100_000] * 3)


@pytest.mark.parametrize(
    ("words", "condition"),
    [
        ("<message><body>" + "x" * 20_000_000 + "</body></message>", "policy-violation"),
        ("<a>" * 70, "policy-violation"),
        ("<message></iq>", "not-well-formed"),
        ("<!-- -->", "restricted-xml"),
    ],
)
@pytest.mark.usefixtures("large_budget")
def test_what_a_stream_must_not_hold_ends_it_for_good(client, stub, words, condition):
    """Also the session: the same stanza would come again at each resumption."""
    told = []

    def talk(peer):
        peer.log_in(sm=True)
        peer.send("<presence/>" + words)
        told.append(peer.until("</stream:stream>"))

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    failure = one.end()
    assert (failure.kind, failure.condition) == ("protocol", condition)
    assert len(one.stanzas("presence")) == 1
    assert one.stream.state() is None
    if condition != "policy-violation" or len(words) < 1000:  # else the server was still talking
        one.wait_for(lambda: told)
        assert condition in told[0]


def test_sixty_thousand_apostrophes_arrive_between_their_neighbours(client):
    """The server writes them as 360,000 bytes."""
    bob, alice = client("bob").online(), client("alice").connect()
    alice.stream.send(*(chat(bob.address, text) for text in ("before", "'" * 60_000, "behind")))
    bob.wait_for(lambda: len(bob.texts) == 3)
    assert bob.texts == ["before", "'" * 60_000, "behind"]


def inflated(to, body):
    """A message of 150 KB that the server writes as 3 MB: it names the namespace in each element."""
    inside = "<p:a/>" * 15_000
    x = f"<x xmlns='u:x' xmlns:p='urn:{'x' * 200}'>{inside}</x>"
    return f"<message to='{to}' type='chat' id='big'><body>{body}</body>{x}</message>".encode()


@pytest.mark.usefixtures("large_budget")
def test_a_stanza_above_the_limit_counts_and_costs_no_other(client):
    """An ordinary client makes it. Neighbours arrive, and what was handled is right: nothing comes again after a resumption."""
    bob, alice = client("bob").online(), client("alice").connect()
    for round in ("1", "2"):
        alice.stream.send(chat(bob.address, "before"), inflated(bob.address, "huge"), chat(bob.address, "behind"))
        bob.wait_for(lambda round=round: len(bob.texts) == 2 * int(round))
    assert bob.texts == ["before", "behind"] * 2
    big = [each for each in bob.stanzas("message") if each["id"] == "big"]
    assert [(type(each), each["from"]) for each in big] == [(TooBig, alice.stream.jid)] * 2
    again = client("bob", resume=bob.lose_connection()).connect()
    assert again.stream.resumed
    alice.stream.send(chat(bob.address, "later"))
    again.wait_for(lambda: again.texts)
    assert again.texts == ["later"]
    assert bob.failure is None


def test_whoever_waits_for_an_answer_above_the_limit_hears_an_error_at_once(client, stub):
    def talk(peer):
        peer.log_in(sm=True)
        for inside in (600_000, 2_000_000):
            id = re.search('id="([^"]*)"', peer.until("</iq>"))[1]
            peer.send(f"<iq type='result' id='{id}'><query>{'x' * inside}</query></iq>")
        peer.until("never")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    assert len(one.stream.request(roster(), 60).getTagData("query")) == 600_000
    assert one.stream.request(roster(), 60).getTag("error").getTag("resource-constraint")
    assert one.stream.h_in == 2


@pytest.mark.usefixtures("large_budget")
def test_a_stanza_without_end_does_not_keep_others_waiting(client, stub):
    """It comes as fast as we can read it; other greenlets have their turns."""

    def talk(peer):
        peer.log_in()
        peer.send("<message>" + "<a/>" * 2_000_000)
        peer.until("never")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    parser = one.stream._wire._parser

    def fed():
        return parser._document.fed if parser._document else 0

    most = most_between_turns(fed, lambda: fed() < 7_000_000)
    assert most <= 4 * link_module.READ_CHUNK_BYTES


def test_the_server_is_told_only_what_was_kept(client, stub):
    """An acknowledgement goes out after the keeper has returned."""
    answers, order = [], []

    def talk(peer):
        peer.log_in(sm=True)
        peer.send("<message/><presence/><iq type='get' id='1'/><r xmlns='urn:xmpp:sm:3'/>")
        answers.append(peer.until("/>"))
        order.append("acknowledged")
        peer.until("never")

    def slowly(_stanzas):
        gevent.sleep(0.1)
        order.append("kept")

    one = client("a", domain="stub.example", options=stub(talk).options(), handle=slowly).connect()
    one.wait_for(lambda: answers)
    assert "h='3'" in answers[0]
    assert order == ["kept", "acknowledged"]
    assert one.h == [3]


def test_a_stanza_that_cannot_be_handled_harms_no_other(client, stub, capsys):
    """A mistake of ours about one stanza: the others are kept, the stream goes on, the log has no text of it."""

    def talk(peer):
        peer.log_in(sm=True)
        peer.send("".join(f"<message><body>{text}</body></message>" for text in ("a", "poison", "b")))
        peer.send("<r xmlns='urn:xmpp:sm:3'/>")
        peer.until("h='3'/>")
        peer.send("<message><body>c</body></message>")
        peer.until("never")

    def choosy(stanzas):
        if any(stanza.getTagData("body") == "poison" for stanza in stanzas):
            raise KeyError("poison")

    one = client("a", domain="stub.example", options=stub(talk).options(), handle=choosy).connect()
    one.wait_for(lambda: one.texts == ["a", "b", "c"])
    # The batch, each alone, and h by itself when all is decided.
    assert one.h[-6:] == [3, 0, 0, 0, 3, 4]
    logged = capsys.readouterr()
    assert "stanza-failed" in logged.out + logged.err
    assert "poison" not in logged.out + logged.err


def test_what_could_not_be_stored_comes_again(client, options):
    """Redis is away: nothing is acknowledged, and the next stream of the session brings it."""
    broken = [True]

    def keep(_stanzas):
        if broken[0] and _stanzas and _stanzas[0].name == "message":
            raise NotStored

    bob, alice = client("bob", handle=keep).online(), client("alice").connect()
    alice.stream.send(chat(bob.address, "precious"))
    failure = bob.end()
    assert (failure.kind, failure.retry) == ("store", True)
    again = client("bob", resume=bob.stream.state()).connect()
    again.wait_for(lambda: again.texts == ["precious"])
    assert again.stream.resumed


# Resumption.


def test_resumption_after_the_connection_broke(client):
    """Messages sent meanwhile arrive, none twice, from either side."""
    bob, alice = client("bob").online(), client("alice").connect()
    alice.stream.send(chat(bob.address, "before"))
    bob.wait_for(lambda: bob.texts == ["before"])
    state = bob.lose_connection()
    assert bob.end() is None
    alice.stream.send(chat(bob.address, "meanwhile 1"), chat(bob.address, "meanwhile 2"))
    again = client("bob", resume=state).connect()
    again.wait_for(lambda: len(again.texts) == 2)
    alice.stream.send(chat(bob.address, "after"))
    again.wait_for(lambda: len(again.texts) == 3)
    assert again.texts == ["meanwhile 1", "meanwhile 2", "after"]
    assert again.stream.resumed
    assert (again.stream.jid, again.stream.sm_id) == (bob.stream.jid, bob.stream.sm_id)
    assert again.stanzas("presence") == []


def test_unacknowledged_stanzas_go_out_again_once(client):
    """The process died after queueing: what the server had is dropped, the rest is sent, in order."""
    bob, alice = client("bob").online(), client("alice").connect()
    alice.stream.send(chat(bob.address, "1"), key="k1")
    alice.wait_for(lambda: alice.acked == ["k1"])
    state = alice.lose_connection()
    # As if two more had been written: the server has seen neither of them, and had k1 before.
    octets = f'<message to="{bob.address}" type="chat"><body>{{}}</body></message>'
    state["acked"] = 0
    state["unacked"] = [[n, f"k{n}", octets.format(n).encode()] for n in (3, 1, 2)]
    again = client("alice", resume=state).connect()
    again.wait_for(lambda: again.acked == ["k1", "k2", "k3"])
    bob.wait_for(lambda: len(bob.texts) == 3)
    assert bob.texts == ["1", "2", "3"]


def test_a_living_stream_can_be_taken_over(client):
    """A new holder resumes while the old one still thinks that it owns the stream."""
    old = client("bob").online()
    new = client("bob", resume=old.stream.state()).connect()
    assert new.stream.resumed
    assert old.end() is not None
    assert new.stream.open


def test_a_session_that_is_gone_becomes_a_new_one(client):
    """The server forgot, or restarted: bind on the same connection, and what was not acknowledged is handed back."""
    state = {"sm_id": "gone", "h_in": 3, "jid": "old@localhost/x", "acked": 4, "unacked": [(5, "k5", b"<message/>")]}
    alice = client("alice", resource="y", resume=state).connect()
    assert not alice.stream.resumed
    assert alice.stream.jid == f"{alice.address}/y"
    assert alice.stream.lost == [("k5", b"<message/>")]
    assert (alice.stream.h_in, alice.stream.unacked) == (0, [])
    assert alice.stream.sm_id not in ("", "gone")
    alice.stream.send(chat("carol@localhost", "x"), key="new")
    alice.wait_for(lambda: alice.acked == ["new"])


def test_a_polite_end_leaves_nothing_to_resume(client):
    alice = client("alice").online()
    state = alice.stream.state()
    alice.stream.close()
    assert alice.end() is None
    assert alice.stream.state() is None
    assert not client("alice", resume=state).connect().stream.resumed


def test_the_end_is_polite_before_anybody_reads(options):
    alice = Client("alice", options=options)
    alice.stream.connect(8)
    alice.stream.close()
    assert not alice.stream.open


def test_what_comes_behind_our_end_is_left_to_the_server(client, stub):
    """It is not acknowledged, so the server keeps it for the next log-in: kept here as well, it would come twice."""
    farewells = []

    def talk(peer):
        peer.log_in(sm=True)
        peer.send("<message><body>before</body></message>")
        farewells.append(peer.until("</stream:stream>"))
        peer.send("<message><body>behind</body></message></stream:stream>")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    one.wait_for(lambda: one.texts)
    one.stream.close()
    assert one.end() is None
    assert "h='1'" in farewells[0]
    assert one.texts == ["before"]


def test_without_stream_management_the_last_words_are_kept(client, stub):
    """Nobody else has them."""

    def talk(peer):
        peer.log_in()
        peer.send("<message><body>before</body></message>")
        peer.until("</stream:stream>")
        peer.send("<message><body>behind</body></message></stream:stream>")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    one.wait_for(lambda: one.texts)
    one.stream.close()
    assert one.end() is None
    assert one.texts == ["before", "behind"]


def test_our_end_acknowledges_what_is_being_kept(client, stub):
    """Whoever keeps stanzas waits for Redis; the end of the session comes in between."""
    farewells, begun, go_on = [], Event(), Event()

    def talk(peer):
        peer.log_in(sm=True)
        peer.send("<message><body>a</body></message><message><body>b</body></message>")
        farewells.append(peer.until("</stream:stream>"))
        peer.send("</stream:stream>")

    def slowly(_stanzas):
        begun.set()
        go_on.wait()

    one = client("a", domain="stub.example", options=stub(talk).options(), handle=slowly).connect()
    assert begun.wait(60)
    closing = gevent.spawn(one.stream.close)
    gevent.sleep(0.05)  # it has begun, in vain
    go_on.set()
    closing.get(timeout=60)
    assert one.end() is None
    assert one.texts == ["a", "b"]
    assert "h='2'" in farewells[0]


# Peers that fall silent, or die.


def test_a_killed_server_is_noticed_at_once(fragile):
    alice = Client("alice", options=options_for(fragile)).connect()
    fragile.kill()
    failure = alice.end(20.0)  # sooner than any question whether it is still there
    assert (failure.kind, failure.retry) == ("closed", True)
    assert alice.stream.state() is not None
    with pytest.raises(StreamFailure) as caught:
        Client("alice", options=options_for(fragile), resume=alice.stream.state()).stream.connect(2)
    assert caught.value.kind == "refused"
    fragile.start()
    again = Client("alice", options=options_for(fragile), resume=alice.stream.state()).connect()
    assert not again.stream.resumed
    again.stream.close()


def test_a_server_that_is_stopped_leaves_something_to_come_back_to(fragile):
    """Prosody 0.12 closes a stream with stream management without a word; others say system-shutdown."""
    alice = Client("alice", options=options_for(fragile)).connect()
    gevent.spawn(fragile.stop)
    failure = alice.end()
    assert (failure.kind, failure.condition) in (("closed", "eof"), ("stream", "system-shutdown"))
    assert failure.retry


def test_the_error_counts_not_the_closing_tag_behind_it(client, stub):
    def talk(peer):
        peer.log_in(sm=True)
        error = "<system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text>restart</text>"
        peer.send(f"<message/><stream:error>{error}</stream:error></stream:stream>")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    failure = one.end()
    assert (failure.kind, failure.condition, failure.text, failure.retry) == ("stream", "system-shutdown", "restart", True)
    assert len(one.stanzas("message")) == 1
    assert one.stream.h_in == 1


def test_a_peer_that_stops_reading_blocks_nobody_else(client, stub, monkeypatch):
    monkeypatch.setattr("onesoup.xmpp.stream.connection.STALLED_SEND_SECONDS", 0.5)
    server = stub(lambda peer: (peer.log_in(sm=True), gevent.sleep(20)))
    one = client("a", domain="stub.example", options=server.options()).connect()
    turns = []

    def others():
        while True:
            turns.append(1)
            gevent.sleep(0.01)

    watcher = gevent.spawn(others)
    cpu, began = time.process_time(), time.monotonic()
    sent = 0
    while one.stream.open:
        one.stream.send(chat("b@c", "x" * 200_000), key=sent)
        sent += 1
    watcher.kill()
    assert 0 < sent < 100  # it is ours to deliver after a resumption
    assert one.end().condition == "stalled"
    assert [key for key, _ in one.stream.unacked] == list(range(sent))
    assert len(turns) > 5
    assert time.process_time() - cpu < 0.8 * (time.monotonic() - began)  # it waits, and does not try again and again


def test_what_is_said_in_one_turn_leaves_in_one_write_and_in_order(client, stub, monkeypatch):
    heard = []

    def talk(peer):
        peer.log_in(sm=True)
        heard.append(peer.until("last</body></message><r xmlns='urn:xmpp:sm:3'/>"))
        peer.until("never")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    writes = []
    offer = StreamSocket.offer
    monkeypatch.setattr(StreamSocket, "offer", lambda link, data: writes.append(data) or offer(link, data))
    for number in range(10):
        one.stream.send(chat("b@c", f"n{number}"))
    one.stream.send(chat("b@c", "last"), key="k")
    assert writes == []
    one.wait_for(lambda: heard)
    assert len(writes) == 1
    assert re.findall(r"<body>(\w+)</body>", writes[0].decode()) == [*(f"n{number}" for number in range(10)), "last"]


def test_who_waits_for_the_lock_speaks_after_what_was_said_before(client, stub):
    heard = []

    def talk(peer):
        peer.log_in(sm=True)
        heard.append(peer.until("third</body></message>"))
        peer.until("never")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    asked = []

    def wait(number):
        asked.append(number)
        gevent.sleep(0.1)

    one.stream.send(chat("b@c", "first"), key=1)
    slow = gevent.spawn(one.stream.send, chat("b@c", "second"), key=2, before=wait)
    gevent.sleep(0.02)
    one.stream.send(chat("b@c", "third"), key=3)
    slow.join()
    one.wait_for(lambda: heard)
    assert re.findall(r"<body>(\w+)</body>", heard[0]) == ["first", "second", "third"]
    assert asked == [2]


def test_the_queue_is_bounded_and_the_stream_survives_it(client, stub):
    server = stub(lambda peer: (peer.log_in(sm=True), peer.until("never")))
    one = client("a", domain="stub.example", options=server.options()).connect()
    for _ in range(MAX_UNACKED):
        one.stream.send(chat("b@c", "x"))
    with pytest.raises(StreamFailure) as caught:
        one.stream.send(chat("b@c", "x"), key="k")
    assert caught.value.kind == "backlog"
    # Nobody may note a number for what is not sent: a successor would count it as sent.
    noted = []
    with pytest.raises(StreamFailure):
        one.stream.send(chat("b@c", "x"), key="k", before=noted.append)
    assert noted == []
    assert one.stream.open


def test_a_silent_server_is_asked_then_dropped(client, stub):
    asked = []

    def talk(peer):
        peer.log_in(sm=True)
        asked.append(peer.until("<r xmlns='urn:xmpp:sm:3'/>"))
        peer.until("never")

    options = stub(talk).options()
    one = client("a", domain="stub.example", options=options).connect()
    now = time.monotonic()
    assert options.watch.turn(now + 20).ask == []
    assert options.watch.turn(now + 26).ask == [one.stream]
    one.stream.probe()
    one.wait_for(lambda: asked)
    assert options.watch.turn(now + 30).silent == []
    assert one.stream.open
    silent = [stream for later in range(31, 60) for stream in options.watch.turn(now + later).silent]
    assert silent == [one.stream]
    one.stream.give_up()
    failure = one.end()
    assert (failure.kind, failure.condition) == ("timeout", "silent")
    assert one.stream.state() is not None
    assert len(options.watch) == 0


@pytest.mark.parametrize("domain", ["localhost", "anon.localhost"])
def test_a_server_that_answers_is_kept(client, options, domain):
    """By <r/> and, without stream management, by a ping."""
    one = client("alice" if domain == "localhost" else "", domain=domain).connect()
    heard = one.stream.heard
    one.stream.probe()
    one.wait_for(lambda: one.stream.heard > heard)
    assert one.stream.open
    assert len(options.watch) == 1
    one.stream.close()
    assert len(options.watch) == 0


def test_streams_to_one_server_are_watched_together(client, stub):
    server = stub(lambda peer: (peer.log_in(sm=True), peer.until("never")))
    options = server.options()
    made = [client("a", domain="stub.example", options=options).connect() for _ in range(3)]
    assert {one.stream.target for one in made} == {("127.0.0.1", server.port)}
    asked = options.watch.turn(time.monotonic() + 26).ask
    assert len(asked) == 1
    assert asked[0] in [one.stream for one in made]


def test_an_acknowledgement_of_what_was_never_sent_ends_the_session(client, stub):
    server = stub(lambda peer: (peer.log_in(sm=True), peer.send("<a xmlns='urn:xmpp:sm:3' h='5'/>"), peer.until("never")))
    one = client("a", domain="stub.example", options=server.options()).connect()
    assert one.end().kind == "protocol"
    assert one.stream.state() is None


def test_a_greenlet_killed_in_mid_write_ends_the_stream(client, stub):
    """Half a stanza may be out; nothing may follow it."""
    server = stub(lambda peer: (peer.log_in(), gevent.sleep(20)))
    one = client("a", domain="stub.example", options=server.options()).connect()
    writer = gevent.spawn(one.stream.send, chat("b@c", "x" * 20_000_000))
    gevent.sleep(0.2)
    writer.kill()
    assert one.end().condition == "stalled"


def test_writers_do_not_mix(client):
    """Twenty greenlets write big stanzas at once."""
    bob, alice = client("bob").online(), client("alice").connect()
    jobs = [gevent.spawn(alice.stream.send, chat(bob.address, str(n) * 50_000), key=n) for n in range(10)]
    gevent.joinall(jobs, raise_error=True)
    bob.wait_for(lambda: len(bob.texts) == 10)
    assert sorted(bob.texts) == sorted(str(n) * 50_000 for n in range(10))
    alice.wait_for(lambda: sorted(alice.acked) == list(range(10)))


def test_a_message_with_foreign_markup_arrives_whole(client):
    bob, alice = client("bob").online(), client("alice").connect()
    message = Message(to=bob.address, body="b", typ="chat")
    message.addChild("request", namespace="urn:xmpp:receipts")
    message.addChild(node=Node("urn:x a", {"k": "1<2"}, [Node("urn:y b", payload=["t"])]))
    alice.stream.send(message)
    bob.wait_for(lambda: bob.texts)
    (read,) = bob.stanzas("message")
    assert read.getTag("request", namespace="urn:xmpp:receipts")
    assert (read.getTag("a")["k"], read.getTag("a").getTag("b").getData()) == ("1<2", "t")


def test_streams_leave_no_descriptor(client):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        alice = client("alice").connect()
        alice.stream.close()
        assert alice.failure is None
    eventually(lambda: len(os.listdir("/proc/self/fd")) <= before + 1)


def test_stream_has_no_dictionary(client):
    assert not hasattr(client("alice").stream, "__dict__")
    assert Stream.__slots__


def test_a_stream_closed_in_the_moment_in_which_octets_come_ends_like_any_other(client):
    """A write that failed closes it while its reader is just being woken: the reader must learn of the failure, or nobody
    would make the stream anew."""
    standstill = get_original("time", "sleep")
    for _ in range(5):
        alice, failure = client("alice").online(), StreamFailure("timeout", "stalled")
        alice.stream.send(roster())
        closing = gevent.get_hub().loop.timer(0.02)
        closing.start(alice.stream._wire.close, failure)
        standstill(0.1)  # both have happened when anybody runs again
        assert alice.end() is failure
