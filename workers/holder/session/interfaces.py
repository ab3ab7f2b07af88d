"""What the parts of a session may ask of one another. A part gets some of these, the state and the store, never the session."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from xmpp.simplexml import Node

from onesoup.csp.groups import Room
from onesoup.csp.lists import Item
from onesoup.csp.session import Capabilities
from onesoup.store.session.contacts import ContactRecord
from onesoup.store.session.stream_changes import StreamChanges
from onesoup.xmpp.commands import Command, ShowPresence
from onesoup.xmpp.stream import Stream
from workers.holder.session.inbound_batch import InboundBatch, SentMessage


class StanzaSender(Protocol):
    """Sends stanzas that may be lost."""

    def send(self, *nodes: Node) -> None:
        """Sends stanzas that may be lost with the stream. Does nothing while there is no stream."""


class StanzaWriter(StanzaSender, Protocol):
    """Sends, and says when that fails."""

    @property
    def open(self) -> bool:
        """Whether there is a stream on which something can be sent."""

    def transmit(self, *nodes: Node) -> None:
        """StreamFailure when nothing can be sent."""


class IqClient(Protocol):
    """Asks XMPP servers and clients."""

    def request(self, iq: Node, timeout: float) -> Node:
        """Sends an iq and returns its answer, a result or an error. StreamFailure with kind "no-answer" after `timeout` seconds,
        and with kind "closed" when there is no stream or it ends before the answer."""

    def new_id(self) -> str:
        """An id that no other stanza of the stream has. StreamFailure without a stream."""


class CommandStream(StanzaWriter, IqClient, Protocol):
    """The stream as the outbox needs it: what is sent with a key is acknowledged under that key."""

    @property
    def unacked(self) -> Sequence[tuple[Any, bytes]]:
        """(key, bytes) of what the server has not acknowledged, oldest first; empty without a stream."""

    def transmit(self, *nodes: Node | bytes, key: bytes | None = None, before: Callable[[int], None] | None = None) -> None:
        """Sends; `before` is called with the number of the stanza that `key` stands for, just before it goes. StreamFailure."""


@dataclass(frozen=True, slots=True)
class ReceivedStanzas:
    """The stanzas of one read. `nodes` is empty when the read brought nothing but answers to requests."""

    nodes: list[Node]
    # How many stanzas of the stream are handled once these are stored; None when the server does not count them.
    handled: int | None
    # Whether these may have been read before: the stream was resumed a short while ago.
    repeated: bool
    # Sends answers on the stream from which the stanzas came; they may be lost with it.
    reply: Callable[..., None]


class StreamListener(Protocol):
    """What a connection tells its session."""

    def stream_opened(self, stream: Stream) -> None:
        """A stream is connected and being read, but not in use yet: what it needs before is done here. What this raises closes
        the stream again."""

    def stream_ready(self, fresh: bool) -> None:
        """The stream is in use. `fresh`: it is a new one, and not an earlier one resumed."""

    def stanzas_received(self, received: ReceivedStanzas) -> None:
        """They count as handled when this returns. StoreDown ends the stream, so that the server sends them again."""

    def stanzas_acknowledged(self, keys: list[bytes]) -> None:
        """The server has what was sent with these keys."""

    def give_up_stanza(self, largest: bool) -> bytes | None:
        """The server closed the stream over a stanza that we sent: the oldest that it has not acknowledged, or the largest. It is
        not sent again, and the phone is told. Returns its bytes; None when there is none to give up."""

    def stream_lost(self) -> None:
        """The stream has ended, and the server or the credentials allow no other."""

    def session_taken(self) -> None:
        """The store says that the session is another holder's, or gone."""


class SessionScheduler(Protocol):
    """When the holder checks this session."""

    def check_by(self, when: float) -> None:
        """The holder checks the session at `when` of the monotonic clock, seconds, or earlier."""

    def check_now(self) -> None:
        """The holder checks the session with its next turn."""


class ChangeWriter(Protocol):
    """Writes what came from the stream, and waits for a Redis that is away."""

    def store(self, changes: StreamChanges) -> None:
        """StoreDown after some 20 seconds. A session that is no longer ours is dropped."""


class Spelling(Protocol):
    """How addresses are written towards our server: it may have a domain in Punycode."""

    def spelled(self, jid: str) -> str:
        """A bare JID as our server has it."""

    def spellings(self, jid: str) -> list[str]:
        """A bare JID as our server has it, then the other ways to write it, the most likely first."""


class OwnPresenceView(Protocol):
    """The presence of the phone that others see."""

    @property
    def now(self) -> dict[str, Any] | None:
        """The fields of the presence; None before the first one was sent."""

    @property
    def settled(self) -> bool:
        """Whether the flood of first presences, which follows the phone's own, is over."""


class ContactFacts(Protocol):
    """What inbound stanzas look up about contacts, and what they report."""

    def kept(self, jids: list[str]) -> dict[str, ContactRecord]:
        """What is stored of these contacts, by bare JID."""

    def item(self, jid: str) -> Item | None:
        """The roster item of a contact."""

    def granted(self, jid: str) -> bool:
        """Whether the user has granted presence to this contact in advance."""

    def waits(self, jid: str) -> bool:
        """Whether this contact has asked for presence, and the user has not decided yet."""

    def written(self, stanza_id: str) -> SentMessage | None:
        """The message with this id, if the phone sent it a short while ago."""

    def wrote_to(self, jid: str) -> bool:
        """Whether the phone has sent this contact a message a short while ago."""

    def blocks(self, jid: str) -> bool:
        """Whether the user has blocked this contact by name."""

    def refuses(self, jid: str) -> bool:
        """Whether the user does not want to hear from this contact: it is blocked, or not in a grant list that is in use."""

    def blocked(self, kind: str, jids: list[str]) -> None:
        """The server has pushed a change of its block list. `kind` is block or unblock; unblock without `jids` means all."""

    def lists_changed(self, items: Mapping[str, Item | None]) -> list[str]:
        """Tokens of the contact lists that another client changes with this roster push; empty when the phone does not want to
        be told. None stands for an item that is removed."""

    def asks(self, jid: str, note: str) -> None:
        """This contact asks for presence, and waits for the user's decision."""


class ContactRules(Protocol):
    """Whom the user does not want to hear, by the block and grant lists of the account."""

    def blocks(self, jid: str) -> bool:
        """Whether the user has blocked this address by name."""

    def refuses(self, jid: str) -> bool:
        """Whether the user does not want to hear from this contact."""

    def refuses_in(self, room: str, nick: str, jid: str, private: bool = False) -> bool:
        """As refuses(), of an occupant of a room. `jid` is "" where the room does not show it. The grant list counts only for
        private messages."""


class RoomStanzas(Protocol):
    """What inbound stanzas ask of the session's rooms."""

    def find(self, jid: str) -> Room | None:
        """The room with this bare JID, if the phone is in it or about to enter it."""

    def take_stanzas(self, nodes: list[Node], batch: InboundBatch) -> list[Node]:
        """Reads the stanzas that come from rooms, and returns the others."""

    def deliver_placeholder(self, sender: str, batch: InboundBatch) -> None:
        """A message to the whole room was too big to read: the phone is told that there was one."""

    def subscription_answered(self, jid: str, accepted: bool, batch: InboundBatch) -> None:
        """A contact has answered the user's request for presence, which may have been an invitation."""


class RoomStream(StanzaWriter, IqClient, Protocol):
    """The stream as rooms need it."""


# --- what commands of the outbox are carried out with ---


class RoomEntry(Protocol):
    """Rooms that are being entered again."""

    def wait_until_entered(self, room: str, within: float) -> None:
        """Waits until the room has been entered, `within` seconds at most."""


class LoginRooms(Protocol):
    """Rooms that the user is in after each log-in."""

    def join_automatic(self) -> None:
        """Enters them."""


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

    def drop(self) -> None:
        """Lets the session go: another holder has it."""
