"""The server's octets to xmpppy nodes, one stream document after another. Knows no meaning of any element."""

from collections.abc import Callable
from typing import TypeAlias
from xml.parsers import expat

from xmpp.simplexml import Node

from onesoup.xmpp.stream.document_reader import (
    BETWEEN_STANZAS,
    OUTSIDE_STREAM,
    WHOLE_TAGS,
    EntryTaker,
    document_reader,
    set_handlers,
)
from onesoup.xmpp.stream.events import Broken, End, Header, StreamEvent

# Common servers take 256 KiB from a client. What they pass on can be six times that: they write an apostrophe as &apos;.
MAX_STANZA_BYTES = 6 * 256 * 1024

# A stanza above these limits is read over, in bounded memory. Where it goes on and on the stream ends after all.
MAX_SKIPPED_BYTES = 16 * 1024 * 1024

# Expat keeps a tag until its end. Servers take stanzas of 512 KiB from each other, again written six times as long.
MAX_TAG_BYTES = 6 * 512 * 1024

# An element costs thirty times the memory of its shortest tags: a stanza has at most one tag for so many bytes of its limit.
BYTES_PER_TAG = 12

# Expat begins a tag anew with each piece of it that comes in. A peer that sends a big one octet by octet would cost us
# seconds of processor time; so many octets may be looked at in vain for one stanza.
MAX_REPARSED_BYTES = 32 * 1024 * 1024

# Expat keeps each name that it has met, for eight bytes one: after so many bytes another one takes its place.
RENEW_AFTER_BYTES = 1024 * 1024

# So much is parsed before the limits are looked at.
PARSED_AT_ONCE_BYTES = 64 * 1024

# The octets of an element, and what they mean as a child of the stream.
KnownElement: TypeAlias = tuple[bytes, Node]


class Parser:
    """One stream document. `feed` returns what is complete; after a Broken or an End it returns nothing more.

    A stanza that is larger than `limit` bytes, has too many elements or is nested too deep comes as a TooBig.
    """

    __slots__ = (
        "_apart",
        "_began",
        "_done",
        "_events",
        "_expat",
        "_fed",
        "_held",
        "_list",
        "_long",
        "_opened",
        "_opening",
        "_skip",
        "_tags",
        "_waste",
        "_whole_tags",
        "limit",
        "ready",
    )

    def __init__(self, whole_tags: bool = WHOLE_TAGS, ready: KnownElement | None = None, limit: int = MAX_STANZA_BYTES) -> None:
        """`ready`: what the document may say word for word once more, and then is not read again."""
        self.ready = ready
        self._whole_tags, self._held = whole_tags, bytearray()
        self._events: list[StreamEvent] = []
        self._opening = b""
        self.limit = limit
        self._list: EntryTaker | None = None
        self._done = False
        self._begin()

    def _begin(self) -> None:
        self._expat, self._opened, self._skip, self._apart = document_reader(self._events, self.limit)
        self._apart(self._list)
        self._fed = self._waste = self._tags = self._began = 0
        self._long = False

    def _renew(self) -> None:
        """Another expat in the place of this one, between two stanzas."""
        set_handlers(self._expat, None, None, None)
        self._begin()
        events = self._events.copy()
        self._expat.Parse(self._opening, False)
        self._events[:] = events  # without the header
        self._fed = len(self._opening)

    def feed(self, data: bytes) -> list[StreamEvent]:
        """The elements that these octets complete, in order. A Broken is the last one."""
        if self._done:
            return []
        if len(data) > PARSED_AT_ONCE_BYTES:
            pieces = (data[at : at + PARSED_AT_ONCE_BYTES] for at in range(0, len(data), PARSED_AT_ONCE_BYTES))
            return [event for piece in pieces for event in self.feed(piece)]
        try:
            if self.ready is not None:
                data = self._past(self.ready, data)
            self._fed += len(data)
            if self._whole_tags or self._long:
                data = self._whole(data)
            self._expat.Parse(data, False)
            self._check(data)
        except Broken as broken:
            self._events.append(broken)
        except expat.ExpatError as error:
            # Expat's own words name a position, never content.
            self._events.append(Broken("not-well-formed", str(error)))
        events = self._events.copy()
        self._events.clear()
        if not self._opening and events and isinstance(events[0], Header):
            self._opening = events[0].opening
        if events and isinstance(events[-1], End | Broken):
            self._done = True
        return events

    def _past(self, ready: KnownElement, data: bytes) -> bytes:
        """What is left to read. An element that was read before in the same words is taken from memory, if it stands between
        others and not in one."""
        at = data.find(ready[0])
        if at < 0 or self._held:
            return data
        self.ready = None
        self._fed += at
        self._expat.Parse(data[:at], False)
        if self._opened() != BETWEEN_STANZAS:
            return data[at:]
        self._events.append(ready[1])
        return data[at + len(ready[0]) :]

    def _whole(self, data: bytes) -> bytes:
        """What has come, but for a tag that has begun and does not end yet: that is held back."""
        held = self._held
        if held or self._long:
            held += data
            if b">" not in data:
                return b""
            data = bytes(held)
            held.clear()
        begun = data.rfind(b"<")
        if self._whole_tags and begun > data.rfind(b">"):
            held += data[begun:]
            return data[:begun]
        return data

    def _check(self, data: bytes) -> None:
        """What is begun and not complete has limits too."""
        # Where expat's last token began, if that is not complete; else where the next one will.
        at = self._expat.CurrentByteIndex
        began, tag = self._opened(), self._fed - at
        if tag == 0 and began < 0:
            self._tags = self._waste = 0
            self._long = False
            if self._fed > RENEW_AFTER_BYTES and began == BETWEEN_STANZAS:
                self._renew()
            return
        self._long = tag > PARSED_AT_ONCE_BYTES
        if began < 0:
            self._tags = 0
        else:
            self._check_stanza(data, began, at)
        if tag > MAX_TAG_BYTES:
            raise Broken("policy-violation", "tag too big")
        if data:  # else it was held back, and expat has not seen it
            self._waste = 0 if self._events else self._waste + tag
            if self._waste > MAX_REPARSED_BYTES:
                raise Broken("policy-violation", "too many small pieces")

    def _check_stanza(self, data: bytes, began: int, at: int) -> None:
        # What was parsed just now ends where what is held back begins.
        since = began - (self._fed - len(self._held) - len(data))
        self._tags = (self._tags if began == self._began else 0) + data.count(b"<", max(since, 0))
        self._began = began
        if self._fed - began > MAX_SKIPPED_BYTES:
            raise Broken("policy-violation", "stanza too big")
        if at - began > self.limit or self._tags > self.limit // BYTES_PER_TAG:
            self._skip()

    def take_apart(self, of: Callable[[Node], bool] | None, take: Callable[[Node], None]) -> None:
        """The children of the payload of such a stanza are given to `take` one by one, as they end, and are not in the stanza: it
        may have any number of them, and each counts against the limits alone: one above them comes as a TooBig. `take` must not
        raise. None: never again."""
        if not self._done:
            self._list = None if of is None else (of, take)
            self._apart(self._list)

    def close(self) -> None:
        """Frees the parser at once; its handlers and it refer to each other."""
        if self._expat is not None:
            set_handlers(self._expat, None, None, None)
        self._done, self._expat, self._list = True, None, None
        self._opened, self._skip, self._apart = _nothing, _nothing, _never


def _nothing() -> int:
    return OUTSIDE_STREAM


def _never(_list: object) -> None:
    pass
