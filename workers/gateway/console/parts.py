"""Parts of a page that are read side by side, each within a deadline: one that fails leaves the others standing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gevent

from onesoup.store.redis.refusals import error_name

PART_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class PagePart:
    """What was read; `error` names why nothing was."""

    value: Any = None
    error: str = ""


def read_parts(parts: Mapping[str, Callable[[], Any]], seconds: float = PART_SECONDS) -> dict[str, PagePart]:
    jobs = {name: gevent.spawn(_read, read, seconds) for name, read in parts.items()}
    return {name: job.get() for name, job in jobs.items()}


def _read(read: Callable[[], Any], seconds: float) -> PagePart:
    """Of an error its name only, since its text may hold a secret."""
    try:
        with gevent.Timeout(seconds, TimeoutError):
            return PagePart(read())
    except Exception as error:
        return PagePart(error=error_name(error))
