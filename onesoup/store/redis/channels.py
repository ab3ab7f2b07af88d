"""Pub/sub: one subscription a process. Messages only wake; whoever is woken reads what waits."""

import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import gevent
import redis
from gevent.event import AsyncResult, Event

from onesoup.observability.bugs import log_bug
from onesoup.runtime import scheduler
from onesoup.runtime.turns import give_way
from onesoup.store.errors import StoreDown
from onesoup.store.redis import sharded_channels as sharded
from onesoup.store.redis import urls
from onesoup.store.redis.client import connect_node, connect_subscriber
from onesoup.store.redis.commands import RedisCommand, publish_command, send
from onesoup.store.redis.connection import MASTER_CONNECTIONS
from onesoup.store.redis.pipeline import MASTER_CHECK_SECONDS, REDIS_READ_BYTES
from onesoup.store.redis.pipeline import reader as new_reader

# Messages that are handed on before others get their turn.
MESSAGES_PER_TURN = 100
# A connection is looked at with each beat of the process (onesoup.runtime.scheduler): a server that was silent for so long is
# asked then, and
# one that has said nothing for so long after it was asked is gone. So a broken one is found out within two beats, 6 s; what waits
# behind it is kept in Redis meanwhile.
PING_AFTER_SECONDS, PING_ANSWER_SECONDS = 1.5, 2.0
# On a cluster the places of channels are looked at this often, besides when something has changed.
NODE_CHECK_SECONDS = 1.0
# A reader that has nothing to listen to waits for that.
NO_CHANNEL_SECONDS = 3600

_LISTENING = (b"subscribe", b"ssubscribe")
_GONE = (redis.RedisError, redis.exceptions.RedisClusterException, OSError)


class Subscriber:
    """Reads the channels of this process and hands each message to `on_message(channel, payload)`.

    It subscribes again by itself after a lost connection, one that has fallen silent among them. `on_gap` is called whenever it
    has begun to listen to something, since messages may have been lost until then. On a cluster with sharded pub/sub it has a
    reader for each node, and follows channels that move to another one."""

    def __init__(self, url: str, on_message: Callable[[str, bytes], None], on_gap: Callable[[], None] | None = None) -> None:
        self._url, self._on_message, self._on_gap = url, on_message, on_gap
        self._wanted: set[str] = set()
        self._cluster: Any = None
        self._readers: dict[tuple[str, int] | None, _ChannelReader] = {}
        self._looked = 0.0
        self._changed = Event()

    @property
    def connected(self) -> bool:
        readers = list(self._readers.values())
        return bool(readers) and all(reader.connected for reader in readers)

    def want(self, channels: Iterable[str]) -> None:
        """The channels to read from now on; takes effect in a moment."""
        self._wanted = set(channels)
        if None in self._readers:
            self._readers[None].want(self._wanted)
        self._changed.set()

    def run(self) -> None:
        """For ever. Meant for a greenlet of its own."""
        while not self._know_kind():
            gevent.sleep(0.2)
        if self._cluster is None:
            self._reader(None, lambda: connect_subscriber(self._url)).run()
        while True:
            self._changed.clear()
            with suppress(*_GONE):  # it is looked for again
                self._spread()
            self._changed.wait(NODE_CHECK_SECONDS)

    def _know_kind(self) -> bool:
        if urls.parse(self._url).kind != urls.CLUSTER:
            return True
        try:
            client = connect_subscriber(self._url)
            self._cluster = client if sharded.available(client) else None
        except _GONE:
            return False
        return True

    def _reader(self, node: tuple[str, int] | None, connect: Callable[[], redis.Redis]) -> "_ChannelReader":
        reader = _ChannelReader(connect, self._on_message, self._on_gap, self._changed.set, sharded=node is not None)
        reader.wanted = self._wanted if node is None else set()
        self._readers[node] = reader
        return reader

    def _spread(self) -> None:
        """Each channel to the reader of the node that has it."""
        now = time.monotonic()
        if any(reader.lost for reader in self._readers.values()) and now - self._looked > 1.0:
            self._looked = now
            self._cluster.nodes_manager.initialize()
        places = sharded.places(self._cluster, self._wanted)
        for node in self._readers.keys() - places.keys():
            self._readers.pop(node).end()
        for node, channels in places.items():
            if node not in self._readers:
                new = self._reader(node, lambda node=node: connect_node(self._url, node))  # type: ignore[misc]
                new.greenlet = gevent.spawn(new.run)
            self._readers[node].want(channels)

    def _drop(self) -> None:
        for reader in self._readers.values():
            reader.end()


class _ChannelReader:
    """One connection that listens."""

    def __init__(
        self,
        connect: Callable[[], redis.Redis],
        on_message: Callable[[str, bytes], None],
        on_gap: Callable[[], None] | None,
        on_lost: Callable[[], None],
        sharded: bool,
    ) -> None:
        self._connect, self._on_message, self._on_gap, self._sharded = connect, on_message, on_gap, sharded
        self._on_lost = on_lost
        self.wanted: set[str] = set()
        self._known: set[str] = set()
        self._pubsub: redis.client.PubSub | None = None
        self._parser = new_reader()
        self._heard_at = self._asked_at = 0.0
        self.greenlet: gevent.Greenlet | None = None
        # While it waits for the server: what ends the wait, and who waits.
        self._pause: tuple[gevent.Timeout, Any] | None = None
        self.connected = False
        self._check_at = 0.0
        # It could not listen where it was told to, or no longer can: channels may have moved.
        self.lost = False

    def run(self) -> None:
        looks = scheduler.every(scheduler.TASK_SECONDS, self._look)
        try:
            while True:
                try:
                    self._turn()
                except _GONE:
                    self._drop()
                    self.lost = True
                    self._on_lost()
                    gevent.sleep(0.2)
        finally:
            looks.stop()

    def want(self, channels: set[str]) -> None:
        if channels != self.wanted:
            self.wanted = channels
            self._look()

    def _look(self) -> None:
        """Ends the wait for the server: there may be something to ask it."""
        if self._pause is not None:
            gevent.get_hub().loop.run_callback(self._end_pause, self._pause)

    def _end_pause(self, pause: tuple[gevent.Timeout, Any]) -> None:
        if self._pause is pause:  # the same wait still, so its greenlet is in it
            pause[1].throw(pause[0])

    def end(self) -> None:
        if self.greenlet is not None:
            self.greenlet.kill()
        self._drop()

    def _turn(self) -> None:
        if self._pubsub is None:
            self._pubsub = self._connect().pubsub()
            self._parser, self._heard_at, self._asked_at = new_reader(), time.monotonic(), 0.0
            self._known = set()
        pubsub = self._pubsub
        if self.wanted is not self._known:
            self._follow(pubsub)
            if self.wanted is not self._known:
                return  # it has changed while we said it
        if not self._known:
            self._wait(gevent.sleep, NO_CHANNEL_SECONDS)
            return
        self._check_master(pubsub)
        said = self._said(pubsub)
        self._check_alive(pubsub, bool(said))
        if any(isinstance(each, list) and each[0] in _LISTENING for each in said):
            self.connected, self.lost = True, False
            if self._on_gap is not None:
                self._on_gap()
        for number, each in enumerate(said, 1):
            self._hear(each)
            if number % MESSAGES_PER_TURN == 0:
                give_way()
        give_way()  # the next read may find something at once, and again, and again

    def _said(self, pubsub: "redis.client.PubSub") -> list[Any]:
        """What one read brings, nothing when the wait was ended. The socket is read here: redis-py would ask before each message
        whether there is one, and take longer for that than the message was under way."""
        connection: Any = pubsub.connection
        if (sock := connection._sock) is None:
            raise redis.ConnectionError("closed")
        data = self._wait(sock.recv, REDIS_READ_BYTES)
        if data == b"":
            raise redis.ConnectionError("closed by the server")
        said = []
        if data:
            self._parser.feed(data)
            while (each := self._parser.gets()) is not False:
                said.append(each)
        return said

    def _wait(self, work: Callable[[int], Any], argument: int) -> Any:
        """What it brings; None when somebody has ended the wait."""
        found = None
        pause = gevent.Timeout(None, False)
        self._pause = pause, gevent.getcurrent()
        try:
            with pause:
                found = work(argument)
        finally:
            self._pause = None
        return found

    def _hear(self, said: Any) -> None:
        if isinstance(said, redis.RedisError):
            raise said
        kind, *rest = said
        if kind in (b"message", b"smessage"):
            self._tell(rest[0].decode(), rest[1])
        elif kind == b"sunsubscribe" and rest[0].decode() in self._known:
            raise redis.ConnectionError("the channel has gone to another node")

    def _tell(self, channel: str, data: bytes) -> None:
        try:
            self._on_message(channel, data)
        except Exception as error:  # what comes behind it is for others
            log_bug(error)

    def _check_alive(self, pubsub: "redis.client.PubSub", heard: bool) -> None:
        """A connection that a firewall has forgotten says nothing and never ends: it is asked."""
        now = time.monotonic()
        if heard:
            self._heard_at, self._asked_at = now, 0.0
        elif self._asked_at and now - self._asked_at > PING_ANSWER_SECONDS:
            raise redis.ConnectionError("no answer")
        elif not self._asked_at and now - self._heard_at > PING_AFTER_SECONDS:
            self._asked_at = now
            connection: Any = pubsub.connection
            connection.send_command("PING")

    def _check_master(self, pubsub: "redis.client.PubSub") -> None:
        """A master that is cut off keeps its listeners, and nobody publishes there any more."""
        connection, now = pubsub.connection, time.monotonic()
        if isinstance(connection, MASTER_CONNECTIONS) and now > self._check_at:
            self._check_at = now + MASTER_CHECK_SECONDS
            if not connection.is_current():
                raise redis.ConnectionError("another server is the master")

    def _follow(self, pubsub: "redis.client.PubSub") -> None:
        wanted = self.wanted
        new, old = wanted - self._known, self._known - wanted
        if self._sharded:
            # Those of one command would have to be of one slot.
            for channel in new:
                pubsub.ssubscribe(channel)
            for channel in old:
                pubsub.sunsubscribe(channel)
        else:
            if new:
                pubsub.subscribe(*new)
            if old:
                pubsub.unsubscribe(*old)
        self._known = wanted

    def _drop(self) -> None:
        self.connected = False
        if self._pubsub is not None:
            self._pubsub.close()
        self._pubsub = None


class ReplyChannel:
    """Answers that a worker waits for: correlation id -> event. The channel is the process's own."""

    def __init__(self, client: redis.Redis, url: str) -> None:
        self._client = client
        self.channel = f"worker:{uuid.uuid4().hex}"
        self._waiting: dict[str, AsyncResult] = {}
        self._followed: dict[str, Callable[[], None]] = {}
        self._subscriber = Subscriber(url, self._arrived, on_gap=self._on_gap)
        self._subscriber.want([self.channel])
        self._counter = 0

    def follow(self, channel: str, heard: Callable[[], None]) -> None:
        """Listens to another channel as well. `heard` is called at each of its messages, and when some may have been lost."""
        self._followed[channel] = heard
        self._subscriber.want([self.channel, *self._followed])

    def start(self) -> None:
        gevent.spawn(self._subscriber.run)

    def ready(self, within: float) -> bool:
        """Whether the subscription stands; waits for it a short while after a start or a Redis restart."""
        end = time.monotonic() + within
        while not self._subscriber.connected and time.monotonic() < end:
            gevent.sleep(0.01)
        return self._subscriber.connected

    def _on_gap(self) -> None:
        for heard in self._followed.values():
            heard()

    def _arrived(self, channel: str, data: bytes) -> None:
        if channel in self._followed:
            self._followed[channel]()
            return
        name, _, payload = data.partition(b" ")
        if name == b"poll":
            name, payload = b"poll " + payload, b""
        result = self._waiting.get(name.decode("ascii", "replace"))
        if result is not None:
            result.set(payload)

    def expect(self, name: str | None = None) -> "ExpectedReply":
        """Registers before asking, so that no answer can come too early."""
        if name is None:
            self._counter += 1
            name = f"c{self._counter}"
        return ExpectedReply(self._waiting, name)

    def release_all(self) -> None:
        """Ends every wait at once, as at a graceful stop."""
        for result in list(self._waiting.values()):
            result.set(None)


class ExpectedReply:
    """One answer that is waited for; a context manager that forgets it again."""

    def __init__(self, waiting: dict[str, AsyncResult], name: str) -> None:
        self._waiting, self.name = waiting, name
        self._result = AsyncResult()

    def __enter__(self) -> "ExpectedReply":
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


def send_reply(client: redis.Redis, channel: str, name: str, payload: bytes) -> None:
    """The holder's answer to a worker."""
    send(client, reply_command(client, channel, name, payload))


def reply_command(client: redis.Redis, channel: str, name: str, payload: bytes) -> RedisCommand:
    """As send_reply()."""
    return publish_command(client, channel, name.encode() + b" " + payload)


__all__ = ["ExpectedReply", "ReplyChannel", "StoreDown", "Subscriber", "reply_command", "send_reply"]
