"""Gives the parts of a session the interfaces that XmppSession does not implement yet."""

# until the session is cut: connection.py will implement RoomStream

from collections.abc import Callable

from xmpp.simplexml import Node

from onesoup.xmpp.stream import Stream, StreamFailure


class SessionStream:
    """Implements RoomStream with the stream that the session has at the moment."""

    def __init__(self, current: Callable[[], Stream | None], send: Callable[..., None]) -> None:
        self._current, self._send = current, send

    @property
    def open(self) -> bool:
        """Whether there is a stream on which something can be sent."""
        stream = self._current()
        return stream is not None and stream.open

    def send(self, *nodes: Node) -> None:
        """Stanzas that may be lost with the stream."""
        self._send(*nodes)

    def transmit(self, *nodes: Node) -> None:
        """StreamFailure when the stanzas cannot be sent."""
        self._open_stream().send(*nodes)

    def request(self, iq: Node, timeout: float) -> Node:
        """Sends an iq and returns its answer. StreamFailure."""
        return self._open_stream().request(iq, timeout)

    def _open_stream(self) -> Stream:
        stream = self._current()
        if stream is None or not stream.open:
            raise StreamFailure("closed", "no-stream")
        return stream
