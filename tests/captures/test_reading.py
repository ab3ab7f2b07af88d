"""Files of every form to documents."""

import pytest

from onesoup.captures.errors import CaptureError
from onesoup.captures.reading import read_capture
from tests.wire.vectors import GOOD

FIRST, SECOND = GOOD[0].octets, next(vector.octets for vector in GOOD if vector.octets != GOOD[0].octets)
XML = b'<?xml version="1.0"?>\n<WV-CSP-Message>\n <Code>200</Code>\n</WV-CSP-Message>'


def found(data: bytes) -> list[tuple[bytes, str]]:
    return [(body.data, body.where.removeprefix("name")) for body in read_capture(data, "name")]


def test_one_binary_document():
    assert found(FIRST) == [(FIRST, "")]


def test_binary_documents_one_behind_the_other():
    assert found(FIRST + SECOND + FIRST) == [
        (FIRST, ""),
        (SECOND, f", byte {len(FIRST)}"),
        (FIRST, f", byte {len(FIRST + SECOND)}"),
    ]


def test_every_vector_ends_where_its_root_ends():
    octets = [vector.octets for vector in GOOD]
    assert [data for data, _ in found(b"".join(octets))] == octets


def test_a_broken_document_ends_where_the_next_begins():
    broken = FIRST[:-3]
    assert [data for data, _ in found(SECOND + broken + SECOND)] == [SECOND, broken, SECOND]


def test_xml_documents_one_behind_the_other():
    assert found(XML + b"\n\n" + XML) == [(XML, ", line 1"), (XML, ", line 6")]
    assert [data for data, _ in found(b"<a/><b></b> <c>\n</c>")] == [b"<a/>", b"<b></b>", b"<c>\n</c>"]


def test_xml_and_hex_and_plain_text_syntax_on_lines_of_one_file():
    data = b"\n".join((b"WV12PO SI=s1", FIRST.hex().encode(), XML, SECOND.hex(" ").encode()))
    assert found(data) == [(b"WV12PO SI=s1", ", line 1"), (FIRST, ", line 2"), (XML, ", line 3"), (SECOND, ", line 7")]


def test_an_empty_file_is_no_capture():
    with pytest.raises(CaptureError, match="empty"):
        list(read_capture(b"", "name"))
