"""Commands about rooms, and other requests to XMPP servers, that a gateway waits for.

Each runs in a greenlet of its own, so that no message waits behind a slow room."""

import time
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import gevent
import structlog
from gevent.event import AsyncResult

from onesoup.csp.groups import Room
from onesoup.csp.status import StatusCode
from onesoup.runtime.ids import token
from onesoup.store import records
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.session.holder_side import StreamChanges
from onesoup.xmpp import archive, room_requests, xml
from onesoup.xmpp.room_requests import RoomRequest
from onesoup.xmpp.stream import StreamFailure
from workers.holder.session.interfaces import ContactRules
from workers.holder.session.rooms.joining import RoomJoining
from workers.holder.session.rooms.requests import RoomClient
from workers.holder.session.rooms.room_records import RoomRecords
from workers.holder.session.rooms.table import ArchiveQuery, PendingJoin, RoomTable
from workers.holder.session.state import SessionState

log = structlog.get_logger()

JOIN_TIMEOUT_SECONDS = 7.0
# How long after the reply to a query messages from the archive may still be handled.
ARCHIVE_WAIT_SECONDS = 2.0
# How long the phone has to join by itself the room of an invitation that it has accepted.
INVITED_JOIN_SECONDS = 30.0
# How long after a request to destroy a room its end counts as the phone's own doing.
DESTROY_SECONDS = 1.0
CHANGEABLE_FIELDS = ("notice", "private", "delivery", "length")


class RoomCommands:
    """Runs the commands of one session."""

    def __init__(
        self,
        state: SessionState,
        table: RoomTable,
        room_records: RoomRecords,
        client: RoomClient,
        joining: RoomJoining,
        rules: ContactRules,
    ) -> None:
        self._state, self._table, self._records = state, table, room_records
        self._client, self._joining, self._rules = client, joining, rules

    def answer(self, command: dict[str, Any]) -> bytes:
        """Runs a command and returns its packed answer. There is always one: a failure becomes a code."""
        try:
            return _COMMANDS[command["op"]](self, command)
        except StreamFailure as failure:
            return records.pack_answer(
                StatusCode.TIMEOUT if failure.kind == "no-answer" else StatusCode.SERVICE_UNAVAILABLE, "the server did not answer"
            )
        except (StoreDown, Fenced, NoSession):
            return records.pack_answer(StatusCode.SERVICE_UNAVAILABLE, "try again later")
        except Exception as error:
            log.exception("bug", kind=type(error).__name__)
            return records.pack_answer(StatusCode.INTERNAL_ERROR, "internal error")

    def _iq(self, command: dict[str, Any]) -> bytes:
        reply = self._client.request(RoomRequest(command["to"], command["type"], xml.from_plain(command["tree"])))
        return records.pack_answer(StatusCode.SUCCESSFUL, error=reply.error, tree=reply.payload.plain())

    # --- join and leave ---

    def _join(self, command: dict[str, Any]) -> bytes:
        """Waits until the room has let us in, or says why not."""
        jid, table = command["room"], self._table
        room = table.joined.get(jid)
        if room is not None:
            # The phone may have another name for the group now: it would not show messages of the group under the old one.
            self._records.change_room(jid, room, gid=command["gid"], notice=bool(command.get("notice")))
            return records.pack_answer(StatusCode.SUCCESSFUL, nick=room.nick, new=False)
        pending = table.entering.get(jid)
        if pending is None and table.is_full:
            return records.pack_answer(StatusCode.MESSAGE_QUEUE_IS_FULL, "in too many groups")
        if pending is None:
            made = Room(
                command["gid"],
                command["nick"],
                bool(command.get("notice")),
                private=command.get("private", True),
                password=command.get("password", ""),
                about=command.get("about", {}),
                delivery=command.get("delivery", ""),
                length=command.get("length", 0),
            )
            pending = table.entering[jid] = PendingJoin(made)
        else:
            pending.room.gid, pending.room.notice = command["gid"], bool(command.get("notice"))
        pending.result = pending.result or AsyncResult()
        try:
            self._joining.send_join(jid, pending.room, command.get("history", 0), command.get("characters", 0))
            result = pending.result.get(timeout=JOIN_TIMEOUT_SECONDS)
        except gevent.Timeout:
            self._joining.leave_room(jid, pending.room)
            return records.pack_answer(StatusCode.TIMEOUT, "the room does not answer")
        except StreamFailure:
            table.remove(jid)
            raise
        return records.pack_answer(result["code"], result.get("text", ""), nick=result.get("nick"), new=result.get("new"))

    def _join_later(self, command: dict[str, Any]) -> bytes:
        """The phone has accepted an invitation. If it does not join the room by itself, the holder does."""
        gevent.sleep(INVITED_JOIN_SECONDS)
        if self._table.find(command["room"]) is None and not self._state.closing:
            room = Room(command["gid"], command["nick"], password=command["password"])
            self._joining.join_in_background(command["room"], room)
        return records.pack_answer(StatusCode.SUCCESSFUL)

    def _leave(self, command: dict[str, Any]) -> bytes:
        """Forgets a room. The presence that leaves it is a stanza of its own in the outbox, so that it is sent in any case."""
        jid, table = command["room"], self._table
        room = table.find(jid)
        if room is None:
            return records.pack_answer(StatusCode.GROUP_IS_NOT_JOINED, "not joined")
        table.remove(jid)
        self._records.store(StreamChanges(rooms={jid: b""}))
        return records.pack_answer(StatusCode.SUCCESSFUL, nick=room.nick)

    # --- the room itself ---

    def _destroy(self, command: dict[str, Any]) -> bytes:
        destroying = self._table.destroying
        destroying.add(command["room"])
        try:
            reply = self._client.request(room_requests.destroy_room(command["room"]))
        finally:
            gevent.spawn_later(DESTROY_SECONDS, destroying.discard, command["room"])
        return records.pack_answer(StatusCode.SUCCESSFUL, error=reply.error, tree=reply.payload.plain())

    def _history(self, command: dict[str, Any]) -> bytes:
        """Messages from a room's archive, without those of people whom the user does not want to hear."""
        jid, query_id, table = command["room"], token(12), self._table
        if jid not in table.joined:
            return records.pack_answer(StatusCode.GROUP_IS_NOT_JOINED, "not joined")
        query = table.archive_queries[query_id] = ArchiveQuery(jid)
        try:
            reply = self._client.request(archive.ask_last_messages(jid, query_id, command["most"]))
            if not reply.error:
                query.wait_for(archive.last_message_id(reply.payload), time.monotonic() + ARCHIVE_WAIT_SECONDS)
        finally:
            del table.archive_queries[query_id]
        found = [list(astuple(each)) for each in query.found if not self._rules.refuses_in(jid, each.nick, "")]
        return records.pack_answer(StatusCode.SUCCESSFUL, error=reply.error, found=found)

    def _change(self, command: dict[str, Any]) -> bytes:
        """Changes how the phone wants the messages of a group."""
        jid = command["room"]
        room = self._table.find(jid)
        if room is None:
            return records.pack_answer(StatusCode.GROUP_IS_NOT_JOINED, "not joined")
        self._records.change_room(jid, room, **{name: command[name] for name in CHANGEABLE_FIELDS if name in command})
        return records.pack_answer(StatusCode.SUCCESSFUL)


_COMMANDS: dict[str, Callable[[RoomCommands, dict[str, Any]], bytes]] = {
    "iq": RoomCommands._iq,
    "join": RoomCommands._join,
    "join-later": RoomCommands._join_later,
    "leave": RoomCommands._leave,
    "destroy": RoomCommands._destroy,
    "history": RoomCommands._history,
    "room": RoomCommands._change,
}
ASKED = tuple(_COMMANDS)
