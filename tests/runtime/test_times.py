"""Times as machines and operators read them: always in UTC."""

from datetime import UTC, datetime
from pathlib import Path

from onesoup.runtime.times import iso_time, utc_text

ROOT = Path(__file__).resolve().parents[2]
# The phones of the terminal and of the browser show their user's own time, as phones do.
OF_USERS = ("onesoup/phone/", "workers/gateway/web/")


def test_a_whole_number_of_seconds_has_no_fraction():
    assert iso_time(0) == "1970-01-01T00:00:00Z"
    assert iso_time(1_796_023_120) == "2026-11-30T07:18:40Z"
    assert datetime.fromisoformat(iso_time(1_796_023_120)) == datetime(2026, 11, 30, 7, 18, 40, tzinfo=UTC)


def test_a_part_of_a_second_is_told_to_the_millisecond():
    assert iso_time(1.25) == "1970-01-01T00:00:01.250Z"
    assert iso_time(1.0) == "1970-01-01T00:00:01.000Z"


def test_a_time_that_no_calendar_has_is_no_error():
    assert iso_time(1e30) == ""


def test_what_operators_see_is_utc_wherever_the_host_is(host_in_nepal):
    assert utc_text(1_796_023_120) == "2026-11-30 07:18:40"
    assert utc_text(1_796_023_120, "%a %H:%M UTC") == "Mon 07:18 UTC"


def test_no_time_for_operators_is_of_the_host_s_zone():
    """A log line, a trace and the history of one moment have to show one time."""
    sources = [path for top in ("onesoup", "workers", "cir") for end in ("py", "js") for path in (ROOT / top).rglob(f"*.{end}")]
    local = [path.relative_to(ROOT).as_posix() for path in sources if _shows_local_time(path.read_text(encoding="utf-8"))]
    assert [name for name in local if not name.startswith(OF_USERS)] == []


def _shows_local_time(text: str) -> bool:
    words = ("localtime(", "utc=False", "time.ctime(", "datetime.now()", "getHours(", "toLocale")
    formats = [line for line in text.splitlines() if "time.strftime(" in line and "gmtime(" not in line]
    return bool(formats) or any(word in text for word in words)
