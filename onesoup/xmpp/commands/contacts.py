"""Commands about contacts and block lists, and what workers ask about people and rooms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from onesoup.xmpp.commands.record import AS_TUPLE, Command

# How long a worker waits for the answer to a query when the command does not say so.
QUERY_SECONDS = 6.0

# --- contacts ---


@dataclass(frozen=True, slots=True)
class SetRosterItem(Command):
    """Adds a contact to the roster, or changes it."""

    op: ClassVar[str] = "roster"
    jid: str
    name: str = ""
    groups: tuple[str, ...] = field(default=(), metadata=AS_TUPLE)


@dataclass(frozen=True, slots=True)
class RemoveRosterItem(Command):
    """Removes a contact from the roster."""

    op: ClassVar[str] = "unroster"
    jid: str


@dataclass(frozen=True, slots=True)
class SendSubscription(Command):
    """Presence for one contact; `kind` is subscribe, subscribed, unsubscribe or unsubscribed."""

    op: ClassVar[str] = "directed"
    kind: str
    jid: str


@dataclass(frozen=True, slots=True)
class Block(Command):
    """The server refuses these for us (XEP-0191)."""

    op: ClassVar[str] = "block"
    jids: tuple[str, ...] = field(metadata=AS_TUPLE)


@dataclass(frozen=True, slots=True)
class Unblock(Command):
    """`jids` is never empty: that would unblock everybody."""

    op: ClassVar[str] = "unblock"
    jids: tuple[str, ...] = field(metadata=AS_TUPLE)


@dataclass(frozen=True, slots=True)
class StoreLists(Command):
    """The metadata of the account's contact lists has changed: the server keeps a copy."""

    op: ClassVar[str] = "lists"


# --- queries. `within`: after how many seconds the worker wants its answer at the latest ---


@dataclass(frozen=True, slots=True)
class LookUpContacts(Command):
    """What contacts do not announce: their vCards and pictures. Answered with ContactDetails."""

    op: ClassVar[str] = "look"
    cards: tuple[str, ...] = field(metadata=AS_TUPLE)
    pictures: tuple[str, ...] = field(metadata=AS_TUPLE)
    within: float


@dataclass(frozen=True, slots=True)
class SearchDirectory(Command):
    """Persons in the directory of the domain (XEP-0055), by criteria. Answered with DirectoryHits."""

    op: ClassVar[str] = "find"
    wanted: Mapping[str, str]
    within: float = QUERY_SECONDS


@dataclass(frozen=True, slots=True)
class FetchProfiles(Command):
    """The vCards of these. Answered with Profiles."""

    op: ClassVar[str] = "cards"
    jids: tuple[str, ...] = field(metadata=AS_TUPLE)
    within: float = QUERY_SECONDS


@dataclass(frozen=True, slots=True)
class ChangeProfile(Command):
    """Changes properties of the own vCard and leaves the rest as it is; `clear`: those that are not named are removed."""

    op: ClassVar[str] = "change-card"
    changes: Mapping[str, str]
    clear: bool


@dataclass(frozen=True, slots=True)
class ListRooms(Command):
    """The public rooms of the domain. Answered with RoomList."""

    op: ClassVar[str] = "rooms"
    within: float = QUERY_SECONDS


@dataclass(frozen=True, slots=True)
class AskInfo(Command):
    """What rooms or domains say about themselves. Answered with EntityInfos."""

    op: ClassVar[str] = "info"
    jids: tuple[str, ...] = field(metadata=AS_TUPLE)
    within: float = QUERY_SECONDS
