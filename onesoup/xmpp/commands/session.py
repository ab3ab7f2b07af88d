"""Commands about the session itself."""

from dataclasses import dataclass, field
from typing import ClassVar

from onesoup.xmpp.commands.record import AS_TUPLE, Command


@dataclass(frozen=True, slots=True)
class ReloadCapabilities(Command):
    """The phone has negotiated: what it takes may have changed."""

    op: ClassVar[str] = "limits"


@dataclass(frozen=True, slots=True)
class SetNotices(Command):
    """What the phone wants to be told by Notification-Request."""

    op: ClassVar[str] = "notices"
    types: tuple[str, ...] = field(metadata=AS_TUPLE)


@dataclass(frozen=True, slots=True)
class LogOut(Command):
    """The phone has logged out: the session ends when the messages ahead of this are on their way."""

    op: ClassVar[str] = "logout"
