"""Connections to Redis, and scripts on them. Every time-out and retry is explicit: redis-py's defaults wait up to a minute."""

import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgpack
import redis
from gevent.monkey import get_original
from redis.backoff import ConstantBackoff, NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from onesoup.store.errors import Fenced, NoSession, StoreDown

# A worker's request must be answered within 10 s whatever Redis does: two tries of 1.5 s leave room for the answer.
REQUEST_TIMEOUT = 1.5
CONNECT_TIMEOUT = 1.0
POOL_WAIT = 2.0

# Otherwise each new connection asks the server for something that only hosted ones have, and logs the refusal.
NO_NOTIFICATIONS = MaintNotificationsConfig(enabled=False)

Value = bytes | str | int | float
# Keys and arguments of a script.
Call = tuple[Sequence[str], Sequence[Value]]

# The system's own poll: it is only ever asked whether there is something now, so it never blocks.
_poll = get_original("select", "poll")


class Connection(redis.Connection):
    """Looks whether an idle connection is still good without the hub of gevent, which takes a tenth of an empty poll."""

    def can_read(self, timeout: float = 0) -> bool:
        reader = getattr(self._parser, "_reader", None)
        if timeout == 0 and self._sock is not None and reader is not None and not reader.has_data():
            look = _poll()
            look.register(self._sock, select.POLLIN)
            if not look.poll(0):
                return False
        return super().can_read(timeout)


def connect(url: str, max_connections: int = 64) -> redis.Redis:
    """A client for short commands. It retries once, after 50 ms, when the connection broke."""
    pool = redis.BlockingConnectionPool.from_url(
        url,
        connection_class=Connection,
        max_connections=max_connections,
        timeout=POOL_WAIT,
        socket_timeout=REQUEST_TIMEOUT,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_keepalive=True,
        health_check_interval=0,
        retry=Retry(ConstantBackoff(0.05), 1),
        protocol=2,
        maint_notifications_config=NO_NOTIFICATIONS,
    )
    return redis.Redis(connection_pool=pool)


def connect_subscriber(url: str) -> redis.Redis:
    """A client for one pub/sub connection: its reader waits on purpose, and reconnecting is the reader's business."""
    return redis.Redis.from_url(
        url,
        socket_timeout=10.0,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        maint_notifications_config=NO_NOTIFICATIONS,
    )


# Redis is there and will not do it now: full, read-only after a failover, loading, without its master.
_AWAY = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.BusyLoadingError,
    redis.ReadOnlyError,
    redis.OutOfMemoryError,
    redis.exceptions.ClusterDownError,
    redis.exceptions.MasterDownError,
    redis.exceptions.TryAgainError,
)


@contextmanager
def store_errors() -> Iterator[None]:
    """Redis's own errors become the store's: StoreDown, and what the scripts say by name."""
    try:
        yield
    except _AWAY as error:
        raise StoreDown(type(error).__name__) from error
    except redis.ResponseError as error:
        raise _named(error) from error


def _named(error: redis.ResponseError) -> Exception:
    text = str(error)
    if "NOSESSION" in text:
        code = text.partition("NOSESSION ")[2][:3]
        return NoSession(int(code) if code.isdigit() else 604)
    if "FENCED" in text:
        return Fenced(text)
    # Errors that the client library has no class for keep their first word.
    if text.startswith(("BUSY ", "MISCONF ", "NOREPLICAS ", "OOM ", "READONLY ")):
        return StoreDown(text.split(" ", 1)[0])
    return error


class Script:
    """A Lua script on one client: EVALSHA, loaded again when Redis has lost it."""

    def __init__(self, client: redis.Redis, source: str) -> None:
        self._client = client
        self._script = client.register_script(source)

    def __call__(self, keys: Sequence[str], args: Sequence[Value] = ()) -> Any:
        command = "EVALSHA", self._script.sha, len(keys), *keys, *args
        with store_errors():
            try:
                return self._run(command)
            except redis.exceptions.NoScriptError:
                self._client.script_load(self._script.script)
                return self._run(command)

    def many(self, calls: Sequence[Call]) -> list[Any]:
        """All these in one round trip. Each is as alone: no other client waits for the whole."""

        def once() -> list[Any]:
            pipe = self._client.pipeline(transaction=False)
            for keys, args in calls:
                pipe.evalsha(self._script.sha, len(keys), *keys, *args)
            return pipe.execute()

        with store_errors():
            try:
                return once()
            except redis.exceptions.NoScriptError:
                self._client.script_load(self._script.script)
                return once()

    def _run(self, command: Sequence[Value]) -> Any:
        """As Redis.execute_command, without its records for observers, which take a twentieth of an empty poll."""
        pool = self._client.connection_pool
        connection = pool.get_connection()

        def once() -> Any:
            connection.send_command(*command)  # type: ignore[no-untyped-call]
            return connection.read_response()

        try:
            return connection.retry.call_with_retry(once, lambda _error: connection.disconnect())  # type: ignore[no-untyped-call]
        finally:
            pool.release(connection)


def pack_argument(value: Any) -> bytes:
    """A structure for a script's cmsgpack, which knows the raw type only, not the later distinction of text and octets."""
    octets: bytes = msgpack.packb(value, use_bin_type=False)
    return octets


def guarded(call: Callable[[], Any]) -> Any:
    """Runs one command of the client with the store's errors. Any: redis-py types every answer as text or octets."""
    with store_errors():
        return call()
