"""The server's octets to xmpppy nodes, one stream document after another. Knows no meaning of any element."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from xmpp.protocol import Iq, Message, Presence
from xmpp.simplexml import Node

from onesoup.xmpp import namespaces

# Common servers take 256 KiB from a client. What they pass on can be six times that: they write an apostrophe as &apos;.
MAX_STANZA = 6 * 256 * 1024
MAX_DEPTH = 64
# A stanza above these limits is read over, in bounded memory. Where it goes on and on the stream ends after all.
MAX_SKIPPED = 16 * 1024 * 1024
MAX_SKIPPED_DEPTH = 100_000
# Expat keeps a tag until its end. Servers take stanzas of 512 KiB from each other, again written six times as long.
MAX_TAG = 6 * 512 * 1024
# An element costs thirty times the memory of its shortest tags: a stanza has at most one tag for so many bytes of its limit.
BYTES_PER_TAG = 12
# What is told of a stanza that is read over: what an answer to it needs.
KEPT_ATTRIBUTES = ("from", "to", "type", "id")
MAX_KEPT = 4096
# Expat begins a tag anew with each piece of it that comes in. A peer that sends a big one octet by octet would cost us
# seconds of processor time; so many octets may be looked at in vain for one stanza.
MAX_WASTE = 32 * 1024 * 1024
# Expat keeps each name that it has met, for eight bytes one: after so many bytes another one takes its place.
RENEW_AFTER = 1024 * 1024
# So much is parsed before the limits are looked at.
PIECE = 64 * 1024
NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


# Where the parser is when no stanza is open.
_BETWEEN, _OUTSIDE = -1, -2


class Header(dict[str, str]):
    """The attributes of an opening <stream:stream>. `opening` is one that gives prefixes the same meaning."""

    opening = b""


class End:
    """The closing </stream:stream>."""


class Broken(Exception):
    """The document breaks a rule; `condition` is the stream error to answer with. Nothing follows."""

    def __init__(self, condition: str, text: str) -> None:
        super().__init__(condition, text)
        self.condition, self.text = condition, text


Event: TypeAlias = Node | Header | End | Broken
# The octets of an element, and what they mean as a child of the stream.
Ready: TypeAlias = tuple[bytes, Node]
# Which stanzas are taken apart, and who gets their entries; see Parser.take_apart.
List: TypeAlias = tuple[Callable[[Node], bool], Callable[[Node], None]]


class _Node(Node):
    """A node as xmpppy would have built it, in a fifth of the time: what only its own parser needs is shared by all.

    Unlike in xmpppy's own, `to` and `from` are plain strings: its JID class raises on some addresses and keeps no rule of
    RFC 7622.
    """

    nsd = nsp_cache = MappingProxyType[str, str]({})
    parent = timestamp = None

    def getTag(self, name: str, attrs: Mapping[str, str] = NO_ATTRIBUTES, namespace: str | None = None) -> Node | None:
        """As xmpppy's, which makes a list of all to return the first: intake asks a message for ten kinds of children."""
        for kid in self.kids:
            if kid is None or kid.name != name:  # delChild leaves None in the place of a child
                continue
            if (not namespace or kid.namespace == namespace) and attrs.items() <= kid.attrs.items():
                return kid
        return None


class TooBig(_Node):
    """A stanza above a limit: its name and the attributes that an answer needs, and nothing of what is in it. Or an entry of a
    list above a limit: its name only."""


class _Iq(_Node, Iq):
    pass


class _Message(_Node, Message):
    pass


class _Presence(_Node, Presence):
    pass


_CLASSES: dict[str, type[Node]] = {
    f"{namespaces.CLIENT} iq": _Iq,
    f"{namespaces.CLIENT} message": _Message,
    f"{namespaces.CLIENT} presence": _Presence,
}
_STREAM_TAG = f"{namespaces.STREAM} stream"
STANZAS = frozenset({"message", "presence", "iq"})
# Expat's names of elements, taken apart. A server that makes names up costs a new start of this memory, no more.
_NAMES: dict[str, tuple[str, str]] = {}
MOST_NAMES = 4096


# Expat since 2.6, and older ones with its security fixes, puts off what ends within a tag: a short stanza that came in two
# packets would wait for the next one. Python from 3.11.9 can switch that off; others give expat nothing that ends within a tag.
WHOLE_TAGS = not hasattr(expat.ParserCreate(), "SetReparseDeferralEnabled")


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

    def __init__(self, whole_tags: bool = WHOLE_TAGS, ready: Ready | None = None, limit: int = MAX_STANZA) -> None:
        """`ready`: what the document may say word for word once more, and then is not read again."""
        self.ready = ready
        self._whole_tags, self._held = whole_tags, bytearray()
        self._events: list[Event] = []
        self._opening = b""
        self.limit = limit
        self._list: List | None = None
        self._done = False
        self._begin()

    def _begin(self) -> None:
        self._expat, self._opened, self._skip, self._apart = _reader(self._events, self.limit)
        self._apart(self._list)
        self._fed = self._waste = self._tags = self._began = 0
        self._long = False

    def _renew(self) -> None:
        """Another expat in the place of this one, between two stanzas."""
        _handle(self._expat, None, None, None)
        self._begin()
        events = self._events.copy()
        self._expat.Parse(self._opening, False)
        self._events[:] = events  # without the header
        self._fed = len(self._opening)

    def feed(self, data: bytes) -> list[Event]:
        """The elements that these octets complete, in order. A Broken is the last one."""
        if self._done:
            return []
        if len(data) > PIECE:
            pieces = (data[at : at + PIECE] for at in range(0, len(data), PIECE))
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

    def _past(self, ready: Ready, data: bytes) -> bytes:
        """What is left to read. An element that was read before in the same words is taken from memory, if it stands between
        others and not in one."""
        at = data.find(ready[0])
        if at < 0 or self._held:
            return data
        self.ready = None
        self._fed += at
        self._expat.Parse(data[:at], False)
        if self._opened() != _BETWEEN:
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
            if self._fed > RENEW_AFTER and began == _BETWEEN:
                self._renew()
            return
        self._long = tag > PIECE
        if began < 0:
            self._tags = 0
        else:
            self._check_stanza(data, began, at)
        if tag > MAX_TAG:
            raise Broken("policy-violation", "tag too big")
        if data:  # else it was held back, and nobody has looked at it
            self._waste = 0 if self._events else self._waste + tag
            if self._waste > MAX_WASTE:
                raise Broken("policy-violation", "too many small pieces")

    def _check_stanza(self, data: bytes, began: int, at: int) -> None:
        # What was parsed just now ends where what is held back begins.
        since = began - (self._fed - len(self._held) - len(data))
        self._tags = (self._tags if began == self._began else 0) + data.count(b"<", max(since, 0))
        self._began = began
        if self._fed - began > MAX_SKIPPED:
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
            _handle(self._expat, None, None, None)
        self._done, self._expat, self._list = True, None, None
        self._opened, self._skip, self._apart = _nothing, _nothing, _never


def _nothing() -> int:
    return _OUTSIDE


def _never(_list: object) -> None:
    pass


def _reader(
    events: list[Event], limit: int
) -> tuple[Any, Callable[[], int], Callable[[], object], Callable[[List | None], None]]:
    """A parser that puts what is complete into the list; a function that tells where the open stanza began, or that none is; one
    that reads over it; and one that takes lists apart. `limit`: the most bytes of a stanza.

    Its state is local variables, not attributes: the handlers run twelve times for one message.
    """
    # intern=None: a table of names for each stream costs memory and only ever grows with what the server sends.
    parser = expat.ParserCreate("utf-8", " ", intern=None)
    node: Node | None = None  # the element that is open
    around: list[Node] = []  # the ones that it is in; a child does not know its parent, or each stanza would be a ring of garbage
    depth = began = 0
    apart: List | None = None
    text: list[str] = []
    prefixes: list[tuple[str, str]] = []
    lang = f"{namespaces.XML} lang"
    new, names, known_class, deepest = object.__new__, _NAMES, _CLASSES.get, MAX_DEPTH

    def start(name: str, attrs: dict[str, str]) -> None:
        nonlocal node, depth, began
        depth += 1
        if node is None:
            if depth == 1:
                parser.StartNamespaceDeclHandler = None
                events.append(_header(name, attrs, prefixes))
                return
            began = parser.CurrentByteIndex
            kid: Any = new(known_class(name, _Node))
        else:
            if depth > deepest:
                skip()
                return
            kid = new(_Node)
            around.append(node)
            node.data.append("".join(text))
            node.kids.append(kid)
        if text:
            text.clear()
        kid.namespace, kid.name = names.get(name) or _taken_apart(name)
        if lang in attrs:  # as most servers write it into each stanza
            attrs["xml:lang"] = attrs.pop(lang)
        for each in attrs:
            if " " in each:
                attrs = _attributes(attrs)
                break
        kid.attrs, kid.data, kid.kids = attrs, [], []
        node = kid

    def end(_name: str) -> None:
        nonlocal node, depth
        depth -= 1
        if node is None:
            events.append(End())
            return
        if text:
            node.data.append("".join(text))
            text.clear()
        if depth > 1:
            node = around.pop()
            return
        events.append(node if parser.CurrentByteIndex - began <= limit else _too_big(node))
        node = None

    def is_list() -> bool:
        """Whether the stanza that is open is one whose entries are handed over."""
        return apart is not None and apart[0](around[0])

    def skip() -> None:
        """Reads over the stanza that is open, or the entry of a list. Most streams never come here, so what it needs is made
        here."""
        nonlocal node
        if parser.CharacterDataHandler is None:  # it is being read over
            return
        entry = len(around) > 1 and is_list()

        def deeper(_name: str, _attrs: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > MAX_SKIPPED_DEPTH:
                raise Broken("policy-violation", "elements nested too deep")

        def back(_name: str) -> None:
            nonlocal node, depth
            depth -= 1
            if depth == 3 and entry:
                _handle(parser, start, closing(), text.append)
                hand_over()
            elif depth == 1:
                events.append(node)
                node = None
                _handle(parser, start, closing(), text.append)

        if entry:
            node = around[1]
            node.kids[-1] = _nothing_of(node.kids[-1])
            del around[1:]
        else:
            node = _too_big(around[0] if around else node)
            around.clear()
        text.clear()
        _handle(parser, deeper, back, None)

    def declare(prefix: str | None, uri: str | None) -> None:
        prefixes.append((prefix or "", uri or ""))

    def opened() -> int:
        if node is not None:
            return began
        text.clear()  # white space between stanzas keeps the connection alive and is nobody's
        return _BETWEEN if depth else _OUTSIDE

    def end_apart(name: str) -> None:
        end(name)
        # Stream, stanza, payload: a child of the payload has ended.
        if depth == 3 and node is not None and node.kids:
            hand_over()

    def hand_over() -> None:
        """The last child of the payload that is open, where it is an entry of a list."""
        nonlocal began
        if apart is None or node is None or not is_list():
            return
        entry = node.kids.pop()
        apart[1](entry if parser.CurrentByteIndex - began <= limit else _nothing_of(entry))
        node.data.clear()
        began = parser.CurrentByteIndex

    def closing() -> Callable[[str], None]:
        return end if apart is None else end_apart

    def take_apart(list_: List | None) -> None:
        nonlocal apart
        apart = list_
        if parser.CharacterDataHandler is not None:  # else it follows what is being read over
            parser.EndElementHandler = closing()

    def refuse(*_: object) -> None:
        # RFC 6120 section 11.1: no comments, processing instructions, DTD, entity references other than the five.
        raise Broken("restricted-xml", "")

    if not WHOLE_TAGS:
        parser.SetReparseDeferralEnabled(False)
    _handle(parser, start, end, text.append)
    parser.StartNamespaceDeclHandler = declare  # until the document has begun
    parser.CommentHandler = parser.ProcessingInstructionHandler = parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = parser.SkippedEntityHandler = refuse
    return parser, opened, skip, take_apart


def _handle(parser: Any, opens: Any, closes: Any, says: Any) -> None:
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = opens, closes, says


@lru_cache(64)
def _opening(prefixes: tuple[tuple[str, str], ...]) -> bytes:
    """A stream with these prefixes. Streams of one server share it."""
    names = "".join(f" xmlns{':' * bool(prefix)}{prefix}={quoteattr(uri)}" for prefix, uri in prefixes)
    stream = next(prefix for prefix, uri in reversed(prefixes) if uri == namespaces.STREAM)
    return f"<{stream}{':' * bool(stream)}stream{names}>".encode()


def _too_big(node: Any) -> TooBig:
    """What is kept of a stanza that is read over. Anything else that large ends the stream."""
    if node.namespace != namespaces.CLIENT or node.name not in STANZAS:
        raise Broken("policy-violation", "element too big")
    kept = _nothing_of(node)
    kept.attrs = {name: node.attrs[name] for name in KEPT_ATTRIBUTES if 0 < len(node.attrs.get(name, "")) <= MAX_KEPT}
    return kept


def _nothing_of(node: Any) -> TooBig:
    """What is kept of an entry of a list: that there was one."""
    kept: TooBig = object.__new__(TooBig)
    kept.namespace, kept.name, kept.attrs, kept.data, kept.kids = node.namespace, node.name, {}, [], []
    return kept


def _header(name: str, attrs: dict[str, str], prefixes: list[tuple[str, str]]) -> Header:
    if name != _STREAM_TAG:
        raise Broken("invalid-namespace", "not a stream")
    header = Header(attrs)
    header.opening = _opening(tuple(prefixes))
    prefixes.clear()
    return header


def _taken_apart(name: str) -> tuple[str, str]:
    """Namespace and local name."""
    if len(_NAMES) >= MOST_NAMES:
        _NAMES.clear()
    namespace, _, local = name.rpartition(" ")
    _NAMES[name] = found = (namespace, local)
    return found


def _attributes(attrs: dict[str, str]) -> dict[str, str]:
    """Expat's names to the ones on the wire. Of attributes in a namespace only those of XML itself mean something here."""
    known = {name: value for name, value in attrs.items() if " " not in name}
    known.update(
        (f"xml:{name.rpartition(' ')[2]}", value) for name, value in attrs.items() if name.startswith(namespaces.XML + " ")
    )
    return known
