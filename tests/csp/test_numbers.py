"""Phone numbers: their writing, and which of them may cost something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp.numbers import allowed, first, hidden, normal, trusted

ONE, OTHER = "+15550100123", "+447700900123"


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        "15550100123",
        "0015550100123",
        "+1 (555) 010-0123",
        "+15550100123/TYPE=PLMN",
        "15550100123;type=x",
        " 15550100123@mms ",
    ],
)
def test_one_number_in_many_writings(text):
    assert normal(text) == ONE


@pytest.mark.parametrize(
    "text", [None, "", "+", "1234567", "1" * 16, "5d41402abc4b2a76b9719d911017c592", "+0155501001", "١٥٥٥٠١٠٠١٢٣"]
)
def test_what_is_no_number(text):
    assert normal(text) == ""


def test_a_national_number_needs_a_country():
    assert normal("07700 900123") == ""
    assert normal("07700 900123", "44") == OTHER


def test_the_first_header_that_says_something_counts():
    """A hashed id there is no number, and the next header is somebody else's business."""
    assert first([None, " ", ONE, OTHER]) == ONE
    assert first(["3f2a9c", ONE]) == ""


def test_an_empty_list_of_prefixes_allows_nothing():
    assert not allowed(ONE, ())
    assert allowed(ONE, ("+44", "+1555"))
    assert not allowed("", ("+",))


def test_a_claimed_number_pays_for_nothing():
    assert trusted("", ONE, []) == ""
    assert trusted("", ONE, [OTHER]) == ""
    assert trusted("", ONE, [], accept_claimed=True) == ONE


def test_a_proved_number_is_trusted():
    assert trusted(ONE, OTHER, []) == ONE
    assert trusted("", ONE, [OTHER, ONE]) == ONE
    assert trusted("", "", [OTHER, ONE]) == OTHER
    assert trusted("", "", []) == ""


def test_a_log_sees_three_digits():
    assert hidden(ONE) == "***123"
    assert hidden("") == ""


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_none(text):
    number = normal(text)
    assert number == "" or (number[0] == "+" and number[1:].isdigit() and normal(number) == number)
