"""One connection to Redis that all greenlets of a process share: commands made in one turn of the loop leave in one write, and
one read brings many answers. Knows redis-py's connections (log-in, database, the master of the moment) and no command.

It belongs to the thread, and so to the hub, that made it. Only for plain sockets: a TLS connection wants a pool.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import gevent
import hiredis
import redis
from gevent.event import AsyncResult
from gevent.hub import Waiter
from redis.connection import DefaultParser

from onesoup.store.redis.connection import MASTER_CONNECTIONS
from onesoup.store.redis.refusals import copies_of, not_master

Value = bytes | str | int | float

REDIS_READ_BYTES = 64 * 1024
# Before a command whose connection broke is sent once more: a Redis that restarts is not back in the same moment.
RETRY_PAUSE_SECONDS = 0.05
WATCH_READ, WATCH_WRITE = 1, 2  # what a watcher of the loop waits for

# Behind Sentinels: how often they are asked who the master is, while commands are made.
MASTER_CHECK_SECONDS = 2.0

_BROKEN = (redis.ConnectionError, redis.TimeoutError, OSError)


class SharedConnection:
    """Runs commands, each tried once more when the connection broke under it: the first try may have run in Redis, as with any
    client that repeats. `connection` makes a redis-py connection that is not connected yet."""

    def __init__(self, connection: Callable[[], Any], timeout: float) -> None:
        self._make, self._timeout = connection, timeout
        self._link: _LiveConnection | None = None
        self._connecting: AsyncResult | None = None
        self._master_check_at = 0.0

    def call(self, command: Sequence[Value]) -> Any:
        """The answer; errors are raised as redis-py raises them. ConnectionError or TimeoutError when Redis is out of reach."""
        try:
            return self._linked().ask(command)
        except _BROKEN:
            gevent.sleep(RETRY_PAUSE_SECONDS)
            return self._linked().ask(command)

    def call_all(self, commands: Sequence[Sequence[Value]]) -> list[Any]:
        """The answers to all of them, in one round trip; what the server refuses stands among them as an error. As call() when
        the connection breaks: all are tried once more then."""
        try:
            return self._linked().ask_all(commands)
        except _BROKEN:
            gevent.sleep(RETRY_PAUSE_SECONDS)
            return self._linked().ask_all(commands)

    def close(self) -> None:
        """Whoever waits gets a ConnectionError. A later call connects again."""
        if self._link is not None:
            self._link.fail(redis.ConnectionError("closed"))

    def _linked(self) -> "_LiveConnection":
        link = self._link
        if link is not None and link.open:
            if link.to_master and time.monotonic() > self._master_check_at:
                self._master_check_at = time.monotonic() + MASTER_CHECK_SECONDS
                gevent.spawn(link.leave_old_master)  # no command waits for Sentinels
            return link
        if self._connecting is not None:  # one greenlet connects, the others get what comes of it
            joined: _LiveConnection = self._connecting.get()
            return joined
        return self._connect()

    def _connect(self) -> "_LiveConnection":
        result = self._connecting = AsyncResult()
        try:
            connection = self._make()
            connection.connect()
            self._link = _LiveConnection(connection, self._timeout)
        except BaseException as error:
            # Also when a deadline of whoever connects has passed: the others must not wait for ever.
            result.set_exception(copies_of(error)())
            raise
        finally:
            self._connecting = None
        result.set(self._link)
        return self._link


class _LiveConnection:
    """One life of the connection. Its callbacks run in the hub and never wait."""

    __slots__ = (
        "_connection",
        "_hub",
        "_out",
        "_readable",
        "_reader",
        "_rest",
        "_sock",
        "_ticker",
        "_ticking",
        "_timeout",
        "_waiting",
        "_writable",
        "_writing",
        "open",
        "to_master",
    )

    def __init__(self, connection: Any, timeout: float) -> None:
        self._connection, self._timeout = connection, timeout
        self._sock = getattr(connection._sock, "_sock", connection._sock)  # the system's own under gevent's
        self._sock.setblocking(False)
        self._reader = reader()
        self._waiting: deque[tuple[float, Any]] = deque()
        self._out: list[bytes] = []
        self._rest = b""  # what the socket did not take yet
        self._writing = self._ticking = False
        self._hub = gevent.get_hub()
        loop, number = self._hub.loop, self._sock.fileno()
        self._readable, self._writable = loop.io(number, WATCH_READ), loop.io(number, WATCH_WRITE)
        self._ticker = loop.timer(timeout / 3, timeout / 3)
        self.open, self.to_master = True, isinstance(connection, MASTER_CONNECTIONS)
        self._readable.start(self._read)

    def ask(self, command: Sequence[Value]) -> Any:
        waiter = Waiter(self._hub)
        self._put(_packed(command), waiter)
        # A greenlet that is killed in here leaves its waiter in the row, which takes the answer that nobody wants.
        answer = waiter.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask_all(self, commands: Sequence[Sequence[Value]]) -> list[Any]:
        """The answers, errors of the server among them."""
        packed = [_packed(command) for command in commands]  # what cannot be packed keeps all from being sent
        waiter = Waiter(self._hub)
        answers = _Answers(len(packed), waiter)
        for each in packed:
            self._put(each, answers)
        found: list[Any] = waiter.get()
        for answer in found:
            if isinstance(answer, _BROKEN):
                raise answer
        return found

    def _put(self, packed: bytes, waiter: "Waiter | _Answers") -> None:
        """Goes out with whatever else is asked in this turn of the loop."""
        self._waiting.append((time.monotonic(), waiter))
        self._out.append(packed)
        if not self._writing:
            self._writing = True
            self._hub.loop.run_callback(self._write)
        if not self._ticking:
            self._ticking = True
            self._ticker.start(self._tick)

    def _write(self) -> None:
        if not self.open:
            return
        data = self._rest + b"".join(self._out)
        self._out.clear()
        try:
            sent = self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self.fail(error)
            return
        self._rest = data[sent:]
        if not self._rest:
            self._writing = False
            self._writable.stop()
        elif not self._writable.active:
            self._writable.start(self._write)

    def _read(self) -> None:
        try:
            data = self._sock.recv(REDIS_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self.fail(error)
            return
        if not data:
            self.fail(redis.ConnectionError("closed by the server"))
            return
        try:
            self._reader.feed(data)
            self._answer()
        except redis.RedisError as error:  # no RESP: nobody knows any more which answer is whose
            self.fail(error)

    def _answer(self) -> None:
        waiting, gets = self._waiting, self._reader.gets
        while self.open and (answer := gets()) is not False:
            if not waiting:
                raise redis.InvalidResponse("an answer that nobody has asked for")
            if isinstance(answer, redis.ResponseError) and (moved := not_master(answer)) is not None:
                self.fail(moved)
                return
            waiting.popleft()[1].switch(answer)
        if self._ticking and self.open and not waiting:  # a process at rest is not woken to see that nothing is late
            self._ticking = False
            self._ticker.stop()

    def _tick(self) -> None:
        """Answers come in order, so the oldest question tells whether Redis is still there."""
        if self._overdue():
            self._read()  # it may be us who was away
        if not self.open:
            return
        if self._overdue():
            self.fail(redis.TimeoutError("no answer in time"))

    def _overdue(self) -> bool:
        return bool(self._waiting) and time.monotonic() - self._waiting[0][0] > self._timeout

    def leave_old_master(self) -> None:
        """Ends the connection when Sentinels name another master: one that is cut off from them and from its replicas goes on
        taking writes, which are lost with it."""
        if not self._connection.is_current():
            self.fail(redis.ConnectionError("another server is the master"))

    def fail(self, error: Exception) -> None:
        """The end of it. May be called from anywhere; whoever waits hears of it in the next turn of the loop."""
        if not self.open:
            return
        self.open = False
        for watcher in (self._readable, self._writable, self._ticker):
            watcher.stop()
            watcher.close()
        self._connection.disconnect()
        waiters = [waiter for _, waiter in self._waiting]
        self._waiting.clear()
        self._hub.loop.run_callback(_tell, waiters, copies_of(error))


def reader() -> hiredis.Reader:
    """What makes values of the server's octets, and of its errors those of redis-py."""
    return hiredis.Reader(protocolError=redis.InvalidResponse, replyError=DefaultParser.parse_error)


class _Answers:
    """Stands in the row once for each of some commands, and wakes who waits when all are answered."""

    __slots__ = ("_count", "_found", "_waiter")

    def __init__(self, count: int, waiter: Any) -> None:
        self._count, self._waiter = count, waiter
        self._found: list[Any] = []

    def switch(self, answer: Any) -> None:
        self._found.append(answer)
        if len(self._found) == self._count:
            self._waiter.switch(self._found)


def _packed(command: Sequence[Value]) -> bytes:
    octets: bytes = hiredis.pack_command(tuple(command))  # type: ignore[arg-type]  # its stub means one item
    return octets


def _tell(waiters: list[Any], new_error: Callable[[], redis.RedisError]) -> None:
    for waiter in waiters:
        waiter.switch(new_error())
