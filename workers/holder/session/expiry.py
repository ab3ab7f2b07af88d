"""When a session expires. Redis has the time, by a wall clock that may jump; a session is over only when its holder's own clock
agrees."""

import time

from onesoup.csp.status import StatusCode
from onesoup.store.redis.clock import ClockJumps
from onesoup.store.session.session_values import SessionStatus


class SessionExpiry:
    """The expiry of one session. It begins anew when Redis's clock jumps: how long the phone was silent is unknown then."""

    __slots__ = ("_clock", "_since")

    def __init__(self) -> None:
        self._clock, self._since = ClockJumps(), time.monotonic()

    def judge(self, seen: SessionStatus, before: float, after: float) -> tuple[int, SessionStatus]:
        """`seen` is the status of the session, read between the moments `before` and `after` of our monotonic clock.

        Returns by how many ms Redis's clock has jumped (then the session's times have to be moved by that, and read again), and
        the status with the time left by both clocks, and with code 600 when the session has expired."""
        by = self._clock.by(seen.now, before, after)
        if by:
            self._since = after
        if by or seen.code is not None or seen.left > 0:
            return by, seen
        patience = seen.ttl - round((after - self._since) * 1000)
        return 0, seen._replace(left=patience) if patience > 0 else seen._replace(code=StatusCode.SESSION_EXPIRED, left=0)
