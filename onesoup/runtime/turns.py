"""Giving way to other greenlets."""

import gevent

# gevent.sleep(0) is taken up again before the loop has looked at sockets and timers, up to fifty times. A timer is not.
_SHORTEST = 1e-6


def give_way(seconds: float = 0.0) -> None:
    """Returns after so many seconds, and not before the loop has looked at its sockets and timers once."""
    gevent.sleep(max(seconds, _SHORTEST))
