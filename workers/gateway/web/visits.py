"""Visits of pages, told to the log: whether a phone has come this far is what operators are asked first. A flood of requests
makes few lines, and is counted."""

import time
from collections import OrderedDict
from collections.abc import Callable

import structlog

from onesoup.handlers.context import Peer

log = structlog.get_logger()

MAX_SHOWN = 120
# The same browser at the same page is told once in this time, seconds.
SAME_VISIT_SECONDS = 10.0
# Lines a minute of one process, and how many may come at once.
LINES_PER_MINUTE = 60
MOST_REMEMBERED = 1000


class VisitLog:
    """`clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self._credit, self._since, self._left_out = float(LINES_PER_MINUTE), clock(), 0

    def note(self, peer: Peer, path: str, via: str = "") -> bool:
        """Whether the visit got its line. `left_out` in the next line counts those that got none."""
        now = self._clock()
        model = peer.user_agent[:MAX_SHOWN]
        if self._repeats((peer.address[:60], model, path), now) or not self._affordable(now):
            self._left_out += 1
            return False
        more: dict[str, object] = {"via": via[:60]} if via else {}
        if self._left_out:
            more["left_out"] = self._left_out
        self._left_out = 0
        log.info("page", path=path[:60], peer=peer.address[:60], model=model, **more)
        return True

    def _repeats(self, visit: tuple[str, str, str], now: float) -> bool:
        told = self._seen.get(visit)
        if told is not None and now - told < SAME_VISIT_SECONDS:
            return True
        self._seen[visit] = now
        self._seen.move_to_end(visit)
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return False

    def _affordable(self, now: float) -> bool:
        gained = (now - self._since) * LINES_PER_MINUTE / 60
        self._credit, self._since = min(LINES_PER_MINUTE, self._credit + gained), now
        if self._credit < 1:
            return False
        self._credit -= 1
        return True


_visits = VisitLog()


def visited(peer: Peer, path: str, via: str = "") -> None:
    """Tells the log of a visit. `via` is what stands between, as it calls itself."""
    _visits.note(peer, path, via)
