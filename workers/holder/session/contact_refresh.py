"""Contacts whose stored presence may be out of date: after a break of the stream, after an unblock, and when another server
cannot be reached.

They get some seconds to show up again; those that do not are offline. A server that cannot be reached is asked again and again:
when it is back, nobody tells us."""

from collections.abc import Iterable
from contextlib import suppress

import gevent
import structlog
from gevent.event import Event

from onesoup.csp.text import addresses
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
# Contacts who are probed after an unblock, and of one server that cannot be reached.
MAX_PROBES = 1000
MAX_PROBES_OF_DOMAIN = 100
# Servers that are asked again. Another one is not, until it is heard of again.
MAX_UNREACHABLE_DOMAINS = 20
# When a server is asked again: first after this many seconds, then after twice as many each time, up to the last.
ASK_AGAIN_SECONDS, LAST_ASK_AGAIN_SECONDS = 15.0, 3600.0


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
        # Domain -> what ends the asking of its server.
        self._unreachable: dict[str, Event] = {}

    def seen(self, jids: Iterable[str], unreachable: Iterable[str] = ()) -> None:
        """Presence of these was received. `unreachable`: domains whose servers cannot be reached, as was just learned."""
        self._stale.difference_update(jids)
        away = set(unreachable)
        if self._unreachable:
            self._stop_asking({addresses.domain_of(each) for each in jids} - away)
        for domain in away - self._unreachable.keys():
            if self._connection.stream is not None and len(self._unreachable) < MAX_UNREACHABLE_DOMAINS:
                over = self._unreachable[domain] = Event()
                gevent.spawn(self._ask_again, self._connection.stream, domain, over)

    def _stop_asking(self, domains: Iterable[str]) -> None:
        for domain in domains:
            if (over := self._unreachable.pop(domain, None)) is not None:
                over.set()

    def _ask_again(self, stream: Stream, domain: str, over: Event) -> None:
        """Asks for the presence of all contacts of a domain, now and, with growing pauses, until its server answers, which is
        `over`."""
        pause = ASK_AGAIN_SECONDS
        while self._connection.uses(stream):
            with suppress(StoreDown):  # the next time, then
                theirs = [jid for jid in self._store.roster_jids() if addresses.domain_of(jid) == domain]
                self._probe(stream, theirs[:MAX_PROBES_OF_DOMAIN])
            if pause > LAST_ASK_AGAIN_SECONDS or over.wait(pause):
                break
            pause *= 2
        if self._unreachable.get(domain) is over:
            del self._unreachable[domain]

    def expect_all(self) -> None:
        """On a new stream everybody who was present before shows up again, as an answer to the phone's own presence; so does
        what cannot be reached."""
        self._stop_asking(list(self._unreachable))
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
