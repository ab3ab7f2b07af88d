"""Writes what a session received to Redis, with patience for a Redis that is away."""

import time
from collections.abc import Callable

import gevent

from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.session.stream_changes import StreamChanges
from workers.holder.session.interfaces import ChangeWriter
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

# How long a change waits for Redis before its stream is given up.
STORE_PATIENCE_SECONDS = 20.0
STORE_RETRY_SECONDS = 0.5


class SessionChangeWriter(ChangeWriter):
    """`later(sid, seconds)` is called when presence has to be told later; `drop` when
    the session is no longer ours."""

    def __init__(
        self, state: SessionState, store: SessionStore, later: Callable[[str, float], None], drop: Callable[[], None]
    ) -> None:
        self._state, self._store, self._later, self._drop = state, store, later, drop

    def store(self, changes: StreamChanges) -> None:
        """Waits for a Redis that is away: what is not stored is not acknowledged, so the server keeps it."""
        give_up = time.monotonic() + STORE_PATIENCE_SECONDS
        while True:
            try:
                later_ms = self._store.write(changes)
                break
            except StoreDown:
                if time.monotonic() > give_up:
                    raise
                gevent.sleep(STORE_RETRY_SECONDS)
            except (Fenced, NoSession):
                self._drop()
                return
        if later_ms >= 0:
            self._later(self._state.sid, later_ms / 1000)
