"""Stanzas of a hostile server and hostile strangers: real ones as trees, changed in ways that XML allows, through our parser into
the intake, and what comes out of it on to a phone.

A case is bytes, each of which decides something; so a coverage-guided run can turn one decision at a time."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from xmpp.simplexml import Node

from onesoup.csp.codec.codec import read_message, write_message
from onesoup.csp.codec.envelope import Malformed, Message, Mode, SessionType, Transaction, Unknown
from onesoup.csp.groups import Room
from onesoup.csp.lists import Item as RosterItem
from onesoup.csp.session import Session
from onesoup.handlers import render
from onesoup.store import records
from onesoup.store.session.contacts import ContactRecord
from onesoup.store.session.inbox import InboxItem, PhoneContact
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.wire.document import ANY_TREE
from onesoup.wire.limits import MAX_DOCUMENT_BYTES
from onesoup.xmpp import (
    archive,
    blocking,
    bookmarks,
    bounces,
    caps,
    contacts,
    errors,
    geoloc,
    invitations,
    published_events,
    room_requests,
    room_settings,
    rooms,
    searching,
    vcards,
)
from onesoup.xmpp import messages as xmpp_messages
from onesoup.xmpp import profiles as xmpp_profiles
from onesoup.xmpp.stream import stanzas
from onesoup.xmpp.stream.document_reader import MAX_STANZA_DEPTH
from onesoup.xmpp.stream.parser import Parser
from onesoup.xmpp.stream.serializer import escape, quote, serialise
from onesoup.xmpp.xml import Xml
from tests.fuzz.mutants import Language
from tests.workers.holder.session.rooms.test_inbound import FakeSession, RoomsUnderTest
from tests.workers.holder.session.test_inbound import Directory
from workers.holder.session.inbound import InboundStanzas
from workers.holder.session.inbound_batch import InboundBatch
from workers.holder.session.rooms.table import PendingJoin

OWN, ROMEO, ROOM, DOOR = "alice@example.org", "romeo@example.net", "soup@conference.example.org", "tea@conference.example.org"
CLIENT = "jabber:client"
HEAD = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
# A stanza that has grown to so many elements is left as it is.
MOST_ELEMENTS = 300
# A long text comes in many parts; so many of them are shown to the phone.
MOST_SHOWN = 5
# As the holder reads from its socket.
READ = 65_536
# The longest text that the phone of the case takes.
ACCEPTED = 100
# A stanza a line.
REAL = (Path(__file__).parent / "stanzas.txt").read_text(encoding="utf-8").splitlines()

LONG = "a" * 1100
ADDRESSES = (
    *("", "@", "/", "a@", "@b", "a@b/", "a@b@c", "a b@c", "a@b/c/d", "a@b/@", "a@/b", "[::1]", "romeo@[", "a@b."),
    *(
        OWN,
        f"{OWN}/p",
        "example.org",
        ROMEO,
        f"{ROMEO}/b",
        ROOM,
        f"{ROOM}/Ben",
        f"{ROOM}/Alice",
        DOOR,
        f"{DOOR}/Alice",
        f"{ROOM}/",
    ),
    *(f"{LONG}@example.net", f"a@{LONG}", f"a@b/{LONG}", "A@B/c", "\u202ea@b", "xn--a@xn--b", "a\\20b@c", "ß@ß", "\U0001f600@x"),
    *("a\x85@b", "a@b/\u2028", "wv:a@b", "wv:/a@b", "a%40b@c", "\t@b", "a@b\n", "ben@example.net", "m1001.1", "f e-1", "P"),
)
TEXTS = (
    *(
        "",
        " ",
        "\t\n\r",
        "0",
        "-1",
        "1",
        "99999999999999999999",
        "1e999",
        "nan",
        "inf",
        "true",
        "٣",
        "²",
        "http://a/\x85",
        "http://[test",
    ),
    *("x" * 101, "ä" * 60_000, "'" * 5_000, "\n" * 3_000, "\U0001f600" * 400, "e\u0301" * 200, "\u202eevil\u202c", "\x9b31m\x85"),
    *("]]>", "&amp;", "<b>", "2026-01-02T03:04:05Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+99:99", "2026-13-45T99:99:99Z"),
    *("20260102T03:04:05", "AAAA", "iVBORw0KGgo=", "=" * 40, "111f4b3c50d7b0df729d299bc6f8e9ef9066971f", "get", "set", "result"),
    *(
        "error",
        "groupchat",
        "chat",
        "headline",
        "normal",
        "unavailable",
        "subscribe",
        "subscribed",
        "110",
        "201",
        "303",
        "307",
        "104",
    ),
    *("moderator", "none", "owner", "sha-1", "sha-1 a b", "q1", "m1001.1", "both", "remove", "dnd", "chatty", "\ufdd0", "\ue000"),
)
SPACES = ("", "urn:nobody", " ", "\u202e", "jabber:server", "http://www.w3.org/XML/1998/namespace-not", CLIENT)
DECISIONS = Language(re.compile(rb"(?s)."), tuple(bytes((value,)) for value in range(256)))


# ---- decisions


class Choices:
    """Decisions out of bytes; where they end, all decisions are the first."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, below: int) -> int:
        value = 0
        for _ in range(1 if below <= 256 else 2):
            value = value << 8 | (self._data[self._at] if self._at < len(self._data) else 0)
            self._at += 1
        return value % below

    def one(self, values: Sequence[Any]) -> Any:
        return values[self.number(len(values))]


# ---- trees


@cache
def real() -> tuple[Xml, ...]:
    return tuple(stanzas.stanza_to_xml(node) for each in REAL for node in parsed(each.encode()))


def parsed(octets: bytes) -> list[Node]:
    """The stanzas as the holder gets them from a stream, less those that it refuses to read."""
    parser = Parser()
    parser.feed(HEAD)
    events = chain.from_iterable(parser.feed(octets[at : at + READ]) for at in range(0, len(octets), READ))
    return [each for each in events if isinstance(each, Node)]


@cache
def _pieces() -> tuple[Xml, ...]:
    """Every element that occurs inside a real stanza."""
    return tuple(child for each in real() for element in _all(each) for child in element.children)


@cache
def _spaces() -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.ns for each in _pieces())) + SPACES


def _all(root: Xml) -> Iterator[Xml]:
    yield root
    for child in root.children:
        yield from _all(child)


def _copied(element: Xml) -> Xml:
    return Xml(element.name, element.ns, dict(element.attrs), [_copied(child) for child in element.children], element.text)


def _address(choices: Choices, element: Xml) -> None:
    element.attrs[choices.one(("from", "to", "by", "jid", "id", "node"))] = choices.one(ADDRESSES)


def _attribute(choices: Choices, element: Xml) -> None:
    names = (*element.attrs, "type", "id", "code", "stamp", "xml:lang")
    element.attrs[choices.one(names)] = choices.one(TEXTS)


def _bare(choices: Choices, element: Xml) -> None:
    if element.attrs:
        del element.attrs[choices.one(sorted(element.attrs))]


def _words(choices: Choices, element: Xml) -> None:
    element.text = choices.one((*TEXTS, *ADDRESSES))


def _piece(choices: Choices, element: Xml) -> None:
    element.children.insert(choices.number(len(element.children) + 1), _copied(choices.one(_pieces())))


def _without(choices: Choices, element: Xml) -> None:
    if element.children:
        del element.children[choices.number(len(element.children))]


def _many(choices: Choices, element: Xml) -> None:
    if element.children:
        element.children += [choices.one(element.children)] * choices.one((1, 1, 2, 2, 3, 3, 5, 5, 10, 10, 10, 200))


def _nested(choices: Choices, element: Xml) -> None:
    """Itself in itself."""
    inner = _copied(element)
    for _ in range(choices.one((1, 1, 1, 2, 2, 2, 5, 10, MAX_STANZA_DEPTH - 8, MAX_STANZA_DEPTH))):
        inner = Xml(element.name, element.ns, dict(element.attrs), [inner], element.text)
    element.children.append(inner)


def _named(choices: Choices, element: Xml) -> None:
    element.name = choices.one(_pieces()).name


def _elsewhere(choices: Choices, element: Xml) -> None:
    element.ns = choices.one(_spaces())


_CHANGES: tuple[Callable[[Choices, Xml], None], ...] = (
    *(_address, _attribute, _bare, _words, _piece, _without, _many, _nested, _named, _elsewhere),
    *(_address, _words, _attribute, _piece),
)


def stanzas_of(choices: Choices) -> list[Xml]:
    """One or two, with up to five changes each."""
    found = []
    for _ in range(choices.number(2) + 1):
        stanza = _copied(choices.one(real()))
        for _ in range(choices.number(6)):
            elements = list(_all(stanza))
            if len(elements) > MOST_ELEMENTS:
                break
            choices.one(_CHANGES)(choices, elements[choices.number(len(elements))])
        found.append(stanza)
    return found


def octets_of(element: Xml, outside: str = CLIENT) -> str:
    space = element.ns or outside
    attrs = "".join(f' {name}="{quote(value)}"' for name, value in element.attrs.items())
    attrs += f' xmlns="{quote(space)}"' if space != outside else ""
    inside = "".join(octets_of(child, space) for child in element.children)
    return f"<{element.name}{attrs}>{escape(element.text)}{inside}</{element.name}>"


@cache
def seeds() -> tuple[bytes, ...]:
    """Each real stanza as it is, and with decisions about it that are left to chance."""
    rng, count = random.Random(1866), len(REAL)
    plain = [bytes((turn % 3, turn % 2, 0, 0, 1, 0, turn % count, 0)) for turn in range(count * 2)]
    changed = [bytes((*rng.randbytes(5), 0, turn % count, 1 + turn % 5)) + rng.randbytes(30) for turn in range(count * 6)]
    return (*plain, *changed, *(rng.randbytes(80) for _ in range(count)))


# ---- what reads them

# Functions of the pure mapping that are given what somebody else has written, as a node and as plain values.
_NODES: tuple[Callable[[Any], Any], ...] = (
    lambda node: xmpp_messages.read_message(node, OWN),
    lambda node: xmpp_messages.read_plainly(node, OWN),
    lambda node: xmpp_messages.oldest(xmpp_messages.delay_stamps(node)),
    lambda node: xmpp_messages.body_of(node, "chat"),
    lambda node: published_events.read_event(node, published_events.Extras()),
    lambda node: contacts.read_resource(node, 1, "de"),
    lambda node: searching.fill_search_form(searching.read_form(node), {"USER_ID": "ben", "USER_MOBILE_NUMBER": "+1 555"}),
    lambda node: caps.caps_match("sha-1 http://a/ AAAA", node),
    *(xmpp_messages.read_receipt, bounces.read_bounce, contacts.read_item, caps.name_of, caps.client_type),
    *(
        vcards.read_vcard,
        vcards.photo_bytes,
        vcards.photo_hash,
        xmpp_profiles.read_profile,
        xmpp_profiles.searchable_facts,
        geoloc.read_geoloc,
        blocking.read_items,
    ),
    *(
        searching.read_hits,
        searching.read_items,
        searching.is_directory,
        searching.is_rooms,
        searching.topic_of,
        archive.query_id_of,
    ),
)
_TREES: tuple[Callable[[Xml], Any], ...] = (
    lambda tree: room_settings.group_properties(room_settings.read_room_info(tree), private=True),
    lambda tree: room_settings.may_change_topic(room_settings.read_room_info(tree), "participant"),
    lambda tree: room_settings.fill_config_form(tree, {"Name": "n", "MaxActiveUsers": "30", "History": "T"}, "w"),
    lambda tree: rooms.join_code(rooms.error_condition(tree)),
    lambda tree: errors.bounce_code(rooms.error_condition(tree)),
    *(
        rooms.is_room_presence,
        rooms.read_presence,
        room_requests.read_admin_items,
        room_settings.is_room_service,
        room_settings.is_rooms_of_bridge,
        room_settings.item_jids,
        bookmarks.read_bookmarks,
    ),
    *(invitations.read_invitation, archive.last_message_id),
)


def mapped(node: Node) -> None:
    """The pure mapping reads whatever an element is: nothing, or something, and never raises."""
    for read in _NODES:
        read(node)
    tree = stanzas.stanza_to_xml(node)
    for read in _TREES:
        read(tree)
    if archive.query_id_of(node) is not None:
        archive.read_archived_message(node, ROOM)


class Somebody(FakeSession, Directory):
    """A session that knows Romeo, is in one room and enters another."""

    def __init__(self) -> None:
        Directory.__init__(self)
        FakeSession.__init__(self)
        wishes = records.pack_wishes([], sees=True)
        self.of = {ROMEO: ContactRecord(wishes=wishes)}
        self.items = {ROMEO: RosterItem(ROMEO, "Romeo", ("Friends",), "both")}
        self.sent, self.blocked = {"m1001.1": ROMEO}, partial(Directory.blocked, self)

    def refuses(self, jid: str) -> bool:
        return jid in self.refused

    def refuses_in(self, room: str, nick: str, jid: str, private: bool = False) -> bool:
        return bool({f"{room}/{nick}", jid} & self.refused)

    def kept(self, jids: list[str]) -> dict[str, ContactRecord]:
        return {jid: self.of.get(jid, ContactRecord()) for jid in jids}

    def keep(self, changes: StreamChanges) -> None:
        """What Redis would."""
        for jid, record in changes.presence.items():
            kept = self.of.get(jid, ContactRecord())
            self.of[jid] = ContactRecord(
                changes.resources.get(jid, kept.resources or b"") or None,
                changes.extras.get(jid, kept.extras),
                record,
                kept.wishes or records.pack_wishes(["status_content", "client_info"], sees=True),
            )
        self.keep_occupants(changes)


def any_stanzas(data: bytes) -> bool:
    """Whether the phone gets something. A second read from the stream finds what the first has left."""
    choices = Choices(data)
    version, encoding = choices.one(("1.1", "1.2", "1.3")), choices.one(ANY_TREE)
    session = Session(OWN, "wv:alice@example.org", version, "p", handset=choices.one(("unknown", "android", "s60")))
    record, held = records.pack_session(session), Somebody()
    intake = _intake(held, delivery=choices.one(("", "N", "P")), pictures=bool(choices.number(2)))
    told = False
    for _ in range(2):
        for item in taken_in(intake, held, stanzas_of(choices)):
            told = delivered(item, record, version, encoding) or told
        if not choices.number(2):
            break
    return told


class StrictBatch(InboundBatch):
    """Raises what goes wrong with one stanza: that is what is looked for."""

    __slots__ = ()

    def attempt(
        self, stanza: Node, work: Callable[[], None], fallback: Callable[[Node, InboundBatch], None] | None = None
    ) -> bool:
        work()
        return True


def _intake(held: Somebody, delivery: str, pictures: bool) -> InboundStanzas:
    inside = RoomsUnderTest(held, ACCEPTED)
    inside.joined[ROOM] = Room("wv:/soup@example.org", "Alice", notice=True, topic="old", delivery=delivery)
    inside.entering[DOOR] = PendingJoin(Room("wv:/tea@example.org", "Alice"))
    inside.texts.set_limits(ACCEPTED, pictures=pictures)
    return inside.stanzas(batch_class=StrictBatch)


def taken_in(intake: InboundStanzas, held: Somebody, turn: list[Xml]) -> list[InboxItem]:
    """What the phone gets of the stanzas of one read. What is stored has a bound, and what is answered is well-formed."""
    octets = "".join(octets_of(each) for each in turn).encode()
    batch = parsed(octets)
    for node in (*batch[:1], *batch[0].getChildren()[:1]) if batch else ():
        mapped(node)
    done = intake.read_stanzas(batch)
    assert len(done.changes.pack()) < 20 * len(octets) + 20_000
    assert len(done.answers) <= len(batch) * 2
    for answer in done.answers:
        ElementTree.fromstring(serialise(answer))
    held.keep(done.changes)
    items = [_as_presence(held.of, done.changes.presence), *map(_as_item, done.changes.items[:MOST_SHOWN])]
    return [each for each in items if each is not None]


def _as_item(item: Delivery) -> InboxItem | None:
    return None if item.job or not item.payload else InboxItem("s1", item.id, False, b"", None, item.payload)


def _as_presence(kept: dict[str, ContactRecord], jids: dict[str, bytes]) -> InboxItem | None:
    told = [PhoneContact(jid, kept[jid].presence, kept[jid].wishes, None) for jid in jids if jid in kept]
    return InboxItem("s2", "p-1", False, b"", None, contacts=told) if told else None


def delivered(item: InboxItem, record: bytes, version: str, encoding: Any) -> bool:
    """What the phone gets can be written, and reads as it was meant."""
    item.record = record
    primitive = render.item_primitive(item, version)
    said = Message(version, encoding, [Transaction(Mode.REQUEST, item.tid, primitive)], "sid", SessionType.INBAND)
    octets = write_message(said)
    if len(octets) > MAX_DOCUMENT_BYTES:
        return True  # well-formed, but for no phone: what is cut before it comes so far is tested elsewhere
    content = read_message(octets).transactions[0].content
    assert type(content) is type(primitive), content
    assert not isinstance(content, Malformed | Unknown)
    return True
