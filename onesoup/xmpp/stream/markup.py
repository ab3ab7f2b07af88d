"""xmpppy nodes to the octets of a client stream. Whatever text a node holds, the result is well-formed XML 1.0."""

import re

from xmpp.simplexml import Node

from onesoup.xmpp.stream import ns

# Everything but the Char production of XML 1.0 section 2.2: one of these makes the server close the whole stream
# with not-well-formed. Lone surrogates are among them.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile('[&<>"\r\n\t]')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
# In text a line feed or tab survives as it is; a carriage return would be read as a line feed (XML 1.0 section 2.11).
_TEXT_SPECIAL = re.compile("[&<>\r]")


def legal(text: str) -> str:
    """The text without the characters that no XML document may contain."""
    return _ILLEGAL.sub("", text)


def escape(text: str) -> str:
    """Character data."""
    return _TEXT_SPECIAL.sub(lambda match: _ESCAPES[match[0]], legal(text))


def quote(text: str) -> str:
    """An attribute value, without the quotation marks."""
    return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], legal(text))


def serialise(node: Node) -> bytes:
    """The node as a child of a stream whose default namespace is jabber:client. The node stays as it is."""
    out: list[str] = []
    _write(node, ns.CLIENT, out)
    return "".join(out).encode()


def _write(node: Node, around: str, out: list[str]) -> None:
    # A node made without a namespace belongs to the one around it: that is how xmpppy's own writer sees it.
    namespace = str(node.namespace or around)
    out.append(f"<{node.name}")
    if namespace != around:
        out.append(f' xmlns="{quote(namespace)}"')
    for name, value in node.attrs.items():
        if name != "xmlns":
            out.append(f' {name}="{quote(str(value))}"')
    start = len(out)
    _write_content(node, namespace, out)
    if len(out) == start:
        out.append("/>")
    else:
        out.insert(start, ">")
        out.append(f"</{node.name}>")


def _write_content(node: Node, namespace: str, out: list[str]) -> None:
    # xmpppy keeps text and children in two lists: data[i] stands before kids[i], the last text behind them all.
    data, kids = node.data, node.kids
    for index, kid in enumerate(kids):
        if index < len(data) and data[index]:
            out.append(escape(data[index]))
        if kid:
            _write(kid, namespace, out)
    out.extend(escape(text) for text in data[len(kids) :] if text)
