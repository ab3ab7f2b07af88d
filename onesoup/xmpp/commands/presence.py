"""Commands that show something of the user: presence, and what is published beside it."""

from dataclasses import astuple, dataclass, field
from typing import ClassVar

from onesoup.csp.places import Place
from onesoup.csp.presence import Published
from onesoup.xmpp import caps
from onesoup.xmpp.availability import SHOW_BY_AVAILABILITY
from onesoup.xmpp.commands.record import AS_TUPLE, Command

AS_PLACE = {"write": lambda place: list(astuple(place)), "read": lambda values: Place(*values)}


@dataclass(frozen=True, slots=True)
class ShowPresence(Command):
    """One broadcast (xmpp-mapping.md 5.1), and what whoever asks is told: the kind of client, the clock's distance from UTC, the
    model."""

    op: ClassVar[str] = "presence"
    show: str | None = None
    status: str | None = None
    priority: int | None = None
    lang: str | None = None
    kind: str | None = None
    zone: str | None = None
    model: str | None = None

    @classmethod
    def of(cls, published: Published) -> "ShowPresence":
        """Offline by wish is xa: unavailable would lose messages to the bare address."""
        return cls(
            SHOW_BY_AVAILABILITY.get(published.availability) if published.online else "xa",
            published.text or None,
            0 if published.im else -1,
            published.language,
            caps.kind_of(published.client_type),
            published.zone,
            published.model,
        )


@dataclass(frozen=True, slots=True)
class GoOnline(Command):
    """Initial presence, unless it has been sent. `interests`: the subscriptions of the session may have changed; `asked`: it
    asks for these attributes from time to time."""

    op: ClassVar[str] = "online"
    interests: bool = False
    asked: tuple[str, ...] = field(default=(), metadata=AS_TUPLE)


@dataclass(frozen=True, slots=True)
class GoOnlineSoon(Command):
    """Initial presence after a few seconds, unless the phone publishes its own before. Enters the rooms of each log-in."""

    op: ClassVar[str] = "soon"


@dataclass(frozen=True, slots=True)
class PublishMood(Command):
    """PEP mood; "" withdraws it."""

    op: ClassVar[str] = "mood"
    value: str


@dataclass(frozen=True, slots=True)
class PublishNick(Command):
    """PEP nick; "" withdraws it."""

    op: ClassVar[str] = "nick"
    value: str


@dataclass(frozen=True, slots=True)
class PublishLocation(Command):
    """PEP location; NOWHERE withdraws it."""

    op: ClassVar[str] = "place"
    value: Place = field(metadata=AS_PLACE)


@dataclass(frozen=True, slots=True)
class PublishAvatar(Command):
    """The phone's own picture; b"" withdraws it."""

    op: ClassVar[str] = "avatar"
    data: bytes


@dataclass(frozen=True, slots=True)
class PublishContactInfo(Command):
    """Details for the account's vCard, as the text of a vCard."""

    op: ClassVar[str] = "card"
    text: str
