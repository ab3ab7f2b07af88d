"""Times of messages in the user's own time zone."""

import re
from datetime import UTC, datetime, tzinfo

# Seconds may be missing.
_STAMP = re.compile(r"(\d{8}T\d{4})(\d\d)?Z")


def local_time(stamp: str | None, now: datetime, zone: tzinfo | None = None) -> str:
    """The time of day of a DateTime of CSP, with the date where that is not today's. Of `now`, which has a zone, when the stamp
    is missing or cannot be read. `zone`: that of this computer when None."""
    when = (_read(stamp) or now).astimezone(zone)
    today = now.astimezone(zone)
    if when.date() == today.date():
        return f"{when:%H:%M}"
    return f"{when:%d %b %H:%M}" if when.year == today.year else f"{when:%d %b %Y %H:%M}"


def _read(stamp: str | None) -> datetime | None:
    found = _STAMP.fullmatch(stamp or "")
    if found is None:
        return None
    try:
        return datetime.strptime(found[1] + (found[2] or "00"), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:  # the 31st of February
        return None
