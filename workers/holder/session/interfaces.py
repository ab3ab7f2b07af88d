"""What the parts of a session may ask of one another. A part is given these and its state and store, never the whole session."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from xmpp.simplexml import Node

from onesoup.store.session.holder_side import StreamChanges


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
