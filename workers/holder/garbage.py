"""When Python looks through all objects of a holder for garbage.

Left to itself it does so each time a quarter of all objects are new. While phones log in, many are new and none is garbage. That
took a tenth of the holder's CPU, and stopped each holder for a second at a time (make scale). Garbage is what sessions leave that
are over. So those are counted.
"""

import gc
from collections.abc import Callable, Sized

# All are looked through when so many sessions have ended, and as many as a quarter of those that are here.
MIN_ENDED_SESSIONS, ENDED_PART = 100, 4


class SessionGarbage:
    """Counts sessions that have ended, and has their memory freed."""

    def __init__(self, sessions: Sized, collect: Callable[[], object] = gc.collect) -> None:
        """`sessions`: those that are here."""
        self._sessions, self._collect = sessions, collect
        self._ended = 0

    def session_ended(self) -> None:
        """The session is not among those that are here any more."""
        self._ended += 1
        if self._ended >= max(MIN_ENDED_SESSIONS, len(self._sessions) // ENDED_PART):
            self._ended = 0
            self._collect()
