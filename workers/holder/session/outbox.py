"""The outbox of one session: commands of workers, read in place from Redis, run in order, and removed when the server has
what they mean. What a command means is the business of its handler (command_table.py).

A command that was sent is in flight until the server has acknowledged it; it is not sent again on the same stream. One that
takes long is set aside: those behind it go on. One greenlet runs the commands, and only while there are any.
"""

import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import gevent
import structlog
from gevent.event import Event
from xmpp.simplexml import Node

from onesoup.csp.history_events import UndeliveredReason
from onesoup.csp.status import StatusCode
from onesoup.observability import history_notes, tracing
from onesoup.observability.bugs import log_bug
from onesoup.observability.logs import short
from onesoup.observability.request_id import continued_request, in_this_request
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.redis.refusals import error_name
from onesoup.xmpp import answers, commands
from onesoup.xmpp.commands import Command, ReplyAddress, UnknownCommand
from onesoup.xmpp.stream import StreamFailure, covers
from onesoup.xmpp.stream.errors import FAILURE_BACKLOG
from workers.holder.session.interfaces import CommandStream
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore
from workers.holder.session.undelivered import undelivered_messages

log = structlog.get_logger()

OUTBOX_RETRY_SECONDS = 1.0
# How long what was sent may take to be acknowledged when the session ends.
FLUSH_SECONDS = 3.0
# The smallest limit that a server may have for a stanza, bytes (RFC 6120 section 13.12).
LEAST_STANZA_LIMIT_BYTES = 10_000
COMMANDS_A_READ = 100
# More commands than any outbox holds.
WHOLE_OUTBOX = 100_000

Handler = Callable[["QueuedCommand", Any], None]


class Outbox:
    """`handlers` makes the table of them; `reply` sends an answer to the worker that waits for it; `lost` is called when another
    holder has the session."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        stream: CommandStream,
        handlers: Callable[[], Mapping[type[Command], Handler]],
        reply: Callable[[ReplyAddress, bytes], None],
        lost: Callable[[], None],
    ) -> None:
        self._state, self._store, self._stream = state, store, stream
        self._handlers, self._reply, self._lost = handlers, reply, lost
        self._in_flight: set[bytes] = set()
        # Acknowledged by the server, but still in Redis while that is away: sending them again would double them.
        self._finished: list[bytes] = []
        self._aside: set[bytes] = set()
        self._acked = Event()
        # `full`: the stream takes no more until the server has acknowledged some.
        self._busy = self._again = self._full = False

    # --- running commands ---

    def wake(self) -> None:
        """Runs what waits in the outbox, in a greenlet of its own. Called when something may wait."""
        if self._busy:
            self._again = True
        elif not self._state.closing:
            self._busy = True
            gevent.spawn(self._work)

    def _work(self) -> None:
        try:
            while True:
                self._again = self._full = False
                self._remove_finished()
                more = self._run_commands()
                if not (self._again or more) or self._state.closing:
                    return
        except StoreDown as error:
            log.warning("store-down", sid=short(self._state.sid), reason=str(error))
            gevent.spawn_later(OUTBOX_RETRY_SECONDS, self.wake)
        except (Fenced, NoSession):
            self._lost()
        except StreamFailure as failure:
            log.info("commands-wait", sid=short(self._state.sid), kind=failure.kind)
            if failure.kind == FAILURE_BACKLOG:
                # The next acknowledgement makes room. One for a stanza that is no command is not told here: hence the timer.
                self._full = True
                gevent.spawn_later(OUTBOX_RETRY_SECONDS, self.wake)
        finally:
            self._busy = False
            if self._again and not self._state.closing:
                self.wake()

    def _run_commands(self) -> bool:
        """Runs what waits, in order. True when there may be more."""
        # Taken before the read: an acknowledgement may come while Redis answers with a command that was sent before.
        sent = self._in_flight | self._aside
        waiting = self._store.commands(COMMANDS_A_READ + len(sent))
        waiting = [stored for stored in waiting if stored not in sent and stored not in self._aside]
        handlers = self._handlers() if waiting else {}
        for stored in waiting:
            if self._state.closing:
                return False
            if not self._stream.open:
                self._refuse_askers(waiting)
                return False
            self._run(stored, handlers)
        return len(waiting) >= COMMANDS_A_READ

    def _refuse_askers(self, waiting: list[bytes]) -> None:
        """Without a stream the workers that wait are told so, and their commands are removed."""
        for stored in waiting:
            command = commands.unpack(stored)
            if command.reply_to is not None:
                self._remove(stored)
                self._reply(command.reply_to, answers.status(StatusCode.SERVICE_UNAVAILABLE, "no connection to the server"))

    def _run(self, stored: bytes, handlers: Mapping[type[Command], Handler]) -> None:
        command = commands.unpack(stored)
        if isinstance(command, UnknownCommand):
            log.warning("unknown-command", op=command.name)
            self._remove(stored)
            return
        if tracing.watched:
            to = getattr(command, "to", None)
            told = list(to.values()) if isinstance(to, dict) else to
            tracing.tell_session("command", self._state.sid, self._state.session.jid, op=command.op, to=told)
        with continued_request(command.request):
            handlers[type(command)](QueuedCommand(self, stored, command), command)

    def _transmit(self, stored: bytes, *nodes: Node | bytes) -> None:
        self._in_flight.add(stored)
        try:
            self._stream.transmit(*nodes, key=stored, before=lambda number: self._store.note_sending(stored, number))
        except (StreamFailure, StoreDown, Fenced, NoSession):
            if stored not in self._finished:
                self._in_flight.discard(stored)
            raise

    def _run_in_background(self, stored: bytes, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except (StreamFailure, StoreDown, Fenced, NoSession) as error:
                log.info("command-waits", sid=short(self._state.sid), reason=error_name(error))
                self._in_flight.discard(stored)
                if self._stream.open and not isinstance(error, StoreDown):
                    self.acked([stored])  # it failed on a stream that lives: it would fail again
                return
            except Exception as error:
                log_bug(error)
            self.acked([stored])

        self._in_flight.add(stored)
        gevent.spawn(in_this_request(run))

    def _answer_later(self, command: Command, work: Callable[[], bytes]) -> None:
        payload = work()
        try:
            self._answer(command, payload)
        except StoreDown as error:
            log.warning("store-down", sid=short(self._state.sid), reason=str(error))

    def _answer(self, command: Command, payload: bytes) -> None:
        if command.reply_to is not None:
            self._reply(command.reply_to, payload)

    def _unsent_ahead(self, stored: bytes, waiting: Iterable[bytes]) -> list[Command]:
        ahead = itertools.takewhile(lambda each: each != stored, waiting)
        return [commands.unpack(each) for each in ahead if each not in self._in_flight]

    # --- removing them ---

    def acked(self, keys: list[bytes]) -> None:
        """The server has acknowledged the commands with these keys: they leave the outbox."""
        self._finished.extend(keys)
        try:
            self._remove_finished()
        except StoreDown:
            gevent.spawn_later(OUTBOX_RETRY_SECONDS, self.wake)
        self._acked.set()
        if self._full:
            self.wake()

    def _remove_finished(self) -> None:
        # Under the lock: a new log-in may be copying the outbox to another session just now.
        with self._state.lock:
            while self._finished:
                self._remove(self._finished[0])
                self._in_flight.discard(self._finished.pop(0))

    def _remove(self, stored: bytes) -> None:
        self._store.remove_command(stored)

    # --- streams that come and go ---

    def resume(self, unacked: Iterable[Any]) -> None:
        """A new stream: only what it carries itself is in flight. The rest is run again, with the same ids."""
        self._in_flight = {key for key in unacked if isinstance(key, bytes)} | set(self._finished)

    def settle(self, confirmed: int | None) -> None:
        """A stream of an earlier holder was resumed: what its server says it has got leaves the outbox unsent."""
        if confirmed is not None:
            for stored, number in self._store.numbers_in_flight(self._store.commands(WHOLE_OUTBOX)).items():
                if covers(confirmed, number):
                    self._remove(stored)
        self._store.forget_numbers()

    def give_up_first(self) -> None:
        """The server closed the stream over something that we wrote, most likely the oldest that it has not acknowledged.
        Sending that again would end every later stream. The phone is told."""
        keys = [key for key, _ in self._stream.unacked if isinstance(key, bytes)]
        if keys:
            self._give_back(keys[0])

    def give_up_largest(self) -> bytes | None:
        """As give_up_first(), where the server said that it was too large: the largest, as it went out. None where all are so
        small that every server takes them."""
        key, data = max(self._stream.unacked, key=lambda each: len(each[1]), default=(None, b""))
        if len(data) <= LEAST_STANZA_LIMIT_BYTES:
            return None
        if isinstance(key, bytes):
            self._give_back(key)
        return data

    def _give_back(self, stored: bytes) -> None:
        log.error("stanza-refused", sid=short(self._state.sid), op=commands.unpack(stored).op)
        lost = undelivered_messages([stored])
        self._store.take_in(lost)
        if lost:
            why = "the XMPP server closed the stream over it"
            history_notes.note_undelivered(self._state.session.jid, UndeliveredReason.NOT_SENT, why, len(lost))
        self._remove(stored)

    def flush(self) -> None:
        """Waits a moment until what was sent has been acknowledged."""
        give_up = time.monotonic() + FLUSH_SECONDS
        while self._in_flight and self._stream.open and time.monotonic() < give_up:
            self._acked.clear()
            self._acked.wait(max(give_up - time.monotonic(), 0.0))


class QueuedCommand:
    """One command of the outbox that is being run, as its handler sees it. `stored`: its packed form."""

    __slots__ = ("_command", "_outbox", "stored")

    def __init__(self, outbox: Outbox, stored: bytes, command: Command) -> None:
        self._outbox, self.stored, self._command = outbox, stored, command

    def transmit(self, *nodes: Node | bytes) -> None:
        """Sends; the command is removed when the server has acknowledged the last stanza. StreamFailure."""
        self._outbox._transmit(self.stored, *nodes)

    def remove(self) -> None:
        """The command is done. StoreDown."""
        self._outbox._remove(self.stored)

    def finish(self) -> None:
        """As remove(), from another greenlet; waits for a Redis that is away."""
        self._outbox.acked([self.stored])

    def run_in_background(self, work: Callable[[], None]) -> None:
        """Runs `work` in a greenlet of its own, and removes the command when it ends; one that the stream broke is run again."""
        self._outbox._run_in_background(self.stored, work)

    def set_aside(self) -> None:
        """Those behind it do not wait, and it is not run again, until put_back()."""
        self._outbox._aside.add(self.stored)

    def put_back(self) -> None:
        """If it is still in the outbox, it is run again with the next turn."""
        self._outbox._aside.discard(self.stored)

    def wake_outbox(self) -> None:
        """See Outbox.wake()."""
        self._outbox.wake()

    def answer(self, payload: bytes) -> None:
        """To the worker that waits, if there is one. StoreDown."""
        self._outbox._answer(self._command, payload)

    def answer_later(self, work: Callable[[], bytes]) -> None:
        """Removes the command, then makes its answer in a greenlet of its own. `work` raises nothing."""
        self.remove()
        gevent.spawn(in_this_request(self._outbox._answer_later), self._command, work)

    def unsent_ahead(self, waiting: Iterable[bytes]) -> list[Command]:
        """The commands ahead of it that have not been sent. `waiting`: the outbox as it is in Redis now; a picture that has
        just been uploaded is a message there, which the last read did not show."""
        return self._outbox._unsent_ahead(self.stored, waiting)
