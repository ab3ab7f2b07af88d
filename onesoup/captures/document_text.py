"""Documents of a conversation: XML for people, with variables in the places of what differs from play to play. Pure."""

import re
from collections.abc import Callable
from xml.sax.saxutils import escape

from onesoup.wire.datatypes import legal_text
from onesoup.wire.document import Document
from onesoup.wire.generated.doctypes import NAMESPACES
from onesoup.wire.tree import Element

# (element, its parent) -> its text
TextOf = Callable[[Element, Element], str]
# What a reader of lines or of YAML would change.
_CONTROL = re.compile("[\r\n\t\x7f\x85\u2028\u2029\ufeff]")


def document_text(document: Document, text_of: TextOf) -> str:
    """The document, indented, with the namespaces of its version."""
    lines: list[str] = []
    _write(document.root, Element(""), 0, NAMESPACES.get(document.version, {}), text_of, lines)
    return "\n".join(lines) + "\n"


def _write(element: Element, parent: Element, depth: int, uris: dict[str, str], text_of: TextOf, lines: list[str]) -> None:
    space, name = " " * depth, element.name
    start = f'{name} xmlns="{uris[name]}"' if name in uris else name
    if element.children:
        lines.append(f"{space}<{start}>")
        for child in element.children:
            _write(child, element, depth + 1, uris, text_of, lines)
        lines.append(f"{space}</{name}>")
        return
    text = text_of(element, parent)
    lines.append(f"{space}<{start}>{_escaped(text)}</{name}>" if text else f"{space}<{start}/>")


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: f"&#{ord(found[0])};", escape(legal_text(text)))
