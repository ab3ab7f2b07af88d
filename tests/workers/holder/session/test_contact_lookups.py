"""What is looked up at servers: an answer is remembered, a failure is not."""

from types import SimpleNamespace

import pytest
from gevent.lock import BoundedSemaphore
from xmpp.simplexml import NodeBuilder

from onesoup.csp.session import Capabilities, Session
from onesoup.store import records
from onesoup.xmpp import answers, published_events
from onesoup.xmpp.answers import DirectoryHits, RoomList
from onesoup.xmpp.commands import ListRooms, SearchDirectory
from onesoup.xmpp.published_events import Extras
from onesoup.xmpp.stream import StreamFailure, Tls
from workers.holder.http_client import HttpClient
from workers.holder.lookup_cache import LookupCache
from workers.holder.picture_transfer import PictureTransfer
from workers.holder.service_cache import ServiceCache
from workers.holder.session.contact_lookups import ContactLookups
from workers.holder.session.inbound_batch import CLIENT_LOOKUP, ContactLookup
from workers.holder.session.queries import SessionQueries
from workers.holder.session.state import SessionState
from workers.holder.upload_services import NO_SERVICE

BEN = "ben@far.example"
INFO, ITEMS = "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items"
# How a question can fail without a word about what was asked for.
FAILURES = ["silence", "remote-server-timeout", "remote-server-not-found", "internal-server-error", "resource-constraint"]
FACTS = ["item-not-found", "service-unavailable"]


class Server:
    """Plays what a stream asks: (to, namespace) -> the payload, a condition, or "silence"."""

    def __init__(self):
        self.says, self.asked, self.open = {}, [], True

    def request(self, iq, _timeout):
        to, payload = str(iq.getAttr("to") or ""), iq.getChildren()[0]
        self.asked.append((to, str(payload.getNamespace())))
        said = self.says.get(self.asked[-1], "service-unavailable")
        if said == "silence":
            raise StreamFailure("no-answer", "remote-server-timeout")
        if said.startswith("<"):
            return NodeBuilder(f"<iq type='result'>{said}</iq>").getDom()
        error = f"<error><{said} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
        return NodeBuilder(f"<iq type='error'>{error}</iq>").getDom()


@pytest.fixture
def server():
    server = Server()
    server.says["example.org", ITEMS] = f"<query xmlns='{ITEMS}'><item jid='of.example.org'/></query>"
    return server


def feature(*names, identity=""):
    return f"<query xmlns='{INFO}'>{identity}{''.join(f'<feature var={name!r}/>' for name in names)}</query>"


@pytest.mark.parametrize("failure", FAILURES)
def test_that_a_server_takes_no_pictures_is_only_known_when_it_says_so(server, failure):
    pictures = PictureTransfer(HttpClient(Tls(), []), True, 1000)
    server.says["of.example.org", INFO] = failure
    assert pictures.service(server, "example.org") is None
    server.says["of.example.org", INFO] = feature("urn:xmpp:http:upload:0")
    assert pictures.service(server, "example.org").jid == "of.example.org"
    server.says["other.example", ITEMS] = failure
    assert pictures.service(server, "other.example") is None
    server.says["other.example", ITEMS] = "service-unavailable"
    assert pictures.service(server, "other.example") == NO_SERVICE


def session_state():
    return SessionState("s", Session("alice@example.org", "wv:alice", "1.2", "phone", ttl=600), fence=1, shard=0)


@pytest.fixture
def ask(server):
    services, groups = ServiceCache(), SimpleNamespace(topic=lambda _room: "")
    asked = SessionQueries(session_state(), server, services=services, groups=groups, card_lock=BoundedSemaphore(1))

    def ask(command):
        return asked.answer(command)

    return ask


def hits(payload):
    return answers.unpack(payload, DirectoryHits)


SEARCH, PEOPLE = "jabber:iq:search", "<identity category='directory' type='user'/>"


@pytest.mark.parametrize("failure", FAILURES)
def test_a_directory_that_was_not_reached_is_late_and_asked_again(server, ask, failure):
    server.says["of.example.org", INFO] = failure
    assert hits(ask(SearchDirectory({"USER_ID": "ben"}))).late
    server.says["of.example.org", INFO] = feature(SEARCH, identity=PEOPLE)
    server.says["of.example.org", SEARCH] = failure
    assert hits(ask(SearchDirectory({"USER_ALIAS": "ben"}))).late
    server.says["of.example.org", SEARCH] = f"<query xmlns='{SEARCH}'><nick/><item jid='{BEN}'/></query>"
    found = hits(ask(SearchDirectory({"USER_ALIAS": "ben"})))
    assert ([jid for jid, _ in found.found], found.late) == ([BEN], False)


def test_a_domain_without_a_directory_is_not_late(server, ask):
    assert not hits(ask(SearchDirectory({"USER_ID": "ben"}))).late


@pytest.mark.parametrize("failure", FAILURES)
def test_rooms_that_are_not_told_now_are_not_no_rooms(server, ask, failure):
    server.says["of.example.org", INFO] = failure
    assert records.unpack_answer(ask(ListRooms()))["code"] == 504
    rooms = "<identity category='conference' type='text'/>"
    server.says["of.example.org", INFO] = feature("http://jabber.org/protocol/muc", identity=rooms)
    server.says["of.example.org", ITEMS] = failure
    assert records.unpack_answer(ask(ListRooms()))["code"] == 504
    server.says["of.example.org", ITEMS] = f"<query xmlns='{ITEMS}'><item jid='tea@of.example.org'/></query>"
    assert [jid for jid, _ in answers.unpack(ask(ListRooms()), RoomList).rooms] == ["tea@of.example.org"]


class Contact:
    """Ben, who has announced a picture: what the session's store has of him, and what is learned."""

    def __init__(self):
        self.published, self.told = Extras(avatar="a" * 40), []

    def capabilities(self):
        return Capabilities(types=("image/png",), accepted=30_000)

    def contacts(self, jids):
        return dict.fromkeys(jids, SimpleNamespace(extras=records.pack_plain(published_events.to_plain(self.published))))

    def learn(self, _jid, change):
        self.told.append(change({}, self.published))
        self.published = self.told[-1][1]


@pytest.fixture
def contact():
    return Contact()


@pytest.fixture
def lookups(server, contact):
    cache, spelling = LookupCache(SimpleNamespace(has=lambda _name: False)), SimpleNamespace(spelled=str)
    return ContactLookups(session_state(), contact, server, spelling, cache, contact.learn)


PUBSUB, VCARD = "http://jabber.org/protocol/pubsub", "vcard-temp"


@pytest.mark.parametrize(("said", "again"), [(each, True) for each in FAILURES] + [(each, False) for each in FACTS])
def test_a_picture_that_could_not_be_fetched_is_asked_for_again(server, contact, lookups, said, again):
    server.says[BEN, PUBSUB] = said
    for _ in range(2):
        assert lookups.together([], [BEN], 1.0)[1] == {}
    assert len(server.asked) == (2 if again else 1)
    assert (contact.published.tried == "") == again


@pytest.mark.parametrize(("said", "again"), [(each, True) for each in FAILURES] + [(each, False) for each in FACTS])
def test_a_vcard_that_could_not_be_read_is_asked_for_again(server, contact, lookups, said, again):
    contact.published = Extras()
    server.says[BEN, VCARD] = said
    for _ in range(2):
        assert lookups.together([BEN], [], 1.0)[0] == {}
        assert lookups.together([], [BEN], 1.0)[1] == {}
    assert len(server.asked) == (4 if again else 2)


@pytest.mark.parametrize(("said", "again"), [(each, True) for each in FAILURES] + [(each, False) for each in FACTS])
def test_what_a_client_is_is_learned_from_an_answer_only(server, contact, lookups, said, again):
    server.says[f"{BEN}/desk", INFO] = said
    look = ContactLookup(CLIENT_LOOKUP, BEN, "urn:x sha-1 abc", "desk")
    for _ in range(2):
        lookups._run(look)
    assert bool(contact.told) is not again
    assert (look in lookups._asked) is not again
