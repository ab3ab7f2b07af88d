"""Pub/sub: one subscription a process. Messages only wake; whoever is woken reads what waits."""

import time
import uuid
from collections.abc import Callable, Iterable

import gevent
import redis
from gevent.event import AsyncResult

from onesoup.store.client import connect_subscriber, guarded
from onesoup.store.errors import StoreDown

TURN = 0.5
# Messages that are handed on before others get their turn.
AT_ONCE = 100


class Subscriber:
    """Reads the channels of this process and hands each message to `on_message(channel, payload)`.

    It subscribes again by itself after a lost connection; `on_gap` is called then, since messages may have been lost."""

    def __init__(self, url: str, on_message: Callable[[str, bytes], None], on_gap: Callable[[], None] | None = None) -> None:
        self._url, self._on_message, self._on_gap = url, on_message, on_gap
        self._wanted: set[str] = set()
        self._known: set[str] = set()
        self._pubsub: redis.client.PubSub | None = None
        self.connected = False

    def want(self, channels: Iterable[str]) -> None:
        """The channels to read from now on; takes effect within TURN seconds."""
        self._wanted = set(channels)

    def run(self) -> None:
        """For ever. Meant for a greenlet of its own."""
        while True:
            try:
                self._turn()
            except (redis.RedisError, OSError):
                self._drop()
                gevent.sleep(0.2)

    def _turn(self) -> None:
        if self._pubsub is None:
            self._pubsub = connect_subscriber(self._url).pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
            self._known = set()
        pubsub = self._pubsub
        self._follow(pubsub)
        if not self._known:
            gevent.sleep(0.05)
            return
        message = pubsub.get_message(timeout=TURN)
        if not self.connected:
            self.connected = True
            if self._on_gap is not None:
                self._on_gap()
        # What has come along is handed on at once: asking for it anew costs more than most messages are worth.
        for number in range(AT_ONCE):
            if message is None:
                return
            if message["type"] == "message":
                self._on_message(message["channel"].decode(), message["data"])
            message = None if number == AT_ONCE - 1 else pubsub.get_message(timeout=0)
        gevent.sleep(0)

    def _follow(self, pubsub: "redis.client.PubSub") -> None:
        new, old = self._wanted - self._known, self._known - self._wanted
        if new:
            pubsub.subscribe(*new)
        if old:
            pubsub.unsubscribe(*old)  # type: ignore[no-untyped-call]
        self._known = set(self._wanted)

    def _drop(self) -> None:
        self.connected = False
        if self._pubsub is not None:
            self._pubsub.close()
        self._pubsub = None


class Replies:
    """Answers that a worker waits for: correlation id -> event. The channel is the process's own."""

    def __init__(self, client: redis.Redis, url: str) -> None:
        self._client = client
        self.channel = f"worker:{uuid.uuid4().hex}"
        self._waiting: dict[str, AsyncResult] = {}
        self._subscriber = Subscriber(url, self._arrived)
        self._subscriber.want([self.channel])
        self._counter = 0

    def start(self) -> None:
        gevent.spawn(self._subscriber.run)

    def ready(self, within: float) -> bool:
        """Whether the subscription stands; waits for it a short while after a start or a Redis restart."""
        end = time.monotonic() + within
        while not self._subscriber.connected and time.monotonic() < end:
            gevent.sleep(0.01)
        return self._subscriber.connected

    def _arrived(self, _channel: str, data: bytes) -> None:
        name, _, payload = data.partition(b" ")
        if name == b"poll":
            name, payload = b"poll " + payload, b""
        result = self._waiting.get(name.decode("ascii", "replace"))
        if result is not None:
            result.set(payload)

    def expect(self, name: str | None = None) -> "Expected":
        """Registers before asking, so that no answer can come too early."""
        if name is None:
            self._counter += 1
            name = f"c{self._counter}"
        return Expected(self._waiting, name)

    def release_all(self) -> None:
        """Ends every wait at once, as at a graceful stop."""
        for result in list(self._waiting.values()):
            result.set(None)


class Expected:
    """One answer that is waited for; a context manager that forgets it again."""

    def __init__(self, waiting: dict[str, AsyncResult], name: str) -> None:
        self._waiting, self.name = waiting, name
        self._result = AsyncResult()

    def __enter__(self) -> "Expected":
        self._waiting[self.name] = self._result
        return self

    def __exit__(self, *_: object) -> None:
        if self._waiting.get(self.name) is self._result:
            del self._waiting[self.name]

    def wait(self, seconds: float) -> bytes | None:
        """The payload, or None when nothing came in time."""
        try:
            payload: bytes | None = self._result.get(timeout=max(seconds, 0.0))
        except gevent.Timeout:
            return None
        return payload


def answer(client: redis.Redis, channel: str, name: str, payload: bytes) -> None:
    """The holder's answer to a worker."""
    guarded(lambda: client.publish(channel, name.encode() + b" " + payload))


__all__ = ["Expected", "Replies", "StoreDown", "Subscriber", "answer"]
