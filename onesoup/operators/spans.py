"""Durations as operators read them, in tables of commands and on pages."""


def short_span(ms: int) -> str:
    """A duration for people: 8s, 12m, 3h, 2d."""
    seconds = max(ms, 0) // 1000
    for size, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"
