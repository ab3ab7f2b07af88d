"""Commands that send something to people: messages, files, receipts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from onesoup.xmpp.commands.record import AS_XML, OMIT_EMPTY, Command
from onesoup.xmpp.xml import Xml


@dataclass(frozen=True, slots=True)
class SendMessage(Command):
    """A message to a user; with `gid` to one occupant of that group, and `to` is room/nick. `url`: the address that the body is,
    for clients that show it as a picture (XEP-0066). `valid`: after how many seconds without a receipt the phone is told."""

    op: ClassVar[str] = "message"
    id: str
    to: str
    body: str
    receipt: bool = False
    url: str = field(default="", metadata=OMIT_EMPTY)
    valid: int = field(default=0, metadata=OMIT_EMPTY)
    gid: str = field(default="", metadata=OMIT_EMPTY)


@dataclass(frozen=True, slots=True)
class SendGroupMessage(Command):
    """A message to everybody in the room `to`. Rooms send no receipts."""

    op: ClassVar[str] = "groupchat"
    id: str
    to: str
    body: str
    receipt: bool = field(default=False, init=False)
    url: str = field(default="", metadata=OMIT_EMPTY)
    gid: str = ""


@dataclass(frozen=True, slots=True)
class SendMedia(Command):
    """A file to upload (XEP-0363), whose address then goes to each recipient. `to`: stanza id -> bare JID, room, or room/nick;
    `gids`: the GroupIDs of the last two, by recipient. One command for all recipients, since the file may be large."""

    op: ClassVar[str] = "media"
    to: Mapping[str, str]
    type: str
    name: str
    data: bytes
    receipt: bool
    gids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FetchPicture(Command):
    """A link for the phone that may lead to a picture. The message `item` waits for the picture until this time (seconds since
    the epoch)."""

    op: ClassVar[str] = "fetch"
    item: str
    sender: str = field(metadata={"key": "from"})
    url: str
    until: float


@dataclass(frozen=True, slots=True)
class SendStanza(Command):
    """A stanza that the server must get. It leaves the outbox when the server has acknowledged it."""

    op: ClassVar[str] = "stanza"
    tree: Xml = field(metadata=AS_XML)


@dataclass(frozen=True, slots=True)
class SendReceipt(Command):
    """A delivery receipt (XEP-0184) for the message `id`."""

    op: ClassVar[str] = "receipt"
    to: str
    id: str


def outgoing(message_id: str, to: str, gid: str, body: str, receipt: bool, url: str = "", valid: int = 0) -> Command:
    """A message to a user, where `gid` is ""; else to a room, or to an occupant by room/nick. Rooms send no receipts."""
    if not gid:
        return SendMessage(message_id, to, body, receipt, url, valid)
    if "/" in to:
        return SendMessage(message_id, to, body, receipt, url, gid=gid)
    return SendGroupMessage(message_id, to, body, url, gid)
