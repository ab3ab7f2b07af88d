"""Places as phones write them: coordinates both ways, and what is no place is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp import places
from onesoup.csp.codec.generated_elements import Address, FreeTextLocation, GeoLocation, PresenceSubList
from onesoup.csp.places import UNKNOWN_PLACE, Place


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("35 24 15.652N", 35.404348),
        ("35 24 15.652W", -35.404348),
        ("N35 24 15.652", 35.404348),
        ("S 35.5", -35.5),
        ("-24.9384", -24.9384),
        ("35 30N", 35.5),
        ("0", 0.0),
        ("90", 90.0),
    ],
)
def test_coordinates_are_read(text, value):
    assert places.degrees(text, 90) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("text", ["", "north", "91", "999 99 99N", "1e3", "nan", "35 24 15.652N 4", "١٢", "9" * 5000])
def test_what_is_no_coordinate_is_none(text):
    assert places.degrees(text, 90) is None


def test_the_last_thousandth_is_carried():
    assert places.written_degrees(35.99999999, "NS") == "36 00 00.000N"
    assert places.written_degrees(-0.5, "EW") == "0 30 00.000W"


@given(st.floats(-180, 180))
def test_what_is_written_is_read_again(value):
    again = places.degrees(places.written_degrees(value, "EW"), 180)
    assert again == pytest.approx(value, abs=1e-6)


@given(st.text(max_size=40))
def test_any_text_is_a_coordinate_or_none(text):
    value = places.degrees(text, 180)
    assert value is None or -180 <= value <= 180


def test_half_a_position_is_none():
    own = PresenceSubList(geo_location=GeoLocation(True, longitude="24 56 18E"))
    assert places.place_of(own, places.PLACE_ATTRIBUTES) == UNKNOWN_PLACE
    assert places.geo_location(Place(latitude=1.0)) is None


def test_only_what_may_go_out_goes_out():
    own = PresenceSubList(
        geo_location=GeoLocation(True, "24 56 18E", "60 10 12N", 20, 5),
        address=Address(True, country="FI", city="Helsinki"),
        free_text_location=FreeTextLocation(True, "at the port"),
    )
    assert places.place_of(own, ["address"]) == Place(country="FI", city="Helsinki")
    whole = places.place_of(own, places.PLACE_ATTRIBUTES)
    assert (whole.altitude, whole.accuracy, whole.city, whole.text) == (20, 5, "Helsinki", "at the port")
    assert places.place_of(own, []) == UNKNOWN_PLACE


def test_what_the_phone_does_not_want_to_say_is_not_said():
    own = PresenceSubList(address=Address(False, city="Helsinki"), free_text_location=FreeTextLocation(False, "home"))
    assert places.place_of(own, places.PLACE_ATTRIBUTES) == UNKNOWN_PLACE
