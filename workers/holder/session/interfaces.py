"""What the parts of a session may ask of one another. A part gets some of these, the state and the store, never the session."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from xmpp.simplexml import Node

from onesoup.store.session.holder_side import StreamChanges
from onesoup.xmpp.stream import Stream


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
