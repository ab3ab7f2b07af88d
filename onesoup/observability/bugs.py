"""Logs what only a mistake in this code can raise, in one form: the event `bug`."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger()


def log_bug(error: Exception, **fields: object) -> None:
    """Logs `bug` with the error's class and traceback. For an `except Exception` that has to go on."""
    log.error("bug", kind=type(error).__name__, exc_info=error, **fields)


@contextmanager
def bugs_logged(**fields: object) -> Iterator[None]:
    """Logs any exception of the block as `bug`, and goes on behind the block."""
    try:
        yield
    except Exception as error:
        log_bug(error, **fields)
