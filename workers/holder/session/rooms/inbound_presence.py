"""Presence from rooms: how an attempt to enter ends, who comes and goes, and how the phone is put out."""

import time
from functools import partial

from onesoup.csp.groups import Room
from onesoup.csp.status import StatusCode
from onesoup.store import records
from onesoup.store.session.rooms import StoredOccupant
from onesoup.xmpp import rooms
from onesoup.xmpp.rooms import RoomPresence
from workers.holder.session.interfaces import SessionScheduler
from workers.holder.session.rooms.invitations import Invitations
from workers.holder.session.rooms.joining import RoomJoining
from workers.holder.session.rooms.notices import left_item
from workers.holder.session.rooms.room_batch import RoomBatch
from workers.holder.session.rooms.room_records import RoomRecords
from workers.holder.session.rooms.table import JoinOutcome, PendingJoin, RoomTable
from workers.holder.session.state import SessionState

# Status codes (XEP-0045 section 15.6.2).
OWN_PRESENCE_STATUS, ROOM_CREATED_STATUS = 110, 201


class RoomInboundPresence:
    """Reads presence from rooms that are joined or being entered; others are ignored."""

    def __init__(
        self,
        state: SessionState,
        table: RoomTable,
        room_records: RoomRecords,
        joining: RoomJoining,
        invitations: Invitations,
        scheduler: SessionScheduler,
    ) -> None:
        self._state, self._table, self._records, self._joining = state, table, room_records, joining
        self._invitations, self._scheduler = invitations, scheduler

    def read_presence(self, seen: RoomPresence, room_batch: RoomBatch) -> None:
        """Reads one presence."""
        room = self._table.find(seen.room)
        if room is None or self._state.closing:
            return  # a room that was left; or the session ends, and the next one may want to be in the same rooms
        if not seen.nick and not seen.error:
            return  # COMPAT(ejabberd): presence of the room itself, with its picture; it is no occupant
        pending = self._table.entering.get(seen.room)
        # Before the room has let us in, the nick that we asked for may be somebody else's, and the room gives us another.
        own = OWN_PRESENCE_STATUS in seen.status_codes or (seen.nick == room.nick and pending is None)
        if seen.error:
            if pending is not None:
                self._join_refused(seen, pending, room_batch)
        elif seen.available and own:
            self.take_own_presence(seen, room, pending, room_batch)
        elif seen.available:
            self._occupant_present(seen, pending, room_batch)
        elif own:
            self._removed(seen, room, pending, room_batch)
        else:
            self._occupant_left(seen, pending, room_batch)

    # --- ourselves ---

    def take_own_presence(self, seen: RoomPresence, room: Room, pending: PendingJoin | None, room_batch: RoomBatch) -> None:
        """The room has let us in, or has changed what we may do. It may have given us another nick."""
        before = rooms.privilege_level(room.role, room.affiliation)
        room.nick, room.role, room.affiliation = seen.nick or room.nick, seen.role, seen.affiliation
        own = self._state.session.jid
        room_batch.store_occupant(StoredOccupant(seen.room, room.nick, own, seen.role, seen.affiliation))
        if pending is not None:
            self._entered(seen, pending, room_batch)
        elif seen.level != before:
            room_batch.notice(seen.room).own["PrivilegeLevel"] = seen.level
        room_batch.batch.changes.rooms[seen.room] = records.pack_room(room)

    def _entered(self, seen: RoomPresence, pending: PendingJoin, room_batch: RoomBatch) -> None:
        """The room has let us in. It has shown all other occupants before."""
        room, after = pending.room, room_batch.batch.after
        if pending.result is None and ROOM_CREATED_STATUS in seen.status_codes:
            # The room did not exist any more, and we have just created another one of that name.
            after.append(partial(self._joining.drop_room, seen.room, pending, StatusCode.GROUP_DOES_NOT_EXIST))
            return
        self._table.entering.pop(seen.room, None)
        self._table.joined[seen.room] = room
        pending.finished.set()
        self._table.note_activity(seen.room)
        self._scheduler.check_by(time.monotonic() + self._table.seconds_until_silent())
        room.at = room.at or int(time.time())
        for nick in pending.old_nicks - pending.present_nicks - {room.nick}:
            name = f"{seen.room}/{nick}"
            room_batch.notice(seen.room).add_left(nick, room_batch.occupant_jid(name))
            room_batch.remove_occupant(name)
        if pending.result is not None:
            created = ROOM_CREATED_STATUS in seen.status_codes
            after.append(partial(pending.result.set, JoinOutcome(StatusCode.SUCCESSFUL, nick=room.nick, new=created)))

    def _join_refused(self, seen: RoomPresence, pending: PendingJoin, room_batch: RoomBatch) -> None:
        """The room does not let us in. The command that waits gets the reason; a room that was joined before is lost, and the
        phone is told."""
        if pending.result is None and self._joining.retry_after_conflict(seen.room, pending, seen.error):
            return
        self._table.remove(seen.room)
        room_batch.batch.changes.rooms[seen.room] = b""
        code = rooms.join_code(seen.error)
        if pending.result is not None:
            room_batch.batch.after.append(partial(pending.result.set, JoinOutcome(code, seen.error)))
        else:
            room_batch.batch.changes.items.append(left_item(seen.room, pending.room.gid, code))

    def _removed(self, seen: RoomPresence, room: Room, pending: PendingJoin | None, room_batch: RoomBatch) -> None:
        """The room has put us out, or has changed our nick."""
        batch = room_batch.batch
        if seen.new_nick:
            room_batch.remove_occupant(f"{seen.room}/{seen.nick}")
            room.nick = seen.new_nick
            batch.changes.rooms[seen.room] = records.pack_room(room)
            return
        code, by_phone = rooms.removal_code(seen), seen.room in self._table.destroying
        if code == StatusCode.SERVICE_UNAVAILABLE and pending is None and not by_phone:
            # The service shuts down, or the connection to it broke. We enter again; only if that fails the phone is told.
            batch.after.append(partial(self._joining.rejoin_room, seen.room))
            return
        self._table.remove(seen.room)
        room_batch.notices.pop(seen.room, None)
        batch.changes.rooms[seen.room] = b""
        if pending is not None and pending.result is not None:
            batch.after.append(partial(pending.result.set, JoinOutcome(code, "not let in")))
        elif not by_phone:
            batch.changes.items.append(left_item(seen.room, room.gid, code))
        if seen.destroyed:
            batch.after.append(partial(self._records.room_destroyed, seen.room))

    # --- other occupants ---

    def _occupant_present(self, seen: RoomPresence, pending: PendingJoin | None, room_batch: RoomBatch) -> None:
        name = f"{seen.room}/{seen.nick}"
        new = name not in room_batch.occupants
        room_batch.store_occupant(StoredOccupant(seen.room, seen.nick, seen.jid, seen.role, seen.affiliation))
        if pending is not None:
            pending.present_nicks.add(seen.nick)
            if seen.nick == pending.room.nick:
                pending.unconfirmed = seen
                return
            new = pending.rejoin and seen.nick not in pending.old_nicks
        if new:
            room_batch.notice(seen.room).add_joined(seen.nick, seen.jid)
            if seen.jid:
                self._invitations.occupant_joined(seen.room, seen.jid, room_batch.batch)

    def _occupant_left(self, seen: RoomPresence, pending: PendingJoin | None, room_batch: RoomBatch) -> None:
        name = f"{seen.room}/{seen.nick}"
        was_known, known_jid = name in room_batch.occupants, room_batch.occupant_jid(name)
        room_batch.remove_occupant(name)
        if pending is not None and pending.unconfirmed is not None and pending.unconfirmed.nick == seen.nick:
            pending.unconfirmed = None
        jid = seen.jid or known_jid
        if seen.new_nick:
            room_batch.store_occupant(StoredOccupant(seen.room, seen.new_nick, jid, seen.role, seen.affiliation))
            room_batch.notice(seen.room).add_left(seen.nick, jid)
            room_batch.notice(seen.room).add_joined(seen.new_nick, jid)
        elif was_known and pending is None:
            room_batch.notice(seen.room).add_left(seen.nick, jid)
