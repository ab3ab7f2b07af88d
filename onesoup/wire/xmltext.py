"""CSP as XML text: expat with every door shut on the way in, strings on the way out. No I/O, ever."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.parsers import expat

from onesoup.wire import names
from onesoup.wire.datatypes import KIND_OF_ELEMENT, legal_text, normal_value
from onesoup.wire.errors import WireError
from onesoup.wire.generated.doctypes import NAMESPACES, PUBLIC_IDS, SYSTEM_IDS
from onesoup.wire.generated.tags import TAGS
from onesoup.wire.limits import MAX_ELEMENT_DEPTH, MAX_ELEMENTS, check_size, too_deep, too_many
from onesoup.wire.tree import Element

# Encodings that are read, by the names that declarations and Content-Types give them.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf8": "UTF-8",
    "us-ascii": "UTF-8",  # what HTTP stacks say of any text/xml: what is ASCII is UTF-8 too
    "ascii": "UTF-8",
    "iso-8859-1": "ISO-8859-1",
    "iso8859-1": "ISO-8859-1",
    "latin1": "ISO-8859-1",
    "utf-16": "UTF-16",
}

_DECLARED = re.compile(rb"""\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_SPACE = " \t\r\n"
_NAMESPACED = frozenset(NAMESPACES["1.2"])

# Spelled as in the tables: most names of most documents. Others take the long way through names.canonical.
_KNOWN = {name: name for version in names.FALLBACK_VERSIONS for name in map(names.canonical_name, TAGS[version].values())}
for _name in names.CIR_ADDRESS:
    del _KNOWN[_name]


def decode(data: bytes, charset: str | None = None) -> tuple[Element, str, bool]:
    """The root element, the CSP version, and whether there was a DOCTYPE. `charset` is that of the Content-Type."""
    check_size(data)
    data = _bare(data)
    reader = XmlTreeReader(xml_encoding(data, charset))
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as found:
        error = WireError(f"XML: {expat.ErrorString(found.code)}", reader.parser.ErrorByteIndex)
    except WireError as found:
        error = found
    else:
        return reader.result()
    error.partial, error.version = reader.root, reader.version()
    raise error


def _bare(data: bytes) -> bytes:
    """A document without what stacks and proxies put around it: white space, and NULs behind it. XML allows neither white space
    before a declaration nor any NUL."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data
    return data.lstrip(b" \t\r\n").rstrip(b"\0 \t\r\n")


def xml_encoding(data: bytes, charset: str | None) -> str:
    """A byte order mark tells, else the declaration, else the Content-Type, else it is UTF-8.

    Proxies and HTTP stacks add charsets of their own: what the document says of itself counts more, and a name in the
    Content-Type that is not read here counts nothing. But a document that says UTF-8 and is none has been recoded on its way."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    if data.startswith(b"\xef\xbb\xbf"):
        return "UTF-8"
    if b"\0" in data[:2]:
        raise WireError("XML: UTF-16 without a byte order mark", 0)
    said = ENCODINGS.get((charset or "").lower())
    declared = _DECLARED.match(data)
    if declared is None:
        return said if said and said != "UTF-16" else "UTF-8"
    name = declared[1].decode()
    encoding = ENCODINGS.get(name.lower())
    if encoding is None or encoding == "UTF-16":
        if said and said != "UTF-16":
            return said
        why = "without a byte order mark" if encoding else "is not read here"
        raise WireError(f"XML: encoding {name[:40]!r} {why}", declared.start(1))
    if encoding == "UTF-8" and said == "ISO-8859-1" and not _is_utf8(data):
        return said
    return encoding


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class XmlTreeReader:
    """Builds the tree from expat's events. Each guard raises, and expat hands the error on to decode()."""

    def __init__(self, encoding: str) -> None:
        self.top = self.parent = Element("")
        self.stack: list[Element] = []
        self.pieces: list[str] = []
        self.renamed: list[Element] = []  # whose name hangs on the version, which a later element may tell
        self.elements = 0
        self.doctype = False
        self.public_version: str | None = None
        self.namespaces: dict[str, str] = {}  # the first xmlns of each element that carries one
        self.parser = self._parser(encoding)

    def _parser(self, encoding: str) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding)
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.pieces.append
        parser.StartDoctypeDeclHandler = self.start_doctype
        parser.EntityDeclHandler = self.entity
        parser.SkippedEntityHandler = self.entity
        parser.CommentHandler = self.count
        parser.ProcessingInstructionHandler = self.count
        return parser

    @property
    def root(self) -> Element | None:
        return self.top.children[0] if self.top.children else None

    def result(self) -> tuple[Element, str, bool]:
        version = self.version()
        for element in self.renamed:
            element.name = names.cir_address(version)
        return self.top.children[0], version, self.doctype

    def version(self) -> str:
        """The namespace of the root, else of the first TransactionContent, else the DOCTYPE, else the default."""
        for uri in self.namespaces.values():
            if version := names.version_of_namespace(uri):
                return version
        return self.public_version or names.DEFAULT_VERSION

    # ---- events

    def start(self, name: str, attributes: list[str]) -> None:
        element = Element(_KNOWN.get(name, ""))
        if not element.name:
            self.take_name(element, name)
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise too_many(self.parser.CurrentByteIndex)
        parent = self.parent
        siblings = parent.children
        if siblings:
            siblings.append(element)  # type: ignore[attr-defined]  # a list when it has any
        else:
            parent.children = [element]
            if len(self.stack) >= MAX_ELEMENT_DEPTH:
                raise too_deep(self.parser.CurrentByteIndex)
        if attributes:
            self.attributes(element, name, attributes)
        if self.pieces:
            self.pieces.clear()
        self.stack.append(parent)
        self.parent = element

    def end(self, _: str) -> None:
        element = self.parent
        if self.pieces:
            if not element.children:  # text beside children is ignored
                text = "".join(self.pieces).strip(_SPACE)
                kind = KIND_OF_ELEMENT.get(element.name)
                element.text = normal_value(kind, text) if kind else text
            self.pieces.clear()
        self.parent = self.stack.pop()

    def take_name(self, element: Element, name: str) -> None:
        """A name that is not spelled as in the tables, or has a prefix, or depends on the version."""
        name = names.local_name(name)
        if not names.is_name(name):
            raise WireError(f"XML: element name {name[:40]!r} is too long or not ASCII", self.parser.CurrentByteIndex)
        element.name = names.canonical_name(name)
        if element.name in names.CIR_ADDRESS:
            self.renamed.append(element)

    def attributes(self, element: Element, name: str, attributes: list[str]) -> None:
        """Keeps the namespace of the element, always under the name xmlns, and attributes without a prefix."""
        self.elements += len(attributes) // 2
        if self.elements > MAX_ELEMENTS:
            raise too_many(self.parser.CurrentByteIndex)
        prefix, colon, _ = name.rpartition(":")
        own = f"xmlns:{prefix}" if colon else "xmlns"
        found = {}
        for key, value in zip(attributes[::2], attributes[1::2], strict=True):
            if key == own:
                found["xmlns"] = value
            elif ":" not in key and key != "xmlns" and names.is_name(key):
                found[key] = value
        if found:
            element.attrs = found
        if element.name in _NAMESPACED and element.name != "PresenceSubList" and "xmlns" in found:
            self.namespaces.setdefault(element.name, found["xmlns"])

    def start_doctype(self, _: str, system_id: str | None, public_id: str | None, internal: bool) -> None:
        if internal:
            raise WireError("XML: DOCTYPE with an internal subset is refused", self.parser.CurrentByteIndex)
        self.doctype = True
        self.public_version = names.version_of_public_id(public_id or "")

    def entity(self, *_: Any) -> None:
        raise WireError("XML: entity that is not one of the five of XML is refused", self.parser.CurrentByteIndex)

    def count(self, *_: Any) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise too_many(self.parser.CurrentByteIndex)


# ---- encoding


def encode(root: Element, version: str, doctype: bool = False) -> bytes:
    """The document with the namespaces of the version, and its DOCTYPE if the request had one."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    if doctype:
        head += f'<!DOCTYPE WV-CSP-Message PUBLIC "{PUBLIC_IDS[version]}" "{SYSTEM_IDS[version]}">'
    return (head + write_element(root, NAMESPACES[version])).encode()


def write_element(root: Element, namespaces: Mapping[str, str] | None = None) -> str:
    """The elements alone. With `namespaces`, these elements get them and nothing else; without, each has its own attributes."""
    out: list[str] = []
    put = out.append
    starts = {name: f'{name} xmlns="{uri}"' for name, uri in (namespaces or {}).items()}
    rows: Iterator[Element] = iter((root,))
    stack: list[tuple[Iterator[Element], str]] = []
    ending = ""
    while True:
        for element in rows:
            name = element.name
            start = starts.get(name)
            if start is None:
                start = name + _attributes(element.attrs) if element.attrs else name
            if element.children:
                put(f"<{start}>")
                stack.append((rows, ending))
                rows, ending = iter(element.children), f"</{name}>"
                break
            text = element.text
            put(f"<{start}>{_escaped(text)}</{name}>" if text else f"<{start}/>")
        else:
            if not stack:
                return "".join(out)
            put(ending)
            rows, ending = stack.pop()


def _escaped(text: str) -> str:
    """A carriage return goes as a reference, because a reader would make a line feed of it."""
    if not text.isprintable():
        text = legal_text(text).replace("\r", "\0")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\0", "&#13;")


def text_size(text: str) -> int:
    """The octets of a text as it stands in a document."""
    return len(_escaped(text).encode())


def _attributes(attrs: dict[str, str]) -> str:
    return "".join(f' {name}="{_quoted(value)}"' for name, value in attrs.items())


def _quoted(value: str) -> str:
    return _escaped(value).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")
