"""Client state indication (XEP-0352): the server of an idle phone may collect presence for it."""

import time

import gevent

from workers.holder.session.connection import SessionConnection
from workers.holder.session.interfaces import SessionScheduler
from workers.holder.session.store import SessionStore

# A phone that has sent no request for so long is idle.
IDLE_MS = 60_000
# COMPAT(Prosody 0.12): <inactive/> in the moment in which a resumption sends what was missed holds up the message behind it.
INACTIVE_DELAY_SECONDS = 10.0
# A phone that has become active is checked so long after it may be idle again.
IDLE_MARGIN_SECONDS = 0.5


class IdleIndicator:
    """Tells the server when the phone becomes idle or active."""

    def __init__(self, store: SessionStore, connection: SessionConnection, schedule: SessionScheduler) -> None:
        self._store, self._connection, self._schedule = store, connection, schedule
        # What the server has been told of the phone.
        self.is_idle = False

    def stream_began(self) -> None:
        """The server takes the client of a new connection for active."""
        self.is_idle = False

    def check_when_settled(self) -> None:
        """The server has not heard from this stream that the phone is idle: that is checked as soon as it may be said."""
        self._schedule.check_by(self._connection.since + INACTIVE_DELAY_SECONDS)

    def concerns(self, quiet_ms: int) -> bool:
        """Whether quiet() has something to do."""
        return quiet_ms >= IDLE_MS and not self.is_idle

    def quiet(self, quiet_ms: int) -> None:
        """The phone's last request was so many ms ago (-1: the phone waits for a wake-up that can come at any time)."""
        if not self.concerns(quiet_ms) or not self._connection.open:
            return
        if time.monotonic() - self._connection.since < INACTIVE_DELAY_SECONDS:
            self.check_when_settled()
        elif self._store.mark_idle(IDLE_MS):
            self._indicate(active=False)

    def awake(self) -> None:
        """The phone has sent a request. Returns at once: the caller has other sessions to tell, and the server may be slow."""
        if self.is_idle:
            self.is_idle = False
            gevent.spawn(self._indicate, active=True)
            self._schedule.check_by(time.monotonic() + IDLE_MS / 1000 + IDLE_MARGIN_SECONDS)

    def _indicate(self, active: bool) -> None:
        self.is_idle = not active
        self._connection.indicate(active)
