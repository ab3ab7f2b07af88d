"""Connections to Redis, and scripts on them. Every time-out and retry is explicit: redis-py's defaults wait up to a minute."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import msgpack
import redis
from prometheus_client import Counter, Histogram
from redis.backoff import ConstantBackoff, NoBackoff
from redis.cluster import RedisCluster
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from onesoup.csp.status import StatusCode
from onesoup.runtime import batched_metrics
from onesoup.store.errors import Fenced, NoSession, OutboxFull, StoreDown
from onesoup.store.keys import NEVER_KEY
from onesoup.store.redis import sharded_channels, topology, urls
from onesoup.store.redis.connection import RedisConnection
from onesoup.store.redis.pipeline import SharedConnection
from onesoup.store.redis.pipeline import Value as Value
from onesoup.store.redis.refusals import FULL_REFUSAL, error_name, is_away
from onesoup.store.redis.shared_client import SharedConnectionRedis as Shared
from onesoup.store.redis.urls import RedisUrl

SCRIPT_SECONDS = Histogram(
    "onesoup_redis_seconds",
    "Time of a Redis script, with the round trip",
    ["script"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3),
)
REDIS_ERRORS = Counter("onesoup_redis_errors_total", "Errors of Redis: it was away, or refused", ["kind"])

# A worker's request must be answered within 10 s whatever Redis does: two tries of 1.5 s leave room for the answer.
REQUEST_TIMEOUT_SECONDS = 1.5
CONNECT_TIMEOUT_SECONDS = 1.0
POOL_WAIT_SECONDS = 2.0

# Otherwise each new connection asks the server for something that only hosted ones have, and logs the refusal.
NO_NOTIFICATIONS = MaintNotificationsConfig(enabled=False)

CLIENT_OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": CONNECT_TIMEOUT_SECONDS,
    "socket_keepalive": True,
    "protocol": 2,
    "maint_notifications_config": NO_NOTIFICATIONS,
}
SUBSCRIBER_OPTIONS: dict[str, Any] = {"socket_timeout": 10.0, "retry": Retry(NoBackoff(), 0)}

# Keys and arguments of a script.
Call = tuple[Sequence[str], Sequence[Value]]


def connect(url: str, max_connections: int = 64, shared: bool = False) -> redis.Redis:
    """A client for short commands. It retries once, after 50 ms, when the connection broke. ValueError for a URL that is of
    no form of onesoup.store.redis.urls. `shared`: for a process of one hub of gevent, where many greenlets run commands at a
    time."""
    place = urls.parse(url)
    if shared and place.kind != urls.CLUSTER and not place.tls and not place.url.startswith("rediss"):
        return _shared(_requests(place, max_connections))
    return _requests(place, max_connections)


def _shared(plain: redis.Redis) -> redis.Redis:
    """The same client, its commands over one connection more."""
    pool = plain.connection_pool
    client = Shared(connection_pool=pool)
    options = pool.connection_kwargs | {"retry": Retry(NoBackoff(), 0)}
    client.pipe = SharedConnection(lambda: pool.connection_class(**options), REQUEST_TIMEOUT_SECONDS)
    return client


def _requests(place: RedisUrl, max_connections: int) -> redis.Redis:
    return _client(
        place,
        redis.BlockingConnectionPool,
        socket_timeout=REQUEST_TIMEOUT_SECONDS,
        retry=Retry(ConstantBackoff(0.05), 1),
        max_connections=max_connections,
        timeout=POOL_WAIT_SECONDS,
    )


def connect_subscriber(url: str) -> redis.Redis:
    """A client for one pub/sub connection: its reader waits on purpose, and reconnecting is the reader's business."""
    return _client(urls.parse(url), redis.ConnectionPool, **SUBSCRIBER_OPTIONS)


def connect_node(url: str, node: tuple[str, int]) -> redis.Redis:
    """As connect_subscriber(), to one node of the cluster that the URL names."""
    place = urls.parse(url)
    kind = redis.SSLConnection if place.tls else RedisConnection
    login = {"username": place.username, "password": place.password}
    options = CLIENT_OPTIONS | SUBSCRIBER_OPTIONS | login | {"host": node[0], "port": node[1], "connection_class": kind}
    return redis.Redis(connection_pool=redis.ConnectionPool(**options))


def _client(place: RedisUrl, pool: type[redis.ConnectionPool], **options: Any) -> redis.Redis:
    options |= CLIENT_OPTIONS
    if place.kind == urls.CLUSTER:
        return topology.cluster(place, options)
    if place.kind == urls.SENTINEL:
        return redis.Redis(connection_pool=pool(**topology.to_master(place), **options))
    try:
        return redis.Redis(connection_pool=pool.from_url(place.url, connection_class=RedisConnection, **options))
    except ValueError:  # its text quotes the URL, password and all
        raise ValueError("redis-py cannot read it: are port and database numbers, is the password percent-encoded?") from None


def writable(client: redis.Redis) -> bool | str:
    """Tries a write, for readiness: a replica answers PING as well as a master does. True when Redis takes it; StoreDown, with
    the name by which Redis refuses, otherwise. A full Redis is no failure: polls go on and make room, so its name is returned.
    Nothing is written, since the list is never there."""
    try:
        guarded(lambda: client.lpushx(NEVER_KEY, b""))
    except StoreDown as error:
        if str(error) == FULL_REFUSAL:
            return FULL_REFUSAL
        raise
    return True


# Of a cluster of which no node answers: it is none of the others.
_ERRORS = (redis.RedisError, redis.exceptions.RedisClusterException)


@contextmanager
def store_errors() -> Iterator[None]:
    """Redis's own errors become the store's: StoreDown, and what the scripts say by name."""
    try:
        yield
    except _ERRORS as error:
        raise store_error(error) from error


def store_error(error: Exception) -> Exception:
    """The store's name for it, counted where Redis is away."""
    if is_away(error):
        name = error_name(error)
        REDIS_ERRORS.labels(name).inc()
        return StoreDown(name)
    return _named(error) if isinstance(error, redis.ResponseError) else error


def _named(error: redis.ResponseError) -> Exception:
    text = str(error)
    if "NOSESSION" in text:
        code = text.partition("NOSESSION ")[2][:3]
        return NoSession(int(code) if code.isdigit() else StatusCode.INVALID_SESSION)
    if "FENCED" in text:
        return Fenced(text)
    if "OUTBOXFULL" in text:
        return OutboxFull(text)
    return error


@cache  # those that never run are never shown
def _seconds(script: str) -> Callable[[float], None]:
    return batched_metrics.batched_observe(SCRIPT_SECONDS.labels(script))


class RedisScript:
    """A Lua script on one client: EVALSHA, loaded again when Redis has lost it. What it publishes reaches whoever listens."""

    def __init__(self, client: redis.Redis, source: str, name: str = "other") -> None:
        """`name` is how it is called in the metrics."""
        self._client = client
        self._name = name
        self._run: Callable[[Sequence[Value]], Any] = self._on_connection
        if isinstance(client, RedisCluster):
            self._run = self._on_cluster
        elif isinstance(client, Shared) and client.pipe is not None:
            self._run = client.pipe.call
        if sharded_channels.publishes(source) and sharded_channels.available(client):
            source, self._run = sharded_channels.collecting(source), self._telling
        self._script, self._source = client.register_script(source), source
        self._sha = self._script.sha

    def __call__(self, keys: Sequence[str], args: Sequence[Value] = ()) -> Any:
        began = time.perf_counter()
        try:
            return self._run(self.command(keys, args))
        except redis.exceptions.NoScriptError:
            with store_errors():
                return self._whole(keys, args)
        except _ERRORS as error:
            raise store_error(error) from error
        finally:
            self.note_time(time.perf_counter() - began)

    def command(self, keys: Sequence[str], args: Sequence[Value] = ()) -> Sequence[Value]:
        """What runs the script where Redis has it already."""
        return "EVALSHA", self._sha, len(keys), *keys, *args

    def note_time(self, seconds: float) -> None:
        """For the metrics."""
        _seconds(self._name)(seconds)

    def _whole(self, keys: Sequence[str], args: Sequence[Value]) -> Any:
        """With its source, which the server that runs it keeps. Loaded apart it might go to another one: connections of a pool
        lead to different servers while the master changes."""
        return self._run(("EVAL", self._source, len(keys), *keys, *args))

    def many(self, calls: Sequence[Call]) -> list[Any]:
        """All these in one round trip, except on a cluster. Each is as alone: no other client waits for the whole."""

        if isinstance(self._client, RedisCluster):  # its pipelines take no scripts
            return [self(keys, args) for keys, args in calls]

        def run(some: Sequence[Call]) -> list[Any]:
            pipe = self._client.pipeline(transaction=False)
            for keys, args in some:
                pipe.evalsha(self._script.sha, len(keys), *keys, *args)
            return pipe.execute()

        with store_errors():
            try:
                return run(calls)
            except redis.exceptions.NoScriptError:
                return [self._whole(*calls[0]), *run(calls[1:])]

    def _on_cluster(self, command: Sequence[Value]) -> Any:
        """The client looks for the node that has the keys."""
        return self._client.execute_command(*command)

    def _telling(self, command: Sequence[Value]) -> Any:
        told, *result = self._on_cluster(command)
        sharded_channels.send(self._client, told)
        if result and isinstance(result[0], Exception):
            raise result[0]
        return result[0] if result else None

    def _on_connection(self, command: Sequence[Value]) -> Any:
        """As Redis.execute_command, without its records for observers, which take a twentieth of an empty poll."""
        pool = self._client.connection_pool
        connection = pool.get_connection()

        def once() -> Any:
            connection.send_command(*command)
            return connection.read_response()

        try:
            return connection.retry.call_with_retry(once, lambda _error: connection.disconnect())
        finally:
            pool.release(connection)


def publish(client: redis.Redis, channel: str, message: bytes) -> None:
    """To whoever listens on the channel, by the way that this client's servers have."""
    if sharded_channels.available(client):
        guarded(lambda: sharded_channels.send(client, (channel.encode(), message)))
    else:
        guarded(lambda: client.publish(channel, message))


def present(client: redis.Redis, names: Sequence[str], at_once: int = 256) -> list[bool]:
    """Which of the keys are there. One command asks for many; that is all there is to do when none is, as nearly always."""

    def any_of(some: Sequence[str]) -> bool:
        # On a cluster the keys of one command would have to be of one slot.
        return isinstance(client, RedisCluster) or bool(client.exists(*some))

    def each_of(some: Sequence[str]) -> list[int]:
        pipe = client.pipeline(transaction=False)
        for name in some:
            pipe.exists(name)
        return pipe.execute()

    found: list[bool] = []
    with store_errors():
        for start in range(0, len(names), at_once):
            some = names[start : start + at_once]
            found += map(bool, each_of(some)) if any_of(some) else [False] * len(some)
    return found


def pack_argument(value: Any) -> bytes:
    """A structure for a script's cmsgpack, which knows the raw type only, not the later distinction of text and octets."""
    octets: bytes = msgpack.packb(value, use_bin_type=False)
    return octets


def guarded(call: Callable[[], Any]) -> Any:
    """Runs one command of the client with the store's errors. Any: redis-py types every answer as text or octets."""
    with store_errors():
        return call()
