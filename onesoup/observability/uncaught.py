"""What nobody has caught becomes one line of the log: exceptions that end the process, or a greenlet, or that Python can only
report; warnings; why a role could not start; and what libraries print."""

import io
import logging
import sys
import threading
from types import TracebackType
from typing import Any, NoReturn

import click
import structlog
from gevent.hub import Hub

from onesoup.observability import logs
from onesoup.settings import Settings, log_form

log = structlog.get_logger()

_MAX_PRINTED = 2000


def log_from_the_start(role: str) -> None:
    """The log of a role, in the form that is asked for, before its settings are known; whatever nobody catches goes there."""
    form = log_form()
    if not structlog.is_configured():
        logs.setup_logging(Settings(log=form), role)
    logging.captureWarnings(True)
    sys.excepthook = _log_crash
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_thread
    Hub.print_exception = _log_greenlet
    if form == "json" and not _people_read():
        sys.stderr = _PrintedLines()


def end_start(role: str, reason: str, status: int = 1) -> NoReturn:
    """Says why a role cannot start, and ends the process. On a terminal, and where the log is for people: one line of plain
    text."""
    if log_form() == "json" and not _people_read():
        logs.setup_logging(Settings(), role, sys.__stderr__)
        log.critical("start-failed", reason=reason)
    else:
        click.echo(f"onesoup {role}: {reason}", err=True)
    sys.exit(status)


def _people_read() -> bool:
    return sys.__stderr__ is not None and sys.__stderr__.isatty()


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        log.critical("crashed", kind=kind.__name__, exc_info=error.with_traceback(trace))


def _log_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        _log_bug("thread", args.exc_type, args.exc_value)


def _log_unraisable(args: Any) -> None:
    """An exception that cannot go anywhere: of a finalizer, or at the exit."""
    _log_bug("finalizer", args.exc_type, args.exc_value)


def _log_greenlet(_hub: Hub, _context: object, kind: type[BaseException], error: BaseException | None, trace: Any) -> None:
    """In gevent's place, which prints it. What the greenlet was called with may be secret: the traceback shows none of it."""
    _log_bug("greenlet", kind, error.with_traceback(trace) if error is not None else None)


def _log_bug(where: str, kind: type[BaseException], error: BaseException | None) -> None:
    log.error("bug", kind=kind.__name__, where=where, exc_info=error)


class _PrintedLines(io.TextIOBase):
    """Standard error, each line of it a line of the log: what libraries print."""

    def __init__(self) -> None:
        self._begun = ""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2

    def write(self, text: str) -> int:
        *whole, self._begun = (self._begun + text).split("\n")
        for line in whole:
            if line.strip():
                log.warning("printed", line=line.rstrip()[:_MAX_PRINTED])
        self._begun = self._begun[-_MAX_PRINTED:]
        return len(text)
