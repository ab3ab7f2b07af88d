"""Seconds, percentiles, CSV and picture."""

import csv
import io
import math
from xml.etree import ElementTree

from onesoup.load import plot
from onesoup.load.series import HELD_POLL_KIND, SERIES_COLUMNS, Series, percentile
from onesoup.load.text import columns


def test_waiting_for_ones_turn_counts_as_time_of_the_answer() -> None:
    series = Series(100.0)
    series.answered("send", planned=101.0, now=103.5)
    assert series.times == [2.5]
    assert series.rows()[3] == (3, 1, 0, 0, 0, 0, 2500.0, 2500.0, 2500.0)


def test_held_polls_count_as_requests_and_not_as_slow() -> None:
    series = Series(0.0)
    series.answered(HELD_POLL_KIND, 0.0, 5.0)
    assert series.times == []
    assert series.total("requests") == 1
    assert series.by_kind() == {HELD_POLL_KIND: [5.0]}


def test_the_series_has_a_row_for_every_second() -> None:
    series = Series(10.0)
    series.failed("poll", "503", 10.0, 10.2)
    series.count("sent", 13.9)
    rows = list(csv.reader(io.StringIO(series.csv())))
    assert rows[0] == list(SERIES_COLUMNS)
    assert [row[0] for row in rows[1:]] == ["0", "1", "2", "3"]
    assert rows[1][1:3] == ["1", "1"]
    assert series.failures == {"poll: 503": 1}
    assert series.last("requests", 15.0, 5) == 0.2


def test_percentiles() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile(range(100), 0.95) == 95
    assert math.isnan(percentile([], 0.5))


def test_a_table_has_a_line_for_every_row() -> None:
    assert columns([("a", "n"), ("long name", 3), ("x", math.nan)]).splitlines() == [
        "a          n",
        "---------  -",
        "long name  3",
        "x          -",
    ]


def test_the_picture_is_svg_whatever_the_names_are() -> None:
    drawn = plot.svg(
        "a < b & c", [plot.Panel("p", {"x": [1, 2, 3], "empty": []}), plot.Panel("zeros", {"y": [0]})], [(1.0, "<kill>")]
    )
    root = ElementTree.fromstring(drawn)
    assert root.tag.endswith("svg")
    assert len(root.findall("{http://www.w3.org/2000/svg}polyline")) == 3
    assert ElementTree.fromstring(plot.svg("nothing", [])).tag.endswith("svg")
