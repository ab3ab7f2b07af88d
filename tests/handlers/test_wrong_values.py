"""The right shape with wrong values: whatever a phone sends, it is told a code that fits, and nothing has changed."""

import csv
import itertools
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import (
    FIELDS,
    PRIMITIVES,
    Disconnect,
    LoginRequest,
    LogoutRequest,
    Node,
    PollingRequest,
)
from onesoup.csp.invitations import Invitation
from onesoup.csp.lists import Item
from onesoup.wire import codec
from onesoup.wire.document import Document, Encoding
from onesoup.wire.generated.datatypes import DATATYPES
from onesoup.wire.tree import Element
from onesoup.xmpp import namespaces
from onesoup.xmpp.xml import Xml
from tests.handlers.conftest import Holder, Phone

MUC = Xml("feature", attrs={"var": namespaces.MUC})
TABLES = Path(__file__).resolve().parents[2] / "tables"
VERSIONS = ("1.1", "1.2", "1.3")


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


# Every primitive that a phone may send as a request of its own, and the codes that a server may answer with.
SENT = {row["primitive"] for row in rows("primitives.tsv") if row["direction"] in ("client->server", "both")}
CODES = {int(row["code"]) for row in rows("status-codes.tsv") if not row["onesoup_emits"].startswith("no")}
# What ends a session is tested by itself; a poll has nothing in it that could be wrong.
NAMES = sorted(SENT - {LoginRequest.NAME, LogoutRequest.NAME, Disconnect.NAME, PollingRequest.NAME})

# --- wrong values ---

# No address of anything; nobody's id; no word of any list.
BAD_ADDRESSES = ("sip:nobody@example.org", "wv:", "@", "wv:@example.org", "", " ", "wv:a@b c", "x" * 1200)
BAD_IDS = ("no-such-id", "", "0", "x" * 90)
BAD_WORDS = ("NONSENSE", "", "T" * 40)
BAD_NUMBERS = ("many", "-1", "4294967296", "0x10", "1.5")
BAD_TRUTHS = ("maybe", "2", "TF")
# Groups are named rightly now and then: one that the phone is in, and one that is not there yet.
GROUP, NO_GROUP = "wv:/lobby@example.org", "wv:/new@example.org"
ADDRESSES = {"UserID", "GroupID", "ContactList", "DefaultContactList", "Domain"}
IDS = {"MessageID", "InviteID", "SystemMessageID", "TransactionID", "ExtendConversationID", "SearchElement", "NotificationType"}
# What names something that is stored by this very request: a wrong value of it has to be refused, too.
DEPTH = 4


@cache
def wrong_text(name: str, kind: str) -> st.SearchStrategy[str]:
    if kind == "int" or DATATYPES.get(name) == "integer":
        return st.sampled_from(BAD_NUMBERS)
    if kind == "bool":
        return st.sampled_from(BAD_TRUTHS)
    if name == "GroupID":
        return st.sampled_from((GROUP, GROUP, GROUP, NO_GROUP, *BAD_ADDRESSES[:3]))
    if name in ADDRESSES:
        return st.sampled_from(BAD_ADDRESSES)
    if name in IDS:
        return st.sampled_from(BAD_IDS)
    return st.sampled_from(BAD_WORDS)


@cache
def wrong(cls: type[Node], depth: int = DEPTH) -> st.SearchStrategy[Element]:
    """An element with all of its children, each of them wrong; numbers and truths are right now and then, so that requests
    get as far as their names."""
    parts = []
    for _, name, kind, many in FIELDS[cls]:
        if not isinstance(kind, str):
            if depth:
                parts.append(st.lists(wrong(kind, depth - 1), max_size=2 if many else 1))
        elif kind == "flag":
            parts.append(st.just([Element(name)]))
        else:
            right = {"int": st.just("1"), "bool": st.sampled_from("TF")}.get(kind)
            text = wrong_text(name, kind) if right is None else st.one_of(right, right, right, wrong_text(name, kind))
            one = text.map(lambda value, name=name: Element(name, value))
            parts.append(st.lists(one, max_size=2 if many else 1))
    inside = st.tuples(*parts).map(lambda lists: list(itertools.chain.from_iterable(lists)))
    return inside.map(lambda children: Element(cls.NAME, "", children))


# --- what is there ---

# What every request moves: the time of the last one, counters, answers that are kept for repeats.
MOVES = {b"due", b"seq", b"hold", b"cir", b"unsaid", b"busy"}


def everything(client: Any) -> dict[bytes, Any]:
    """All of Redis but what any request moves."""
    found: dict[bytes, Any] = {}
    for key in client.scan_iter(count=1000):
        if key.startswith((b"a:", b"replied:", b"tries:", b"tried:")):
            continue
        kind = client.type(key)
        if kind == b"hash":
            found[key] = {name: value for name, value in client.hgetall(key).items() if name not in MOVES}
        elif kind == b"list":
            found[key] = client.lrange(key, 0, -1)
        elif kind == b"zset":
            found[key] = client.zrange(key, 0, -1)
        elif kind == b"string":
            found[key] = client.get(key)
    return found


def posted(phone: Phone, element: Element) -> Message:
    """The answer to a primitive as a tree, which no typed value could be."""
    phone.count += 1
    message = phone.message(Transaction(Mode.REQUEST, str(phone.count), PRIMITIVES[element.name]()))
    document = envelope.document_from_message(message)
    content = next(each for each in walk(document.root) if each.name == "TransactionContent")
    content.children = [element]
    octets = codec.encode(Document(document.root, document.version, document.encoding, document.doctype))
    reply = phone.post_octets(octets)
    assert reply is not None, element.name
    return reply


def walk(element: Element) -> Any:
    yield element
    for child in element.children:
        yield from walk(child)


def code_of(reply: Message) -> int:
    (transaction,) = reply.transactions
    result = getattr(transaction.content, "result", None)
    return 200 if result is None else result.code


# What has been done. 432 says so too: it is the answer that is longer than the phone parses, not the request that was wrong.
DONE = {200, 201, 432}

# Commands for the holder that only look.
LOOKS = {"find", "cards", "rooms", "info", "history"}


def changing(commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in commands if each["op"] not in LOOKS and not (each["op"] == "iq" and each["type"] == "get")]


@pytest.fixture
def settled_phone(new_phone, holder, services):
    """A factory: a session with something in it that could be broken, on a server that takes whatever it is told."""
    room, form = "lobby@conference.example.org", Xml("query", children=[Xml("x", namespaces.DATA_FORMS)])
    service = Xml("query", children=[Xml("identity", attrs={"category": "conference", "type": "text"}), MUC])
    holder.iqs = {
        ("conference.example.org", namespaces.DISCO_INFO): service,
        ("new@conference.example.org", namespaces.DISCO_INFO): "item-not-found",
        ("new@conference.example.org", namespaces.MUC_OWNER): form,
        (room, namespaces.MUC_OWNER): form,
    }
    holder.otherwise = Xml("query")
    services.groups.keep_service("example.org", "conference.example.org")
    holder.fresh.add("new@conference.example.org")

    def make(version: str, encoding: Encoding = Encoding.XML) -> Phone:
        phone = new_phone(version=version, encoding=encoding)
        assert phone.log_in("wv:alice@example.org").result.code == 200
        holder.roster(phone.sid, Item("bob@example.org", "Bob", (), "both"))
        holder.says(phone.sid, "bob@example.org", "hi")
        holder.inside(phone.sid, room, GROUP, role="moderator", affiliation="owner")
        holder.occupied(phone.sid, room, ("bob", "bob@example.org", "participant", "none"))
        return phone

    return make


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_wrong_values_are_refused_and_change_nothing(settled_phone, holder: Holder, name, data):
    phone = settled_phone(data.draw(st.sampled_from(VERSIONS)))
    element = data.draw(wrong(PRIMITIVES[name]))
    before, commands = everything(holder.client), len(changing(holder.done))
    reply = posted(phone, element)
    code = code_of(reply)
    assert code in CODES, element
    assert code != 500, element
    assert reply.session_type is SessionType.INBAND
    holder.settle(phone)
    if code not in DONE:
        assert everything(holder.client) == before, element
        assert len(changing(holder.done)) == commands, element
    # And the session lives on.
    assert code_of(posted(phone, Element("KeepAlive-Request"))) == 200


@pytest.mark.parametrize("version", VERSIONS)
def test_a_phone_whose_parser_takes_next_to_nothing_is_answered_all_the_same(settled_phone, version):
    """No answer has one byte, nor a hundred: the phone cannot mean that."""
    phone = settled_phone(version)
    wish = Element("CapabilityList", "", [Element("ParserSize", "1")])
    assert code_of(posted(phone, Element("ClientCapability-Request", "", [wish]))) == 200
    assert code_of(posted(phone, Element("KeepAlive-Request"))) == 200


# --- one value wrong among right ones: groups and invitations, whose handlers take several steps ---


def tree(name: str, *children: Element | tuple[str, Any]) -> Element:
    """Shorthand: a pair is an element with a text, or with its children in a list."""
    made = [each if isinstance(each, Element) else _pair(*each) for each in children]
    return Element(name, "", made)


def _pair(name: str, value: Any) -> Element:
    return Element(name, value) if isinstance(value, str) else tree(name, *value)


BOB, CAROL = ("UserID", "wv:bob@example.org"), ("UserID", "wv:carol@example.org")
NAME = ("ScreenName", [("SName", "bob"), ("GroupID", GROUP)])
OWN = ("OwnProperties", [("Property", [("Name", "PrivateMessaging"), ("Value", "F")])])
ABOUT = ("GroupProperties", [
    ("Property", [("Name", "Topic"), ("Value", "Soup")]),
    ("Property", [("Name", "Name"), ("Value", "Lobby")]),
    ("WelcomeNote", [("ContentType", "text/plain"), ("ContentEncoding", "BASE64"), ("ContentData", "aGVsbG8=")]),
])  # fmt: skip
RIGHT = [
    tree("AddGroupMembers-Request", ("GroupID", GROUP), ("UserList", [("User", [CAROL]), NAME])),
    tree("RemoveGroupMembers-Request", ("GroupID", GROUP), ("UserList", [("User", [BOB]), NAME])),
    tree(
        "MemberAccess-Request", ("GroupID", GROUP), ("Admin", [("UserList", [NAME])]), ("Mod", [("UserList", [("User", [BOB])])])
    ),
    tree("RejectList-Request", ("GroupID", GROUP), ("AddList", [CAROL, NAME]), ("RemoveList", [CAROL])),
    tree("CreateGroup-Request", ("GroupID", NO_GROUP), ABOUT, ("JoinGroup", "T"), ("ScreenName", [("SName", "alice")]), OWN),
    tree("JoinGroup-Request", ("GroupID", "wv:/far@example.org"), ("ScreenName", [("SName", "alice")]), OWN),
    tree("SetGroupProps-Request", ("GroupID", GROUP), ABOUT, OWN),
    tree("SubscribeGroupNotice-Request", ("SubscribeType", "S"), ("GroupID", GROUP)),
    tree("LeaveGroup-Request", ("GroupID", GROUP)),
    tree("DeleteGroup-Request", ("GroupID", GROUP)),
    tree("Invite-Request", ("InviteID", "inv-1"), ("InviteType", "GM"), ("Recipient", [("User", [CAROL])]), ("GroupID", GROUP)),
    tree("InviteUser-Response", ("InviteID", "inv-2"), ("Acceptance", "T"), ("Sender", [("User", [BOB])]), NAME),
    tree("CancelInvite-Request", ("InviteID", "inv-3"), ("Recipient", [("User", [BOB])])),
]  # fmt: skip


def spoiled(element: Element) -> Any:
    """The request with one text wrong, once for each text and each wrong value of it."""
    leaves = [each for each in walk(element) if each.text]
    for each in leaves:
        right = each.text
        for each.text in (*BAD_ADDRESSES, *BAD_WORDS):
            yield f"{each.name}={each.text[:30]!r}"
        each.text = right


@pytest.mark.parametrize("request_", RIGHT, ids=lambda each: each.name)
def test_one_wrong_value_is_refused_before_anything_is_done(settled_phone, holder: Holder, services, request_):
    phone = settled_phone("1.2")
    for wrong_one in spoiled(request_):
        for table, invite_id in ((services.invites.received, "inv-2"), (services.invites.sent, "inv-3")):
            invitation = Invitation("GR", "lobby@conference.example.org", GROUP, until=4_000_000_000)
            table.put("alice@example.org", invite_id, invitation)
        before, commands = everything(holder.client), len(changing(holder.done))
        code = code_of(posted(phone, request_))
        assert code in CODES - {500}, wrong_one
        holder.settle(phone)
        if code not in DONE:
            assert everything(holder.client) == before, (wrong_one, code)
            assert changing(holder.done)[commands:] == [], (wrong_one, code)


# --- one wrong request of each kind, and the code that it gets ---


def all_wrong(cls: type[Node], depth: int = DEPTH) -> Element:
    """Every child once: addresses of another scheme, ids of nothing, words that nobody knows; numbers and truths are right."""
    children = []
    for _, name, kind, _ in FIELDS[cls]:
        if not isinstance(kind, str):
            children += [all_wrong(kind, depth - 1)] if depth else []
        elif kind in ("flag", "int", "bool"):
            children.append(Element(name, {"flag": "", "int": "1", "bool": "T"}[kind]))
        else:
            text = "1" if DATATYPES.get(name) == "integer" else BAD_WORDS[0]
            children.append(Element(name, BAD_ADDRESSES[0] if name in ADDRESSES else BAD_IDS[0] if name in IDS else text))
    return Element(cls.NAME, "", children)


# Nothing in these can be wrong: what they ask for is clamped, chosen from, or told as it is.
TAKEN = {
    "ClientCapability-Request", "GetBlockedList-Request", "GetList-Request", "GetSPInfo-Request", "GetWatcherList-Request",
    "KeepAlive-Request", "MessageDelivered", "Service-Request", "UnsubscribePresence-Request", "WV-CSP-VersionDiscovery-Request",
}  # fmt: skip
REFUSED = {
    "AddGroupMembers-Request": 901,
    "BlockEntity-Request": 201,  # the lists are in use from now on, and none of the entities is on them
    "CancelAuth-Request": 901,
    "CancelInvite-Request": 423,
    "CreateAttributeList-Request": 901,
    "CreateGroup-Request": 806,
    "CreateList-Request": 901,
    "DeleteAttributeList-Request": 901,
    "DeleteGroup-Request": 901,
    "DeleteList-Request": 901,
    "DropSegment-Request": 420,
    "ExtendConversation-Request": 501,
    "ExtendConversation-Response": 501,
    "Extended-Request": 501,
    "Extended-Response": 501,
    "ForwardMessage-Request": 426,
    "GetAttributeList-Request": 901,
    "GetGroupMembers-Request": 901,
    "GetGroupProps-Request": 901,
    "GetJoinedUsers-Request": 901,
    "GetMap-Request": 405,
    "GetMessage-Request": 426,
    "GetMessageList-Request": 901,
    "GetNewPassword-Request": 405,
    "GetPresence-Request": 531,
    "GetPublicProfile-Request": 531,
    "GetReactiveAuthStatus-Request": 901,
    "GetSegment-Request": 420,
    "GetSegment-Response": 501,
    "Invite-Request": 402,
    "InviteUser-Response": 423,
    "JoinGroup-Request": 901,
    "LeaveGroup-Request": 901,
    "ListManage-Request": 901,
    "MemberAccess-Request": 901,
    "PresenceAuth-User": 901,
    "Registration-Request": 405,
    "RejectList-Request": 901,
    "RejectMessage-Request": 426,
    "RemoveGroupMembers-Request": 901,
    "Search-Request": 402,
    "SendMessage-Request": 415,
    "SetDeliveryMethod-Request": 402,
    "SetGroupProps-Request": 901,
    "Status": 501,
    "StopSearch-Request": 424,
    "SubscribeGroupNotice-Request": 402,
    "SubscribeNotification-Request": 402,
    "SubscribePresence-Request": 700,
    "SystemMessage-User": 426,
    "UnsubscribeNotification-Request": 402,
    "UpdatePresence-Request": 751,
    "UpdatePublicProfile-Request": 901,
    "VerifyID-Request": 900,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_request_in_which_everything_is_wrong_gets_the_code_that_fits(settled_phone, name):
    code = code_of(posted(settled_phone("1.3", Encoding.XML), all_wrong(PRIMITIVES[name])))
    assert code in CODES
    assert code == REFUSED.get(name, 200), code


def test_the_tables_hold_every_primitive_that_a_phone_sends():
    assert REFUSED.keys() | TAKEN == set(NAMES)
