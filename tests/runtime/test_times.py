"""Times as machines read them: ISO 8601, always in UTC."""

from datetime import UTC, datetime

from onesoup.runtime.times import iso_time


def test_a_whole_number_of_seconds_has_no_fraction():
    assert iso_time(0) == "1970-01-01T00:00:00Z"
    assert iso_time(1_796_023_120) == "2026-11-30T07:18:40Z"
    assert datetime.fromisoformat(iso_time(1_796_023_120)) == datetime(2026, 11, 30, 7, 18, 40, tzinfo=UTC)


def test_a_part_of_a_second_is_told_to_the_millisecond():
    assert iso_time(1.25) == "1970-01-01T00:00:01.250Z"
    assert iso_time(1.0) == "1970-01-01T00:00:01.000Z"


def test_a_time_that_no_calendar_has_is_no_error():
    assert iso_time(1e30) == ""
