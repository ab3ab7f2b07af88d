"""Protocol values <-> stored records. The store keeps octets, the protocol knows values; here they meet.

What every reader takes for granted is left out of records of which a session has many, or which are large."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from functools import lru_cache
from typing import Any

import msgpack

from onesoup.csp.groups import KeptProperties, Room
from onesoup.csp.invitations import Invitation
from onesoup.csp.lists import ContactList, Cut, Item
from onesoup.csp.messages import Text
from onesoup.csp.places import UNKNOWN_PLACE, Place
from onesoup.csp.presence import KEPT_WISHES, OFFLINE_PRESENCE, Picture, Shown
from onesoup.csp.session import Capabilities, Session, from_fields, to_fields
from onesoup.store.redis.msgpack import BadRecord, as_text, as_texts, pack, reader, unpack

RECORD_VERSION = 1
# Records whose values a process keeps: of sessions some 1.5 KB each; phones of one model have the same capabilities.
# Contacts that show the same have the same record.
KEPT_SESSIONS, KEPT_CAPABILITIES, KEPT_SHOWN = 2000, 200, 1000


def pack_session(session: Session) -> bytes:
    return pack(RECORD_VERSION, to_fields(session))


@reader
def unpack_session(record: bytes) -> Session:
    return from_fields(Session, unpack(record, RECORD_VERSION))


@lru_cache(maxsize=KEPT_SESSIONS)
def known_session(record: bytes) -> Session:
    """As unpack_session(), for a gateway: it reads the same record with each request and each message of a phone."""
    return unpack_session(record)


def pack_caps(caps: Capabilities) -> bytes:
    return pack(RECORD_VERSION, to_fields(caps))


@lru_cache(maxsize=KEPT_CAPABILITIES)
@reader
def unpack_caps(record: bytes | None) -> Capabilities:
    """Before the phone has negotiated, the defaults hold."""
    return Capabilities() if record is None else from_fields(Capabilities, unpack(record, RECORD_VERSION))


def pack_item(item: Item) -> bytes:
    fields = {
        "n": item.name or None,
        "g": list(item.groups) or None,
        "s": item.subscription,
        "a": item.ask or None,
        "j": item.spelled or None,
    }
    return pack(RECORD_VERSION, fields)


@reader
def unpack_item(jid: str, record: bytes) -> Item:
    fields = unpack(record, RECORD_VERSION)
    rest = fields.get("s", "none"), bool(fields.get("a")), fields.get("j", "")
    return Item(jid, fields.get("n", ""), tuple(fields.get("g", ())), *rest)


_SHOWN = ("online", "availability", "text", "client_type", "mood", "alias", "known", "im", "picture")
_OFFLINE = [getattr(OFFLINE_PRESENCE, name) for name in _SHOWN]


def pack_shown(shown: Shown) -> bytes:
    """At the end, what is as of who is offline is left out."""
    values = [getattr(shown, name) for name in _SHOWN]
    while values and values[-1] == _OFFLINE[len(values) - 1]:
        values.pop()
    fields: dict[str, Any] = {"p": values}
    if shown.place != UNKNOWN_PLACE:
        fields["w"] = astuple(shown.place)
    return pack(RECORD_VERSION, fields)


@lru_cache(maxsize=KEPT_SHOWN)
@reader
def unpack_shown(record: bytes | None) -> Shown | None:
    if record is None:
        return None
    fields = unpack(record, RECORD_VERSION)
    return Shown(**dict(zip(_SHOWN, fields["p"], strict=False)), place=Place(*fields.get("w", ())))


def pack_picture(picture: Picture) -> bytes:
    return pack(RECORD_VERSION, {"t": picture[0], "b": picture[1]})


@reader
def unpack_picture(record: bytes) -> Picture:
    fields = unpack(record, RECORD_VERSION)
    return as_text(fields["t"]), bytes(memoryview(fields["b"]))


def pack_event(kind: str, sender: str, time: int, **more: Any) -> bytes:
    """Something for the phone: `kind` names its renderer in onesoup.handlers.render."""
    return pack(RECORD_VERSION, {"k": kind, "from": sender, "t": time, **more})


@reader
def unpack_event(record: bytes) -> dict[str, Any]:
    fields = unpack(record, RECORD_VERSION)
    as_text(fields["k"]), as_text(fields["from"]), int(fields["t"])
    return fields


def pack_text(text: Text) -> bytes:
    """A version before pictures reads the same record, and shows the text of it."""
    more: dict[str, Any] = {"ct": text.type, "data": text.data} if text.data else {}
    if text.group:
        more |= {"g": text.group, "n": text.nick, "pm": text.private}
    return pack_event("text", text.sender, text.time, id=text.id, body=text.body, **more)


def with_body(record: bytes, part: str, id: str = "") -> bytes:
    """A message or an announcement with another text, without a picture. Under another id it asks nothing: the answer names
    the first."""
    fields = unpack(record, RECORD_VERSION)
    dropped = ("v", "ct", "data", "asks") if id else ("v", "ct", "data")
    fields = {name: value for name, value in fields.items() if name not in dropped}
    return pack(RECORD_VERSION, {**fields, "id": id or fields["id"], "body": part})


def pack_announcement(text: Text, asks: bool = False) -> bytes:
    """A text of a server, or of the operator; `asks` for one that wants an answer."""
    return pack_event("announce", text.sender, text.time, id=text.id, body=text.body, asks=asks or None)


@reader
def text_of(fields: Mapping[str, Any]) -> Text:
    return Text(
        fields["id"],
        fields["from"],
        fields["body"],
        fields["t"],
        fields.get("ct", "text/plain"),
        fields.get("data", b""),
        fields.get("g", ""),
        fields.get("n", ""),
        bool(fields.get("pm")),
    )


def pack_stored(text: Text) -> bytes:
    """The form in which the store keeps a message: its sender and the name of the copy stand before the record."""
    return stored(text.sender, pack_text(text), text.copy)


def stored(sender: str, record: bytes, copy: str = "") -> bytes:
    """As pack_stored(), of any item."""
    return (f"{sender}\t{copy}\n" if copy else f"{sender}\n").encode() + record


@reader
def unpack_stored(stored: bytes) -> Text:
    return replace(unpack_text(stored.partition(b"\n")[2]), copy=copy_of(stored))


def copy_of(stored: bytes) -> str:
    """Which copy of a message this is, "" for what only this phone has."""
    return stored.partition(b"\n")[0].partition(b"\t")[2].decode()


@reader
def lasting(stored: bytes) -> bytes:
    """A stored message as it is kept for long: of a picture, the text that says where it is."""
    if unpack_event(stored.partition(b"\n")[2])["k"] != "text":
        return stored
    text = unpack_stored(stored)
    return pack_stored(replace(text, type="text/plain", data=b"")) if text.data else stored


@reader
def unpack_text(record: bytes) -> Text:
    return text_of(unpack(record, RECORD_VERSION))


@reader
def in_order(items: Mapping[str, bytes]) -> dict[str, bytes]:
    """Stored messages, id -> stored form, as they are to reach a phone: by the time when they were written, those of one
    second as they came (an id of later sorts behind)."""

    def written(item: tuple[str, bytes]) -> tuple[int, str]:
        return int(unpack(item[1].partition(b"\n")[2], RECORD_VERSION)["t"]), item[0]

    return dict(sorted(items.items(), key=written))


def pack_list(contact_list: ContactList) -> bytes:
    fields = {
        "n": contact_list.name,
        "g": contact_list.group,
        "d": contact_list.default,
        "o": contact_list.order,
        "a": contact_list.auto,
        "m": dict(contact_list.members) or None,
    }
    return pack(RECORD_VERSION, fields)


@reader
def unpack_list(token: str, record: bytes) -> ContactList:
    fields = unpack(record, RECORD_VERSION)
    return ContactList(
        token,
        fields.get("n", ""),
        fields.get("g", ""),
        bool(fields.get("d")),
        fields.get("o", 0),
        bool(fields.get("a")),
        fields.get("m", {}),
    )


def is_list(record: bytes) -> bool:
    """Whether octets from outside are the record of a contact list."""
    try:
        unpack_list("", record)
    except BadRecord:
        return False
    return True


def pack_cuts(made_for: str, cuts: Mapping[str, Cut]) -> bytes:
    """How lists are cut for a phone; `made_for` says what it reads."""
    return pack(
        RECORD_VERSION,
        {"f": made_for, "l": {token: [*map(list, (c.tokens, c.bounds)), dict(c.placed), c.end] for token, c in cuts.items()}},
    )


def unpack_cuts(record: bytes | None) -> tuple[str, dict[str, Cut]]:
    fields = {} if record is None else unpack(record, RECORD_VERSION)
    cuts = {token: Cut(tuple(each[0]), tuple(each[1]), *each[2:4]) for token, each in fields.get("l", {}).items()}
    return fields.get("f", ""), cuts


def pack_room(room: Room) -> bytes:
    return pack(RECORD_VERSION, {name: getattr(room, name) for name in Room.__slots__})


@reader
def unpack_room(record: bytes) -> Room:
    fields = unpack(record, RECORD_VERSION)
    return Room(**{name: fields[name] for name in Room.__slots__ if name in fields})


def pack_kept(kept: KeptProperties) -> bytes:
    return pack(RECORD_VERSION, {name: getattr(kept, name) for name in KeptProperties.__slots__})


@reader
def unpack_kept(record: bytes | None, gid: str) -> KeptProperties:
    """Of a room that nothing was settled for, the defaults."""
    fields: dict[str, Any] = {"gid": gid} if record is None else unpack(record, RECORD_VERSION)
    return KeptProperties(**{name: fields[name] for name in KeptProperties.__slots__ if name in fields})


def pack_invitation(invitation: Invitation) -> bytes:
    return pack(RECORD_VERSION, {name: getattr(invitation, name) for name in Invitation.__slots__})


@reader
def unpack_invitation(record: bytes) -> Invitation:
    fields = unpack(record, RECORD_VERSION)
    known = {name: fields[name] for name in Invitation.__slots__ if name in fields}
    return Invitation(**known | {"invited": tuple(known.get("invited", ()))})


def pack_occupant(jid: str, role: str, affiliation: str) -> bytes:
    return pack(RECORD_VERSION, {"o": [jid, role, affiliation]})


@reader
def unpack_occupant(record: bytes) -> tuple[str, str, str]:
    """(bare JID or "", role, affiliation)."""
    jid, role, affiliation = unpack(record, RECORD_VERSION)["o"]
    return as_text(jid), as_text(role), as_text(affiliation)


def pack_plain(value: Any) -> bytes:
    """Plain values: own presence attributes, wishes of a subscription."""
    return pack(RECORD_VERSION, {"x": value})


@reader
def unpack_plain(record: bytes | None, default: Any) -> Any:
    return default if record is None else unpack(record, RECORD_VERSION).get("x", default)


def pack_wishes(names: Sequence[str], sees: bool) -> bytes:
    """What a phone wants to be told of a contact ([]: all), and whether the contact lets us see it."""
    return pack(RECORD_VERSION, {"x": list(names) or None, "s": None if sees else False})


@lru_cache(maxsize=KEPT_WISHES)
@reader
def unpack_wishes(record: bytes | None) -> tuple[tuple[str, ...], bool]:
    fields = {} if record is None else unpack(record, RECORD_VERSION)
    return tuple(as_texts(fields.get("x", ()))), bool(fields.get("s", True))


def pack_grant(names: list[str], granted: list[str]) -> bytes:
    """An attribute list: the attributes that may be seen, and the JIDs that see us because of it."""
    return pack(RECORD_VERSION, {"x": names, "g": granted})


@reader
def unpack_grant(record: bytes | None) -> tuple[list[str], list[str]]:
    fields = {} if record is None else unpack(record, RECORD_VERSION)
    return as_texts(fields.get("x", ())), as_texts(fields.get("g", ()))


def pack_command(command: dict[str, Any]) -> bytes:
    """A command for the holder, see onesoup.xmpp.commands."""
    return pack(RECORD_VERSION, command)


@reader
def unpack_command(record: bytes) -> dict[str, Any]:
    return unpack(record, RECORD_VERSION)


def pack_answer(code: int, text: str = "", **more: Any) -> bytes:
    """What a holder answers to a worker."""
    octets: bytes = msgpack.packb({"code": code, "text": text, **more}, use_bin_type=True)
    return octets


@reader
def unpack_answer(octets: bytes) -> dict[str, Any]:
    answer = msgpack.unpackb(octets, raw=False)
    if not isinstance(answer, dict) or not isinstance(answer["code"], int):
        raise BadRecord("an answer without a code")
    return answer
