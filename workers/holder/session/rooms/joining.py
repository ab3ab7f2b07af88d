"""Enters rooms under the name that it is given: once, again after a break of the stream, and at the beginning of a session; and
leaves them."""

import gevent
import structlog
from xmpp.simplexml import Node

from onesoup.csp.groups import Room
from onesoup.csp.messages import timestamp
from onesoup.csp.status import StatusCode
from onesoup.observability.logs import short
from onesoup.observability.request_id import in_this_request
from onesoup.store import records
from onesoup.store.account.groups import GroupStore
from onesoup.store.errors import StoreDown
from onesoup.store.redis.refusals import error_name
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.stream_changes import StreamChanges
from onesoup.xmpp import room_requests
from onesoup.xmpp.stream import stanzas
from workers.holder.session.interfaces import OwnPresenceView, RoomStream
from workers.holder.session.phone_texts import PhoneTexts
from workers.holder.session.rooms.notices import left_item
from workers.holder.session.rooms.requests import BACKGROUND_FAILURES, RoomClient
from workers.holder.session.rooms.room_records import RoomRecords
from workers.holder.session.rooms.table import PendingJoin, RoomTable
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

log = structlog.get_logger()

# A room that was joined before the stream broke must let us in again within this time.
REJOIN_TIMEOUT_SECONDS = 30.0
# A room that has lost us may be restarting: the first attempt to enter it again comes after this time.
ROOM_RESTART_SECONDS = 2.0
# Waiting times before a refused nick is tried again: the server may still count our last stream as present.
NICK_CONFLICT_RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0)


class RoomJoining:
    """Sends the presence that enters and leaves rooms, and keeps the table of pending joins."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        table: RoomTable,
        room_records: RoomRecords,
        client: RoomClient,
        stream: RoomStream,
        own_presence: OwnPresenceView,
        texts: PhoneTexts,
        groups: GroupStore,
    ) -> None:
        self._state, self._store, self._table, self._records = state, store, table, room_records
        self._client, self._stream, self._own_presence = client, stream, own_presence
        self._texts, self._groups = texts, groups

    # --- one room ---

    def send_join(self, jid: str, room: Room, history: int, characters: int, since: str = "") -> None:
        """Sends presence that enters a room and shows what everybody sees of the phone. StreamFailure."""
        presence = stanzas.xml_to_node(room_requests.enter_room(jid, room.nick, history, characters, room.password, since))
        for child in stanzas.presence(dict(self._own_presence.now or {})).getChildren():
            presence.addChild(node=child)
        self._stream.transmit(presence)

    def join_in_background(self, jid: str, room: Room) -> None:
        """Enters a room that no command waits for. Does nothing when the phone is in too many."""
        if self._table.is_full:
            return
        pending = self._table.entering[jid] = PendingJoin(room)
        self._start(jid, pending)

    def leave_room(self, jid: str, room: Room) -> None:
        """Leaves a room, without a word to the phone."""
        self._table.remove(jid)
        self._stream.send(stanzas.xml_to_node(room_requests.leave_room(jid, room.nick)))

    def _start(self, jid: str, pending: PendingJoin) -> None:
        gevent.spawn(in_this_request(self._join_existing), jid, pending)
        gevent.spawn_later(REJOIN_TIMEOUT_SECONDS, self.drop_room, jid, pending, StatusCode.SERVICE_UNAVAILABLE)

    def _join_existing(self, jid: str, pending: PendingJoin) -> None:
        """Enters a room if it exists, and asks for messages that were missed. In XMPP, entering a missing room creates it."""
        try:
            reply = self._client.request(room_requests.ask_info(jid))
            if reply.error in ("item-not-found", "gone"):
                self.drop_room(jid, pending, StatusCode.GROUP_DOES_NOT_EXIST)
            elif self._table.entering.get(jid) is pending:
                since = _xmpp_timestamp(pending.room.at) if pending.room.at else ""
                self.send_join(jid, pending.room, 0, self._texts.accepted if since else 0, since)
            log.debug("room-again", sid=short(self._state.sid), condition=reply.error)
        except BACKGROUND_FAILURES as failure:
            # The next stream enters the room.
            log.debug("room-waits", sid=short(self._state.sid), reason=error_name(failure))

    def drop_room(self, jid: str, pending: PendingJoin, code: int) -> None:
        """Gives up a room that was joined and cannot be entered again. The phone is told, with `code` as the reason."""
        if self._state.closing or self._table.entering.get(jid) is not pending or pending.result is not None:
            return
        if code == StatusCode.SERVICE_UNAVAILABLE and not self._stream.open:
            return  # the next stream tries again
        log.info("room-lost", sid=short(self._state.sid), code=code)
        self.leave_room(jid, pending.room)
        self._records.try_store(StreamChanges(rooms={jid: b""}, items=[left_item(jid, pending.room.gid, code)]))

    # --- a room that was joined before ---

    def rejoin_room(self, jid: str) -> None:
        """Enters a room again that has lost us, before or with its restart."""
        room = self._table.joined.pop(jid, None)
        if room is not None:
            pending = self._table.entering[jid] = PendingJoin(room, rejoin=True, old_nicks=self._known_nicks(jid))
            gevent.spawn_later(ROOM_RESTART_SECONDS, self._retry, jid, pending)

    def rejoin_all(self) -> None:
        """Enters all rooms again, after a fresh stream. The phone is told who has come and gone when the room has shown who is
        there."""
        table = self._table
        if not table.joined and not table.entering:
            return
        for jid in list(table.joined):
            table.entering[jid] = PendingJoin(table.joined.pop(jid), rejoin=True, old_nicks=self._known_nicks(jid))
        for jid, pending in table.entering.items():
            self._start(jid, pending)

    def _known_nicks(self, jid: str) -> set[str]:
        """The occupants of a room that the phone knows of."""
        try:
            known = self._store.occupant_names()
        except StoreDown:
            return set()
        return {name.partition("/")[2] for name in known if name.startswith(f"{jid}/")}

    def retry_after_conflict(self, jid: str, pending: PendingJoin, condition: str) -> bool:
        """Tries again later to enter a room that has refused our nick. False when the refusal is final."""
        if condition != "conflict" or pending.tries >= len(NICK_CONFLICT_RETRY_SECONDS):
            return False
        gevent.spawn_later(NICK_CONFLICT_RETRY_SECONDS[pending.tries], self._retry, jid, pending)
        pending.tries += 1
        return True

    def _retry(self, jid: str, pending: PendingJoin) -> None:
        if self._table.entering.get(jid) is pending and not self._state.closing:
            self._start(jid, pending)

    # --- all rooms of a session ---

    def rejoin_last_session(self, kept_joins: bytes | None) -> None:
        """Enters the rooms of this handset's last session, if the same client goes on: it has the same cookie. `kept_joins` is
        what GroupStore.keep_joins() has kept."""
        if kept_joins is None:
            return
        session = self._state.session
        self._groups.forget_joins(session.jid, session.resource)
        kept = records.unpack_plain(kept_joins, {})
        if not kept or kept["cookie"] != session.cookie:
            return
        for jid, record in kept["rooms"].items():
            if self._table.find(jid) is None:
                self.join_in_background(jid, records.unpack_room(record))

    def join_automatic(self) -> None:
        """Enters the rooms that the user wants to be in after each log-in; the phone asks for GROUP_USER_ID_AUTOJOIN."""
        session = self._state.session
        for jid, kept in self._groups.all_settings(session.jid).items():
            if kept.auto and self._table.find(jid) is None:
                nick = kept.nick or session.jid.partition("@")[0]
                self.join_in_background(jid, Room(kept.gid, nick, private=kept.private))

    def leave_all(self) -> None:
        """Leaves all rooms: the phone has begun anew and knows of no group."""
        table = self._table
        gone = {jid: room for jid in (*table.joined, *table.entering) if (room := table.find(jid)) is not None}
        for jid, room in gone.items():
            self.leave_room(jid, room)
        if gone:
            self._records.try_store(StreamChanges(rooms=dict.fromkeys(gone, b"")))

    def show_presence(self, presence: Node) -> None:
        """Sends changed presence of the phone to all rooms: each needs one of its own."""
        for jid, room in self._table.joined.items():
            told = Node(node=presence)
            told.setAttr("to", f"{jid}/{room.nick}")
            self._stream.send(told)


def keep_joins(store: HolderSessionStore, groups: GroupStore, sid: str) -> None:
    """Keeps the rooms of a session that ends, for the next session of the same handset; see rejoin_last_session()."""
    session = store.records.session(sid)
    joined = store.rooms.joined_records(sid)
    if session is not None and joined:
        kept = {"cookie": session.cookie, "rooms": joined}
        groups.keep_joins(session.jid, session.resource, records.pack_plain(kept))


def _xmpp_timestamp(seconds: int) -> str:
    """XEP-0082, from seconds since the epoch."""
    text = timestamp(seconds)
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[9:11]}:{text[11:13]}:{text[13:15]}Z"
