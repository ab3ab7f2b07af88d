"""The server's octets to xmpppy nodes, one stream document after another. Knows no meaning of any element."""

from typing import Any, TypeAlias
from xml.parsers import expat

from xmpp.protocol import Iq, Message, Presence
from xmpp.simplexml import Node

from onesoup.xmpp.stream import ns

# RFC 6120 section 13.12 lets us refuse what is bigger; 256 KiB is what common servers allow their own clients.
MAX_STANZA = 256 * 1024
MAX_DEPTH = 64

_CLASSES: dict[str, type[Node]] = {
    f"{ns.CLIENT} {name}": kind for name, kind in (("iq", Iq), ("message", Message), ("presence", Presence))
}
_STREAM_TAG = f"{ns.STREAM} stream"


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


class Parser:
    """One stream document. `feed` returns what is complete; after a Broken or an End it returns nothing more."""

    __slots__ = ("_depth", "_done", "_events", "_expat", "_fed", "_mark", "_node", "_text")

    def __init__(self) -> None:
        self._expat: Any = _expat(self)
        self._events: list[Event] = []
        self._text: list[str] = []
        self._node: Node | None = None
        self._depth = self._fed = self._mark = 0
        self._done = False

    def feed(self, data: bytes) -> list[Event]:
        """The elements that these octets complete, in order. A Broken is the last one."""
        if self._done:
            return []
        self._fed += len(data)
        try:
            self._expat.Parse(data, False)
            if self._fed - self._mark > MAX_STANZA:
                raise Broken("policy-violation", "stanza too big")
        except Broken as broken:
            self._finish(broken)
        except expat.ExpatError as error:
            # Expat's own words name a position, never content.
            self._finish(Broken("not-well-formed", str(error)))
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Frees the parser at once; its handlers and it refer to each other."""
        self._done, self._expat, self._node = True, None, None

    def _finish(self, event: Event) -> None:
        self._events.append(event)
        self._done = True

    def _mark_here(self) -> None:
        """From here on a stanza's size counts."""
        self._mark = self._expat.CurrentByteIndex

    def _start(self, name: str, attrs: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            self._open(name, attrs)
            return
        if self._depth > MAX_DEPTH:
            raise Broken("policy-violation", "elements nested too deep")
        if self._depth == 2:
            self._mark_here()
        parent = self._node
        self._node = _node(name, attrs, parent)
        if parent is not None:
            parent.data.append("".join(self._text))
            parent.kids.append(self._node)
        self._text.clear()

    def _open(self, name: str, attrs: dict[str, str]) -> None:
        if name != _STREAM_TAG:
            raise Broken("invalid-namespace", "not a stream")
        self._events.append(Header(attrs))

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._finish(End())
            return
        node = self._node
        assert node is not None  # every end but the stream's own belongs to a node
        if self._text:
            node.data.append("".join(self._text))
            self._text.clear()
        if self._depth == 1:
            self._emit(node)
        else:
            self._node = node.parent

    def _emit(self, stanza: Node) -> None:
        if self._expat.CurrentByteIndex - self._mark > MAX_STANZA:
            raise Broken("policy-violation", "stanza too big")
        self._mark_here()
        self._node = None
        self._events.append(stanza)

    def _data(self, text: str) -> None:
        if self._depth > 1:
            self._text.append(text)
        else:
            self._mark_here()  # white space between stanzas keeps the connection alive and is nobody's size

    def _refuse(self, *_: object) -> None:
        # RFC 6120 section 11.1: no comments, processing instructions, DTD, entity references other than the five.
        raise Broken("restricted-xml", "")


def _expat(owner: Parser) -> Any:
    # intern=None: a table of names for each stream costs memory and only ever grows with what the server sends.
    parser = expat.ParserCreate("utf-8", " ", intern=None)
    if hasattr(parser, "SetReparseDeferralEnabled"):  # expat 2.6: else a short stanza may wait for the next one
        parser.SetReparseDeferralEnabled(False)
    parser.StartElementHandler = owner._start
    parser.EndElementHandler = owner._end
    parser.CharacterDataHandler = owner._data
    refuse = owner._refuse
    parser.CommentHandler = parser.ProcessingInstructionHandler = parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = parser.SkippedEntityHandler = refuse
    return parser


def _node(name: str, attrs: dict[str, str], parent: Node | None) -> Node:
    """A node as xmpppy would have built it, in a third of the time. Stanzas get xmpppy's class for them.

    Unlike xmpppy's own, `to` and `from` stay plain strings: its JID class raises on some addresses and keeps no rule
    of RFC 7622.
    """
    kind = Node if parent is not None else _CLASSES.get(name, Node)
    node: Node = kind.__new__(kind)
    node.namespace, _, node.name = name.rpartition(" ")
    node.attrs = _attributes(attrs)
    node.data, node.kids, node.nsd, node.nsp_cache, node.parent = [], [], {}, {}, parent
    if kind is not Node:
        node.timestamp = None
    return node


def _attributes(attrs: dict[str, str]) -> dict[str, str]:
    """Expat's names to the ones on the wire. Of attributes in a namespace only those of XML itself mean something here."""
    if not any(" " in name for name in attrs):
        return attrs
    known = {name: value for name, value in attrs.items() if " " not in name}
    known.update((f"xml:{name.rpartition(' ')[2]}", value) for name, value in attrs.items() if name.startswith(ns.XML + " "))
    return known
