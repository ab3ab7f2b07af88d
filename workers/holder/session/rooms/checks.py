"""What the holder asks rooms and their services on its own: whether we are still in a room, and how it is configured now."""

import gevent
import structlog
from gevent.pool import Group

from onesoup.observability.logs import short
from onesoup.store.account.groups import GroupStore
from onesoup.store.redis.refusals import error_name
from onesoup.xmpp import room_requests, room_service, room_settings
from onesoup.xmpp.stream import StreamFailure
from workers.holder.session.rooms.joining import RoomJoining
from workers.holder.session.rooms.notices import properties_item
from workers.holder.session.rooms.requests import BACKGROUND_FAILURES, RoomClient
from workers.holder.session.rooms.room_records import RoomRecords
from workers.holder.session.rooms.table import RoomTable
from workers.holder.session.state import SessionState

log = structlog.get_logger()

# A room that cannot be reached is asked again after this part of the usual time.
UNREACHABLE_RECHECK_SHARE = 0.3


class RoomChecks:
    """Checks rooms in the background; no phone waits for it."""

    def __init__(
        self,
        state: SessionState,
        table: RoomTable,
        room_records: RoomRecords,
        client: RoomClient,
        joining: RoomJoining,
        groups: GroupStore,
    ) -> None:
        self._state, self._table, self._records = state, table, room_records
        self._client, self._joining, self._groups = client, joining, groups

    def probe_rooms(self) -> None:
        """Asks silent rooms whether we are still in them (XEP-0410): a server that crashes loses its occupants without a sign."""
        Group().map(self._probe_room, self._table.silent_rooms())

    def _probe_room(self, jid: str) -> None:
        table = self._table
        room = table.joined.get(jid)
        if room is None:
            return
        nick = room.nick
        table.note_activity(jid, ago=table.check_seconds * (1 - UNREACHABLE_RECHECK_SHARE))  # stays if the answer does not tell
        try:
            inside = room_requests.still_inside(self._client.request(room_requests.ping_oneself(jid, nick)).error)
        except StreamFailure:
            return  # the next stream enters the room, or resumes
        if inside:
            table.note_activity(jid)
        elif inside is False and table.joined.get(jid) is room and room.nick == nick:
            log.info("room-has-lost-us", sid=short(self._state.sid))
            self._joining.rejoin_room(jid)

    def check_settings(self, jid: str) -> None:
        """A room was configured anew: the phone is told what has changed. Does not wait."""
        gevent.spawn(self._compare_settings, jid)

    def _compare_settings(self, jid: str) -> None:
        try:
            reply = self._client.request(room_requests.ask_info(jid))
            room = self._table.find(jid)
            if room is None or reply.error:
                return
            now = room_service.notified_properties(room_settings.read_room_info(reply.payload))
            different = {name: value for name, value in now.items() if room.about.get(name) != value}
            if not different:
                return
            # Of a room that the phone has just created nothing was known before, and everything is as the phone wished.
            items = [properties_item(jid, room.gid, different)] if room.notice and room.about else []
            room.about = now
            self._records.store_room(jid, room, *items)
        except BACKGROUND_FAILURES as error:
            log.debug("room-not-read", sid=short(self._state.sid), reason=error_name(error))

    def find_service(self) -> None:
        """Finds the room service of the own domain, if it is not known: Service-Response depends on it."""
        domain = self._state.session.domain
        try:
            if self._groups.service(domain) is None:
                self._groups.keep_service(domain, room_service.find_room_service(self._client.query, domain))
        except BACKGROUND_FAILURES as error:
            log.debug("no-service-found", sid=short(self._state.sid), reason=error_name(error))
