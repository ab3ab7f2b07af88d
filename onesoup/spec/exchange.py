"""One request and its answer, as bytes and as what they hold; shown as XML without passwords."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from onesoup.captures.hiding import hide_secrets
from onesoup.captures.shown import harmless
from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message
from onesoup.csp.codec.generated_elements import Primitive
from onesoup.csp.errors import CspError
from onesoup.phone.http import HttpReply
from onesoup.wire import codec, xmltext
from onesoup.wire.document import Document
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element

MAX_SHOWN_LINES, MAX_SHOWN_TEXT = 120, 300


@dataclass
class SpecExchange:
    """`reply` is None when none came."""

    request: bytes
    content_type: str
    reply: HttpReply | None = None
    problem: str = ""

    @cached_property
    def document(self) -> Document | None:
        """The answer's document; None for an empty answer and for what cannot be read."""
        return _document(self.reply.body, self.reply.headers.get("content-type")) if self.reply else None

    @cached_property
    def message(self) -> Message | None:
        try:
            return envelope.message_from_document(self.document) if self.document else None
        except CspError:
            return None

    @cached_property
    def asked(self) -> Message | None:
        """What was asked."""
        document = _document(self.request, self.content_type)
        return envelope.message_from_document(document) if document else None


def name_of(content: Primitive) -> str:
    """The name of a primitive; of one that no table has, the name that came."""
    return str(getattr(content, "NAME", "") or getattr(content, "name", "") or "something that cannot be read")


def _document(body: bytes, content_type: str | None) -> Document | None:
    try:
        return codec.decode(body, content_type) if body else None
    except WireError:
        return None


def elements_of(document: Document | None, name: str) -> list[Element]:
    """All elements of that name."""
    found, waiting = [], [document.root] if document else []
    while waiting:
        element = waiting.pop()
        waiting.extend(reversed(element.children))
        if element.name == name:
            found.append(element)
    return found


def shown_request(exchange: SpecExchange) -> str:
    return f"POST, {exchange.content_type}, {len(exchange.request)} bytes\n" + shown_body(exchange.request)


def shown_reply(exchange: SpecExchange) -> str:
    reply = exchange.reply
    if reply is None:
        return f"no answer: {harmless(exchange.problem)}"
    kind = harmless(reply.headers.get("content-type", "no Content-Type"))[:80]
    return f"HTTP {reply.status}, {kind}, {len(reply.body)} bytes\n" + shown_body(reply.body)


def shown_body(body: bytes) -> str:
    """A body as indented XML; bytes that are no document as hexadecimal."""
    if not body:
        return "(empty)"
    document = _document(body, None)
    if document is None:
        return "(no document that can be read)\n" + _unreadable(body)
    hide_secrets(document.root)
    lines: list[str] = []
    _indent(document.root, 0, lines)
    left = len(lines) - MAX_SHOWN_LINES
    return "\n".join(lines[:MAX_SHOWN_LINES] + ([f"... {left} more lines"] if left > 0 else []))


def _unreadable(body: bytes) -> str:
    """Its beginning: as text where it is one, such as a page of a proxy; else as hexadecimal."""
    more = " ..." if len(body) > MAX_SHOWN_TEXT else ""
    start = body[:MAX_SHOWN_TEXT]
    text = start.decode("utf-8", "replace")
    return (harmless(text) if text.isprintable() or (text.isascii() and b"\0" not in start) else start.hex(" ")) + more


def _indent(element: Element, depth: int, lines: list[str]) -> None:
    space = "  " * depth
    if not element.children:
        text = element.text if len(element.text) <= MAX_SHOWN_TEXT else element.text[:MAX_SHOWN_TEXT] + "..."
        lines.append(space + harmless(xmltext.write_element(Element(element.name, text, (), element.attrs), {})))
        return
    lines.append(f"{space}<{element.name}>")
    for child in element.children:
        _indent(child, depth + 1, lines)
    lines.append(f"{space}</{element.name}>")
