"""Times as machines and operators read them: in UTC."""

import time
from datetime import UTC, datetime


def iso_time(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC: 2026-11-30T07:18:40Z, to the millisecond where they are no whole number. "" for a
    time that no calendar has."""
    exact = "seconds" if isinstance(seconds, int) else "milliseconds"
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=exact).replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return ""


def utc_text(seconds: float, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Seconds since 1970 for an operator, in UTC as in the log: hosts, console and whoever compares them may be in different
    zones. What shows it says that it is UTC."""
    return time.strftime(form, time.gmtime(seconds))
