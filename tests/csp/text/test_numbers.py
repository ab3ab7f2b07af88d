"""Phone numbers as networks write them."""

import pytest

from onesoup.csp.text import numbers


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("358401234567", "", "+358401234567"),
        ("+358 40 123-4567", "", "+358401234567"),
        ("00358401234567", "", "+358401234567"),
        ("tel:+358(40)1234567", "", "+358401234567"),
        ("+358401234567;type=msisdn", "", "+358401234567"),
        ("+358401234567@wap.example.org", "", "+358401234567"),
        ("0401234567", "358", "+358401234567"),
        ("0401234567", "", None),
        ("1234567", "", None),
        ("+1234567890123456", "", None),
        ("+0123456", "", None),
        ("a81fc9d2e0", "", None),
        ("٣٥٨٤٠١٢٣٤٥٦", "", None),
        ("", "358", None),
        ("unknown, 358401234567", "", None),
    ],
)
def test_a_number_is_told_from_what_else_stands_in_such_headers(written, country, number):
    assert numbers.normal_number(written, country) == number


ONE, OTHER = "+15550100123", "+447700900123"


def test_an_empty_list_of_prefixes_allows_nothing():
    assert not numbers.number_allowed(ONE, ())
    assert numbers.number_allowed(ONE, ("+44", "+1555"))
    assert not numbers.number_allowed("", ("+",))


def test_a_claimed_number_pays_for_nothing():
    assert numbers.trusted_number("", ONE, []) == ""
    assert numbers.trusted_number("", ONE, [OTHER]) == ""
    assert numbers.trusted_number("", ONE, [], accept_claimed=True) == ONE


def test_a_proved_number_is_trusted():
    assert numbers.trusted_number(ONE, OTHER, []) == ONE
    assert numbers.trusted_number("", ONE, [OTHER, ONE]) == ONE
    assert numbers.trusted_number("", "", [OTHER, ONE]) == OTHER
    assert numbers.trusted_number("", "", []) == ""


def test_a_log_sees_three_digits():
    assert numbers.hidden_number(ONE) == "***123"
    assert numbers.hidden_number("") == ""
