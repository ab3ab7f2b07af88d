"""A number that a phone may have written itself is none."""

import pytest

from onesoup.csp.text.stated_numbers import DISAGREE_SIGN, TWICE_SIGN, WAPBOX_SIGN, StatedNumber, stated_number

A, B = "+358401234567", "+358407654321"


@pytest.mark.parametrize(
    ("fields", "stated"),
    [
        ([], StatedNumber()),
        ([("X-A", "")], StatedNumber()),
        ([("X-A", A)], StatedNumber(A)),
        ([("X-A", "0401234567")], StatedNumber(A)),
        ([("X-A", "a81fc9"), ("X-B", A)], StatedNumber(A)),
        ([("X-A", A), ("X-B", "00358401234567")], StatedNumber(A)),
        ([("X-A", f"{A},{B}")], StatedNumber("", TWICE_SIGN, "X-A")),
        ([("X-A", f"{A}, {A}")], StatedNumber("", TWICE_SIGN, "X-A")),
        # What the phone wrote, and the id that the proxy states.
        ([("X-A", f"{A},a81fc9")], StatedNumber("", TWICE_SIGN, "X-A")),
        ([("X-A", "GPRS,unsecured")], StatedNumber()),
        ([("X-A", A), ("X-B", ""), ("X-C", B)], StatedNumber("", DISAGREE_SIGN, "X-C")),
    ],
)
def test_of_several_numbers_none_counts(fields, stated):
    assert stated_number(fields, "358") == stated


def test_a_number_that_has_come_through_wapbox_is_none():
    assert stated_number([("X-A", ""), ("X-B", A)], wapbox=True) == StatedNumber("", WAPBOX_SIGN, "X-B")
    assert stated_number([("X-A", "")], wapbox=True) == StatedNumber()
