"""Commands about rooms, and other requests to XMPP servers, that a gateway waits for.

Each runs in a greenlet of its own, so that no message waits behind a slow room."""

import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import AsyncResult

from onesoup.csp.groups import Room
from onesoup.csp.status import StatusCode
from onesoup.runtime.ids import token
from onesoup.store import records
from onesoup.store.session.stream_changes import StreamChanges
from onesoup.xmpp import answers, archive, room_requests
from onesoup.xmpp.answers import CommandAnswer, RoomHistory, RoomJoined, RoomLeft, ServerReply
from onesoup.xmpp.commands import (
    AskServer,
    ChangeRoomSettings,
    Command,
    DestroyRoom,
    FetchRoomHistory,
    JoinRoom,
    JoinRoomLater,
    LeaveRoom,
)
from onesoup.xmpp.room_requests import RoomRequest
from onesoup.xmpp.stream import StreamFailure
from workers.holder.session.interfaces import ContactRules
from workers.holder.session.iq import answer_of
from workers.holder.session.rooms.joining import RoomJoining
from workers.holder.session.rooms.requests import RoomClient
from workers.holder.session.rooms.room_records import RoomRecords
from workers.holder.session.rooms.table import ArchiveQuery, JoinOutcome, PendingJoin, RoomTable
from workers.holder.session.state import SessionState

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

    def answer(self, command: Command) -> bytes:
        """Runs a command and returns its packed answer. There is always one: a failure becomes a code."""
        return answer_of(lambda: _COMMANDS[type(command)](self, command))

    def _iq(self, command: AskServer) -> bytes:
        reply = self._client.request(RoomRequest(command.to, command.type, command.tree))
        return answers.pack(ServerReply(reply.error, reply.payload))

    # --- join and leave ---

    def _join(self, command: JoinRoom) -> bytes:
        """Waits until the room has let us in, or says why not."""
        jid, table = command.room, self._table
        room = table.joined.get(jid)
        if room is not None:
            # The phone may have another name for the group now: it would not show messages of the group under the old one.
            self._records.change_room(jid, room, gid=command.gid, notice=command.notice)
            return answers.pack(RoomJoined(room.nick, new=False))
        pending = table.entering.get(jid)
        if pending is None and table.is_full:
            return answers.status(StatusCode.MESSAGE_QUEUE_IS_FULL, "in too many groups")
        if pending is None:
            made = Room(
                command.gid,
                command.nick,
                command.notice,
                private=command.private,
                password=command.password,
                about=dict(command.about),
                delivery=command.delivery,
                length=command.length,
            )
            pending = table.entering[jid] = PendingJoin(made)
        else:
            pending.room.gid, pending.room.notice = command.gid, command.notice
        pending.result = pending.result or AsyncResult()
        try:
            self._joining.send_join(jid, pending.room, command.history, command.characters)
            outcome: JoinOutcome = pending.result.get(timeout=JOIN_TIMEOUT_SECONDS)
        except gevent.Timeout:
            self._joining.leave_room(jid, pending.room)
            return answers.status(StatusCode.TIMEOUT, "the room does not answer")
        except StreamFailure:
            table.remove(jid)
            raise
        return records.pack_answer(outcome.code, outcome.text, nick=outcome.nick, new=outcome.new)

    def _join_later(self, command: JoinRoomLater) -> bytes:
        """The phone has accepted an invitation. If it does not join the room by itself, the holder does."""
        gevent.sleep(INVITED_JOIN_SECONDS)
        if self._table.find(command.room) is None and not self._state.closing:
            room = Room(command.gid, command.nick, password=command.password)
            self._joining.join_in_background(command.room, room)
        return answers.pack(CommandAnswer())

    def _leave(self, command: LeaveRoom) -> bytes:
        """Forgets a room. The presence that leaves it is a stanza of its own in the outbox, so that it is sent in any case."""
        jid, table = command.room, self._table
        room = table.find(jid)
        if room is None:
            return answers.status(StatusCode.GROUP_IS_NOT_JOINED, "not joined")
        table.remove(jid)
        self._records.store(StreamChanges(rooms={jid: b""}))
        return answers.pack(RoomLeft(room.nick))

    # --- the room itself ---

    def _destroy(self, command: DestroyRoom) -> bytes:
        destroying = self._table.destroying
        destroying.add(command.room)
        try:
            reply = self._client.request(room_requests.destroy_room(command.room))
        finally:
            gevent.spawn_later(DESTROY_SECONDS, destroying.discard, command.room)
        return answers.pack(ServerReply(reply.error, reply.payload))

    def _history(self, command: FetchRoomHistory) -> bytes:
        """Messages from a room's archive, without those of people whom the user does not want to hear."""
        jid, query_id, table = command.room, token(12), self._table
        if jid not in table.joined:
            return answers.status(StatusCode.GROUP_IS_NOT_JOINED, "not joined")
        query = table.archive_queries[query_id] = ArchiveQuery(jid)
        try:
            reply = self._client.request(archive.ask_last_messages(jid, query_id, command.most))
            if not reply.error:
                query.wait_for(archive.last_message_id(reply.payload), time.monotonic() + ARCHIVE_WAIT_SECONDS)
        finally:
            del table.archive_queries[query_id]
        found = tuple(each for each in query.found if not self._rules.refuses_in(jid, each.nick, ""))
        return answers.pack(RoomHistory(reply.error, found))

    def _change(self, command: ChangeRoomSettings) -> bytes:
        """Changes how the phone wants the messages of a group."""
        jid = command.room
        room = self._table.find(jid)
        if room is None:
            return answers.status(StatusCode.GROUP_IS_NOT_JOINED, "not joined")
        self._records.change_room(
            jid, room, **{name: value for name in CHANGEABLE_FIELDS if (value := getattr(command, name)) is not None}
        )
        return answers.pack(CommandAnswer())


_COMMANDS: dict[type[Command], Callable[[RoomCommands, Any], bytes]] = {
    AskServer: RoomCommands._iq,
    JoinRoom: RoomCommands._join,
    JoinRoomLater: RoomCommands._join_later,
    LeaveRoom: RoomCommands._leave,
    DestroyRoom: RoomCommands._destroy,
    FetchRoomHistory: RoomCommands._history,
    ChangeRoomSettings: RoomCommands._change,
}
