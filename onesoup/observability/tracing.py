"""What a process tells to operators who follow a session (`onesoup trace`): the names and sizes of things, never their content.

Any line of the log that names the session goes along. Where nobody is followed, asking costs a look at an empty set."""

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

SEND_SECONDS = 0.1
# What has not gone out yet. A process never waits for an operator.
MOST = 1000

watched: frozenset[str] = frozenset()
_waiting: deque[tuple[str, bytes]] = deque(maxlen=MOST)
_role = ""
_sender: gevent.Greenlet | None = None


def start(client: redis.Redis, role: str) -> None:
    """From now on this process looks whom it shall tell about."""
    global _role
    _role = role
    logs.listen(_logged)
    traces = Traces(client)
    scheduler.every(scheduler.SECONDS, lambda: _look(traces)).by(0.0)


def follows(sid: str) -> bool:
    """Whether anybody follows this session."""
    return bool(watched) and logs.short(sid) in watched


def tell(what: str, names: Iterable[str], **fields: object) -> None:
    """Something happened to one of these: hashes of session ids, or bare JIDs."""
    for name in watched.intersection(names):
        event = logs.mask(None, "", {"at": round(time.time(), 3), "role": _role, "what": what, **fields})
        _waiting.append((name, json.dumps(event, default=str, ensure_ascii=False).encode()))
        return


def tell_session(what: str, sid: str, **fields: object) -> None:
    """As `tell`, by the SessionID."""
    if watched:
        name = logs.short(sid)
        tell(what, [name], sid=name, **fields)


def _logged(event: MutableMapping[str, Any]) -> None:
    """A line of the log, masked already."""
    sid = event.get("sid")
    if watched and isinstance(sid, str) and sid in watched:
        fields = {name: value for name, value in event.items() if name not in ("ts", "role", "event", "sid", "exception")}
        tell(str(event.get("event")), [sid], sid=sid, **fields)


def _look(traces: Traces) -> None:
    global watched, _sender
    try:
        watched = traces.watched()
    except (StoreDown, redis.RedisError):
        watched = frozenset()
    if watched and (_sender is None or _sender.dead):
        _sender = gevent.spawn(_send, traces)


def _send(traces: Traces) -> None:
    """For as long as anybody is followed."""
    while watched or _waiting:
        try:
            while _waiting:
                traces.tell(*_waiting[0])
                _waiting.popleft()
        except (StoreDown, redis.RedisError):
            return
        gevent.sleep(SEND_SECONDS)
