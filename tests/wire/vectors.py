"""The vectors as the tests of this ring want them, and the forms in which trees are compared."""

from __future__ import annotations

import csv
import os
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

from onesoup.wire.document import Document, Encoding
from onesoup.wire.generated.doctypes import NAMESPACES
from onesoup.wire.names import local_name
from onesoup.wire.tree import Element

REPOSITORY = Path(__file__).resolve().parents[2]
OURS = REPOSITORY / "tests" / "vectors"
XML_REQUESTS = OURS / "xml"

# Vectors whose licence keeps them out of the repository. They are run from where they lie.
OTHERS = Path(os.environ.get("ONESOUP_OTHER_VECTORS") or REPOSITORY / "../shared/protocol/vectors-other")

NAMESPACED = frozenset(NAMESPACES["1.2"])


@dataclass(frozen=True)
class Vector:
    name: str
    version: str
    kind: str
    ok: bool
    folder: Path

    @property
    def octets(self) -> bytes:
        return bytes.fromhex((self.folder / f"{self.name}.hex").read_text())

    @property
    def xml(self) -> bytes:
        return (self.folder / f"{self.name}.xml").read_bytes()


def rows(folder: Path) -> list[dict[str, str]]:
    if not (folder / "index.tsv").exists():
        return []
    with (folder / "index.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ALL = [
    Vector(row["name"], row["csp_version"], row["kind"], row["expect"] == "ok", folder)
    for folder in (OURS, OTHERS)
    for row in rows(folder)
]
GOOD = [vector for vector in ALL if vector.ok]
BAD = [vector for vector in ALL if not vector.ok]

each = pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector.name)
each_bad = pytest.mark.parametrize("vector", BAD, ids=lambda vector: vector.name)


def reference(xml: bytes) -> Element:
    """The tree of an XML document by the standard library's reader, with only white space and prefixes taken off."""
    top = Element("")
    todo = [(ET.fromstring(xml), top, "")]
    while todo:
        source, parent, inherited = todo.pop(0)
        uri = source.tag[1:].partition("}")[0] if source.tag.startswith("{") else ""
        attrs = {local_name(key): value for key, value in source.attrib.items()}
        if uri != inherited:
            attrs = {"xmlns": uri, **attrs}
        name = source.tag.rpartition("}")[2]
        element = Element(name, "" if len(source) else (source.text or "").strip(), (), attrs or None)
        parent.children = [*parent.children, element]
        todo[:0] = [(child, element, uri) for child in source]
    return top.children[0]


def copy(root: Element, trim: bool = False) -> Element:
    """The tree as an encoder is asked to write it: the three namespaces are the version's, not the tree's."""
    top = Element("")
    todo = [(root, top)]
    while todo:
        source, parent = todo.pop()
        attrs = None if source.name in NAMESPACED else source.attrs
        element = Element(source.name, source.text.strip(" \t\r\n") if trim else source.text, (), attrs)
        if parent.children:
            parent.children.append(element)
        else:
            parent.children = [element]
        todo.extend((child, element) for child in reversed(source.children))
    return top.children[0]


def into(document: Document, encoding: Encoding, version: str | None = None) -> Document:
    return Document(document.root, version or document.version, encoding)
