"""Commands about rooms, and requests to servers. A worker waits for the answer to each but JoinRoomLater."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from onesoup.xmpp.commands.record import AS_XML, Command
from onesoup.xmpp.xml import Xml


@dataclass(frozen=True, slots=True)
class AskServer(Command):
    """An iq whose answer the worker reads itself; `to` "" is the own account. Answered with ServerReply."""

    op: ClassVar[str] = "iq"
    to: str
    type: str
    tree: Xml = field(metadata=AS_XML)


@dataclass(frozen=True, slots=True)
class JoinRoom(Command):
    """Enters a room. `history`: how many earlier messages, with `characters` in all at most. `about`, `delivery` and `length`
    as in Room. Answered with RoomJoined."""

    op: ClassVar[str] = "join"
    room: str
    gid: str
    nick: str
    notice: bool = False
    private: bool = True
    password: str = ""
    history: int = 0
    characters: int = 0
    about: Mapping[str, str] = field(default_factory=dict)
    delivery: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True)
class JoinRoomLater(Command):
    """Enters a room after a while, unless the phone has done so by itself."""

    op: ClassVar[str] = "join-later"
    room: str
    gid: str
    nick: str
    password: str = ""


@dataclass(frozen=True, slots=True)
class LeaveRoom(Command):
    """Forgets a joined room; the presence that leaves it is a SendStanza. Answered with RoomLeft."""

    op: ClassVar[str] = "leave"
    room: str


@dataclass(frozen=True, slots=True)
class DestroyRoom(Command):
    """Answered with ServerReply."""

    op: ClassVar[str] = "destroy"
    room: str


@dataclass(frozen=True, slots=True)
class FetchRoomHistory(Command):
    """The last `most` messages that a joined room has kept (XEP-0313). Answered with RoomHistory."""

    op: ClassVar[str] = "history"
    room: str
    most: int


@dataclass(frozen=True, slots=True)
class ChangeRoomSettings(Command):
    """How the phone wants a joined room, as in Room. None: as it is."""

    op: ClassVar[str] = "room"
    room: str
    notice: bool | None = None
    private: bool | None = None
    delivery: str | None = None
    length: int | None = None
