"""Sends events of watched sessions to operators (`onesoup trace`): names and sizes, never content.

Log lines that name a watched session are sent too. While no session is watched, a check costs one look at an empty set."""

import json
import time
from collections import deque
from collections.abc import Iterable, MutableMapping
from typing import Any

import gevent
import redis
import structlog

from onesoup.observability import logs
from onesoup.runtime import scheduler
from onesoup.store.errors import StoreDown
from onesoup.store.traces import Traces

log = structlog.get_logger()

TRACE_SEND_SECONDS = 0.1
# Most events that wait to be sent. A process never waits for an operator.
MAX_WAITING_EVENTS = 1000

watched: frozenset[str] = frozenset()
_waiting: deque[tuple[str, bytes]] = deque(maxlen=MAX_WAITING_EVENTS)
_role = ""
_sender: gevent.Greenlet | None = None


def start_tracing(client: redis.Redis, role: str) -> None:
    """Starts to check, periodically, which sessions operators watch."""
    global _role
    _role = role
    logs.add_log_listener(_logged)
    traces = Traces(client)
    scheduler.every(scheduler.TASK_SECONDS, lambda: _update_watched(traces)).by(0.0)


def follows(sid: str) -> bool:
    """Whether an operator watches this session."""
    return bool(watched) and logs.short(sid) in watched


def trace_event(what: str, names: Iterable[str], **fields: object) -> None:
    """Sends an event to those who watch one of `names`: hashes of session ids, or bare JIDs."""
    for name in watched.intersection(names):
        event = logs.mask_event(None, "", {"at": round(time.time(), 3), "role": _role, "what": what, **fields})
        _waiting.append((name, json.dumps(event, default=str, ensure_ascii=False).encode()))
        return


def tell_session(what: str, sid: str, **fields: object) -> None:
    """As `trace_event`, for a SessionID."""
    if watched:
        name = logs.short(sid)
        trace_event(what, [name], sid=name, **fields)


def _logged(event: MutableMapping[str, Any]) -> None:
    """Sends a line of the log, which is masked already."""
    sid = event.get("sid")
    if watched and isinstance(sid, str) and sid in watched:
        fields = {name: value for name, value in event.items() if name not in ("ts", "role", "event", "sid", "exception")}
        trace_event(str(event.get("event")), [sid], sid=sid, **fields)


def _update_watched(traces: Traces) -> None:
    global watched, _sender
    try:
        watched = traces.watched()
    except (StoreDown, redis.RedisError):
        watched = frozenset()
    if watched and (_sender is None or _sender.dead):
        _sender = gevent.spawn(_send, traces)


def _send(traces: Traces) -> None:
    """Sends waiting events while a session is watched."""
    while watched or _waiting:
        try:
            while _waiting:
                traces.tell(*_waiting[0])
                _waiting.popleft()
        except (StoreDown, redis.RedisError):
            return
        gevent.sleep(TRACE_SEND_SECONDS)
