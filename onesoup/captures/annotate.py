"""Spans of a document in any encoding, beside the decoded document: one entry point."""

from __future__ import annotations

from dataclasses import dataclass, field

from onesoup.captures.pts_spans import PtsSpans
from onesoup.captures.spans import Span
from onesoup.captures.wbxml_spans import UNKNOWN_VALUE, WbxmlSpans
from onesoup.captures.xml_spans import XmlSpans
from onesoup.wire import codec
from onesoup.wire.document import Document, Encoding
from onesoup.wire.errors import WireError

_WALKERS: dict[Encoding, type[WbxmlSpans] | type[XmlSpans] | type[PtsSpans]] = {
    Encoding.WBXML: WbxmlSpans,
    Encoding.XML: XmlSpans,
    Encoding.PTS: PtsSpans,
}


@dataclass
class Annotation:
    """`spans` cover the document; where there is an `error`, what is before it. `table_used`: elements with text from the string
    table of WBXML."""

    spans: list[Span] = field(default_factory=list)
    document: Document | None = None
    error: WireError | None = None
    table_used: frozenset[str] = frozenset()


def unknown_tokens(found: Annotation) -> list[Span]:
    """Tokens that the tables of its version do not have: damage that leaves the frame intact, or a phone of its own mind."""
    if found.document is None or found.document.encoding is Encoding.XML:
        return []
    return [
        span
        for span in found.spans
        if (span.kind == "tag" and span.note.startswith("unknown-")) or (span.kind == "token" and span.note == UNKNOWN_VALUE)
    ]


def annotate(body: bytes, content_type: str | None = None) -> Annotation:
    found = Annotation()
    try:
        found.document = codec.decode(body, content_type)
    except WireError as error:
        found.error = error
    try:
        walker = _WALKERS[codec.detect(body, content_type)](body, codec.charset_of(content_type))
    except WireError:
        return found
    try:
        end = walker.walk()
    except WireError as error:
        found.error = found.error or error
    else:
        walker.list.add(len(body), "opaque", f"{len(body) - end} bytes behind the document, not read")
    found.spans = walker.list.spans
    found.table_used = frozenset(walker.table_used) if isinstance(walker, WbxmlSpans) else frozenset()
    return found
