"""The server's octets to xmpppy nodes, one stream document after another. Knows no meaning of any element."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias
from xml.parsers import expat

from xmpp.protocol import Iq, Message, Presence
from xmpp.simplexml import Node

from onesoup.xmpp.stream import ns

# RFC 6120 section 13.12 lets us refuse what is bigger; 256 KiB is what common servers allow their own clients.
MAX_STANZA = 256 * 1024
MAX_DEPTH = 64
# Expat begins a tag anew with each piece of it that comes in. A peer that sends a big one octet by octet would cost us
# seconds of processor time; so many octets may be looked at in vain for one stanza.
MAX_WASTE = 16 * 1024 * 1024
NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


# Where the parser is when no stanza is open.
_BETWEEN, _OUTSIDE = -1, -2


class Header(dict[str, str]):
    """The attributes of an opening <stream:stream>."""


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


class _Iq(_Node, Iq):
    pass


class _Message(_Node, Message):
    pass


class _Presence(_Node, Presence):
    pass


_CLASSES: dict[str, type[Node]] = {f"{ns.CLIENT} iq": _Iq, f"{ns.CLIENT} message": _Message, f"{ns.CLIENT} presence": _Presence}
_STREAM_TAG = f"{ns.STREAM} stream"
# Expat's names of elements, taken apart. A server that makes names up costs a new start of this memory, no more.
_NAMES: dict[str, tuple[str, str]] = {}
MOST_NAMES = 4096


# Expat since 2.6, and older ones with its security fixes, puts off what ends within a tag: a short stanza that came in two
# packets would wait for the next one. Python from 3.11.9 can switch that off; others give expat nothing that ends within a tag.
WHOLE_TAGS = not hasattr(expat.ParserCreate(), "SetReparseDeferralEnabled")


class Parser:
    """One stream document. `feed` returns what is complete; after a Broken or an End it returns nothing more."""

    __slots__ = ("_apart", "_done", "_events", "_expat", "_fed", "_held", "_open", "_waste", "ready")

    def __init__(self, whole_tags: bool = WHOLE_TAGS, ready: Ready | None = None) -> None:
        """`ready`: what the document may say word for word once more, and then is not read again."""
        self.ready = ready
        self._held: list[bytes] | None = [] if whole_tags else None
        self._events: list[Event] = []
        self._expat, self._open, self._apart = _expat(self._events)
        self._fed = self._waste = 0
        self._done = False

    def feed(self, data: bytes) -> list[Event]:
        """The elements that these octets complete, in order. A Broken is the last one."""
        if self._done:
            return []
        try:
            if self.ready is not None:
                data = self._past(self.ready, data)
            self._fed += len(data)
            if self._held is not None:
                data = self._whole(self._held, data)
            self._expat.Parse(data, False)
            self._limit()
        except Broken as broken:
            self._events.append(broken)
        except expat.ExpatError as error:
            # Expat's own words name a position, never content.
            self._events.append(Broken("not-well-formed", str(error)))
        events = self._events.copy()
        self._events.clear()
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
        if self._open() != _BETWEEN:
            return data[at:]
        self._events.append(ready[1])
        return data[at + len(ready[0]) :]

    def _whole(self, held: list[bytes], data: bytes) -> bytes:
        """What has come, but for a tag that has begun and does not end yet: that is held back."""
        if held:
            held.append(data)
            if b">" not in data:
                return b""
            data = b"".join(held)
            held.clear()
        begun = data.rfind(b"<")
        if begun > data.rfind(b">"):
            held.append(data[begun:])
            return data[:begun]
        return data

    def _limit(self) -> None:
        """What is begun and not complete has limits too."""
        # Where expat's last token began, or the one that is not complete.
        at = max(self._expat.CurrentByteIndex, 0)
        began = self._open()
        if self._fed - (at if began < 0 else began) > MAX_STANZA:
            raise Broken("policy-violation", "stanza too big")
        self._waste = 0 if self._events else self._waste + self._fed - at
        if self._waste > MAX_WASTE:
            raise Broken("policy-violation", "too many small pieces")

    def take_apart(self, of: Callable[[Node], bool] | None, take: Callable[[Node], None]) -> None:
        """The children of the payload of such a stanza are given to `take` one by one, as they end, and are not in the stanza: it
        may have any number of them, and each counts against the limit alone. `take` must not raise. None: never again."""
        if not self._done:
            self._apart(of, take)

    def close(self) -> None:
        """Frees the parser at once; its handlers and it refer to each other."""
        self._done, self._expat = True, None
        self._open, self._apart = _nothing, _never


def _nothing() -> int:
    return -1


def _never(_of: object, _take: object) -> None:
    pass


TakeApart: TypeAlias = Callable[[Callable[[Node], bool] | None, Callable[[Node], None]], None]


def _expat(events: list[Event]) -> tuple[Any, Callable[[], int], TakeApart]:
    """A parser that puts what is complete into the list, a function that tells where the open stanza began, or that none is, and
    Parser.take_apart.

    Its state is local variables, not attributes: the handlers run twelve times for one message.
    """
    # intern=None: a table of names for each stream costs memory and only ever grows with what the server sends.
    parser = expat.ParserCreate("utf-8", " ", intern=None)
    node: Node | None = None  # the element that is open
    around: list[Node] = []  # the ones that it is in; a child does not know its parent, or each stanza would be a ring of garbage
    depth = began = 0
    text: list[str] = []
    lang = f"{ns.XML} lang"
    new, names, known_class, deepest = object.__new__, _NAMES, _CLASSES.get, MAX_DEPTH

    def start(name: str, attrs: dict[str, str]) -> None:
        nonlocal node, depth, began
        depth += 1
        if node is None:
            if depth == 1:
                events.append(_header(name, attrs))
                return
            began = parser.CurrentByteIndex
            kid: Any = new(known_class(name, _Node))
        else:
            if depth > deepest:
                raise Broken("policy-violation", "elements nested too deep")
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
        if parser.CurrentByteIndex - began > MAX_STANZA:
            raise Broken("policy-violation", "stanza too big")
        events.append(node)
        node = None

    def opened() -> int:
        if node is not None:
            return began
        text.clear()  # white space between stanzas keeps the connection alive and is nobody's
        return _BETWEEN if depth else _OUTSIDE

    def take_apart(of: Callable[[Node], bool] | None, take: Callable[[Node], None]) -> None:
        def end_apart(name: str) -> None:
            nonlocal began
            end(name)
            # Stream, stanza, payload: a child of the payload has ended.
            if depth == 3 and node is not None and node.kids and of is not None and of(around[0]):
                if parser.CurrentByteIndex - began > MAX_STANZA:
                    raise Broken("policy-violation", "stanza too big")
                take(node.kids.pop())
                node.data.clear()
                began = parser.CurrentByteIndex

        parser.EndElementHandler = end if of is None else end_apart

    def refuse(*_: object) -> None:
        # RFC 6120 section 11.1: no comments, processing instructions, DTD, entity references other than the five.
        raise Broken("restricted-xml", "")

    if not WHOLE_TAGS:
        parser.SetReparseDeferralEnabled(False)
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text.append
    parser.CommentHandler = parser.ProcessingInstructionHandler = parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = parser.SkippedEntityHandler = refuse
    return parser, opened, take_apart


def _header(name: str, attrs: dict[str, str]) -> Header:
    if name != _STREAM_TAG:
        raise Broken("invalid-namespace", "not a stream")
    return Header(attrs)


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
    known.update((f"xml:{name.rpartition(' ')[2]}", value) for name, value in attrs.items() if name.startswith(ns.XML + " "))
    return known
