"""XML to a message without the element tree between them: expat's events straight to typed elements.

Only what phones commonly send is read here: one transaction in an ordinary frame (`fast_xml_frames`). For anything odd (another
frame, a name that the primitive does not have, a value that is none, a limit that is near, broken XML) `decode` gives None, and
the way over the tree decides. What `decode` gives is what that way gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from onesoup.csp.codec import fast_shells
from onesoup.csp.codec.envelope import Message
from onesoup.csp.codec.fast_fields import (
    ALL_COUNT,
    CLASSES_WITH_TEXT,
    KIND_ELEMENT,
    KIND_NUMBER,
    KIND_TEXT,
    KIND_TRUTH,
    LEAF,
    TRUTHS,
    LeftToTree,
    NamedChildren,
    children_by_name,
)
from onesoup.csp.codec.fast_xml_frames import find_frame
from onesoup.wire.datatypes import normal_value
from onesoup.wire.limits import MAX_DOCUMENT_BYTES, MAX_ELEMENTS

# An element has a "<" and, here, at most one attribute: what the tree finds to be too many elements is not read here. Elements
# nest no deeper than the primitives do.
_MAX_MARKS = MAX_ELEMENTS // 2

_SPACE = " \t\r\n"


def decode(data: bytes) -> Message | None:
    """The message, or None where the tree has to decide."""
    if len(data) > MAX_DOCUMENT_BYTES or data.count(b"<") > _MAX_MARKS:
        return None
    frame = find_frame(data)
    if frame is None:
        return None
    try:
        return frame.message(_read(data[frame.begin : frame.end]))
    except (expat.ExpatError, KeyError, LeftToTree):
        return None


def _read(octets: bytes) -> Any:
    """The primitive, which is a document of its own: one that begins with an element, so no entity is declared in it."""
    shell, pieces = fast_shells.Content(), list[str]()
    parser = expat.ParserCreate("UTF-8")
    parser.ordered_attributes = parser.buffer_text = True
    parser.CharacterDataHandler = pieces.append
    parser.StartElementHandler, parser.EndElementHandler = _handlers(shell, pieces)
    parser.Parse(octets, True)
    return shell.primitive


def _handlers(node: Any, pieces: list[str]) -> tuple[Callable[[str, list[str]], None], Callable[[str], None]]:
    """What fills `node`, a Content, and all below it; `pieces` are the text since the last tag. Each is called for every element,
    so what they share are local variables."""
    children = children_by_name(fast_shells.Content)
    stack: list[tuple[Any, NamedChildren, Any]] = []
    childless = False

    def start(name: str, attributes: list[str]) -> None:
        nonlocal node, children, childless
        child = children[name]
        stack.append((node, children, child))
        if child[1] == KIND_ELEMENT:
            node, children = child[3](), children_by_name(child[3])
        else:
            children = LEAF
        if len(attributes) > 2:
            raise LeftToTree
        pieces.clear()
        childless = True

    def end(_: str) -> None:
        nonlocal node, children, childless
        value = node
        node, children, (attribute, form, many, cls, kind) = stack.pop()
        text = "".join(pieces).strip(_SPACE) if childless else ""  # text beside children is ignored
        if kind is not None:
            text = normal_value(kind, text)
        if form == KIND_TEXT:
            value = text
        elif form == KIND_ELEMENT:
            if text and cls in CLASSES_WITH_TEXT:
                value.text = text
        else:
            value = _value(form, text)
        if many != ALL_COUNT:
            setattr(node, attribute, value)
        elif value is not None:
            getattr(node, attribute).append(value)
        pieces.clear()
        childless = False

    return start, end


def _value(form: int, text: str) -> int | None:
    if form == KIND_NUMBER:
        if len(text) > 9 or not (text.isascii() and (text.isdigit() or not text)):
            raise LeftToTree
        return int(text) if text else None
    return TRUTHS[text] if form == KIND_TRUTH else True
