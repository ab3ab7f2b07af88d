"""A message with what its bytes said about themselves: an answer goes out in the same version and encoding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from onesoup.wire.tree import Element


class Encoding(StrEnum):
    XML = "xml"
    WBXML = "wbxml"
    PTS = "pts"  # plain text syntax, made for SMS


# Those that carry any tree. PTS carries messages of one transaction only, and of some primitives no more than it has words for.
ANY_TREE = (Encoding.XML, Encoding.WBXML)


@dataclass(slots=True)
class Document:
    root: Element
    version: str  # "1.0", "1.1", "1.2", "1.3"
    encoding: Encoding
    doctype: bool = False  # the XML had a DOCTYPE, so the answer gets one
