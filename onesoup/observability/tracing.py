"""Sends events of watched sessions and users to operators (`onesoup trace`): names and sizes, never content.

Log lines that name a watched session are sent too. While nobody is watched, a check costs one look at an empty set. While a user
is, the greenlet that sends looks up whose each session is, once: so a session is followed from its first request, in every
process."""

import json
import time
from collections import deque
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

import gevent
import redis
import structlog

from onesoup.observability import logs
from onesoup.runtime import scheduler
from onesoup.store.errors import StoreDown
from onesoup.store.session.session_records import SessionRecords
from onesoup.store.traces import Traces

log = structlog.get_logger()

TRACE_SEND_SECONDS = 0.1
# Most events that wait to be sent. A process never waits for an operator.
MAX_WAITING_EVENTS = 1000

# Sessions of which a process knows the user while a user is watched.
MAX_KNOWN_SESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class _Event:
    """An event that waits to be sent to those who watch one of `names`, or the user of the session. `sid` is the SessionID, ""
    where only `session`, the hash of it, is known."""

    names: frozenset[str]
    sid: str
    session: str
    body: bytes


# Hashes of session ids, and bare JIDs.
watched: frozenset[str] = frozenset()
_waiting: deque[_Event] = deque(maxlen=MAX_WAITING_EVENTS)
# Hash of a session id -> its user, "" for a session that nobody has; filled while a user is watched.
_users: dict[str, str] = {}
_role = ""
_sender: gevent.Greenlet | None = None


def start_tracing(client: redis.Redis, role: str) -> None:
    """Starts to check, periodically, which sessions and users operators watch."""
    global _role
    _role = role
    logs.add_log_listener(_logged)
    traces, sessions = Traces(client), SessionRecords(client)
    scheduler.every(scheduler.TASK_SECONDS, lambda: _update_watched(traces, sessions)).by(0.0)


def follows(sid: str, user: str = "") -> bool:
    """Whether an operator watches this session, or may watch its user. `user`: the JID of the session, where it is known."""
    if not watched:
        return False
    name = logs.short(sid)
    if user:
        _know(name, user)
    return name in watched or _may_be_watched(name)


def trace_event(what: str, names: Iterable[str], sid: str = "", **fields: object) -> None:
    """Sends an event to those who watch one of `names`, hashes of session ids or bare JIDs, or the session `sid` or its user."""
    session = logs.short(sid)
    _put(what, watched.intersection([*names, session]), sid, session, fields)


def tell_session(what: str, sid: str, user: str = "", **fields: object) -> None:
    """As `trace_event`, for a SessionID. `user`: its JID, where it is known."""
    if follows(sid, user):
        trace_event(what, [], sid, **fields)


def _put(what: str, names: frozenset[str], sid: str, session: str, fields: dict[str, object]) -> None:
    if not names and not _may_be_watched(session):
        return
    event = {"at": round(time.time(), 3), "role": _role, "what": what, "sid": session or None, **fields}
    body = json.dumps(logs.mask_event(None, "", event), default=str, ensure_ascii=False).encode()
    _waiting.append(_Event(names, sid, session, body))


def _logged(event: MutableMapping[str, Any]) -> None:
    """Sends a line of the log, which is masked already."""
    session = event.get("sid")
    if watched and isinstance(session, str):
        fields = {name: value for name, value in event.items() if name not in ("ts", "role", "event", "sid", "exception")}
        _put(str(event.get("event")), watched.intersection([session]), "", session, fields)


def _watches_users() -> bool:
    return any("@" in name for name in watched)


def _may_be_watched(session: str) -> bool:
    """Whether the user of a session is watched, or is not known yet."""
    return bool(session) and _watches_users() and _users.get(session) in (None, *watched)


def _know(session: str, user: str) -> None:
    if len(_users) >= MAX_KNOWN_SESSIONS:
        _users.clear()
    _users[session] = user


def _update_watched(traces: Traces, sessions: SessionRecords) -> None:
    global watched, _sender
    try:
        watched = traces.watched()
    except (StoreDown, redis.RedisError):
        watched = frozenset()
    if not _watches_users():
        _users.clear()
    if watched and (_sender is None or _sender.dead):
        _sender = gevent.spawn(_send, traces, sessions)


def _send(traces: Traces, sessions: SessionRecords) -> None:
    """Sends waiting events while somebody is watched."""
    while watched or _waiting:
        try:
            while count := len(_waiting):
                _look_up_users(sessions)
                _send_first(count, traces)
        except (StoreDown, redis.RedisError):
            return
        gevent.sleep(TRACE_SEND_SECONDS)


def _send_first(count: int, traces: Traces) -> None:
    """Not those that come meanwhile: their users have not been looked up."""
    for _ in range(count):
        event = _waiting.popleft()
        for name in event.names | watched.intersection([_users.get(event.session, "")]):
            traces.tell(name, event.body)


def _look_up_users(sessions: SessionRecords) -> None:
    """Before the first event is sent: a line of the log, which has a hash only, may stand before an event that has the id."""
    unknown = {event.session: event.sid for event in _waiting if event.sid and event.session not in _users}
    if unknown and _watches_users():
        for name, found in zip(unknown, sessions.sessions(list(unknown.values())), strict=True):
            _know(name, found.jid if found is not None else "")
