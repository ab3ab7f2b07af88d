"""How long a held session lives. Redis keeps when it is overdue, by a wall clock that may jump; a session is over when its
holder's own clock says so too."""

import time

import structlog

from onesoup.logs import short
from onesoup.store.clock import Jumps
from onesoup.store.feed import Feed, Seen

log = structlog.get_logger()

EXPIRED = 600


class Lifetime:
    """Of one session. It begins anew when Redis's clock jumps: nobody has seen then how long the phone was silent."""

    __slots__ = ("_clock", "_since")

    def __init__(self) -> None:
        self._clock, self._since = Jumps(), time.monotonic()

    def look(self, feed: Feed, sid: str, fence: int) -> Seen:
        """The session, with code 600 when it has expired, and with what is left of it by both clocks."""
        before = time.monotonic()
        seen = feed.look(sid)
        after = time.monotonic()
        if by := self._clock.by(seen.now, before, after):
            log.debug("clock-jumped", sid=short(sid), seconds=round(by / 1000))
            self._since = after
            feed.jumped(sid, fence, by)
            seen = feed.look(sid)
        if seen.code is not None or seen.left > 0:
            return seen
        patience = seen.ttl - round((after - self._since) * 1000)
        return seen._replace(left=patience) if patience > 0 else seen._replace(code=EXPIRED, left=0)
