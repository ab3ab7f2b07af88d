"""Lets other greenlets run."""

import gevent

# After gevent.sleep(0) a greenlet may run again, up to fifty times, before the loop checks sockets and timers. After a timer not.
_SHORTEST = 1e-6


def give_way(seconds: float = 0.0) -> None:
    """Sleeps for `seconds`, at least until the loop has checked its sockets and timers once."""
    gevent.sleep(max(seconds, _SHORTEST))
