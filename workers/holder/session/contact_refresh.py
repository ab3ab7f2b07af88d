"""Contacts whose stored presence may be out of date: after a break of the stream, and after an unblock.

They get some seconds to show up again; those that do not are offline."""

from collections.abc import Iterable

import gevent
import structlog

from onesoup.observability.logs import short
from onesoup.store.errors import StoreDown
from onesoup.store.redis.refusals import error_name
from onesoup.xmpp.stream import Stream, stanzas
from workers.holder.session.connection import SessionConnection
from workers.holder.session.inbound_presence import offline_changes
from workers.holder.session.interfaces import ChangeWriter, Spelling
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

log = structlog.get_logger()

# How long contacts that were seen before may stay silent on a new stream.
REFRESH_SECONDS = 10.0
# Contacts who are probed after an unblock.
MAX_PROBES = 1000


class StaleContacts:
    """The contacts of one session that have not shown up again yet, as bare JIDs."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        connection: SessionConnection,
        spelling: Spelling,
        changes: ChangeWriter,
    ) -> None:
        self._state, self._store, self._connection = state, store, connection
        self._spelling, self._changes = spelling, changes
        self._stale: set[str] = set()

    def seen(self, jids: Iterable[str]) -> None:
        """Presence of these was received."""
        self._stale.difference_update(jids)

    def expect_all(self) -> None:
        """On a new stream everybody who was present before shows up again, as an answer to the phone's own presence."""
        self._stale = set(self._store.present_jids())

    def sweep_later(self, stream: Stream) -> None:
        """After some seconds on this stream, those that have not shown up are offline."""
        gevent.spawn_later(REFRESH_SECONDS, self._sweep, stream)

    def unblocked(self, jids: list[str]) -> None:
        """Nothing was heard of these while they were blocked: their servers are asked for their presence."""
        if self._connection.stream is not None:
            gevent.spawn(self._probe, self._connection.stream, jids[:MAX_PROBES])

    def _probe(self, stream: Stream, jids: list[str]) -> None:
        """RFC 6121 section 4.3. A contact that does not answer is offline."""
        try:
            visible = self._store.visible_contacts(jids)
            probes = [stanzas.directed_presence("probe", self._spelling.spelled(jid)) for jid in visible]
        except StoreDown as error:
            log.info("refresh-waits", sid=short(self._state.sid), reason=error_name(error))
            return
        self._stale |= set(visible)
        if self._connection.uses(stream):
            self._connection.send(*probes)
        self.sweep_later(stream)

    def _sweep(self, stream: Stream) -> None:
        if not self._connection.uses(stream) or not self._stale:
            return
        gone, self._stale = sorted(self._stale), set()
        self._changes.store(offline_changes(gone))
