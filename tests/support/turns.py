"""Whether others get their turn beside work that never ends. Counted in work and in turns, not in seconds: a machine that is busy
with something else changes neither."""

from collections.abc import Callable

import gevent

# Behind a timer the loop has looked at its sockets once.
NEXT_TURN_SECONDS = 1e-6


def most_between_turns(work: Callable[[], int], going: Callable[[], bool], within: float = 60.0) -> int:
    """The most that `work()` grew by between two turns of this greenlet, while `going()`."""
    most, last = 0, work()
    with gevent.Timeout(within):
        while going():
            gevent.sleep(NEXT_TURN_SECONDS)
            now = work()
            most, last = max(most, now - last), now
    return most


def turns_beside(greenlet: gevent.Greenlet, within: float = 60.0) -> int:
    """How many turns this greenlet gets until the other one ends."""
    turns = 0
    with gevent.Timeout(within):
        while not greenlet.dead:
            gevent.sleep(NEXT_TURN_SECONDS)
            turns += 1
    return turns
