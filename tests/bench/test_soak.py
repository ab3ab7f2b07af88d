"""What the long runs make of what they have watched."""

import pytest

from tests.chaos.case import order
from tests.chaos.soak import FLAT, _flat, slope


@pytest.mark.parametrize("growth", [0.0, 1.5, -2.0])
def test_a_slope_is_growth_a_minute(growth):
    points = [(10.0 * number, 100.0 + growth * number / 6) for number in range(30)]
    assert slope(points) == pytest.approx(growth)


def test_a_sawtooth_has_no_slope_to_speak_of():
    assert abs(slope([(float(number), 50.0 + number % 5) for number in range(300)])) < 0.1
    assert slope([(0.0, 1.0)]) == 0.0


def test_a_count_that_grows_is_seen_and_one_that_wavers_is_not():
    grows = [(float(number), 100.0 + number) for number in range(300)]
    wavers = [(float(number), 100.0 + number % 20) for number in range(300)]
    assert _flat("sockets", {"holder": wavers, "cir": grows}, 0.0).good is False
    assert _flat("sockets", {"holder": wavers}, 0.0).value <= 100 * FLAT
    assert _flat("sockets", {"cir": grows}, 290.0).good is True


def test_cases_stand_in_their_order():
    assert sorted(["L2", "F10", "F9", "F1"], key=order) == ["F1", "F9", "F10", "L2"]
