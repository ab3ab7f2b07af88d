"""The phone number that a proxy states in the headers of a request, and whether one that the phone wrote may be among them."""

from collections.abc import Iterable
from dataclasses import dataclass

from onesoup.csp.text.numbers import normal_number

# Signs that a proxy passes on what phones write: a header that is there twice, headers that do not agree, and a number that has
# come through Kannel's wapbox, which passes all headers on, even line ends in them.
TWICE_SIGN, DISAGREE_SIGN, WAPBOX_SIGN = "twice", "disagree", "wapbox"


@dataclass(frozen=True, slots=True)
class StatedNumber:
    """`number` is "" for none. With a `sign` it always is; then `header` is where the sign was seen."""

    number: str = ""
    sign: str = ""
    header: str = ""


def stated_number(fields: Iterable[tuple[str, str]], country: str = "", wapbox: bool = False) -> StatedNumber:
    """The number in these (name, value). Fields of one name that came several times are one value with commas."""
    found = ""
    for name, value in fields:
        numbers = list(filter(None, (normal_number(each, country) for each in value.split(","))))
        if numbers and wapbox:
            return StatedNumber("", WAPBOX_SIGN, name)
        if numbers and "," in value:
            return StatedNumber("", TWICE_SIGN, name)
        if numbers and found not in ("", numbers[0]):
            return StatedNumber("", DISAGREE_SIGN, name)
        found = found or "".join(numbers)
    return StatedNumber(found)
