"""One connection to a Redis server: what onesoup needs beyond redis-py's."""

import select
from collections.abc import Callable
from typing import Any

import gevent
import redis
from gevent.monkey import get_original

from onesoup.store.redis.refusals import not_master

# The system's own poll: it is only ever asked whether there is something now, so it never blocks.
_poll = get_original("select", "poll")


# For the whole way to a connection: Sentinels, looking up names, connecting. A resolver that does not answer takes ten seconds
# and more, and a socket's time-out does not begin before that.
CONNECT_DEADLINE_SECONDS = 2.0


def _in_time(dial: Callable[[], Any]) -> Any:
    """What `dial` brings. redis-py goes on to the next Sentinel on every error of its own, so the deadline is none of these
    before it is out here."""
    deadline = gevent.Timeout(CONNECT_DEADLINE_SECONDS)
    try:
        with deadline:
            return dial()
    except gevent.Timeout as passed:
        if passed is not deadline:
            raise
        raise redis.TimeoutError("no connection in time") from None


class RedisConnection(redis.Connection):
    """Looks whether an idle connection is still good without the hub of gevent, which takes a tenth of an empty poll. Connecting
    has a deadline."""

    def _connect(self) -> Any:
        return _in_time(self._dial)

    def _dial(self) -> Any:
        return super()._connect()  # type: ignore[no-untyped-call]

    def can_read(self, timeout: float = 0) -> bool:
        reader = getattr(self._parser, "_reader", None)
        if timeout == 0 and self._sock is not None and reader is not None and not reader.has_data():
            look = _poll()
            look.register(self._sock, select.POLLIN)
            if not look.poll(0):
                return False
        return super().can_read(timeout)


class _ToMaster:
    """Asks who the master is before it connects, so that a pool finds the new one after a failover."""

    def __init__(self, *, master: Callable[[], tuple[str, int]], **options: Any) -> None:
        super().__init__(**options)
        self._master = master

    def _dial(self) -> Any:
        self.host, self.port = self._master()
        return super()._dial()  # type: ignore[misc]

    def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return super().read_response(*args, **options)  # type: ignore[misc]
        except redis.ResponseError as error:
            if (moved := not_master(error)) is None:
                raise
            self.disconnect()  # type: ignore[attr-defined]
            raise moved from None

    def is_current(self) -> bool:
        """Whether this is still the master, as far as Sentinels can be asked."""
        try:
            return (self.host, self.port) == tuple(self._master())
        except redis.RedisError:
            return True


class MasterConnection(_ToMaster, RedisConnection):
    pass


class TlsConnection(redis.SSLConnection):
    """With the same deadline."""

    def _connect(self) -> Any:
        return _in_time(self._dial)

    def _dial(self) -> Any:
        return super()._connect()  # type: ignore[no-untyped-call]


class TlsMasterConnection(_ToMaster, TlsConnection):
    pass


MASTER_CONNECTIONS = (MasterConnection, TlsMasterConnection)
