"""How long a held session lives. Redis keeps when it is overdue, by a wall clock that may jump; a session is over when its
holder's own clock says so too."""

import time

from onesoup.csp.status import StatusCode
from onesoup.store.redis.clock import ClockJumps
from onesoup.store.session.holder_side import SessionStatus

EXPIRED = StatusCode.SESSION_EXPIRED


class SessionExpiry:
    """Of one session. It begins anew when Redis's clock jumps: nobody has seen then how long the phone was silent."""

    __slots__ = ("_clock", "_since")

    def __init__(self) -> None:
        self._clock, self._since = ClockJumps(), time.monotonic()

    def judge(self, seen: SessionStatus, before: float, after: float) -> tuple[int, SessionStatus]:
        """What a look between these moments of our clock has seen, with code 600 when the session has expired, and with what is
        left of it by both clocks. First by how many ms Redis's clock has jumped: then the session's times are to be moved, and
        looked at again."""
        by = self._clock.by(seen.now, before, after)
        if by:
            self._since = after
        if by or seen.code is not None or seen.left > 0:
            return by, seen
        patience = seen.ttl - round((after - self._since) * 1000)
        return 0, seen._replace(left=patience) if patience > 0 else seen._replace(code=EXPIRED, left=0)
