"""Plots of the last day, as drawings and in words."""

import xml.etree.ElementTree as ET

import pytest

from workers.gateway.console.plots import DAY_PLOT_HEIGHT, DAY_PLOT_MARGIN, DAY_PLOT_WIDTH, DayPlot

pytestmark = pytest.mark.usefixtures("host_in_nepal")

MIDNIGHT = 20_000 * 1440


def plot(numbers, until=MIDNIGHT, title="Polls"):
    return DayPlot(title, tuple(numbers), until)


def test_words_say_what_is_now_and_when_most_was():
    numbers = [1] * 1440
    numbers[60] = 5000
    assert plot(numbers).words == "now 1, most 5,000 at 01:01 UTC"
    assert plot([0] * 1440).words == "none in the last day"


def test_the_drawing_is_xml_with_a_text_and_marks_at_full_hours():
    drawn = ET.fromstring(plot(range(1440), title='<Polls> & "more"').drawing)
    assert drawn.get("aria-label").startswith('<Polls> & "more", the last 24 hours: now 1,439')
    assert [each.text for each in drawn.iter("text")] == ["00:00", "18:00", "12:00", "06:00"]
    marks = [each for each in drawn.iter("path") if "v3" in each.get("d") or each.get("class") == "hour"]
    assert len(marks) == 24


def test_the_highest_number_reaches_the_top_and_nothing_leaves_the_drawing():
    area = ET.fromstring(plot([0] * 1435 + [7] * 5).drawing).find("path[@class='area']").get("d")
    places = [float(word) for word in area.replace("M", " ").replace("L", " ").replace("Z", " ").split()]
    assert min(places[1::2]) == 6
    assert max(places[1::2]) <= DAY_PLOT_HEIGHT
    assert DAY_PLOT_MARGIN <= min(places[::2]) <= max(places[::2]) <= DAY_PLOT_MARGIN + DAY_PLOT_WIDTH
