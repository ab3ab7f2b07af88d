"""Documents made to hurt. Each is refused or read over in bounded time and memory, and the error names the limit."""

import time
import tracemalloc

import pytest

from onesoup.wire import codec
from onesoup.wire.errors import WireError
from onesoup.wire.limits import MAX_DOCUMENT_BYTES, MAX_ELEMENT_DEPTH, MAX_ELEMENTS, MAX_NAME_LENGTH, MAX_TEXT_ITEMS

KIB = 1024
BODY = 64 * KIB  # what the gateway lets in

# The goal is 50 ms. A loaded machine that also traces memory is given more; a bomb that works takes minutes.
SECONDS = 10.0
MEMORY = 16 * KIB * KIB

HEAD = bytes.fromhex("03 11 6A 00")
ROOT = b"\x49"
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))


def table(octets: bytes) -> bytes:
    length = len(octets)
    return b"\x03\x11\x6a" + bytes((length >> 14 | 0x80, length >> 7 & 0x7F | 0x80, length & 0x7F)) + octets


def fill(unit: bytes, size: int = BODY) -> bytes:
    return unit * (size // len(unit))


def xml(inside: str, head: str = "") -> bytes:
    return f"{head}<WV-CSP-Message>{inside}</WV-CSP-Message>".encode()


REFUSED = {
    "nesting": (HEAD + b"\x49" * 100_000, f"depth {MAX_ELEMENT_DEPTH}"),
    "nesting of literal tags": (table(b"x\0") + b"\x44\0" * 30_000, f"depth {MAX_ELEMENT_DEPTH}"),
    "a million empty elements": (HEAD + ROOT + b"\x0b" * (BODY - 6) + b"\1", f"{MAX_ELEMENTS} elements"),
    "elements with empty content": (HEAD + ROOT + fill(b"\x4b\1") + b"\1", f"{MAX_ELEMENTS} elements"),
    "unknown elements": (HEAD + ROOT + fill(b"\x3f") + b"\1", f"{MAX_ELEMENTS} elements"),
    "END flood": (HEAD + b"\1" * BODY, "END before the root"),
    "six octets of integer": (b"\x03\x81\x81\x81\x81\x81\1\x6a\0\x49\1", "32 bits"),
    "integer of 33 bits": (b"\x03\x9f\xff\xff\xff\x7f\x6a\0\x49\1", "32 bits"),
    "length of 4 GiB": (HEAD + ROOT + b"\x4b\xc3\x8f\xff\xff\xff\x7f", "beyond the document"),
    "string table of 4 GiB": (b"\x03\x11\x6a\x8f\xff\xff\xff\x7f\x49\1", "beyond the document"),
    "string table beyond the document": (b"\x03\x11\x6a\x09abc", "beyond the document"),
    "public id outside the table": (b"\x03\x00\x05\x6a\x00\x49\1", "outside the table"),
    "index outside the table": (table(b"abc\0") + ROOT + b"\x52\x83\x04\1\1", "outside the table"),
    "string table amplification": (
        table(b"a" * 20 * KIB + b"\0") + ROOT + b"\x52" + b"\x83\0" * 22_000 + b"\1\1",
        f"{MAX_DOCUMENT_BYTES}",
    ),
    "amplification over elements": (
        table(b"a" * 20 * KIB + b"\0") + ROOT + b"\x52\x83\0\1" * 3_900 + b"\1",
        f"{MAX_DOCUMENT_BYTES}",
    ),
    "amplification by names": (table(b"a" * 20 * KIB + b"\0") + ROOT + b"\x04\0" * 3_900 + b"\1", "no name"),
    "amplification by many names": (
        table(b"a" * MAX_NAME_LENGTH + b"\0") + ROOT + b"\x04\0" * 3_900 + b"\1",
        f"{MAX_DOCUMENT_BYTES}",
    ),
    "amplification by attributes": (
        table(b"a" * 20 * KIB + b"\0") + b"\xc9\x05" + b"\x83\0" * 20_000 + b"\1\1",
        f"{MAX_DOCUMENT_BYTES}",
    ),
    "amplification by prefixes": (HEAD + b"\xc9" + b"\x0b" * 60_000 + b"\1\1", "limit"),
    "amplification by value tokens": (HEAD + ROOT + b"\x52" + b"\x80\x04" * 30_000 + b"\1\1", f"{MAX_DOCUMENT_BYTES}"),
    "empty texts": (HEAD + ROOT + b"\x52" + fill(b"\x03\0") + b"\1\1", f"{MAX_TEXT_ITEMS} text items"),
    "texts of one character": (HEAD + ROOT + b"\x52" + fill(b"\x03a\0") + b"\1\1", f"{MAX_TEXT_ITEMS} text items"),
    "string table references of one character": (
        table(b"a\0") + ROOT + b"\x52" + fill(b"\x83\0") + b"\1\1",
        f"{MAX_TEXT_ITEMS} text items",
    ),
    "empty references into a string table": (
        table(b"a" * KIB + b"\0") + ROOT + b"\x52" + fill(b"\x83\x88\0") + b"\1\1",
        f"{MAX_TEXT_ITEMS} text items",
    ),
    "extensions": (HEAD + ROOT + b"\x52" + fill(b"\xc0") + b"\1\1", f"{MAX_TEXT_ITEMS} text items"),
    "value tokens without a meaning": (HEAD + ROOT + b"\x52" + fill(b"\x80\x83\x7f") + b"\1\1", f"{MAX_TEXT_ITEMS} text items"),
    "opaque beyond the document": (HEAD + ROOT + b"\x4d\xc3\x7fabc\1\1", "beyond the document"),
    "inline string without NUL": (HEAD + ROOT + b"\x4d\x03" + b"a" * BODY, "NUL"),
    "page switches": (HEAD + ROOT + fill(b"\0\1") + b"\1", f"{MAX_ELEMENTS} elements"),
    "page switches in attributes": (HEAD + b"\xc9" + fill(b"\0\0") + b"\1\1", f"{MAX_ELEMENTS} elements"),
    "attributes": (table(b"x\0") + b"\xc9" + fill(b"\x04\0") + b"\1\1", f"{MAX_ELEMENTS} elements"),
    "entity beyond Unicode": (HEAD + ROOT + b"\x4d\x02\xc4\x80\x00\1\1", "entity"),
    "entity that is a surrogate": (HEAD + ROOT + b"\x4d\x02\x83\xb0\x00\1\1", "entity"),
    "character set UTF-16": (b"\x03\x11\x87\x77\x00\x49\1", "character set"),
    "a document of 1 MiB": (HEAD + ROOT + b"\x4d\x03" + b"a" * KIB * KIB + b"\0\1\1", "limit"),
    "xml exponential entities": (xml("&e9;", f'<!DOCTYPE x [<!ENTITY e0 "ha">{ENTITIES}]>'), "internal subset"),
    "xml quadratic entities": (xml("&a;" * 5_000, f'<!DOCTYPE x [<!ENTITY a "{"a" * 30_000}">]>'), "internal subset"),
    "xml external entity, file": (xml("&a;", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), "internal subset"),
    "xml external entity, http": (xml("&a;", '<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:1/">]>'), "internal subset"),
    "xml parameter entity": (xml("", '<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>'), "internal subset"),
    "xml empty internal subset": (xml("", "<!DOCTYPE x []>"), "internal subset"),
    "xml entity of an external subset": (xml("&nbsp;", '<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "entity"),
    "xml unknown entity": (xml("&nbsp;"), "entity"),
    "xml nesting": (b"<a>" * 20_000, f"depth {MAX_ELEMENT_DEPTH}"),
    "xml elements": (xml(f"{'<a/>' * 16_000}"), f"{MAX_ELEMENTS} elements"),
    "xml attributes": (xml("<a " + " ".join(f"a{n}=''" for n in range(20_000)) + "/>"), f"{MAX_ELEMENTS} elements"),
    "xml name of 60 KiB": (xml(f"<{'a' * 60 * KIB}/>"), "name"),
    "xml document of 1 MiB": (xml(f"<{'a' * KIB * KIB}/>"), "limit"),
    "xml comments": (xml("<!---->" * 9_000), f"{MAX_ELEMENTS} elements"),
    "xml processing instructions": (xml("<?a?>" * 12_000), f"{MAX_ELEMENTS} elements"),
    "xml NUL": (xml("a\0b"), "token"),
    "xml character reference to NUL": (xml("&#0;"), "reference to invalid character"),
    "xml UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?>' + xml(""), "UTF-7"),
    "xml UTF-16 without mark": (xml("").decode().encode("utf-16-le"), "byte order mark"),
    "xml UTF-16 without mark, big endian": (xml("").decode().encode("utf-16-be"), "byte order mark"),
    "xml UTF-16 by declaration alone": (b'<?xml version="1.0" encoding="UTF-16"?>' + xml(""), "byte order mark"),
    "xml UTF-32": (xml("").decode().encode("utf-32"), "XML"),
    "xml bad UTF-8": (b"<a>\xff\xfe</a>", "token"),
    "xml overlong UTF-8": (b"<a>\xc0\xbc</a>", "token"),
    "xml surrogate in UTF-8": (b"<a>\xed\xa0\xbd</a>", "token"),
    "xml octet above 7F in US-ASCII": (b'<?xml version="1.0" encoding="US-ASCII"?><a>\xe9</a>', "token"),
    "xml two roots": (b"<a/><a/>", "junk"),
    "xml attribute twice": (b"<a b='' b=''/>", "duplicate"),
}

READ = {
    "a long text of entities": HEAD + ROOT + b"\x52" + b"\x02\x88\x30" * (MAX_TEXT_ITEMS - 1) + b"\1\1",
    "ENDs after the root": HEAD + b"\x09" + b"\1" * BODY,
    "one text of 60 KiB": HEAD + ROOT + b"\x52\x03" + b"a" * 60 * KIB + b"\0\1\1",
    "digits of 60 KiB": HEAD + ROOT + b"\x4b\x03" + b"9" * 60 * KIB + b"\0\1\1",
    "xml text in small pieces": xml("a<!---->" * 3_900 + "&amp;" * 6_000),
    "xml digits of 60 KiB": xml(f"<Code>{'9' * 60 * KIB}</Code>"),
    "xml line feeds": xml("\n" * 60 * KIB),
    "xml public doctype": xml("", '<!DOCTYPE x PUBLIC "-//OMA//DTD WV-CSP 1.2//EN" "file:///dev/zero">'),
}


def measured(body: bytes) -> tuple[WireError | None, float, int]:
    """The error if there is one, the seconds of CPU and the octets of memory that it took."""
    codec.decode(HEAD + b"\x09")
    error = None
    tracemalloc.start()
    try:
        began = time.thread_time()
        codec.decode(body)
    except WireError as caught:
        error = caught
    finally:
        seconds, peak = time.thread_time() - began, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return error, seconds, peak


@pytest.mark.parametrize("name", REFUSED)
def test_a_bomb_is_refused(name):
    body, says = REFUSED[name]
    error, seconds, peak = measured(body)
    assert error is not None
    assert says in str(error)
    assert error.offset is not None
    assert "\n" not in str(error)
    assert len(str(error)) < 200
    assert seconds < SECONDS
    assert peak < MEMORY


@pytest.mark.parametrize("name", READ)
def test_what_only_looks_like_a_bomb_is_read(name):
    error, seconds, peak = measured(READ[name])
    assert error is None
    assert seconds < SECONDS
    assert peak < MEMORY


def test_the_deepest_and_the_largest_document_that_pass():
    deepest = HEAD + b"\x49" * (MAX_ELEMENT_DEPTH - 1) + b"\x09" + b"\1" * (MAX_ELEMENT_DEPTH - 1)
    assert codec.decode(deepest)
    assert codec.decode(codec.encode(codec.decode(deepest)))
    assert codec.decode(b"<a>" * MAX_ELEMENT_DEPTH + b"</a>" * MAX_ELEMENT_DEPTH)
    largest = HEAD + ROOT + b"\x0b" * (MAX_ELEMENTS - 1) + b"\1"
    assert len(codec.decode(largest).root.children) == MAX_ELEMENTS - 1
    assert codec.decode(xml("<a/>" * (MAX_ELEMENTS - 1)))
