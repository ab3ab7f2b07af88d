"""What the parts of a session may ask of one another. A part is given these and its state and store, never the whole session."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from xmpp.simplexml import Node

from onesoup.csp.session import Capabilities
from onesoup.store.session.holder_side import StreamChanges
from onesoup.xmpp.commands import Command, ShowPresence


class StanzaSender(Protocol):
    """Sends what nobody waits for."""

    def send(self, *nodes: Node) -> None:
        """Stanzas that may be lost with the stream. Does nothing while there is none."""


class IqClient(Protocol):
    """Asks XMPP servers and clients."""

    def request(self, iq: Node, timeout: float) -> Node:
        """Sends an iq and returns its answer, a result or an error. StreamFailure with kind "no-answer" after `timeout` seconds,
        and with kind "closed" when there is no stream or it ends meanwhile."""


class CommandStream(StanzaSender, IqClient, Protocol):
    """The stream as the outbox needs it: what is sent with a key is acknowledged under that key."""

    @property
    def open(self) -> bool:
        """Whether there is a stream on which something can be sent."""

    @property
    def unacked(self) -> Sequence[tuple[Any, bytes]]:
        """(key, bytes) of what the server has not acknowledged, oldest first; empty without a stream."""

    def transmit(self, *nodes: Node | bytes, key: bytes, before: Callable[[int], None]) -> None:
        """Sends; `before` is called with the number of the stanza that `key` stands for, just before it goes. StreamFailure."""


class SessionScheduler(Protocol):
    """When the holder looks at this session."""

    def check_by(self, when: float) -> None:
        """At `when` of the monotonic clock, seconds, at the latest."""

    def check_now(self) -> None:
        """With the holder's next turn."""


class ChangeWriter(Protocol):
    """Writes what came from the stream, and waits for a Redis that is away."""

    def store(self, changes: StreamChanges) -> None:
        """StoreDown after a long while. A session that is no longer ours is dropped."""


class Spelling(Protocol):
    """How addresses are written towards our server: it may have a domain in Punycode."""

    def spelled(self, jid: str) -> str:
        """A bare JID as our server has it."""

    def spellings(self, jid: str) -> list[str]:
        """That, and the other ways to write it, most likely first."""


class OwnPresenceView(Protocol):
    """What everybody sees of the phone."""

    @property
    def now(self) -> Mapping[str, Any] | None:
        """None before the phone has been seen."""


# --- what commands of the outbox are carried out with ---


class OutboxStream(CommandStream, Protocol):
    """The stream as command handlers need it."""

    def new_id(self) -> str:
        """An id that no other stanza of this stream has."""


class RoomEntry(Protocol):
    """Rooms that are being entered again."""

    def settled(self, room: str, within: float) -> None:
        """Waits until the room has been entered, `within` seconds at most."""


class LoginRooms(Protocol):
    """Rooms that the user is in after each log-in."""

    def enter_by_itself(self) -> None:
        """Enters them."""


class BlockRules(Protocol):
    """The block and grant lists, which are remembered."""

    def rules_changed(self) -> None:
        """They are read again."""


class OwnPresenceControl(OwnPresenceView, Protocol):
    """Changes what everybody sees of the phone."""

    def show(self, command: ShowPresence) -> None:
        """Broadcasts presence unless it is what everybody has got. StreamFailure."""

    def interested(self, subscribed: bool, asked: Iterable[str]) -> None:
        """The subscriptions may have changed, or these attributes are asked for. Sends initial presence. StreamFailure."""

    def go_online_by_itself(self) -> bool:
        """Initial presence, if it has not been sent. False when it is left for later."""


class VcardPublisher(Protocol):
    """Publications that take more than one stanza. Both raise StreamFailure."""

    def picture(self, octets: bytes) -> None:
        """The phone's picture; b"" shows none."""

    def details(self, text: str) -> None:
        """What the text of a vCard says, in the account's vCard."""


class CommandAnswerer(Protocol):
    """Carries out commands that a worker waits for."""

    def answer(self, command: Command) -> bytes:
        """The packed answer. Raises nothing."""


class ContactQueries(Protocol):
    """What contacts do not announce."""

    def together(self, cards: Iterable[str], pictures: Iterable[str], within: float) -> tuple[dict[str, str], dict[str, str]]:
        """vCards and names of pictures, by JID, as far as they come in `within` seconds."""


class SessionControl(Protocol):
    """The session as its own commands need it."""

    def accept(self, caps: Capabilities) -> None:
        """What the phone takes has changed."""

    def wants_notices(self, types: list[str]) -> None:
        """What the phone is told by Notification-Request has changed."""

    def end(self, code: int, polite: bool, sid: str | None = None) -> None:
        """Ends the session, with `sid` only if that is still its id."""
