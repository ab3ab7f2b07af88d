"""Cards as phones carry them: written for old readers, read from anything."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onesoup.csp.text import vcards
from onesoup.csp.text.vcards import CELL, HOME, Card, Postal

BOB = Card(
    full="Bob Béton",
    family="Béton",
    given="Bob",
    nickname="Bobby",
    birthday="1970-01-02",
    organisation="ACME; Inc",
    url="http://example.net/",
    note="a=b\\c",
    phones=(((CELL,), "+358 40 1"), ((), "2")),
    emails=("bob@example.net",),
    places=(Postal(HOME, "Main St 1", "Helsinki", "", "00100", "Finland"),),
)


def test_what_is_written_is_read_again():
    assert vcards.read_vcard_text(vcards.text_of(BOB)) == BOB


def test_the_text_is_ascii_in_lines_of_their_own():
    lines = vcards.text_of(BOB).split("\r\n")
    assert lines[:2] == ["BEGIN:VCARD", "VERSION:2.1"]
    assert lines[-1] == "END:VCARD"
    assert all(line.isascii() for line in lines)
    assert "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:B=C3=A9ton;Bob;;;" in lines


def test_no_card_is_no_text():
    assert vcards.text_of(Card()) == ""
    assert not vcards.read_vcard_text("BEGIN:VCARD\r\nEND:VCARD")


def test_a_card_has_a_name_whatever_is_known():
    assert "N:;Bobby;;;" in vcards.text_of(Card(nickname="Bobby"))


@pytest.mark.parametrize("most", [60, 120, 400])
def test_a_card_is_as_long_as_may_be(most):
    text = vcards.text_of(Card(full="x" * 90, note="y" * 190, emails=("z" * 90,)), most)
    assert len(text.encode()) <= most
    assert text.endswith("END:VCARD")


def test_version_3_is_read_too():
    text = (
        "BEGIN:VCARD\nVERSION:3.0\nitem1.FN:Bob\nN:Beton;Bob;;;\nTEL;TYPE=home,voice:1\nNOTE:one\\, two\n  and three\n"
        "ADR;TYPE=WORK:;;Street 1;City;;;\nORG:ACME;Sales\nEND:VCARD"
    )
    card = vcards.read_vcard_text(text)
    assert (card.full, card.family, card.given, card.organisation) == ("Bob", "Beton", "Bob", "ACME")
    assert card.phones == (((HOME,), "1"),)
    assert card.note == "one, two and three"
    assert card.places == (Postal("WORK", "Street 1", "City"),)


def test_quoted_printable_goes_on_behind_a_soft_break():
    text = "FN;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:B=E9=\r\nton"
    assert vcards.read_vcard_text(text).full == "Béton"
    assert vcards.read_vcard_text("FN;QUOTED-PRINTABLE;CHARSET=no-such:=41").full == "A"


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    vcards.read_vcard_text(text)
    vcards.read_vcard_text(f"BEGIN:VCARD\r\nTEL;{text}\r\nADR:{text}\r\nNOTE;QUOTED-PRINTABLE:{text}\r\nEND:VCARD")


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), max_size=30)


@given(TEXT, TEXT, TEXT)
@example("x", "\\", "")
@example("\\n", ";\\;", "\\N\\\\n")
def test_any_names_arrive_as_they_are_and_add_no_line(full, given_name, note):
    card = Card(full=full or "x", given=given_name or "y", note=note)
    assert vcards.read_vcard_text(vcards.text_of(card)) == card


def test_ten_thousand_lines_cost_no_more_than_two_hundred():
    assert vcards.read_vcard_text("TEL:1\n" * 10_000).phones == (((), "1"),) * vcards.MAX_VCARD_ENTRIES
