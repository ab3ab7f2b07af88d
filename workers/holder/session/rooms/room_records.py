"""What is stored of a session's rooms: their records in the session, topics and groups in the account."""

from typing import Any

import gevent
import structlog

from onesoup.csp.groups import Room
from onesoup.observability.logs import short
from onesoup.store import records
from onesoup.store.account.groups import GroupStore
from onesoup.store.errors import StoreDown
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from workers.holder.session.interfaces import ChangeWriter
from workers.holder.session.rooms.table import RoomTable
from workers.holder.session.state import SessionState

log = structlog.get_logger()


class RoomRecords:
    """Writes the records of rooms."""

    def __init__(self, state: SessionState, table: RoomTable, changes: ChangeWriter, groups: GroupStore) -> None:
        self._state, self._table, self._changes, self._groups = state, table, changes, groups

    def store(self, changes: StreamChanges) -> None:
        """Stores changes. StoreDown after a long while."""
        with self._state.lock:
            self._changes.store(changes)

    def try_store(self, changes: StreamChanges) -> None:
        """As store(), but a Redis that stays away is only logged."""
        try:
            self.store(changes)
        except StoreDown as error:
            log.warning("store-down", sid=short(self._state.sid), reason=str(error))

    def store_room(self, jid: str, room: Room, *items: Delivery) -> None:
        """Stores the record of a room as it is when the lock is free: it has what stanzas of the room have changed until then. A
        room that was left until then has no record."""
        with self._state.lock:
            if self._table.find(jid) is room:
                self._changes.store(StreamChanges(rooms={jid: records.pack_room(room)}, items=list(items)))

    def change_room(self, jid: str, room: Room, **values: Any) -> None:
        """Sets attributes of a room and stores it."""
        for name, value in values.items():
            setattr(room, name, value)
        self.store_room(jid, room)

    def note_topic(self, jid: str, topic: str) -> None:
        """Keeps a topic for searches: people who are not in the room find it by that. Does not wait."""
        gevent.spawn(self._keep_topic, jid, topic)

    def _keep_topic(self, jid: str, topic: str) -> None:
        try:
            self._groups.keep_topic(jid, topic)
        except StoreDown as error:
            log.debug("store-down", sid=short(self._state.sid), reason=str(error))

    def room_destroyed(self, jid: str) -> None:
        """A room does not exist any more. If the account had created it, it is removed from its groups."""
        try:
            self._groups.remove(self._state.session.jid, jid)
        except StoreDown as error:
            log.warning("store-down", sid=short(self._state.sid), reason=str(error))
