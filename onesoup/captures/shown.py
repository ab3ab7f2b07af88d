"""A captured document for people, in 80 columns: a heading, the tree indented, the bytes beside the elements. And as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from onesoup.captures.annotate import Annotation
from onesoup.captures.documents import CapturedBody, Direction
from onesoup.captures.hiding import without_secrets
from onesoup.captures.spans import Span
from onesoup.runtime.times import iso_time
from onesoup.wire import xmltext
from onesoup.wire.document import Document, Encoding
from onesoup.wire.tree import Element

COLUMNS = 80
ARROWS = {Direction.REQUEST: "phone -> server", Direction.RESPONSE: "server -> phone", Direction.UNKNOWN: ""}
_BYTES_IN_ROW = 8
# Of a long text or picture so many rows are shown.
_MOST_ROWS = 8
_DEEPEST_INDENT = 20
_HIDDEN_BYTE = "··"
_MOST_NAMES = 3
_ENCODINGS = {Encoding.WBXML: "WBXML", Encoding.XML: "XML", Encoding.PTS: "plain text syntax"}


def heading(body: CapturedBody, label: str, document: Document | None) -> list[str]:
    """Lines without marks around them: which document it is; who sent it and when, and what it is."""
    encoding = [_ENCODINGS[document.encoding], f"CSP {document.version}"] if document else []
    names = message_names(document.root) if document else []
    if names:
        left = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        label = f"{label}: {', '.join(names[:_MOST_NAMES])}{left}"
    facts = [ARROWS[body.direction], when(body.at), *encoding, f"{len(body.data)} bytes" if body.data else "empty"]
    return [label, *textwrap.wrap(", ".join(filter(None, facts)), COLUMNS - len("     "))]


def message_names(root: Element) -> list[str]:
    """The primitives of a document, in order."""
    sessions = (child for child in root.children if child.name == "Session")
    transactions = (child for session in sessions for child in session.children if child.name == "Transaction")
    contents = (child for transaction in transactions for child in transaction.children if child.name == "TransactionContent")
    return [child.name for content in contents for child in content.children]


def listed(body: CapturedBody, number: int, document: Document | None) -> str:
    """A document on a line: number, direction, time, size, messages."""
    names = message_names(document.root) if document else []
    what = ", ".join(names) or (document.root.name if document else "cannot be read" if body.data else "empty")
    line = f"{number:>4}  {ARROWS[body.direction]:<15}  {when(body.at)[:19]:<19}  {len(body.data):>7}  {what}"
    return harmless(line)


def harmless(text: str) -> str:
    """Names and content of files with nothing in them that could drive a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def when(at: float | None) -> str:
    try:
        return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"
    except (OverflowError, OSError, ValueError):
        return ""  # a time that no calendar has: the file is damaged there


def as_comment(lines: list[str]) -> str:
    """Lines as an XML comment: what is shown can be given to `encode` as it is."""
    text = "\n     ".join(lines)
    while "--" in text:
        text = text.replace("--", "- -")
    return f"<!-- {text} -->"


# ---- the tree


def indented(root: Element) -> Iterator[str]:
    """XML with a line for each tag. Texts stay on one line: with line ends in them they would be other texts."""
    todo: list[tuple[Element | str, int]] = [(root, 0)]
    while todo:
        each, depth = todo.pop()
        if isinstance(each, str):
            yield f"{'  ' * depth}{each}"
        elif each.children:
            yield from _opening(each, depth)
            todo.append((f"</{each.name}>", depth))
            todo += [(child, depth + 1) for child in reversed(each.children)]
        else:
            yield "  " * depth + xmltext.write_element(each).replace("\n", "&#10;")


def _opening(element: Element, depth: int) -> Iterator[str]:
    """A start tag; its attributes go to a line of their own where it is too long."""
    tag = xmltext.write_element(Element(element.name, "", (), element.attrs)).removesuffix("/>") + ">"
    indent = "  " * depth
    if len(indent) + len(tag) > COLUMNS and element.attrs:
        yield f"{indent}<{element.name}"
        tag = "    " + tag.removeprefix(f"<{element.name} ")
    yield indent + tag


# ---- the bytes


def annotated(body: bytes, found: Annotation, secrets: bool) -> Iterator[str]:
    """The bytes in rows, and beside them what they are."""
    spans, hidden = (found.spans, set()) if secrets else without_secrets(found)
    for span in spans:
        yield from _rows(span, _hex(body[span.start : span.end], span.start in hidden))
    if found.error:
        end = spans[-1].end if spans else 0
        left = len(body) - end
        yield f"{end:>6}  {f'{left} bytes are not read' if left else 'here it breaks off'}: {found.error}"


def _hex(octets: bytes, hidden: bool) -> list[str]:
    return [_HIDDEN_BYTE if hidden else f"{octet:02x}" for octet in octets]


def _rows(span: Span, pairs: list[str]) -> Iterator[str]:
    indent = min(span.depth * 2, _DEEPEST_INDENT)
    room = COLUMNS - 33 - indent
    notes = textwrap.wrap(_spoken(span), room, drop_whitespace=False, subsequent_indent="  ") or [""]
    rows = [" ".join(pairs[at : at + _BYTES_IN_ROW]) for at in range(0, len(pairs), _BYTES_IN_ROW)]
    if len(rows) > _MOST_ROWS:
        left = len(pairs) - (_MOST_ROWS - 1) * _BYTES_IN_ROW
        rows = [*rows[: _MOST_ROWS - 1], f"and {left} bytes more"]
    if len(notes) > max(len(rows), 2):
        notes = [*notes[: max(len(rows), 2) - 1], "  ..."]
    for place in range(max(len(rows), len(notes))):
        row = rows[place] if place < len(rows) else ""
        note = notes[place] if place < len(notes) else ""
        offset = span.start if place == 0 else ""
        yield f"{offset:>6}  {row:<23}  {' ' * indent}{note}".rstrip()


def _spoken(span: Span) -> str:
    if span.kind == "tag":
        return f"<{span.note}>"
    return f"</{span.element}>" if span.kind == "end" and span.note == f"end of {span.element}" else span.note


# ---- JSON


def as_json(body: CapturedBody, place: dict[str, Any], found: Annotation, secrets: bool, spans: bool) -> str:
    """One object on one line. What is not known is left out."""
    shown: dict[str, Any] = {
        **place,
        "direction": body.direction.value,
        "at": None if body.at is None else iso_time(body.at) or None,
        "connection": body.connection or None,
        "content_type": body.content_type or None,
        "size": len(body.data),
    }
    if found.document:
        shown |= {"encoding": found.document.encoding.value, "csp": found.document.version, "root": _tree(found.document.root)}
        shown["messages"] = message_names(found.document.root)
    if found.error and body.data:
        shown |= {"error": str(found.error), "offset": found.error.offset}
    if spans:
        shown["spans"] = _spans(body.data, found, secrets)
    return json.dumps({key: value for key, value in shown.items() if value is not None}, ensure_ascii=False)


def _tree(root: Element) -> dict[str, Any]:
    """No recursion is needed to be safe: the decoders bound the depth."""
    found: dict[str, Any] = {"name": root.name}
    if root.attrs:
        found["attributes"] = root.attrs
    if root.children:
        found["children"] = [_tree(child) for child in root.children]
    elif root.text:
        found["text"] = root.text
    return found


def _spans(body: bytes, found: Annotation, secrets: bool) -> list[dict[str, Any]]:
    spans, hidden = (found.spans, set()) if secrets else without_secrets(found)
    return [
        {
            "start": span.start,
            "end": span.end,
            "kind": span.kind,
            "depth": span.depth,
            "note": span.note,
            "path": span.path,
            "bytes": None if span.start in hidden else body[span.start : span.end].hex(),
        }
        for span in spans
    ]
