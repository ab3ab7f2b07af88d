"""Expat in the middle of a stream's document, and those that no stream needs at the moment.

Between two stanzas expat knows nothing of a stream but the prefixes of its opening tag. So it can go on with any stream that has
the same prefixes, and a stream at rest has none of its own: 14 KB less for each (python -m bench memory).
"""

from typing import Any

from onesoup.xmpp.stream.document_reader import document_reader, set_handlers
from onesoup.xmpp.stream.events import StreamEvent

# Expat keeps each name that it has met, for eight bytes one: after so many bytes another one takes its place.
RENEW_AFTER_BYTES = 1024 * 1024

# Servers know two or three ways to open a stream. One that makes ways up costs a new start of this memory, no more.
MAX_OPENINGS = 64


class OpenDocument:
    """Expat with its handlers. `fed` counts the bytes that it has got; what it finds complete is added to `events`."""

    __slots__ = ("apart", "events", "expat", "fed", "opened", "skip")

    def __init__(self, limit: int, opening: bytes = b"") -> None:
        """`limit`: the most bytes of a stanza. `opening`: the tag with which the document has begun."""
        self.events: list[StreamEvent] = []
        self.expat: Any
        self.expat, self.opened, self.skip, self.apart = document_reader(self.events, limit)
        self.fed = len(opening)
        if opening:
            self.expat.Parse(opening, False)
            self.events.clear()  # the header is known

    def close(self) -> None:
        """Frees expat at once; its handlers and it refer to each other."""
        set_handlers(self.expat, None, None, None)


# (opening tag, limit) -> a document between two stanzas.
_AT_REST: dict[tuple[bytes, int], OpenDocument] = {}


def take_document(opening: bytes, limit: int) -> OpenDocument:
    """A document that began like this, between two stanzas; nobody else has it until `leave_document`."""
    return _AT_REST.pop((opening, limit), None) or OpenDocument(limit, opening)


def leave_document(document: OpenDocument, opening: bytes, limit: int) -> None:
    """Its stream needs it no more. It stands between two stanzas, and its `events` were taken."""
    if document.fed > RENEW_AFTER_BYTES or (opening, limit) in _AT_REST:
        document.close()
        return
    if len(_AT_REST) >= MAX_OPENINGS:
        for _ in range(len(_AT_REST)):
            _AT_REST.popitem()[1].close()
    _AT_REST[opening, limit] = document
