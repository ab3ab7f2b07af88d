"""Plain hex over several lines and pages: numbers of pages between the lines, lines that break inside of a byte."""

import pytest

from onesoup.captures.reading import read_capture
from onesoup.wire import codec
from onesoup.wire.document import Document, Encoding
from onesoup.wire.tree import Element
from tests.captures.test_text_dumps import FORMS, rows, wrapped


def message() -> bytes:
    """A message of 12 lines and a bit, in which a byte more or less is read as something else."""
    user = Element("Recipient", "", [Element("User", "", [Element("UserID", "wv:bob@example.org")])])
    facts = [user, Element("ContentType", "text/plain"), Element("ContentSize", "23")]
    send = Element(
        "SendMessage-Request",
        "",
        [Element("DeliveryReport", "F"), Element("MessageInfo", "", facts), Element("ContentData", "Grüße & Kuß")],
    )
    about = Element("TransactionDescriptor", "", [Element("TransactionMode", "Request"), Element("TransactionID", "25")])
    whole = Element("Transaction", "", [about, Element("TransactionContent", "", [send])])
    who = Element("SessionDescriptor", "", [Element("SessionType", "Inband"), Element("SessionID", "s1.7f3a@example.org")])
    root = Element("WV-CSP-Message", "", [Element("Session", "", [who, whole])])
    return codec.encode(Document(root, "1.2", Encoding.WBXML))


MESSAGE = message()
SPACED = [row.hex(" ") for _, row in rows(MESSAGE)]
PLAIN = wrapped(MESSAGE).splitlines()
BROKEN = wrapped(MESSAGE, 61).splitlines()
PAGES = ["17", "17.", "- 17 -", "1104", "2005", "0017", "12 13", "Face", "01", "20"]


def read(lines: list[str]) -> tuple[list[bytes], list[str]]:
    """The documents, and what is said of them."""
    told: list[str] = []
    bodies = [body.data for body in read_capture("\n".join(lines).encode(), "x.txt", told.append)]
    return bodies, told


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("lines", [SPACED, PLAIN, BROKEN], ids=["spaced", "plain", "odd"])
def test_the_number_of_a_page_is_left_out_wherever_it_stands(lines, page):
    for place in range(1, len(lines) + 1):
        bodies, told = read([*lines[:place], page, *lines[place:]])
        assert bodies == [MESSAGE], place
        assert told == [f"line {place + 1}: `{page}` left out as a page number"]


@pytest.mark.parametrize("page", ["104", "- 7 -"])
def test_a_page_number_that_makes_no_bytes_is_told_too(page):
    assert read([*SPACED[:2], page, *SPACED[2:]]) == ([MESSAGE], [f"line 3: `{page}` left out as a page number"])


def test_numbers_of_several_pages_are_left_out():
    bodies, told = read([*SPACED[:2], "17", "", *SPACED[2:5], "\f- 18 -", "IMPS 1.3", *SPACED[5:]])
    assert bodies == [MESSAGE]
    assert told == ["line 3: `17` left out as a page number", "line 8: `- 18 -` left out as a page number"]


def test_a_short_line_without_which_nothing_decodes_is_taken_and_told():
    at = MESSAGE.index(b"\0\1\1\x72")  # the end of a text and of two elements
    lines = [MESSAGE[:at].hex(), MESSAGE[at : at + 3].hex(), wrapped(MESSAGE[at + 3 :])]
    assert read(lines) == ([MESSAGE], ["line 2: `000101` taken, although it looks like a page number"])


def test_where_nothing_decodes_a_short_line_is_taken_and_told():
    bodies, told = read([*SPACED[:2], "17", *SPACED[2:5]])
    assert bodies == [MESSAGE[:32] + b"\x17" + MESSAGE[32:80]]
    assert told == ["line 3: `17` taken, although it looks like a page number"]


def test_lines_of_any_length_are_a_listing_and_no_pages():
    listing, at = [MESSAGE[:4]], 4
    while at < len(MESSAGE):
        listing.append(MESSAGE[at : at + 1 + at % 5])
        at += 1 + at % 5
    assert read([row.hex(" ") for row in listing]) == ([MESSAGE], [])


@pytest.mark.parametrize("width", [17, 31, 61, 63, 75])
def test_lines_may_break_inside_of_a_byte(width):
    assert read(wrapped(MESSAGE, width).splitlines()) == ([MESSAGE], [])
    twice = wrapped(MESSAGE, width).splitlines() * 2
    assert read(["Listing 1", *twice, "The end."]) == ([MESSAGE, MESSAGE], [])


def test_a_long_number_behind_a_document_is_no_part_of_it():
    assert read([*PLAIN, "353918012345678901234"]) == (
        [MESSAGE],
        [f"line {len(PLAIN) + 1}: `353918012345678901234` left out: an odd number of digits"],
    )


def test_a_digit_that_is_missing_is_told():
    bodies, told = read([*PLAIN[:2], PLAIN[2][:-1], *PLAIN[3:]])
    assert bodies[0][:95] == MESSAGE[:95]
    assert told == [f"lines 1 to {len(PLAIN)}: an odd number of digits: one is missing, or one too many"]


@pytest.mark.parametrize("form", [name for name in FORMS if name not in ("xxd -i", "Wireshark's C", "from a PDF")])
@pytest.mark.parametrize("page", ["17", "- 17 -", "0017", "1104", "12 13", "Face", "104"])
def test_the_number_of_a_page_is_no_part_of_a_dump(form, page):
    lines = FORMS[form](MESSAGE).splitlines()
    for place in range(1, len(lines)):
        bodies, told = read([*lines[:place], page, *lines[place:]])
        assert bodies == [MESSAGE], place
        assert told == [f"line {place + 1}: `{page}` left out as a page number"]
