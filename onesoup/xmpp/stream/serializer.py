"""xmpppy nodes to the octets of a client stream. The result is well-formed XML 1.0, with any text in the nodes."""

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from xmpp.simplexml import Node

from onesoup.xmpp import namespaces

# Everything but the Char production of XML 1.0 section 2.2: one of these makes the server close the whole stream
# with not-well-formed. Lone surrogates are among them.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile('[&<>"\r\n\t]')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
# In text a line feed or tab survives as it is; a carriage return would be read as a line feed (XML 1.0 section 2.11).
_TEXT_SPECIAL = re.compile("[&<>\r]")


# What most text is free of, so that one look is all that it costs.
_TEXT_BAD = re.compile(f"{_ILLEGAL.pattern}|{_TEXT_SPECIAL.pattern}")
_VALUE_BAD = re.compile(f"{_ILLEGAL.pattern}|{_SPECIAL.pattern}")


class SerializedElement(Node):
    """A node that is built to be sent: xmpppy's, with a tag "namespace name", made in a third of the time."""

    nsd = nsp_cache = MappingProxyType[str, str]({})
    parent = None

    def __init__(self, tag: str, attrs: Mapping[str, Any] = MappingProxyType({}), payload: Iterable[Any] | str = ()) -> None:
        self.namespace, _, self.name = tag.rpartition(" ")
        self.attrs = dict(attrs)
        self.kids: list[Node] = []
        self.data: list[str] = []
        for each in (payload,) if isinstance(payload, str) else payload:
            if isinstance(each, Node):
                self.kids.append(each)
                self.data.append("")
            else:
                self.data.append(str(each))


def xml_legal(text: str) -> str:
    """The text without the characters that no XML document may contain."""
    return _ILLEGAL.sub("", text)


def is_plain(text: str) -> bool:
    """Whether the text may stand in a value or between tags as it is."""
    return _VALUE_BAD.search(text) is None


def escape(text: str) -> str:
    """Character data."""
    if _TEXT_BAD.search(text) is None:
        return text
    return _TEXT_SPECIAL.sub(lambda match: _ESCAPES[match[0]], xml_legal(text))


def quote(text: str) -> str:
    """An attribute value, without the quotation marks."""
    if _VALUE_BAD.search(text) is None:
        return text
    return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], xml_legal(text))


def serialise(node: Node) -> bytes:
    """The node as a child of a stream whose default namespace is jabber:client. The node stays as it is."""
    out: list[str] = []
    values: list[str] = []
    _write(node, namespaces.CLIENT, out, values, _as_it_is, _as_it_is)
    # Hardly any stanza holds a character that needs care, so one look at all of its values is worth more than one at each.
    if _VALUE_BAD.search("".join(values)) is not None:
        out.clear()
        _write(node, namespaces.CLIENT, out, values, quote, escape)
    return "".join(out).encode()


def _as_it_is(text: str) -> str:
    return text


def _write(
    node: Node, around: str, out: list[str], values: list[str], quoted: Callable[[str], str], escaped: Callable[[str], str]
) -> None:
    # A node made without a namespace belongs to the one around it: that is how xmpppy's own writer sees it.
    name, namespace = node.name, str(node.namespace or around)
    opening = f"<{name}"
    if namespace != around:
        values.append(namespace)
        opening += f' xmlns="{quoted(namespace)}"'
    for key, value in node.attrs.items():
        if key != "xmlns":
            if type(value) is not str:
                value = str(value)
            values.append(value)
            opening += f' {key}="{quoted(value)}"'
    data, kids = node.data, node.kids
    if not kids and not any(data):
        out.append(f"{opening}/>")
        return
    out.append(f"{opening}>")
    values += data
    # xmpppy keeps text and children in two lists: data[i] stands before kids[i], the last text behind them all.
    for index, kid in enumerate(kids):
        if index < len(data) and data[index]:
            out.append(escaped(data[index]))
        if kid:
            _write(kid, namespace, out, values, quoted, escaped)
    for text in data[len(kids) :] if kids else data:
        out.append(escaped(text))
    out.append(f"</{name}>")
