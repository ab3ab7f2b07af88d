"""Expat's events to nodes: the tree of one stanza at a time, and what is read over. Counts no bytes, as the parser does."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from xmpp.simplexml import Node

from onesoup.xmpp import namespaces
from onesoup.xmpp.stream.events import NODE_CLASSES, Broken, End, Header, ParsedNode, StreamEvent, too_big, without_content

MAX_STANZA_DEPTH = 64

MAX_SKIPPED_DEPTH = 100_000

# Where the parser is when no stanza is open.
BETWEEN_STANZAS, OUTSIDE_STREAM = -1, -2

# Which stanzas are taken apart, and who gets their entries; see Parser.take_apart.
EntryTaker: TypeAlias = tuple[Callable[[Node], bool], Callable[[Node], None]]

_STREAM_TAG = f"{namespaces.STREAM} stream"

# Expat's names of elements, taken apart. A server that makes names up costs a new start of this memory, no more.
NAME_PARTS: dict[str, tuple[str, str]] = {}

MAX_NAME_PARTS = 4096

# Expat since 2.6, and older ones with its security fixes, puts off what ends within a tag: a short stanza that came in two
# packets would wait for the next one. Python from 3.11.9 can switch that off; others give expat nothing that ends within a tag.
WHOLE_TAGS = not hasattr(expat.ParserCreate(), "SetReparseDeferralEnabled")


def document_reader(
    events: list[StreamEvent], limit: int
) -> tuple[Any, Callable[[], int], Callable[[], object], Callable[[EntryTaker | None], None]]:
    """A parser that puts what is complete into the list; a function that tells where the open stanza began, or that none is; one
    that reads over it; and one that takes lists apart. `limit`: the most bytes of a stanza.

    Its state is local variables, not attributes: the handlers run twelve times for one message.
    """
    # intern=None: a table of names for each stream costs memory and only ever grows with what the server sends.
    parser = expat.ParserCreate("utf-8", " ", intern=None)
    node: Node | None = None  # the element that is open
    around: list[Node] = []  # the ones that it is in; a child does not know its parent, or each stanza would be a ring of garbage
    depth = began = 0
    apart: EntryTaker | None = None
    text: list[str] = []
    prefixes: list[tuple[str, str]] = []
    lang = f"{namespaces.XML} lang"
    new, names, known_class, deepest = object.__new__, NAME_PARTS, NODE_CLASSES.get, MAX_STANZA_DEPTH

    def start(name: str, attrs: dict[str, str]) -> None:
        nonlocal node, depth, began
        depth += 1
        if node is None:
            if depth == 1:
                parser.StartNamespaceDeclHandler = None
                events.append(opening_header(name, attrs, prefixes))
                return
            began = parser.CurrentByteIndex
            kid: Any = new(known_class(name, ParsedNode))
        else:
            if depth > deepest:
                skip()
                return
            kid = new(ParsedNode)
            around.append(node)
            node.data.append("".join(text))
            node.kids.append(kid)
        if text:
            text.clear()
        kid.namespace, kid.name = names.get(name) or split_name(name)
        if lang in attrs:  # as most servers write it into each stanza
            attrs["xml:lang"] = attrs.pop(lang)
        for each in attrs:
            if " " in each:
                attrs = wire_attributes(attrs)
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
        events.append(node if parser.CurrentByteIndex - began <= limit else too_big(node))
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
        # From the parser: a reference to `start`, which refers to this function, would be a ring that outlives the parser.
        start = parser.StartElementHandler

        def deeper(_name: str, _attrs: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > MAX_SKIPPED_DEPTH:
                raise Broken("policy-violation", "elements nested too deep")

        def back(_name: str) -> None:
            nonlocal node, depth
            depth -= 1
            if depth == 3 and entry:
                set_handlers(parser, start, closing(), text.append)
                hand_over()
            elif depth == 1:
                events.append(node)
                node = None
                set_handlers(parser, start, closing(), text.append)

        if entry:
            node = around[1]
            node.kids[-1] = without_content(node.kids[-1])
            del around[1:]
        else:
            node = too_big(around[0] if around else node)
            around.clear()
        text.clear()
        set_handlers(parser, deeper, back, None)

    def declare(prefix: str | None, uri: str | None) -> None:
        prefixes.append((prefix or "", uri or ""))

    def opened() -> int:
        if node is not None:
            return began
        text.clear()  # white space between stanzas keeps the connection alive and means nothing
        return BETWEEN_STANZAS if depth else OUTSIDE_STREAM

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
        apart[1](entry if parser.CurrentByteIndex - began <= limit else without_content(entry))
        node.data.clear()
        began = parser.CurrentByteIndex

    def closing() -> Callable[[str], None]:
        return end if apart is None else end_apart

    def take_apart(list_: EntryTaker | None) -> None:
        nonlocal apart
        apart = list_
        if parser.CharacterDataHandler is not None:  # else it follows what is being read over
            parser.EndElementHandler = closing()

    def refuse(*_: object) -> None:
        # RFC 6120 section 11.1: no comments, processing instructions, DTD, entity references other than the five.
        raise Broken("restricted-xml", "")

    if not WHOLE_TAGS:
        parser.SetReparseDeferralEnabled(False)
    set_handlers(parser, start, end, text.append)
    parser.StartNamespaceDeclHandler = declare  # until the document has begun
    parser.CommentHandler = parser.ProcessingInstructionHandler = parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = parser.SkippedEntityHandler = refuse
    return parser, opened, skip, take_apart


def set_handlers(parser: Any, opens: Any, closes: Any, says: Any) -> None:
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = opens, closes, says


@lru_cache(64)
def _opening(prefixes: tuple[tuple[str, str], ...]) -> bytes:
    """A stream with these prefixes. Streams of one server share it."""
    names = "".join(f" xmlns{':' * bool(prefix)}{prefix}={quoteattr(uri)}" for prefix, uri in prefixes)
    stream = next(prefix for prefix, uri in reversed(prefixes) if uri == namespaces.STREAM)
    return f"<{stream}{':' * bool(stream)}stream{names}>".encode()


def opening_header(name: str, attrs: dict[str, str], prefixes: list[tuple[str, str]]) -> Header:
    if name != _STREAM_TAG:
        raise Broken("invalid-namespace", "not a stream")
    header = Header(attrs)
    header.opening = _opening(tuple(prefixes))
    prefixes.clear()
    return header


def split_name(name: str) -> tuple[str, str]:
    """Namespace and local name."""
    if len(NAME_PARTS) >= MAX_NAME_PARTS:
        NAME_PARTS.clear()
    namespace, _, local = name.rpartition(" ")
    NAME_PARTS[name] = found = (namespace, local)
    return found


def wire_attributes(attrs: dict[str, str]) -> dict[str, str]:
    """Expat's names to the ones on the wire. Of attributes in a namespace only those of XML itself mean something here."""
    known = {name: value for name, value in attrs.items() if " " not in name}
    known.update(
        (f"xml:{name.rpartition(' ')[2]}", value) for name, value in attrs.items() if name.startswith(namespaces.XML + " ")
    )
    return known
