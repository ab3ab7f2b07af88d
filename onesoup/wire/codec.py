"""Entry point to all encodings: detects them, decodes, encodes, and names the media type of the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from onesoup.wire import pts_reader, pts_writer, ptstext, wbxml_reader, wbxml_writer, xmltext
from onesoup.wire.document import Document, Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.generated.doctypes import OTHER_TYPES, PTS_TYPES, WBXML_TYPES, XML_TYPES

_XML_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0<")
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})["']?\s*(?:;|$)""", re.IGNORECASE)
_XML_TYPES = frozenset((*XML_TYPES.values(), *(t for types in OTHER_TYPES.values() for t in types if "wbxml" not in t)))
_WBXML_TYPES = frozenset((*WBXML_TYPES.values(), *(t for types in OTHER_TYPES.values() for t in types if "wbxml" in t)))
# The spellings of one encoding's media type, for each encoding.
CSP_TYPES = (_XML_TYPES, _WBXML_TYPES, frozenset(PTS_TYPES.values()))
_TYPES = {
    Encoding.XML: (_XML_TYPES, XML_TYPES),
    Encoding.WBXML: (_WBXML_TYPES, WBXML_TYPES),
    Encoding.PTS: (frozenset(PTS_TYPES.values()), PTS_TYPES),
}


def detect(body: bytes, content_type: str | None = None) -> Encoding:
    """The body tells; phones and carriers get the header wrong. Only an empty body leaves the word to the Content-Type."""
    if body[:1] in (b"\x01", b"\x02", b"\x03"):
        return Encoding.WBXML
    if body.startswith(_XML_MARKS) or body[:256].lstrip()[:1] == b"<":
        return Encoding.XML
    if not body:
        return _of_type((content_type or "").lower())
    if ptstext.is_pts(body):
        return Encoding.PTS
    raise WireError(f"neither WBXML nor XML nor PTS: the document starts with octet {body[0]:02X}", 0)


def is_document(body: bytes) -> bool:
    """Whether it begins like one."""
    try:
        detect(body)
    except WireError:
        return False
    return True


def _of_type(content_type: str) -> Encoding:
    for encoding in (Encoding.WBXML, Encoding.XML):  # in this order: "wbxml" holds no other name, "xml" is in both
        if encoding.value in content_type:
            return encoding
    if content_type.partition(";")[0].strip() in _TYPES[Encoding.PTS][0]:
        return Encoding.PTS
    raise WireError("empty document", 0)


def decode(body: bytes, content_type: str | None = None) -> Document:
    encoding = detect(body, content_type)
    if not body:
        raise WireError("empty document", 0)
    if encoding is Encoding.PTS:  # always UTF-8
        root, version = pts_reader.decode(body)
        return Document(root, version, encoding)
    charset = charset_of(content_type)
    if encoding is Encoding.WBXML:
        root, version = wbxml_reader.decode(body, charset)
        return Document(root, version, encoding)
    root, version, doctype = xmltext.decode(body, charset)
    return Document(root, version, encoding, doctype)


def charset_of(content_type: str | None) -> str | None:
    """The character set that a Content-Type names."""
    named = _CHARSET.search(content_type) if content_type else None
    return named[1] if named else None


def encode(document: Document) -> bytes:
    """The document's tree in its version and encoding. The namespaces are those of the version, not those of the tree."""
    if document.encoding is Encoding.WBXML:
        return wbxml_writer.encode(document.root, document.version)
    if document.encoding is Encoding.PTS:
        return pts_writer.encode(document.root, document.version)
    return xmltext.encode(document.root, document.version, document.doctype)


_SIZES: dict[Encoding, Callable[[str], int]] = {
    Encoding.XML: xmltext.text_size,
    Encoding.WBXML: wbxml_writer.inline_size,
    Encoding.PTS: ptstext.text_size,
}


def encoded_size(text: str, encoding: Encoding) -> int:
    """The octets that a text takes in a document of this encoding, as the value of one element."""
    return _SIZES[encoding](text)


@lru_cache(maxsize=256)  # phones write the same few
def media_type(document_version: str, encoding: Encoding, asked: str | None = None) -> str:
    """The Content-Type of an answer: the request's own when it is one for that encoding, else the version's.

    Clients of one version exist with both `.wbxml` and `+wbxml`. A charset other than the one we write is left out.
    """
    known, types = _TYPES[encoding]
    if asked:
        bare, _, rest = asked.partition(";")
        bare = bare.strip()
        if bare.lower() in known:
            charset = _CHARSET.search(f";{rest}")
            return f"{bare}; charset={charset[1]}" if charset and charset[1].lower() == "utf-8" else bare
    return types[document_version]
