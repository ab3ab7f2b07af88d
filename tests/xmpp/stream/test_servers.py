"""Prosody and ejabberd, as Debian has them, and a Prosody with SASL2: what a stream needs of a server works with each, over TLS
and with SCRAM."""

from collections.abc import Callable, Iterator

import gevent
import pytest
from gevent import ssl
from xmpp.protocol import Message, Presence

from onesoup.demo.ejabberd import Ejabberd
from onesoup.demo.servers import Prosody, find_newer_prosody
from onesoup.xmpp.stream import Options, Resolver, StreamFailure, Tls, stanzas
from onesoup.xmpp.stream.login import Login
from tests.xmpp.stream.harness import Client, chat

Server = Prosody | Ejabberd


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """One that has SASL2, and what may go along with it."""
    program = find_newer_prosody()
    if program is None:
        pytest.skip("no Prosody with SASL2 here")
    with Prosody(tmp_path_factory.mktemp("newer"), modules=["sasl2", "sasl2_bind2", "sasl2_sm"], program=program) as server:
        yield server


@pytest.fixture(params=["prosody", "ejabberd", "newer"])
def server(request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(request.param)
    for user in ("ann", "ben", "cid"):  # alice and bob are people of the demo
        server.add_account(user, "secret")
    return server


def tls(server: Server, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Tls:
    made = Tls(server.ca_file)
    for context in made._contexts.values():
        context.maximum_version = newest
    return made


@pytest.fixture
def client(server: Server) -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def make(user: str, *, direct: bool = False, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, **more: object) -> Client:
        route = ("tls://127.0.0.1", server.tls_port) if direct else ("127.0.0.1", server.port)
        options = Options(tls=tls(server, newest), resolver=Resolver({"localhost": route}))
        made.append(Client(user, options=options, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.stream.close(polite=False)


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Cuts a server's offer of mechanisms short. Returns the list of what was chosen."""

    def only(*names: str) -> list[str]:
        chosen: list[str] = []
        original = Login._mechanism

        def mechanism(self: Login, offered: list[str], *args: object) -> object:
            # Without its -PLUS a server would believe that somebody else has cut its offer short.
            left = [name for name in offered if not names or name in names or name.removesuffix("-PLUS") in names]
            found = original(self, left, *args)  # type: ignore[arg-type]
            chosen.append(found.name)
            return found

        monkeypatch.setattr(Login, "_mechanism", mechanism)
        return chosen

    return only


@pytest.mark.parametrize("direct", [False, True], ids=["starttls", "direct"])
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"])
def test_every_mechanism_over_every_tls(client, offer, direct, mechanism):
    chosen = offer(mechanism)
    alice = client("ann", direct=direct).connect()
    assert ([name.removesuffix("-PLUS") for name in chosen], alice.stream._wire.secure) == ([mechanism], True)
    assert alice.stream.jid.startswith("ann@localhost/")


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"])
def test_scram_is_bound_to_the_connection_where_tls_can(client, offer, mechanism):
    """TLS 1.2 has tls-unique, which both servers take."""
    chosen = offer(mechanism)
    assert client("ann", newest=ssl.TLSVersion.TLSv1_2).connect().stream.open
    assert chosen == [mechanism]


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_the_strongest_of_the_whole_offer_is_taken(client, offer, newest):
    chosen = offer()
    assert client("ann", newest=newest).connect().stream.open
    assert chosen[0].startswith("SCRAM-")
    # Over TLS 1.3 it takes a server that binds to its certificate, as ejabberd does since 24.
    assert chosen[0].endswith("-PLUS") or newest == ssl.TLSVersion.TLSv1_3
    assert "SHA-1" not in chosen[0]


def test_a_binding_to_another_connection_is_refused(client, offer, monkeypatch):
    """What a relay in the middle could send: the server takes the log-in for what it is."""
    offer("SCRAM-SHA-1-PLUS")
    from onesoup.xmpp.stream.connection import Wire

    monkeypatch.setattr(Wire, "bindings", lambda _: {"tls-unique": lambda: b"of another"})
    with pytest.raises(StreamFailure) as caught:
        client("ann", newest=ssl.TLSVersion.TLSv1_2).connect()
    assert caught.value.kind == "auth"


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "PLAIN"])
def test_wrong_password_and_unknown_user_look_alike(client, offer, mechanism):
    offer(mechanism)
    for user, password in (("ann", "wrong"), ("nobody", "secret")):
        with pytest.raises(StreamFailure) as caught:
            client(user, password=password).connect()
        assert (caught.value.kind, caught.value.condition) == ("auth", "not-authorized")


def test_a_certificate_of_another_authority_is_refused(server, tmp_path):
    options = Options(resolver=Resolver({"localhost": ("127.0.0.1", server.port)}))
    with pytest.raises(StreamFailure) as caught:
        Client("ann", options=options).connect()
    assert (caught.value.kind, caught.value.condition) == ("tls", "certificate")


def test_a_dropped_stream_is_resumed_without_loss_or_double(client):
    bob, carol = client("ben").online(), client("cid").connect()
    carol.stream.send(chat(bob.address, "before"))
    bob.wait_for(lambda: bob.texts == ["before"])
    state = bob.lose_connection()
    bob.end()
    carol.stream.send(chat(bob.address, "meanwhile"), key="sent")
    carol.wait_for(lambda: carol.acked == ["sent"])
    again = client("ben", resume=state).connect()
    assert again.stream.resumed
    assert again.stream.confirmed == bob.stream.state()["acked"] + len(bob.stream.unacked)
    carol.stream.send(chat(bob.address, "after"))
    again.wait_for(lambda: len(again.texts) == 2)
    assert again.texts == ["meanwhile", "after"]
    again.stream.close()


def test_a_session_that_is_gone_becomes_a_new_one(client):
    state = {"sm_id": "gone", "h_in": 3, "jid": "ann@localhost/x", "acked": 4, "unacked": [(5, "k5", b"<message/>")]}
    alice = client("ann", resource="y", resume=state).connect()
    assert (alice.stream.resumed, alice.stream.jid) == (False, "ann@localhost/y")
    assert alice.stream.sm_id


def test_carbons_and_receipts(client):
    """What one device is told, the others hear of."""
    phone, desk, bob = client("ann").online(), client("ann").online(), client("ben").online()
    assert phone.stream.request(stanzas.carbons(), 60).getAttr("type") == "result"
    asked = Message(to=desk.stream.jid, body="hello", typ="chat")
    asked.addChild("request", namespace="urn:xmpp:receipts")
    bob.stream.send(asked)
    desk.wait_for(lambda: desk.texts == ["hello"])
    phone.wait_for(lambda: any(stanza.getTag("received", namespace="urn:xmpp:carbons:2") for stanza in phone.stanzas("message")))
    desk.stream.send(stanzas.receipt(bob.stream.jid, "m1"))
    bob.wait_for(lambda: any(stanza.getTag("received", namespace="urn:xmpp:receipts") for stanza in bob.stanzas("message")))
    for one in (phone, desk, bob):
        one.stream.close()


def test_presence_of_an_inactive_client_waits(client):
    """Client state indication (XEP-0352): presence is collected by the server, and comes when the phone is back."""
    alice, other = client("ann").online(), client("ann").connect()
    assert "urn:xmpp:csi:0" in alice.stream.features
    alice.stream.hint(active=False)
    other.stream.send(Presence(show="dnd"))
    # The answer to a request shows that the server has seen and kept it.
    assert other.stream.request(stanzas.roster_get(), 60).getAttr("type") == "result"
    assert not [each for each in alice.stanzas("presence") if each.getTagData("show") == "dnd"]
    alice.stream.hint(active=True)
    alice.wait_for(lambda: [each for each in alice.stanzas("presence") if each.getTagData("show") == "dnd"])
    alice.stream.close()
    other.stream.close()


# When Prosody holds up again what is for an inactive client (its csi_resume_inactive_delay is 5), and some more.
PROSODY_HOLDS_SECONDS = 5.5


def test_what_is_for_an_inactive_client_is_not_held_up_for_ever_after_a_resumption(client):
    """Prosody still takes the resumed client for inactive, and has forgotten what ends its waiting: neither messages nor answers
    came, until the stream was given up, or never."""
    other, ann = client("ben").connect(), client("ann").online()
    ann.stream.hint(active=False)
    assert ann.stream.request(stanzas.roster_get(), 60).getAttr("type") == "result"
    state = ann.lose_connection()
    ann.end()
    ann = client("ann", resume=state).connect()
    assert ann.stream.resumed
    gevent.sleep(PROSODY_HOLDS_SECONDS)
    other.stream.send(chat("ann@localhost", "late"))
    ann.wait_for(lambda: ann.texts == ["late"], 15)


@pytest.fixture
def sasl2(newer: Prosody) -> Iterator[Callable[..., Client]]:
    """Clients that share what they know of the server; `stores` is what they know of messages for who is offline."""
    for user in ("ann", "ben", "cid"):
        newer.add_account(user, "secret")
    options = Options(tls=tls(newer), resolver=Resolver({"localhost": ("127.0.0.1", newer.port)}))
    made: list[Client] = []

    def make(user: str, *, stores: bool = False, **more: object) -> Client:
        options.past.learn("localhost", stores)
        made.append(Client(user, options=options, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.stream.close(polite=False)


def test_bind_2_gives_one_client_one_resource(sasl2):
    """Whoever comes anew takes the place of its own stream, and of no other. The first log-in knows nothing of the server."""
    first, other = sasl2("ann", resource="phone").connect(), sasl2("ann", resource="desk").connect()
    assert first.stream.jid.startswith("ann@localhost/phone")
    assert (first.stream.carbons, bool(first.stream.sm_id)) == (True, True)
    again = sasl2("ann", resource="phone").connect()
    assert again.stream.jid == first.stream.jid != other.stream.jid
    failure = first.end()
    assert (failure.kind, failure.condition, failure.retry) == ("stream", "conflict", False)
    assert other.stream.open


@pytest.mark.parametrize("stores", [True, False], ids=["bound-as-before", "bind-2"])
def test_over_sasl2_nothing_is_lost_when_a_stream_breaks(sasl2, stores):
    """Not in the moment of the resumption either; and a session that is gone is a new one, at once."""
    bob, carol = sasl2("ben", stores=stores, resource="phone").online(), sasl2("cid", stores=stores).connect()
    for number in range(3):
        state = bob.lose_connection()
        bob.end()
        carol.stream.send(chat("ben@localhost", f"{number}"), key=number)
        carol.wait_for(lambda: len(carol.acked) == number + 1)  # noqa: B023
        bob = sasl2("ben", stores=stores, resource="phone", resume=state).connect()
        assert (bob.stream.resumed, bob.stream.jid) == (True, state["jid"])
        bob.wait_for(lambda: bob.texts == [f"{number}"] and "urn:xmpp:csi:0" in bob.stream.features)  # noqa: B023
    carol.stream.send(chat("ben@localhost", "and now"))
    bob.wait_for(lambda: bob.texts == ["2", "and now"])
    bob.stream.close()
    bob.end()
    gone = sasl2(
        "ben", stores=stores, resource="phone", resume={**state, "h_in": 9, "unacked": [(8, "k", b"<message/>")]}
    ).connect()
    assert (gone.stream.resumed, [key for key, _ in gone.stream.lost]) == (False, ["k"])
    assert gone.stream.jid.startswith("ben@localhost/phone")
    gone.stream.send(Presence())
    carol.stream.send(chat(gone.stream.jid, "anew"))
    gone.wait_for(lambda: gone.texts == ["anew"])


def test_the_password_is_proved_on_both_sides_over_sasl2(sasl2):
    for user, password in (("ann", "wrong"), ("nobody", "secret"), ("ann", "wrong")):
        with pytest.raises(StreamFailure) as caught:
            sasl2(user, password=password).connect()
        assert (caught.value.kind, caught.value.condition) == ("auth", "not-authorized")
    assert sasl2("ann").connect().stream.open
