"""Times of messages in the user's own time zone."""

from datetime import UTC, datetime, tzinfo

_FORMS = ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%MZ")


def local_time(stamp: str | None, now: datetime, zone: tzinfo | None = None) -> str:
    """The time of day of a DateTime of CSP, with the date where that is not today's. Of `now`, which has a zone, when the stamp
    is missing or cannot be read. `zone`: that of this computer when None."""
    when = (_read(stamp) or now).astimezone(zone)
    today = now.astimezone(zone)
    if when.date() == today.date():
        return f"{when:%H:%M}"
    return f"{when:%d %b %H:%M}" if when.year == today.year else f"{when:%d %b %Y %H:%M}"


def _read(stamp: str | None) -> datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(stamp or "", form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
