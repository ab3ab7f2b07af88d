"""Times as machines read them."""

from datetime import UTC, datetime


def iso_time(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC: 2026-11-30T07:18:40Z, to the millisecond where they are no whole number. "" for a
    time that no calendar has."""
    exact = "seconds" if isinstance(seconds, int) else "milliseconds"
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=exact).replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return ""
