"""What a holder answers to a command that a worker waits for. Stored as a msgpack map: `code` (a CSP status code), `text`, and
the fields of the answer. Fields that are missing have their defaults; unknown ones are left out."""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field, fields
from typing import Any, TypeVar

import msgpack

from onesoup.csp.status import StatusCode
from onesoup.xmpp import xml
from onesoup.xmpp.archive import ArchivedMessage
from onesoup.xmpp.xml import Xml


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """The command was carried out; there is nothing else to say."""


A = TypeVar("A", bound=CommandAnswer)
Facts = Mapping[str, list[str]]


class BadAnswer(ValueError):
    """A record that is no answer."""


class CommandRefused(Exception):
    """The command was not carried out: the code and the reason that the phone is told."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


def _empty_query() -> Xml:
    return Xml("query")


@dataclass(frozen=True, slots=True)
class ServerReply(CommandAnswer):
    """What a server said to an iq: the condition of its refusal, or "" and the payload."""

    error: str = ""
    tree: Xml = field(default_factory=_empty_query, metadata={"write": Xml.plain, "read": xml.from_plain})


@dataclass(frozen=True, slots=True)
class RoomJoined(CommandAnswer):
    """`nick`: the name in the room; `new`: the room was made by this join."""

    nick: str = ""
    new: bool = False


@dataclass(frozen=True, slots=True)
class RoomLeft(CommandAnswer):
    """`nick`: the name in the room until now."""

    nick: str = ""


def _messages(plain: list[list[Any]]) -> tuple[ArchivedMessage, ...]:
    return tuple(ArchivedMessage(*each) for each in plain)


def _plain(values: Any) -> list[list[Any]]:
    return [list(astuple(each)) for each in values]


@dataclass(frozen=True, slots=True)
class RoomHistory(CommandAnswer):
    """The condition of the room's refusal, or "" and what it has kept, oldest first."""

    error: str = ""
    found: tuple[ArchivedMessage, ...] = field(default=(), metadata={"write": _plain, "read": _messages})


@dataclass(frozen=True, slots=True)
class DirectoryHits(CommandAnswer):
    """(JID, facts) of the persons found; `late`: the directory could not be asked."""

    found: tuple[tuple[str, Facts], ...] = field(default=(), metadata={"read": lambda found: tuple(map(tuple, found))})
    late: bool = False


@dataclass(frozen=True, slots=True)
class ProfileFound:
    """A vCard, `condition` "" when it was read: its public profile, and its facts for a search."""

    condition: str
    values: Mapping[str, str]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Profiles(CommandAnswer):
    """The vCards of those asked, by bare JID."""

    cards: Mapping[str, ProfileFound] = field(
        default_factory=dict,
        metadata={
            "write": lambda cards: {jid: [each.condition, each.values, each.facts] for jid, each in cards.items()},
            "read": lambda cards: {jid: ProfileFound(*each) for jid, each in cards.items()},
        },
    )


@dataclass(frozen=True, slots=True)
class RoomList(CommandAnswer):
    """The room service of the domain, and (JID, name) of its public rooms."""

    service: str = ""
    rooms: tuple[tuple[str, str], ...] = field(default=(), metadata={"read": lambda rooms: tuple(map(tuple, rooms))})


@dataclass(frozen=True, slots=True)
class EntityInfo:
    """`condition` "" for a room or domain that answered; `topic` of a room."""

    condition: str
    topic: str


@dataclass(frozen=True, slots=True)
class EntityInfos(CommandAnswer):
    """What rooms or domains said, by JID."""

    info: Mapping[str, EntityInfo] = field(
        default_factory=dict,
        metadata={
            "write": lambda info: {jid: [each.condition, each.topic] for jid, each in info.items()},
            "read": lambda info: {jid: EntityInfo(*each) for jid, each in info.items()},
        },
    )


def _texts(value: object) -> dict[str, str]:
    """Texts by JID; nothing for what is not that."""
    return {str(jid): str(text) for jid, text in value.items()} if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class ContactDetails(CommandAnswer):
    """Texts of vCards, and names under which pictures are kept, by bare JID."""

    cards: Mapping[str, str] = field(default_factory=dict, metadata={"read": _texts})
    pictures: Mapping[str, str] = field(default_factory=dict, metadata={"read": _texts})


Convert = Callable[[Any], Any]


def _layout(kind: type[CommandAnswer]) -> tuple[tuple[str, Convert | None, Convert | None], ...]:
    return tuple((each.name, each.metadata.get("write"), each.metadata.get("read")) for each in fields(kind))


def pack(answer: CommandAnswer) -> bytes:
    """The record of an answer to a command that was carried out."""
    values = {name: getattr(answer, name) for name, _, _ in _layout(type(answer))}
    written = {name: write(values[name]) if write else values[name] for name, write, _ in _layout(type(answer))}
    return _packed(StatusCode.SUCCESSFUL, "", written)


def status(code: int, text: str) -> bytes:
    """The record of an answer that is a code and a reason, no more."""
    return _packed(code, text, {})


def _packed(code: int, text: str, more: Mapping[str, Any]) -> bytes:
    packed: bytes = msgpack.packb({"code": code, "text": text, **more}, use_bin_type=True)
    return packed


def unpack(record: bytes, kind: type[A]) -> A:
    """The answer of a record. CommandRefused when the command was not carried out. BadAnswer."""
    try:
        stored = msgpack.unpackb(record, raw=False)
        code, text = int(stored["code"]), str(stored.get("text", ""))
        values = _values(stored, kind) if code == StatusCode.SUCCESSFUL else {}
    except Exception as error:  # bytes that no version has written may raise any
        raise BadAnswer(type(error).__name__) from None
    if code != StatusCode.SUCCESSFUL:
        raise CommandRefused(code, text)
    return kind(**values)


def _values(stored: Mapping[str, Any], kind: type[CommandAnswer]) -> dict[str, Any]:
    return {name: read(stored[name]) if read else stored[name] for name, _, read in _layout(kind) if name in stored}
