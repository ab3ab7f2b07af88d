"""The commands of one held session: read in place from its outbox, run in order, removed when the server has what they meant.

One greenlet runs them, and only while there are any."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gevent
import structlog
from gevent.event import Event
from xmpp.simplexml import Node

from onesoup.csp.lists import Item
from onesoup.csp.messages import Text
from onesoup.csp.places import Place
from onesoup.handlers import records
from onesoup.handlers.context import token
from onesoup.logs import short
from onesoup.store.channels import answer
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.feed import Changes
from onesoup.store.sessions import FLOOD_MS
from onesoup.xmpp import errors
from onesoup.xmpp.stream import StreamFailure
from workers import stanzas

if TYPE_CHECKING:
    from workers.held import Held, Shared

log = structlog.get_logger()

REQUEST_SECONDS = 6.0
ACK_SECONDS = 3.0
BATCH = 100
# Sent messages whose bounce would be told to the phone.
REMEMBERED = 50


class Outbox:
    """Runs the commands of `held`. What is in flight was sent and not yet acknowledged; it is not sent again on this stream."""

    def __init__(self, held: "Held", shared: "Shared") -> None:
        self._held, self._shared = held, shared
        self._in_flight: set[bytes] = set()
        # Acknowledged by the server, but still in Redis while that is away: sending them again would double them.
        self._finished: list[bytes] = []
        self._sent: dict[str, str] = {}
        self._acked = Event()
        self._busy = self._again = False

    def resume(self, unacked: Iterable[Any]) -> None:
        """A new stream: only what it carries itself is in flight. The rest is run again, with the same ids."""
        self._in_flight = {key for key in unacked if isinstance(key, bytes)} | set(self._finished)

    def kick(self) -> None:
        """Something waits in the outbox."""
        if self._busy:
            self._again = True
        elif not self._held.closing:
            self._busy = True
            gevent.spawn(self._work)

    def _work(self) -> None:
        try:
            while True:
                self._again = False
                self._remove_finished()
                more = self._run_commands()
                if not (self._again or more) or self._held.closing:
                    return
        except StoreDown as error:
            log.warning("store-down", sid=short(self._held.sid), reason=str(error))
            gevent.spawn_later(1.0, self.kick)
        except StreamFailure as failure:
            log.info("commands-wait", sid=short(self._held.sid), kind=failure.kind)
            if failure.kind == "backlog":
                gevent.spawn_later(1.0, self.kick)
        finally:
            self._busy = False
            if self._again and not self._held.closing:
                self.kick()

    def _run_commands(self) -> bool:
        """Runs what waits, in order. True when there may be more."""
        # Taken before the read: an acknowledgement may come while Redis answers with a command that was sent before.
        sent = set(self._in_flight)
        waiting = self._shared.feed.commands(self._held.sid, BATCH + len(sent))
        waiting = [stored for stored in waiting if stored not in sent]
        for stored in waiting:
            if self._held.closing:
                return False
            if self._held.stream is None or not self._held.stream.open:
                self._refuse_askers(waiting)
                return False
            self._run(stored)
        return len(waiting) >= BATCH

    def _refuse_askers(self, waiting: list[bytes]) -> None:
        """Without a stream whoever waits for the server is told so, and the command is taken back."""
        for stored in waiting:
            command = records.unpack_command(stored)
            if "reply" in command:
                self._done(stored)
                self._answer(command, records.pack_answer(503, "no connection to the server"))

    def _run(self, stored: bytes) -> None:
        command = records.unpack_command(stored)
        name = command.get("op", "")
        runner = _COMMANDS.get(name)
        if runner is None:
            log.warning("unknown-command", op=name)
            self._done(stored)
            return
        runner(self, stored, command)

    def _transmit(self, stored: bytes, *nodes: Node) -> None:
        """Sends; the command leaves the outbox when the server has acknowledged the last stanza."""
        assert self._held.stream is not None
        self._in_flight.add(stored)
        try:
            self._held.stream.send(*nodes, key=stored)
        except StreamFailure:
            if stored not in self._finished:
                self._in_flight.discard(stored)
            raise

    def acked(self, keys: list[bytes]) -> None:
        """The server has these: they leave the outbox."""
        self._finished.extend(keys)
        try:
            self._remove_finished()
        except StoreDown:
            gevent.spawn_later(1.0, self.kick)
        self._acked.set()

    def _remove_finished(self) -> None:
        # Under the lock: a new log-in may be copying the outbox to another session just now.
        with self._held.lock:
            while self._finished:
                self._done(self._finished[0])
                self._in_flight.discard(self._finished.pop(0))

    def _done(self, stored: bytes) -> None:
        self._shared.feed.done(self._held.sid, stored)

    def _answer(self, command: Mapping[str, Any], payload: bytes) -> None:
        if command.get("reply"):
            answer(self._shared.client, command["reply"], command["reply_name"], payload)

    def wrote(self, recipient: str, stanza_id: str) -> bool:
        """Whether the phone sent this message to this recipient a short while ago: what else may bounce is somebody's lie."""
        return self._sent.get(stanza_id) == recipient

    def _message(self, stored: bytes, command: dict[str, Any]) -> None:
        self._sent[command["id"]] = command["to"]
        if len(self._sent) > REMEMBERED:
            del self._sent[next(iter(self._sent))]
        node = stanzas.message(command)
        if self._held.intake.profile.language:
            node.setAttr("xml:lang", self._held.intake.profile.language)
        self._transmit(stored, node)

    def _receipt(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.receipt(command))

    def _presence(self, stored: bytes, command: dict[str, Any]) -> None:
        self._held.show(command)
        self._done(stored)

    def _online(self, stored: bytes, command: dict[str, Any]) -> None:
        if command.get("interests"):
            self._held.interested()
        else:
            self._held.go_online()
        self._shared.later(self._held.sid, FLOOD_MS / 1000)
        self._done(stored)

    def _soon(self, stored: bytes, _command: dict[str, Any]) -> None:
        self._held.go_online_soon()
        self._done(stored)

    def _limits(self, stored: bytes, _command: dict[str, Any]) -> None:
        self._held.intake.accept(records.unpack_caps(self._shared.feed.read(self._held.sid, "caps")).accepted)
        self._done(stored)

    def _mood(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.publish_mood(self._new_id(), command["value"]))

    def _nick(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.publish_nick(self._new_id(), command["value"]))

    def _place(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.publish_place(self._new_id(), Place(*command["value"])))

    def _avatar(self, stored: bytes, command: dict[str, Any]) -> None:
        self._beside(stored, self._held.publisher.picture, command["data"])

    def _card(self, stored: bytes, command: dict[str, Any]) -> None:
        self._beside(stored, self._held.publisher.details, command["text"])

    def _look(self, stored: bytes, command: dict[str, Any]) -> None:
        self._beside(stored, self._look_up, command)

    def _look_up(self, command: dict[str, Any]) -> None:
        cards, pictures = self._held.lookups.together(command["cards"], command["pictures"], command["within"])
        self._answer(command, records.pack_answer(200, cards=cards, pictures=pictures))

    def _beside(self, stored: bytes, work: Callable[[Any], None], value: Any) -> None:
        """Work that waits for the server, in a greenlet of its own: what comes behind it does not wait. The command leaves the
        outbox when it is done; one that the stream broke is done again."""

        def run() -> None:
            try:
                work(value)
            except (StreamFailure, StoreDown, Fenced, NoSession) as error:
                log.info("command-waits", sid=short(self._held.sid), reason=type(error).__name__)
                self._in_flight.discard(stored)
                if self._held.stream is not None and self._held.stream.open and not isinstance(error, StoreDown):
                    self.acked([stored])  # it failed on a stream that lives: it would fail again
                return
            except Exception as error:
                log.exception("bug", kind=type(error).__name__)
            self.acked([stored])

        self._in_flight.add(stored)
        gevent.spawn(run)

    def _lists(self, stored: bytes, _command: dict[str, Any]) -> None:
        """A copy of the list metadata for the server, so that it outlives Redis."""
        entries = self._shared.lists.all(self._held.session.jid)
        self._transmit(stored, stanzas.lists_set(self._new_id(), entries))

    def _new_id(self) -> str:
        assert self._held.stream is not None
        return self._held.stream.new_id()

    def _directed(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.to(command["kind"], command["jid"]))

    def _roster(self, stored: bytes, command: dict[str, Any]) -> None:
        """Sets or removes a roster item, and stores the change before the phone hears of it: it reads what it wrote."""
        assert self._held.stream is not None
        removing = command["op"] == "unroster"
        node = stanzas.roster_remove(command["jid"]) if removing else stanzas.roster_set(command)
        try:
            result = self._held.stream.request(node, REQUEST_SECONDS)
        except StreamFailure as failure:
            code = 504 if failure.kind == "no-answer" else 503
            self._done(stored)
            self._answer(command, records.pack_answer(code, "the server did not answer"))
            return
        code, reason = 200, ""
        if result.getAttr("type") == "error":
            reason = stanzas.condition(result)
            code = 200 if removing and reason == "item-not-found" else errors.roster_code(reason)
        if code == 200:
            self._write_through(command, removing)
        self._done(stored)
        self._answer(command, records.pack_answer(code, reason))

    def _write_through(self, command: dict[str, Any], removing: bool) -> None:
        """The server's push says the same, but may come after the result."""
        jid = command["jid"]
        if removing:
            changes = Changes(unroster=[jid])
        else:
            record = self._shared.feed.item(self._held.sid, jid)
            item = records.unpack_item(jid, record) if record else Item(jid)
            item = replace(item, name=command.get("name") or "", groups=tuple(command.get("groups", ())))
            changes = Changes(roster={jid: records.pack_item(item)})
        self._shared.feed.store(self._held.sid, self._held.fence, changes)

    def _logout(self, stored: bytes, _command: dict[str, Any]) -> None:
        sid = self._held.sid
        if self._shared.feed.state(sid)[0] is None:
            self._done(stored)  # it was said to the session before this one
            return
        self._held.end(604, polite=True, sid=sid)

    def flush(self) -> None:
        """What is on its way to the server gets a moment to be acknowledged."""
        give_up = time.monotonic() + ACK_SECONDS
        while self._in_flight and self._held.stream is not None and self._held.stream.open and time.monotonic() < give_up:
            self._acked.clear()
            self._acked.wait(max(give_up - time.monotonic(), 0.0))


def returned(commands: Iterable[bytes]) -> dict[str, bytes]:
    """Messages of the phone that never reached the server, as texts for its next log-in, id -> stored form."""
    items = {}
    for stored in commands:
        command = records.unpack_command(stored)
        if command.get("op") == "message":
            text = Text(token(16), command["to"], f"not delivered: {command['body']}", int(time.time()))
            items[text.id] = f"{command['to']}\n".encode() + records.pack_text(text)
    return items


# op -> what runs it
_COMMANDS: dict[str, Callable[[Outbox, bytes, dict[str, Any]], None]] = {
    "message": Outbox._message,
    "receipt": Outbox._receipt,
    "presence": Outbox._presence,
    "online": Outbox._online,
    "soon": Outbox._soon,
    "limits": Outbox._limits,
    "directed": Outbox._directed,
    "lists": Outbox._lists,
    "mood": Outbox._mood,
    "nick": Outbox._nick,
    "place": Outbox._place,
    "avatar": Outbox._avatar,
    "card": Outbox._card,
    "look": Outbox._look,
    "roster": Outbox._roster,
    "unroster": Outbox._roster,
    "logout": Outbox._logout,
}
