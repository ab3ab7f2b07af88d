"""The examples that come with the specification: each request is answered as its partner shows, but for ids, times, words of
descriptions and what another server has in its settings. The back end holds what the files name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from onesoup.csp.codec import envelope
from onesoup.csp.invitations import Invitation
from onesoup.csp.lists import ContactList, Item
from onesoup.csp.messages import Text
from onesoup.csp.session import Capabilities
from onesoup.handlers.context import Peer
from onesoup.phone.login import login_digest
from onesoup.store import records
from onesoup.store.account.blocks import BLOCK
from onesoup.store.session.request_effects import RequestEffects, SessionUpdate
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.wire import codec
from onesoup.wire.document import Document
from onesoup.wire.tree import Element
from onesoup.xmpp import namespaces
from onesoup.xmpp.xml import Xml, leaf
from tests.handlers.conftest import Holder, Phone

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "protocol" / "examples"

ME, BEN = "anna@example.org", "ben@example.org"
MESSAGE = "m1001"  # ids of ours have no hyphen there

# Texts that are every server's own, and elements that may be there or not.
FREE = {"SessionID", "MessageID", "SearchID", "Nonce", "DateTime", "DeliveryTime", "KeepAliveTime", "DigestBytes"}
OPTIONAL = {"Description", "Poll"}


def document(name: str) -> Document:
    return codec.decode((EXAMPLES / f"{name}.xml").read_bytes())


def walk(element: Element) -> Any:
    yield element
    for child in element.children:
        yield from walk(child)


def form(element: Element, without: frozenset[str] = frozenset()) -> Any:
    """What counts of an answer. Empty lists of lists say no more than none."""
    children = [form(each, without) for each in element.children if each.name not in OPTIONAL | without]
    return element.name, "" if element.name in FREE else element.text.strip(), [each for each in children if each]


def content(document: Document) -> Element:
    return next(each for each in walk(document.root) if each.name == "TransactionContent").children[0]


@dataclass
class Stage:
    """A session of anna@example.org, and whoever is behind it."""

    phone: Phone
    holder: Holder
    services: Any

    def sent(self, name: str, session: bool = True) -> Document | None:
        """The answer to an example, with the session of this phone in it."""
        request = document(name)
        for each in walk(request.root):
            if each.name == "SessionID" and session:
                each.text = self.phone.sid
            elif each.text == "m-1001":
                each.text = MESSAGE
        return self.posted(request)

    def posted(self, request: Document) -> Document | None:
        octets = codec.encode(request)
        body = self.phone.exchange.run(
            envelope.message_from_document(codec.decode(octets)), octets, Peer("192.0.2.10", "10.0.0.7", "")
        )
        return codec.decode(body) if body else None

    def settings(self, **changed: Any) -> None:
        self.services.policy = replace(self.services.policy, **changed)

    def message(self) -> None:
        payload = records.pack_text(Text(MESSAGE, BEN, "Hello", 1_709_288_130))
        self.holder.feed.store(self.phone.sid, 1, StreamChanges(items=[Delivery(MESSAGE, BEN, payload)]))

    def told(self, kind: str, who: str, **fields: Any) -> None:
        """Something of this kind waits for the phone."""
        item = Delivery("e-1", who, records.pack_event(kind, who, 1_709_288_130, **fields))
        self.holder.feed.store(self.phone.sid, 1, StreamChanges(items=[item]))


@pytest.fixture
def stage(new_phone, holder, services) -> Stage:
    phone = new_phone(client_id="http://client.example.org/handset-1")
    phone.log_in("wv:anna@example.org")
    return Stage(phone, holder, services)


# --- what the back end holds ---


def lists(default: str) -> Callable[[Stage], None]:
    def prepare(stage: Stage) -> None:
        made = [ContactList("friends", "Friends", "Friends", order=0), ContactList("family", "Family", "Family", order=1)]
        made = [replace(each, default=each.token == default) for each in made[: 2 if default == "family" else 1]]
        stage.services.lists.contacts.put(ME, made)
        stage.holder.roster(stage.phone.sid, Item(BEN, "Ben", ("Friends",), "both"))

    return prepare


def another_list(stage: Stage) -> None:
    """An account begins with a list that is called friends; this one has it no more."""
    stage.services.lists.contacts.put(ME, [ContactList("family", "Family", "Family", default=True)])


def ben_is_there(stage: Stage) -> None:
    stage.holder.roster(stage.phone.sid, Item(BEN, "Ben", (), "both"))
    stage.holder.shows(stage.phone.sid, BEN, online=True, availability="AVAILABLE", text="In the garden")


def spam_is_blocked(stage: Stage) -> None:
    stage.services.blocks.add(ME, BLOCK, ["spam@example.org"])


def stcp_listens(stage: Stage) -> None:
    stage.services.lines.register("cir-1", 60_000)
    stage.settings(public_host="192.0.2.10", stcp_port=3717, poll_min=20)


CONFERENCE, LOBBY, CLUB = "conference.example.org", "lobby@conference.example.org", r"anna\2fclub@conference.example.org"


def rooms_are_served(stage: Stage) -> None:
    """The domain has rooms, and the lobby is one of them."""
    iqs = stage.holder.iqs
    room = Xml("identity", attrs={"category": "conference", "type": "text", "name": "Lobby"})
    feature = Xml("feature", attrs={"var": namespaces.MUC})
    welcome = Xml("field", attrs={"var": "muc#roominfo_description"}, children=[leaf("value", "Welcome")])
    iqs[CONFERENCE, namespaces.DISCO_INFO] = Xml("query", namespaces.DISCO_INFO, children=[room, feature])
    form = Xml("x", namespaces.DATA_FORMS, children=[welcome])
    iqs[LOBBY, namespaces.DISCO_INFO] = Xml("query", namespaces.DISCO_INFO, children=[room, feature, form])


def club_can_be_made(stage: Stage) -> None:
    rooms_are_served(stage)
    stage.holder.iqs[CLUB, namespaces.DISCO_INFO] = "item-not-found"
    names = ("roomname", "membersonly", "publicroom", "persistentroom")
    fields = [Xml("field", attrs={"var": f"muc#roomconfig_{name}"}) for name in names]
    stage.holder.iqs[CLUB, namespaces.MUC_OWNER] = Xml(
        "query", namespaces.MUC_OWNER, children=[Xml("x", namespaces.DATA_FORMS, children=fields)]
    )
    stage.holder.fresh.add(CLUB)


def ben_is_in_the_lobby(stage: Stage) -> None:
    rooms_are_served(stage)
    stage.holder.occupied(stage.phone.sid, LOBBY, ("ben", BEN, "participant", "none"))


def anna_is_in_the_lobby(stage: Stage) -> None:
    rooms_are_served(stage)
    stage.holder.inside(stage.phone.sid, LOBBY, "wv:/lobby@example.org", "anna")


def anna_is_invited(stage: Stage) -> None:
    """By ben, into the lobby."""
    invitation = Invitation("GR", LOBBY, "wv:/lobby@example.org", BEN, until=4_000_000_000, mediated=True)
    stage.services.invites.received.put(ME, "inv-5", invitation)


def nothing(_stage: Stage) -> None:
    pass


@dataclass(frozen=True)
class Case:
    """`without`: elements of either side that do not count here; `why`: the reason."""

    request: str
    answer: str
    prepare: Callable[[Stage], None] = nothing
    without: frozenset[str] = frozenset()
    why: str = ""

    def __str__(self) -> str:
        return self.request


CASES = [
    Case("BlockEntity-Request", "BlockEntity-Status"),
    Case(
        "ClientCapability-Request.1.1",
        "ClientCapability-Response.1.1",
        stcp_listens,
        frozenset({"AnyContent", "AcceptedContentType"}),
        "corrigenda of 1.1 take the types out of the answer (messages.md 6)",
    ),
    Case("ClientCapability-Request", "ClientCapability-Response", stcp_listens),
    Case("CreateAttributeList-Request", "CreateAttributeList-Status"),
    Case("CreateGroup-Request", "CreateGroup-Status", club_can_be_made),
    Case("CreateList-Request", "CreateList-Status", another_list),
    Case("GetBlockedList-Request", "GetBlockedList-Response", spam_is_blocked),
    Case("GetList-Request", "GetList-Response", lists("family")),
    Case("GetMessage-Request", "GetMessage-Response", Stage.message, frozenset({"Validity"}), "XMPP knows no validity"),
    Case(
        "GetPresence-Request",
        "GetPresence-Response",
        ben_is_there,
        frozenset({"ClientInfo", "StatusText"}),
        "only the attributes that were asked for are told",
    ),
    Case("GetSPInfo-Request", "GetSPInfo-Response", without=frozenset({"Name", "URL"}), why="another service"),
    Case("JoinGroup-Request", "JoinGroup-Response", ben_is_in_the_lobby),
    Case("KeepAlive-Request", "KeepAlive-Response"),
    Case("LeaveGroup-Request", "LeaveGroup-Response", anna_is_in_the_lobby),
    Case("ListManage-Request", "ListManage-Response", lists("friends")),
    Case("Logout-Request.1.1", "Disconnect.1.1"),
    Case("Logout-Request", "Logout-Status"),
    Case("Polling-Request.1.1", "NewMessage.1.1", Stage.message, frozenset({"Validity"}), "XMPP knows no validity"),
    Case("Polling-Request", "NewMessage", Stage.message, frozenset({"Validity"}), "XMPP knows no validity"),
    Case("Search-Request", "Search-Response", ben_is_there),
    Case(
        "SendMessage-Request",
        "SendMessage-Response",
        without=frozenset({"Code", "DetailedResult"}),
        why="no XMPP server says who exists: what cannot be delivered comes back as a report",
    ),
    Case("Service-Request.1.1", "Service-Response.1.1"),
    Case("Service-Request", "Service-Response", without=frozenset({"Functions"}), why="VerifyID is there"),
    Case("SubscribePresence-Request", "SubscribePresence-Status", lists("friends")),
    Case("UpdatePresence-Request", "UpdatePresence-Status"),
]
# Each in a test of its own below: log-ins, what is decided, and answers of the phone, which get none.
APART = {
    "Invite-Request", "InviteUser-Response", "Login-Request.1.1", "Login-Request-digest1", "Login-Request-digest2",
    "MessageDelivered", "PresenceAuth-User",
}  # fmt: skip
ANSWERS_OF_THE_PHONE = {"DeliveryReport-Status", "PresenceNotification-Status"}
# What the server asks the phone.
OF_THE_SERVER = {
    "DeliveryReport-Request", "Disconnect-forced", "GroupChangeNotice", "Invite-Response", "InviteUser-Request",
    "MessageNotification", "NewMessage", "NewMessage.1.1", "PresenceAuth-Request", "PresenceNotification-Request",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_request_is_answered_as_its_partner_shows(stage, case):
    case.prepare(stage)
    answer, expected = stage.sent(case.request), document(case.answer)
    assert answer is not None
    assert answer.version == expected.version
    for name in ("SessionType", "SessionID", "TransactionMode"):
        there = [each.text for each in walk(answer.root) if each.name == name]
        wanted = [each.text for each in walk(expected.root) if each.name == name]
        assert there == ([stage.phone.sid] if name == "SessionID" else wanted)
    assert form(content(answer), case.without) == form(content(expected), case.without)
    if case.answer != "NewMessage" and not case.request.startswith("Polling"):
        ids = [next(each.text for each in walk(side.root) if each.name == "TransactionID") for side in (answer, expected)]
        assert ids[0] == ids[1]


def test_every_request_among_the_examples_is_looked_at():
    requests = set()
    for path in EXAMPLES.glob("*.xml"):
        mode = next(each.text for each in walk(document(path.stem).root) if each.name == "TransactionMode")
        if mode == "Request" and path.stem not in OF_THE_SERVER:
            requests.add(path.stem)
    assert requests | {"MessageDelivered"} == {case.request for case in CASES} | APART


def test_every_request_of_the_server_among_the_examples_is_looked_at():
    assert {news.file for news in NEWS} | {
        "Disconnect-forced",
        "NewMessage",
        "NewMessage.1.1",
        "MessageNotification",
    } == OF_THE_SERVER


# --- log-in ---


def test_a_log_in_with_a_password(new_phone, holder, services):
    stage = Stage(new_phone(version="1.1"), holder, services)
    stage.settings(ttl_max=600)
    answer = stage.sent("Login-Request.1.1", session=False)
    assert form(content(answer)) == form(content(document("Login-Response.1.1")))
    assert content(answer).findtext("KeepAliveTime") == "600"


def test_a_log_in_with_a_digest(new_phone, holder, services):
    services.accounts.link(ME, ME, "secret", "phone")
    stage = Stage(new_phone(), holder, services)
    first = stage.sent("Login-Request-digest1", session=False)
    expected = content(document("Login-Response-digest1"))
    schema = content(first).findtext("DigestSchema")
    assert schema in ("SHA", "MD5")  # the first of those that were offered; the example has the other
    next(each for each in walk(expected) if each.name == "DigestSchema").text = schema
    assert form(content(first)) == form(expected)

    # The login_digest of the example belongs to another nonce, and the id to another log-in.
    request = document("Login-Request-digest2")
    values = {"DigestBytes": login_digest(schema, content(first).findtext("Nonce"), "phone"), "TransactionID": "c1"}
    for each in walk(request.root):
        each.text = values.get(each.name, each.text)
    assert form(content(stage.posted(request))) == form(content(document("Login-Response-digest2")))


def test_a_wrong_digest_is_refused(stage):
    assert content(stage.sent("Login-Request-digest2", session=False)).find("Result").findtext("Code") == "409"


# --- what gets no partner ---


def test_an_acknowledged_message_is_gone_and_gets_no_answer(stage):
    stage.message()
    assert stage.sent("Polling-Request") is not None
    assert stage.sent("MessageDelivered") is None
    assert stage.sent("Polling-Request") is None


@pytest.mark.parametrize("name", sorted(ANSWERS_OF_THE_PHONE))
def test_an_answer_of_the_phone_gets_none(stage, name):
    assert stage.sent(name) is None


def test_a_decision_is_taken(stage):
    assert content(stage.sent("PresenceAuth-User")).find("Result").findtext("Code") == "200"
    assert stage.holder.ops(stage.phone, "directed")[-1]["kind"] == "subscribed"


SUCCESS = "BlockEntity-Status"  # the same for every request that has no answer of its own


def test_who_is_invited_answers_later(stage):
    """The request's own answer is a Status; its partner comes when the one who was invited does."""
    anna_is_in_the_lobby(stage)
    assert form(content(stage.sent("Invite-Request"))) == form(content(document(SUCCESS)))
    (invitation,) = [each["tree"] for each in stage.holder.ops(stage.phone, "stanza")]
    assert invitation[2] == {"to": LOBBY, "id": invitation[2]["id"]}
    stage.told("invited", BEN, id="inv-5", yes=True, note="Coming")
    assert form(content(stage.sent("Polling-Request"))) == form(content(document("Invite-Response")))


def test_an_invitation_is_accepted(stage):
    anna_is_invited(stage)
    assert form(content(stage.sent("InviteUser-Response"))) == form(content(document(SUCCESS)))
    assert [each["room"] for each in stage.holder.ops(stage.phone, "join-later")] == [LOBBY]


@dataclass(frozen=True)
class News:
    """What happens, and the file that shows how a phone is told of it. `without`, `why` as in Case."""

    file: str
    happens: Callable[[Stage], None]
    without: frozenset[str] = frozenset()
    why: str = ""

    def __str__(self) -> str:
        return self.file


def ben_answers(stage: Stage) -> None:
    stage.told("invited", BEN, id="inv-5", yes=True, note="Coming")


def anna_is_asked_in(stage: Stage) -> None:
    """By somebody whose address the room hides."""
    stage.told("invite", LOBBY, id="inv-5", gid="wv:/lobby@example.org", nick="anna", note="Join us", seconds=600)


def cleo_comes_and_ben_goes(stage: Stage) -> None:
    stage.told("notice", LOBBY, gid="wv:/lobby@example.org", joined=[["cleo", ""]], left=[["ben", BEN]], about={}, own={})


def a_message_arrived(stage: Stage) -> None:
    stage.told("report", BEN, id="m-1000", code=200)


def dora_asks_to_see(stage: Stage) -> None:
    stage.told("auth", "dora@example.org")


def ben_shows_himself(stage: Stage) -> None:
    lists("friends")(stage)
    assert stage.sent("SubscribePresence-Request") is not None
    ben_is_there(stage)


NEWS = [
    News(
        "DeliveryReport-Request",
        a_message_arrived,
        frozenset({"ContentEncoding", "ContentSize"}),
        "the report that comes from XMPP has no content",
    ),
    News("GroupChangeNotice", cleo_comes_and_ben_goes),
    News("Invite-Response", ben_answers),
    News("InviteUser-Request", anna_is_asked_in),
    News(
        "PresenceAuth-Request",
        dora_asks_to_see,
        frozenset({"ClientInfo", "UserAvailability", "StatusText", "Alias"}),
        "the watcher asks for all that XMPP presence has (xmpp-mapping.md 5.3)",
    ),
    News(
        "PresenceNotification-Request",
        ben_shows_himself,
        frozenset({"ClientInfo"}),
        "only the attributes that were subscribed are told",
    ),
]


@pytest.mark.parametrize("news", NEWS, ids=str)
def test_a_phone_is_told_as_the_file_shows(stage, news):
    news.happens(stage)
    answer, expected = stage.sent("Polling-Request"), document(news.file)
    assert answer is not None
    assert form(content(answer), news.without) == form(content(expected), news.without)


def test_a_session_that_is_not_known_is_told_so(stage):
    assert form(content(stage.sent("GetList-Request", session=False))) == form(content(document("Status-604")))


def test_a_phone_that_fetches_by_itself_is_told_the_news(stage):
    stage.services.sessions.commit(stage.phone.sid, "x", "x", b"", _notify())
    stage.message()
    answer = stage.sent("Polling-Request")
    without = frozenset({"Validity"})
    assert form(content(answer), without) == form(content(document("MessageNotification")), without)


def _notify() -> RequestEffects:
    return RequestEffects(update=SessionUpdate(capabilities=Capabilities(delivery="N"), fetches_messages=True))
