"""A log-in in few journeys: SASL2 and what goes along with it, and what is remembered of a server."""

import re

import pytest

from onesoup.xmpp.stream import StreamFailure
from onesoup.xmpp.stream.sasl2 import agent_id
from tests.xmpp.stream.stub import SM, self_signed
from tests.xmpp.stream.test_login import Memory, refused

BIND2 = "urn:xmpp:bind:0"
CARBONS = "urn:xmpp:carbons:2"
RESUME = f"<sm xmlns='{SM}'/>"
FULL = f"<bind xmlns='{BIND2}'><inline><feature var='{SM}'/><feature var='{CARBONS}'/></inline></bind>{RESUME}"
BOUND = f"<bound xmlns='{BIND2}'><enabled xmlns='{SM}' id='one' resume='true'/></bound>"
AFTER = "<stream:features><csi xmlns='urn:xmpp:csi:0'/></stream:features>"
OLD_BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
BEHIND = f"<stream:features>{OLD_BIND}<sm xmlns='{SM}'/></stream:features>"
JID = "a@stub.example/phone~x"
STATE = {"sm_id": "old", "h_in": 3, "jid": JID, "acked": 4, "unacked": [(5, "k5", b"<message/>"), (6, "k6", b"<message/>")]}


def binds_as_before(peer, resource="phone"):
    """As in RFC 6120, with stream management."""
    peer.until(f"<resource>{resource}</resource></bind></iq>")
    peer.until("max='300'/>")
    peer.send(f"<iq type='result' id='bind'>{OLD_BIND[:-2]}><jid>a@stub.example/{resource}</jid></bind></iq>")
    peer.send(f"<enabled xmlns='{SM}' id='two' resume='true'/>")


@pytest.fixture
def login(client, stub):
    """Logs in to a server that talks so, in clear text, where no password may go. `stores`: what is known of the domain."""

    def make(talk, stores=None, **more):
        options = stub(talk).options(**({"known": more.pop("known")} if "known" in more else {}))
        if stores is not None:
            options.past.learn("stub.example", stores)
        return client("a", domain="stub.example", options=options, **{"resource": "phone", **more})

    return make


def test_all_in_one_question(login):
    """Bind 2 with stream management and carbons, at a server that keeps nothing for who is offline."""
    asked = []

    def talk(peer):
        peer.offer2("SCRAM-SHA-1", inline=FULL)
        first, along = peer.introduced2()
        asked.append(along)
        peer.scram2(first, BOUND, JID)
        peer.send(f"<message><body>early</body></message>{AFTER}")
        peer.until("never")

    one = login(talk, stores=False, known=(known := Memory())).connect()
    assert (one.stream.jid, one.stream.sm_id, one.stream.carbons) == (JID, "one", True)
    assert f"<tag>phone</tag><enable xmlns='{CARBONS}'/><enable xmlns='{SM}' resume='true' max='300'/></bind>" in asked[0]
    assert re.search("<user-agent id='([^']*)'>", asked[0])[1] == agent_id("a@stub.example", "phone")
    assert known.learnt == [("stub.example", "SCRAM-SHA-1")]
    one.wait_for(lambda: one.texts == ["early"] and "urn:xmpp:csi:0" in one.stream.features)
    assert one.stream.h_in == 1, "what comes before the features counts"


@pytest.mark.parametrize("stores", [None, True], ids=["unknown", "known"])
def test_where_messages_wait_for_who_is_offline_the_resource_is_bound_as_before(login, stores):
    """XEP-0386 lets the server throw them away with Bind 2."""
    asked = []

    def talk(peer):
        peer.offer2("SCRAM-SHA-1", inline=FULL)
        first, along = peer.introduced2()
        asked.append(along)
        peer.scram2(first)
        peer.send(BEHIND)
        binds_as_before(peer)
        peer.until("never")

    one = login(talk, stores).connect()
    assert (one.stream.jid, one.stream.sm_id, one.stream.carbons) == ("a@stub.example/phone", "two", False)
    assert one.stream.bind2
    assert "<bind" not in asked[0]


@pytest.mark.parametrize("stores", [True, False])
def test_a_session_is_resumed_along_with_it(login, stores):
    """What comes before the features counts; what the server had got of ours is reported, the rest goes out again."""
    asked, again = [], []

    def talk(peer):
        peer.offer2("SCRAM-SHA-1", inline=FULL)
        first, along = peer.introduced2()
        asked.append(along)
        peer.scram2(first, f"<resumed xmlns='{SM}' h='5' previd='old'/>", JID)
        peer.send(f"<message><body>missed</body></message>{AFTER}")
        again.append(peer.until(f"<r xmlns='{SM}'/>"))
        peer.until("never")

    one = login(talk, stores, resume=STATE).connect()
    assert (one.stream.resumed, one.stream.jid, one.stream.confirmed, one.acked) == (True, JID, 5, ["k5"])
    assert f"<resume xmlns='{SM}' previd='old' h='3'/>" in asked[0]
    assert ("<bind" in asked[0]) == (not stores)
    one.wait_for(lambda: one.texts == ["missed"] and "urn:xmpp:csi:0" in one.stream.features)
    assert one.stream.h_in == 4
    one.wait_for(lambda: again == [f"<message/><r xmlns='{SM}'/>"])


GONE = f"<failed xmlns='{SM}' h='5'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"


def test_a_session_that_is_gone_is_a_new_one_in_the_same_journey(login):
    def talk(peer):
        peer.offer2("SCRAM-SHA-1", inline=FULL)
        peer.scram2(peer.introduced2()[0], GONE + BOUND, JID)
        peer.send(AFTER)
        peer.until("never")

    one = login(talk, stores=False, resume={**STATE, "jid": "a@stub.example/other"}).connect()
    assert (one.stream.resumed, one.stream.jid, one.stream.sm_id) == (False, JID, "one")
    assert (one.stream.confirmed, one.acked, [key for key, _ in one.stream.lost]) == (5, ["k5"], ["k6"])


def test_a_session_that_is_gone_is_bound_as_before_where_messages_wait(login):
    def talk(peer):
        peer.offer2("SCRAM-SHA-1", inline=FULL)
        peer.scram2(peer.introduced2()[0], GONE)
        peer.send(BEHIND)
        binds_as_before(peer)
        peer.until("never")

    one = login(talk, resume=STATE).connect()
    assert (one.stream.resumed, one.stream.sm_id, [key for key, _ in one.stream.lost]) == (False, "two", ["k6"])


def test_a_server_that_resumes_by_itself_only_is_not_bound_before(login):
    """Bind 2 along with it would leave nothing to resume."""
    asked = []

    def talk(peer):
        peer.offer2("SCRAM-SHA-1", inline=f"<bind xmlns='{BIND2}'/>")
        first, along = peer.introduced2()
        asked.append(along)
        peer.scram2(first)
        peer.send(BEHIND)
        peer.until(f"<resume xmlns='{SM}' previd='old' h='3'/>")
        peer.send(f"<resumed xmlns='{SM}' h='6' previd='old'/>")
        peer.until("never")

    one = login(talk, stores=False, resume=STATE).connect()
    assert (one.stream.resumed, one.acked) == (True, ["k5", "k6"])
    assert "<bind" not in asked[0]


def test_bind_2_without_stream_management_gets_that_behind_it(login):
    def talk(peer):
        peer.offer2("SCRAM-SHA-1", inline=f"<bind xmlns='{BIND2}'><inline/></bind>")
        peer.scram2(peer.introduced2()[0], f"<bound xmlns='{BIND2}'/>", JID)
        peer.send(BEHIND)
        peer.until("max='300'/>")
        peer.send(f"<enabled xmlns='{SM}' id='three' resume='true'/>")
        peer.until("never")

    one = login(talk, stores=False).connect()
    assert (one.stream.jid, one.stream.sm_id, one.stream.carbons) == (JID, "three", False)


@pytest.mark.parametrize(
    ("answer", "condition", "retry"),
    [
        (
            "<failure xmlns='urn:xmpp:sasl:2'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>",
            "not-authorized",
            False,
        ),
        (
            "<success xmlns='urn:xmpp:sasl:2'><authorization-identifier>a@b/c</authorization-identifier></success>",
            "server-not-proved",
            False,
        ),
        ("<continue xmlns='urn:xmpp:sasl:2'><tasks><task>TOTP</task></tasks></continue>", "task-required", False),
    ],
)
def test_refusals(login, answer, condition, retry):
    """The server's proof counts as before; and who is asked for more than a password has no more."""

    def talk(peer):
        peer.offer2("SCRAM-SHA-1")
        peer.introduced2()
        peer.send(answer)
        peer.until("never")

    assert refused(login(talk)) == ("auth", condition, retry)


def test_no_password_goes_where_the_server_did_not_prove_itself(login):
    seen = []

    def talk(peer):
        peer.offer2(
            "PLAIN", more="<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
        )
        seen.append(peer.sock.recv(1000))

    failed = login(talk)
    assert refused(failed) == ("no-mechanism", "none-common", False)
    failed.wait_for(lambda: seen == [b""])


# --- what is remembered ---


class Server:
    """Talks TLS; counts connections, and how often it is spoken to before it has said what it offers."""

    def __init__(self, stub, tmp_path, talk):
        authority, self._context = self_signed(tmp_path, "stub.example")
        self.early, self._talk = [], talk
        self.options = stub(self._take).options(ca=authority, insecure=False)

    def _take(self, peer):
        peer.start_tls(self._context)
        self.early.append(0)
        self._talk(self, peer)

    def hears(self, peer, mark):
        """Counts whether it comes with the header: one write is one read, of TLS too."""
        peer.until(header := "xmlns:stream='http://etherx.jabber.org/streams'>")
        self.early[-1] += mark.encode() in peer.seen
        peer.seen = header.encode() + peer.seen


def binds_alone(peer):
    """As in RFC 6120, without stream management; then it says nothing more."""
    peer.open(OLD_BIND)
    peer.until("</iq>")
    peer.send(f"<iq type='result' id='bind'>{OLD_BIND[:-2]}><jid>a@stub.example/phone</jid></bind></iq>")
    peer.until("never")


def old_server(server, peer):
    server.hears(peer, "</auth>")
    peer.offer("SCRAM-SHA-1")
    peer.scram()
    server.hears(peer, "max='300'/>")
    peer.open(f"{OLD_BIND}<sm xmlns='{SM}'/>")
    binds_as_before(peer)
    peer.until("never")


def test_the_second_log_in_asks_along_with_the_headers(client, stub, tmp_path):
    server = Server(stub, tmp_path, old_server)
    for _ in range(2):
        one = client("a", domain="stub.example", resource="phone", options=server.options).connect()
        assert (one.stream.jid, one.stream.sm_id) == ("a@stub.example/phone", "two")
    assert server.early == [0, 2]


def test_a_password_never_goes_along_with_a_header(client, stub, tmp_path):
    """The server might not be content with it, or have learnt something better since."""

    def talk(server, peer):
        server.hears(peer, "</auth>")
        peer.offer("PLAIN")
        peer.until("</auth>")
        peer.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        binds_alone(peer)

    server = Server(stub, tmp_path, talk)
    for _ in range(2):
        assert client("a", domain="stub.example", options=server.options).connect().stream.open
    assert server.early == [0, 0]


def test_a_server_that_offers_something_else_now_is_asked_step_by_step(client, stub, tmp_path):
    """The connection is made anew; nothing of what the memory said counts."""

    def talk(server, peer):
        server.hears(peer, "</auth>")
        peer.offer("SCRAM-SHA-1", *(["SCRAM-SHA-256"] if len(server.early) in (2, 3) else []))
        if len(server.early) == 3:
            assert "SCRAM-SHA-256" in peer.until("</auth>")
            peer.send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><account-disabled/></failure>")
            return
        peer.scram()
        binds_alone(peer)

    server = Server(stub, tmp_path, talk)
    assert client("a", domain="stub.example", options=server.options).connect().stream.open
    assert refused(client("a", domain="stub.example", options=server.options)) == ("auth", "account-disabled", False)
    assert server.early == [0, 1, 0]


@pytest.mark.parametrize("deaf", [False, True], ids=["hangs-up", "deaf"])
def test_a_server_that_does_not_bear_a_question_along_with_the_header(client, stub, tmp_path, monkeypatch, deaf):
    """It is asked step by step, and so from then on."""
    monkeypatch.setattr("onesoup.xmpp.stream.connect.PATIENCE_SECONDS", 3.0 if deaf else 30.0)

    def talk(server, peer):
        server.hears(peer, "</auth>")
        if server.early[-1]:
            if deaf:
                peer.offer("SCRAM-SHA-1")
                peer.until("never")
            return
        peer.offer("SCRAM-SHA-1")
        peer.scram()
        binds_alone(peer)

    server = Server(stub, tmp_path, talk)
    for _ in range(3):
        assert client("a", domain="stub.example", options=server.options).connect().stream.open
    assert server.early == [0, 1, 0, 0]


def test_a_wrong_password_is_not_tried_twice(client, stub, tmp_path):
    """Servers count them."""

    def talk(server, peer):
        server.hears(peer, "</auth>")
        peer.offer("SCRAM-SHA-1")
        if len(server.early) > 1:
            peer.until("</auth>")
            peer.send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>")
            peer.until("never")
        peer.scram()
        binds_alone(peer)

    server = Server(stub, tmp_path, talk)
    assert client("a", domain="stub.example", options=server.options).connect().stream.open
    with pytest.raises(StreamFailure) as caught:
        client("a", domain="stub.example", options=server.options).connect()
    assert (caught.value.condition, server.early) == ("not-authorized", [0, 1])
