"""What is looked up at servers: an answer is remembered, a failure is not."""

from types import SimpleNamespace

import pytest
from xmpp.simplexml import NodeBuilder

from onesoup.csp.session import Capabilities
from onesoup.store import records
from onesoup.xmpp import extras
from onesoup.xmpp.extras import Extras
from onesoup.xmpp.stream import StreamFailure, Tls
from workers.holder.http_client import HttpClient
from workers.holder.picture_transfer import PictureTransfer
from workers.holder.session import queries
from workers.holder.session.contact_lookups import Library, Lookups
from workers.holder.session.inbound import CLIENT, ContactLookup
from workers.holder.session.queries import SessionQueries
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


@pytest.fixture
def ask(server, monkeypatch):
    monkeypatch.setattr(queries, "_services", queries.ServiceCache())
    held = SimpleNamespace(stream=server, sid="s", session=SimpleNamespace(domain="example.org", jid="alice@example.org"))

    def ask(op, **more):
        return records.unpack_answer(SessionQueries(held).answer({"op": op, **more}))

    return ask


SEARCH, PEOPLE = "jabber:iq:search", "<identity category='directory' type='user'/>"


@pytest.mark.parametrize("failure", FAILURES)
def test_a_directory_that_was_not_reached_is_late_and_asked_again(server, ask, failure):
    server.says["of.example.org", INFO] = failure
    assert ask("find", wanted={"USER_ID": "ben"})["late"]
    server.says["of.example.org", INFO] = feature(SEARCH, identity=PEOPLE)
    server.says["of.example.org", SEARCH] = failure
    assert ask("find", wanted={"USER_ALIAS": "ben"})["late"]
    server.says["of.example.org", SEARCH] = f"<query xmlns='{SEARCH}'><nick/><item jid='{BEN}'/></query>"
    found = ask("find", wanted={"USER_ALIAS": "ben"})
    assert ([jid for jid, _ in found["found"]], found["late"]) == ([BEN], False)


def test_a_domain_without_a_directory_is_not_late(server, ask):
    assert not ask("find", wanted={"USER_ID": "ben"})["late"]


@pytest.mark.parametrize("failure", FAILURES)
def test_rooms_that_are_not_told_now_are_not_no_rooms(server, ask, failure):
    server.says["of.example.org", INFO] = failure
    assert ask("rooms")["code"] == 504
    rooms = "<identity category='conference' type='text'/>"
    server.says["of.example.org", INFO] = feature("http://jabber.org/protocol/muc", identity=rooms)
    server.says["of.example.org", ITEMS] = failure
    assert ask("rooms")["code"] == 504
    server.says["of.example.org", ITEMS] = f"<query xmlns='{ITEMS}'><item jid='tea@of.example.org'/></query>"
    assert [jid for jid, _ in ask("rooms")["rooms"]] == ["tea@of.example.org"]


class Held:
    """A session whose contact Ben has announced a picture."""

    spelled = staticmethod(str)

    def __init__(self, server):
        self.stream, self.sid, self.closing = server, "s", False
        self.published, self.told = Extras(avatar="a" * 40), []

    def caps(self):
        return Capabilities(types=("image/png",), accepted=30_000)

    def kept(self, jids):
        return dict.fromkeys(jids, SimpleNamespace(extras=records.pack_plain(extras.to_plain(self.published))))

    def learn(self, _jid, change):
        self.told.append(change({}, self.published))
        self.published = self.told[-1][1]


@pytest.fixture
def held(server):
    return Held(server)


@pytest.fixture
def lookups(held):
    return Lookups(held, Library(SimpleNamespace(has=lambda _name: False)))


PUBSUB, VCARD = "http://jabber.org/protocol/pubsub", "vcard-temp"


@pytest.mark.parametrize(("said", "again"), [(each, True) for each in FAILURES] + [(each, False) for each in FACTS])
def test_a_picture_that_could_not_be_fetched_is_asked_for_again(server, held, lookups, said, again):
    server.says[BEN, PUBSUB] = said
    for _ in range(2):
        assert lookups.together([], [BEN], 1.0)[1] == {}
    assert len(server.asked) == (2 if again else 1)
    assert (held.published.tried == "") == again


@pytest.mark.parametrize(("said", "again"), [(each, True) for each in FAILURES] + [(each, False) for each in FACTS])
def test_a_vcard_that_could_not_be_read_is_asked_for_again(server, held, lookups, said, again):
    held.published = Extras()
    server.says[BEN, VCARD] = said
    for _ in range(2):
        assert lookups.together([BEN], [], 1.0)[0] == {}
        assert lookups.together([], [BEN], 1.0)[1] == {}
    assert len(server.asked) == (4 if again else 2)


@pytest.mark.parametrize(("said", "again"), [(each, True) for each in FAILURES] + [(each, False) for each in FACTS])
def test_what_a_client_is_is_learned_from_an_answer_only(server, held, lookups, said, again):
    server.says[f"{BEN}/desk", INFO] = said
    look = ContactLookup(CLIENT, BEN, "urn:x sha-1 abc", "desk")
    for _ in range(2):
        lookups._run(look)
    assert bool(held.told) is not again
    assert (look in lookups._asked) is not again
