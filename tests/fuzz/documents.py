"""Documents as phones send them, in each encoding: what the fuzz of the decoders begins with, and the words they are made of."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from onesoup.csp.codec.codec import UnreadableBody, read_message
from onesoup.csp.codec.generated_elements import PollingRequest
from onesoup.wire import codec, tokens
from onesoup.wire.document import Document, Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.generated import pts as pts_tables
from onesoup.wire.generated.doctypes import NAMESPACES, PUBLIC_IDS
from onesoup.wire.generated.values import VALUES
from tests.fuzz.mutants import Language
from tests.wire.test_pts import ALIKE
from tests.wire.test_pts import EXAMPLES as EXAMPLES_OF_LINES
from tests.wire.vectors import ALL, REPOSITORY, XML_REQUESTS, copy, into

# Those that come with the specification, where they are.
EXAMPLES = Path(os.environ.get("ONESOUP_EXAMPLES") or REPOSITORY / "../shared/protocol/examples")
VERSIONS = ("1.1", "1.2", "1.3")


def _read() -> Iterator[bytes]:
    for vector in ALL:
        yield vector.octets
        with suppress(FileNotFoundError):
            yield vector.xml
    for folder in (XML_REQUESTS, EXAMPLES):
        for path in sorted(folder.glob("*.xml")):
            yield path.read_bytes()


@cache
def written() -> tuple[bytes, ...]:
    """As they are in the files."""
    return tuple(dict.fromkeys(filter(None, _read())))


@cache
def documents() -> tuple[Document, ...]:
    """Those that can be read."""
    found = []
    for octets in written():
        with suppress(WireError):
            found.append(codec.decode(octets))
    return tuple(found)


@cache
def seeds(encoding: Encoding) -> tuple[bytes, ...]:
    """As they are written where they are of this encoding, and all others in it as far as it can say them."""
    found = [octets for octets in written() if _is(octets, encoding)]
    if encoding is Encoding.PTS:
        found += [line.encode() for line, _ in EXAMPLES_OF_LINES] + [line.encode() for _, line in ALIKE]
    for document in documents():
        with suppress(WireError):
            found.append(codec.encode(_as_pts(document) if encoding is Encoding.PTS else into(document, encoding)))
    return tuple(dict.fromkeys(found))


@cache
def polls() -> tuple[bytes, ...]:
    """Polls, with ids of plain letters and digits, as most phones of a server have them."""
    found = []
    for octets in (*seeds(Encoding.XML), *seeds(Encoding.WBXML)):
        with suppress(UnreadableBody):
            message = read_message(octets)
            if message.session_id and [type(each.content) for each in message.transactions] == [PollingRequest]:
                found.append(octets.replace(message.session_id.encode(), b"ab12"))
    return tuple(dict.fromkeys(found))


def _is(octets: bytes, encoding: Encoding) -> bool:
    with suppress(WireError):
        return codec.detect(octets) is encoding
    return False


def _as_pts(document: Document) -> Document:
    """Where a TransactionID is a number of few digits."""
    root = copy(document.root)
    waiting = [root]
    while waiting:
        element = waiting.pop()
        waiting.extend(element.children)
        if element.name == "TransactionID":
            element.text = "7"
    return Document(root, document.version, Encoding.PTS)


# ---- words


def _values() -> set[bytes]:
    return {text.encode() for texts in VALUES.values() for text in texts.values()}


def _wbxml_words() -> Iterator[bytes]:
    for version in VERSIONS:
        yield tokens.DOCUMENT_HEADERS[version] + b"\0"
        for form in tokens.ELEMENT_FORMS[version].values():
            yield from (form.empty, form.open, bytes((tokens.SWITCH_PAGE, form.page)))
            yield from (form.texts or {}).values()
    yield from (bytes((token,)) for token in range(256))
    # Headers that few phones write: character sets, a string table, a public id in it.
    yield from (b"\3\x11\x00\x00", b"\3\x11\x04\x00", b"\3\x11\x6a\x05ab\0c\0", b"\1\x01\x6a\x00", b"\3\0\0\x6a\x04abc\0")
    yield from (b"\x83\x00", b"\x02\x60", b"\x03a\0", b"\x03\0", b"\xc3\x00", b"\xc3\x01\x00", b"\xc3\x85\xff\xff\xff\x7f")
    yield from (b"\x80\x80\x01", b"\x80\x3d", b"\x03\xed\xa0\x80\0", b"\x03\xff\0", b"\x04\x00", b"\x84\x00\x01")


def _xml_words() -> Iterator[bytes]:
    yield from (name.encode() for version in VERSIONS for name in tokens.ELEMENT_FORMS[version])
    yield from _values()
    yield from (uri.encode() for uris in NAMESPACES.values() for uri in uris.values())
    yield from (text.encode() for text in PUBLIC_IDS.values())
    yield from (b"&amp;", b"&lt;", b"&#0;", b"&#13;", b"&#xD800;", b"&#x10FFFF;", b"&nobody;", b"<?x y?>")
    yield from (b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!DOCTYPE a [", b"]>", b" xmlns:w='x'", b" a='&#10;b'")
    yield from (b"<a>", b"</a>", b"<a/>", b"<w:Poll/>", b"<?xml version='1.0' encoding='iso-8859-1'?>")
    yield from (b"\xef\xbb\xbf", b"\xff\xfe", b"\xe4", b"\xed\xa0\x80", b"\xef\xbf\xbf")


def _pts_words() -> Iterator[bytes]:
    for table in (pts_tables.PARAMETERS, pts_tables.CAPABILITIES, pts_tables.SERVICES, pts_tables.PRESENCE):
        yield from (code.encode() for code in table)
    yield from (code.encode() for code in (*pts_tables.TRANSACTIONS, *pts_tables.PROPERTIES))
    yield from (name.encode() for name in tokens.ELEMENT_FORMS["1.3"])
    yield from (b"(", b")", b",", b'"', b'""', b"=", b" ", b"()", b"(,)", b"\r\n", b"\xe2\x80\xa8")
    yield from (b"WV12", b"WVXX", b"WV10", b"999", b"AB")


WBXML = Language(re.compile(rb"(?s)."), tuple(sorted(set(_wbxml_words()))))
POLLS = Language(re.compile(rb"[A-Za-z0-9_.:-]+"), (*WBXML.words, *_xml_words()))
XML = Language(re.compile(rb"[A-Za-z0-9_.:-]+"), tuple(sorted(set(_xml_words()))))
PTS = Language(re.compile(rb"[A-Za-z0-9_.-]+"), tuple(sorted(set(_pts_words()))))
