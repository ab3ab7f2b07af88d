"""Timers for presence that a phone may hear of only after a pause: one timer for each session, the earliest."""

import time

import gevent

from onesoup.store.errors import StoreDown
from onesoup.store.session.holder_side import HolderSessionStore
from workers.holder.sessions import SessionTable

# When Redis does not answer, it is asked again after this.
PRESENCE_RETRY_SECONDS = 1.0
MIN_PRESENCE_WAIT_SECONDS = 0.05


class PresenceTimers:
    """Tells the store when a session's presence may be handed out."""

    def __init__(self, feed: HolderSessionStore, sessions: SessionTable) -> None:
        self._feed, self._sessions = feed, sessions
        self._due: dict[str, float] = {}

    def set(self, sid: str, seconds: float) -> None:
        """In `seconds`, unless the session has an earlier timer."""
        due = time.monotonic() + seconds
        if self._due.get(sid, due + 1) <= due:
            return
        self._due[sid] = due
        gevent.spawn_later(seconds, self._expired, sid, due)

    def _expired(self, sid: str, due: float) -> None:
        if self._due.get(sid) != due:
            return  # an earlier timer took its place
        del self._due[sid]
        try:
            left = self._feed.items.mark_due_presence(sid) / 1000
        except StoreDown:
            left = PRESENCE_RETRY_SECONDS
        if left >= 0 and sid in self._sessions:
            self.set(sid, max(left, MIN_PRESENCE_WAIT_SECONDS))
