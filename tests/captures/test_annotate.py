"""Spans of a document: they cover it, and they agree with what the decoder reads."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.captures.annotate import Annotation, annotate
from onesoup.captures.spans import SPAN_KINDS
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from onesoup.wire.tree import Element
from tests.fuzz.documents import seeds
from tests.wire.vectors import BAD, GOOD, into


def paths(root: Element, above: str = "") -> Iterator[str]:
    path = f"{above}/{root.name}" if above else root.name
    yield path
    for child in root.children:
        yield from paths(child, path)


def covers(found: Annotation, size: int) -> bool:
    """Each span begins where the one before it ended, and the last ends with the document."""
    ends = [0, *(span.end for span in found.spans)]
    assert all(span.start < span.end and span.kind in SPAN_KINDS for span in found.spans)
    return [span.start for span in found.spans] == ends[:-1] and ends[-1] == size


def agrees(data: bytes) -> None:
    found = annotate(data)
    assert found.error is None
    assert found.document is not None
    assert covers(found, len(data))
    assert [span.path for span in found.spans if span.kind == "tag"] == list(paths(found.document.root))


@pytest.mark.parametrize("encoding", [Encoding.WBXML, Encoding.XML])
def test_every_vector_in_both_encodings(encoding):
    for vector in GOOD:
        agrees(vector.octets)
        agrees(codec.encode(into(codec.decode(vector.octets), encoding)))


def test_every_vector_that_is_refused_is_annotated_up_to_the_error():
    for vector in BAD:
        found = annotate(vector.octets)
        assert found.error is not None
        assert covers(found, found.spans[-1].end if found.spans else 0)


def test_depth_is_that_of_the_element_and_one_more_inside_of_it():
    for vector in GOOD:
        for span in annotate(vector.octets).spans:
            if span.kind in ("tag", "end") and span.note != "end of attributes":
                assert span.depth == span.path.count("/")
            elif span.path:
                assert span.depth == span.path.count("/") + 1


def test_texts_numbers_and_tokens_are_said():
    data = bytes.fromhex("03116a00c90803312e3200014bc301c801014503616c69636500010180")
    notes = [(span.kind, span.note) for span in annotate(bytes.fromhex("03116a00c90803312e3200014bc301c80101")).spans]
    assert notes == [
        ("header", "WBXML 1.3"),
        ("header", "public id: CSP 1.2"),
        ("header", "character set utf-8"),
        ("header", "no string table"),
        ("tag", "WV-CSP-Message"),
        ("attribute", 'xmlns="http://www.openmobilealliance.org/DTD/WV-CSP1.2"'),
        ("end", "end of attributes"),
        ("tag", "Code"),
        ("integer", "integer 200"),
        ("end", "end of Code"),
        ("end", "end of WV-CSP-Message"),
    ]
    assert annotate(data).spans[-1].note.endswith("bytes behind the document, not read")


def test_an_element_without_content_has_no_end():
    assert [span.note for span in annotate(b"\x03\x11\x6a\x00\x49").spans][-1] == "WV-CSP-Message"
    assert [span.note for span in annotate(b'<a b="c"/>').spans] == ['a b="c"']


def test_no_note_has_what_could_drive_a_terminal():
    literal = b"\x03\x11\x6a\x04x\x1b[\x00\xc9\x04\x00\x03a\x9b\x1b\x00\x01\x01"
    notes = [span.note for span in annotate(literal).spans]
    assert 'x\\u001b[="a\ufffd\\u001b"' in notes
    for data in (literal, "<a b='\x9b\u202e'>\u2028</a>".encode()):
        assert all(span.note.isprintable() for span in annotate(data).spans)


def test_xml_by_tags_and_texts():
    data = '<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "b">\n<a><!-- x -->\n<Code>2&#48;0é</Code><b/></a>\n'.encode()
    found = annotate(data)
    assert covers(found, len(data))
    assert [(span.kind, span.note, span.path) for span in found.spans] == [
        ("header", "XML declaration", ""),
        ("header", "DOCTYPE a", ""),
        ("tag", "a", "a"),
        ("token", 'comment "x"', "a"),
        ("text", "white space", "a"),
        ("tag", "Code", "a/Code"),
        ("text", 'text "200é"', "a/Code"),
        ("end", "end of Code", "a/Code"),
        ("tag", "b", "a/b"),
        ("end", "end of a", "a"),
    ]


def test_plain_text_syntax_by_words():
    for data in seeds(Encoding.PTS):
        found = annotate(data)
        if found.error is None:
            assert covers(found, len(data))
    spans = annotate(b'WV12LR3 UI=alice PW="a b"').spans
    assert [(span.kind, span.path.rpartition("/")[2]) for span in spans] == [
        ("header", "Login-Request"),
        ("tag", "UserID"),
        ("text", "UserID"),
        ("tag", "Password"),
        ("text", "Password"),
    ]


@given(st.sampled_from(GOOD), st.data())
def test_what_the_decoder_takes_the_spans_cover_and_name(vector, data):
    """Good documents with a wound: where the decoder reads on, the spans name the same elements."""
    octets = bytearray(vector.octets)
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(4, len(octets) - 1))] = data.draw(st.integers(0, 255))
    found = annotate(bytes(octets))
    if found.document is not None:
        agrees(bytes(octets))
    else:
        assert covers(found, found.spans[-1].end if found.spans else 0)
