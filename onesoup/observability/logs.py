"""Logging: structlog over the standard library, one line for each event. Hides what must never reach a log.

`setup_logging` runs once in each process. Everything else asks `structlog.get_logger(__name__)` and passes fields:
`log.info("login", sid=short(session.id), result="denied", ms=41)`.
"""

import hashlib
import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import fields
from enum import IntEnum
from functools import lru_cache
from typing import Any, TextIO

import structlog

from onesoup.observability.request_id import current_request
from onesoup.settings import SECRET, SECRET_MASK, Settings, secret_texts, without_secrets

# Fields that hold message text or prove an identity. The last word of a name counts: phone_password is one too.
SECRET_NAMES = frozenset(
    {"password", "passwd", "secret", "cookie", "text", "body", "content", "nonce", "digest", "cred", "credentials"}
)
# Secret settings: the first line of a process shows all settings.
SECRET_SETTINGS = frozenset(spec.name for spec in fields(Settings) if spec.metadata["secret"] == SECRET)
# Session ids are secrets too: who has one can act as the phone. Their hash still tells two sessions apart.
SESSION_NAMES = frozenset({"sid", "session", "session_id", "sessionid"})
_SHORT = re.compile(r"[0-9a-f]{8}")

# Names of fields that are remembered: those of the code, and a few that somebody else chose.
MAX_FIELD_NAMES = 1000

# The first fields of every line, in this order.
FIRST_FIELDS = ("ts", "level", "event", "role")

EventDict = MutableMapping[str, Any]

# Functions that are called with each line, after it was masked.
_listeners: list[Callable[[EventDict], None]] = []


def add_log_listener(listener: Callable[[EventDict], None]) -> None:
    """Calls `listener` with every line from now on. It must neither log nor wait."""
    if listener not in _listeners:
        _listeners.append(listener)


def _call_listeners(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for listener in _listeners:
        listener(event)
    return event


def short(sid: str | bytes) -> str:
    """The name of a session in logs: the first 8 hexadecimal digits of its id's SHA-256; "" for no session."""
    return hashlib.sha256(sid.encode() if isinstance(sid, str) else sid).hexdigest()[:8] if sid else ""


@lru_cache(MAX_FIELD_NAMES)  # of each line every field is asked for: a third of what a line takes
def is_secret_field(name: str) -> bool:
    if name in SECRET_SETTINGS:
        return True
    return re.split(r"[^a-z]+", name.lower())[-1] in SECRET_NAMES and name != "max_body"  # that one is a setting


def mask_event(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Hides secret fields, at any depth, and shortens session ids."""
    for name, value in event.items():
        event[name] = _masked(name, value)
    return event


def _masked(name: str, value: Any, depth: int = 0) -> Any:
    if value is None:
        return None
    if is_secret_field(name):
        return SECRET_MASK
    if name.lower() in SESSION_NAMES:
        return value if isinstance(value, str) and _SHORT.fullmatch(value) else short(str(value))
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"  # bytes may be a message
    if depth == 4:
        return value
    if isinstance(value, Mapping):
        return {key: _masked(str(key), inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked("", inner, depth + 1) for inner in value]
    return value


def order_fields(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Puts FIRST_FIELDS in front."""
    return {name: event.pop(name, None) for name in FIRST_FIELDS} | dict(event)


# Libraries whose messages below a level are of no use to an operator.
QUIET_LOGGERS = {
    "urllib3": logging.WARNING,
    "asyncio": logging.WARNING,
    "PIL": logging.WARNING,
    "gunicorn.access": logging.CRITICAL,
}

# A function of structlog's chain.
Processor = Callable[[Any, str, Any], Any]


def setup_logging(settings: Settings, role: str, stream: TextIO | None = None) -> None:
    """Sends this process's log, libraries included, to standard output. A second call replaces the first."""
    level = getattr(logging, settings.log_level.upper())
    shared = _shared_processors(role)
    last = _console_processors() if settings.log == "console" else _json_processors()
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    processors: list[Processor] = [
        remove,
        mask_event,
        _call_listeners,
        *_user_hiders(settings),
        *last,
        _secrets_hider(settings),
        _encodable,
    ]
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=processors))
    _set_root_handler(handler, level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _shared_processors(role: str) -> list[Processor]:
    """The first processors, for our own lines and those of libraries."""

    def add_role(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.setdefault("role", role)
        return event

    def add_request(_logger: Any, _method: str, event: EventDict) -> EventDict:
        if id := current_request():
            event.setdefault("request", id)
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        add_role,
        add_request,
        structlog.processors.StackInfoRenderer(),
    ]


def _json_processors() -> list[Processor]:
    return [
        order_fields,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
    ]


def _console_processors() -> list[Processor]:
    """For people: the time of day (UTC) is enough, and the role is on the screen already. Pretty tracebacks would print
    variables."""
    return [
        lambda _logger, _method, event: {key: value for key, value in event.items() if key != "role"},
        structlog.processors.TimeStamper(fmt="%H:%M:%SZ", utc=True, key="ts"),
        structlog.dev.ConsoleRenderer(
            colors=True, timestamp_key="ts", pad_event_to=24, exception_formatter=structlog.dev.plain_traceback
        ),
    ]


def _user_hiders(settings: Settings) -> list[Processor]:
    """Puts digests in the place of users, where the settings want that."""
    if settings.log_users != "digest":
        return []
    # Only here: most commands have no use for a cipher.
    from onesoup.observability.user_digest import users_hider

    return [structlog.processors.format_exc_info, users_hider(settings.keys_file)]


def _secrets_hider(settings: Settings) -> Processor:
    """The last processor: a traceback, or a library's message, may quote a secret setting."""
    hidden = secret_texts(settings)
    return lambda _logger, _method, line: without_secrets(line, hidden)


def _encodable(_logger: Any, _method: str, line: str) -> str:
    """Half a surrogate pair, which a phone may send, would cost the line: it is written as an escape."""
    return line if line.isascii() else line.encode("utf-8", "backslashreplace").decode()


def _set_root_handler(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.raiseExceptions = False  # a full disk behind standard output must not stop the service
    for name, quiet in QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(max(quiet, level))
