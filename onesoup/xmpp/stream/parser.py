"""The server's octets to xmpppy nodes, one stream document after another. Knows no meaning of any element."""

from collections.abc import Callable
from typing import TypeAlias
from xml.parsers import expat

from xmpp.simplexml import Node

from onesoup.xmpp.stream.document_reader import BETWEEN_STANZAS, WHOLE_TAGS, EntryTaker
from onesoup.xmpp.stream.documents import OpenDocument, leave_document, take_document
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

# So much is parsed before the limits are looked at.
PARSED_AT_ONCE_BYTES = 64 * 1024

# The octets of an element, and what they mean as a child of the stream.
KnownElement: TypeAlias = tuple[bytes, Node]


class Parser:
    """One stream document. `feed` returns what is complete; after a Broken or an End it returns nothing more.

    A stanza that is larger than `limit` bytes, has too many elements or is nested too deep comes as a TooBig.
    """

    __slots__ = (
        "_began",
        "_document",
        "_done",
        "_held",
        "_list",
        "_long",
        "_opening",
        "_tags",
        "_waste",
        "_whole_tags",
        "limit",
        "ready",
    )

    def __init__(
        self, whole_tags: bool = WHOLE_TAGS, ready: tuple[KnownElement, ...] = (), limit: int = MAX_STANZA_BYTES
    ) -> None:
        """`ready`: what the document may say word for word once more, in this order, and then is not read again."""
        self.ready, self.limit = ready, limit
        self._whole_tags, self._held = whole_tags, bytearray()
        self._opening = b""
        self._list: EntryTaker | None = None
        # None between two stanzas, and at the end.
        self._document: OpenDocument | None = OpenDocument(limit)
        self._waste = self._tags = self._began = 0
        self._long = self._done = False

    def feed(self, data: bytes) -> list[StreamEvent]:
        """The elements that these octets complete, in order. A Broken is the last one."""
        if self._done:
            return []
        if len(data) > PARSED_AT_ONCE_BYTES:
            pieces = (data[at : at + PARSED_AT_ONCE_BYTES] for at in range(0, len(data), PARSED_AT_ONCE_BYTES))
            return [event for piece in pieces for event in self.feed(piece)]
        document, between = self._document or self._taken(), False
        try:
            between = self._parse(document, data)
        except Broken as broken:
            document.events.append(broken)
        except expat.ExpatError as error:
            # Expat's own words name a position, never content.
            document.events.append(Broken("not-well-formed", str(error)))
        events = document.events.copy()
        document.events.clear()
        if not self._opening and events and isinstance(events[0], Header):
            self._opening = events[0].opening
        if events and isinstance(events[-1], End | Broken):
            self._done = True
        elif between and self._list is None and self._document is document:  # and was not closed meanwhile
            leave_document(document, self._opening, self.limit)
            self._document = None
        return events

    def _taken(self) -> OpenDocument:
        self._document = document = take_document(self._opening, self.limit)
        if self._list is not None:
            document.apart(self._list)
        return document

    def _parse(self, document: OpenDocument, data: bytes) -> bool:
        """Whether it stands between two stanzas then."""
        if self.ready:
            data = self._past(document, data)
        document.fed += len(data)
        if self._whole_tags or self._long:
            data = self._whole(data)
        document.expat.Parse(data, False)
        return self._check(document, data)

    def _past(self, document: OpenDocument, data: bytes) -> bytes:
        """What is left to read. An element that was read before in the same words is taken from memory, if it stands between
        others and not in one."""
        while self.ready and not self._held:
            words, element = self.ready[0]
            at = data.find(words)
            if at < 0:
                break
            self.ready = self.ready[1:]
            document.fed += at
            document.expat.Parse(data[:at], False)
            data = data[at:]
            if document.opened() != BETWEEN_STANZAS:
                break
            document.events.append(element)
            data = data[len(words) :]
        return data

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

    def _check(self, document: OpenDocument, data: bytes) -> bool:
        """What is begun and not complete has limits too. Whether nothing is."""
        # Where expat's last token began, if that is not complete; else where the next one will.
        at = document.expat.CurrentByteIndex
        began, tag = document.opened(), document.fed - at
        if tag == 0 and began < 0:
            self._tags = self._waste = 0
            self._long = False
            return began == BETWEEN_STANZAS
        self._long = tag > PARSED_AT_ONCE_BYTES
        if began < 0:
            self._tags = 0
        else:
            self._check_stanza(document, data, began, at)
        if tag > MAX_TAG_BYTES:
            raise Broken("policy-violation", "tag too big")
        if data:  # else it was held back, and expat has not seen it
            self._waste = 0 if document.events else self._waste + tag
            if self._waste > MAX_REPARSED_BYTES:
                raise Broken("policy-violation", "too many small pieces")
        return False

    def _check_stanza(self, document: OpenDocument, data: bytes, began: int, at: int) -> None:
        # What was parsed just now ends where what is held back begins.
        since = began - (document.fed - len(self._held) - len(data))
        self._tags = (self._tags if began == self._began else 0) + data.count(b"<", max(since, 0))
        self._began = began
        if document.fed - began > MAX_SKIPPED_BYTES:
            raise Broken("policy-violation", "stanza too big")
        if at - began > self.limit or self._tags > self.limit // BYTES_PER_TAG:
            document.skip()

    def take_apart(self, of: Callable[[Node], bool] | None, take: Callable[[Node], None]) -> None:
        """The children of the payload of such a stanza are given to `take` one by one, as they end, and are not in the stanza: it
        may have any number of them, and each counts against the limits alone: one above them comes as a TooBig. `take` must not
        raise. None: never again."""
        if self._done:
            return
        self._list = None if of is None else (of, take)
        if self._document is not None:
            self._document.apart(self._list)

    def close(self) -> None:
        """Nothing is read any more."""
        if self._document is not None:
            self._document.close()
        self._done, self._document, self._list = True, None, None
