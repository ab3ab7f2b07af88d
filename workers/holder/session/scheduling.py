"""When the holder checks a session. The times themselves are in the holder's DeadlineQueue."""

import math
import random
import time
from typing import Any

from workers.holder.schedule import DeadlineQueue
from workers.holder.session.interfaces import SessionScheduler


class SessionSchedule(SessionScheduler):
    """The times of one session. `key` is the session's key in the queue: the session itself."""

    def __init__(self, key: Any, deadlines: DeadlineQueue[Any]) -> None:
        self._key, self._deadlines = key, deadlines
        # The earliest time that a part has asked for and that has not come.
        self._wanted = math.inf
        self._rested = False

    def check_by(self, when: float) -> None:
        """The holder checks the session at `when` of the monotonic clock at the latest, and again later."""
        self._wanted = min(self._wanted, when)
        self._deadlines.by(self._key, when)

    def check_now(self) -> None:
        """The holder checks the session with its next turn."""
        self._deadlines.put(self._key, 0.0)

    def check_in(self, seconds: float) -> None:
        """The session has been checked. Nothing is due before `seconds`, except what was asked for with check_by()."""
        now = time.monotonic()
        if self._wanted <= now:
            self._wanted = math.inf
        self._deadlines.put(self._key, min(now + seconds, self._wanted))

    def rest(self, seconds: float) -> float:
        """How long a session at rest is left alone. The first time it is a random part of `seconds`: sessions that began together
        are not checked together for ever."""
        first, self._rested = not self._rested, True
        return seconds * random.random() if first else seconds
