"""Takes over the sessions of other holders: resumes their streams, or logs in again.

Sessions come with a shard. What cannot be taken over then is found again by a periodic look at the owned shards.
"""

from collections.abc import Sequence

import gevent
import structlog
from gevent.lock import BoundedSemaphore

from onesoup.csp.history_events import EndReason
from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.observability.logs import short
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.errors import Fenced, StoreDown
from onesoup.store.session.session_values import ClaimedSession
from onesoup.store.session.shards import Lease
from workers.holder.credentials import open_password, open_salted
from workers.holder.session.ending import close_session
from workers.holder.session.services import HolderServices
from workers.holder.session.session import XmppSession
from workers.holder.session.state import Phase
from workers.holder.sessions import SessionTable, handset_name
from workers.holder.shard_leases import ShardLeases

log = structlog.get_logger()

# How often owned shards are compared with what is here by their numbers of sessions; every so many looks, by the names.
MISSING_SESSIONS_SECONDS, LOOKS_UNTIL_NAMES_COMPARED = 10.0, 60
# A dead holder leaves thousands of sessions. Taken over all at once, they kept each other from reading what Redis had answered,
# until every one of them gave Redis up, again and again (make scale).
MAX_PARALLEL_TAKEOVERS = 20


class SessionTakeover:
    """Takes over sessions of the shards that this holder owns."""

    def __init__(self, services: HolderServices, ring: KeyRing, leases: ShardLeases, sessions: SessionTable) -> None:
        self._services, self._ring, self._leases, self._sessions = services, ring, leases, sessions
        self._looks = 0
        self._turns = BoundedSemaphore(MAX_PARALLEL_TAKEOVERS)

    def take_over_shards(self, leases: Sequence[Lease]) -> None:
        """Begins to take over all sessions of these shards that are not here."""
        try:
            found = self._services.shards.sessions_of([lease.shard for lease in leases])
        except StoreDown as error:
            log.warning("adopt-failed", reason=str(error))
            return
        for lease, sids in zip(leases, found, strict=True):
            for sid in sids:
                if not self._sessions.expects(sid) and self._leases.holds(lease):
                    self._sessions.mark_arriving(sid)
                    gevent.spawn(self._take_over, sid, lease)

    def find_missing(self) -> None:
        """Sessions of owned shards that could not be taken over before, or whose end was cut short."""
        leases = list(self._leases.owned.values())
        self._looks += 1
        if self._looks % LOOKS_UNTIL_NAMES_COMPARED:
            here = self._sessions.count_by_shard()
            there = self._services.shards.counts([lease.shard for lease in leases])
            leases = [lease for lease, count in zip(leases, there, strict=True) if count != here[lease.shard]]
        if leases:
            self.take_over_shards(leases)

    def _take_over(self, sid: str, lease: Lease) -> None:
        taken = None
        try:
            with self._turns:
                earlier = self._services.feed.records.session(sid)
                with self._sessions.exclusive(sid if earlier is None else handset_name(earlier)):
                    if self._leases.holds(lease) and sid not in self._sessions:
                        taken = self._claim(sid, lease)
        except Fenced:
            return
        except StoreDown as error:
            log.warning("adopt-failed", shard=lease.shard, reason=str(error))
        finally:
            self._sessions.unmark_arriving(sid)
        if taken is not None:
            taken.connection.reconnect()

    def take_over_now(self, sid: str, lease: Lease) -> XmppSession | None:
        """For a log-in that holds SessionTable.exclusive of the handset, and meets the handset's last session before its turn has
        come. None when there is none any more, or none that can go on. StoreDown, Fenced."""
        taken = self._claim(sid, lease)
        if taken is not None:
            gevent.spawn(taken.connection.reconnect)
        return taken

    def _claim(self, sid: str, lease: Lease) -> XmppSession | None:
        """The session, listed here. None when there is none any more, or none that can go on."""
        services = self._services
        claimed = services.feed.claim_session(sid, lease.fence)
        if claimed is None:  # it is not known whose session it was: what it left goes as an offline message would
            services.feed.expire_leftovers(sid)
            services.shards.remove(lease.shard, sid)
            return None
        csp_session = claimed.session
        if csp_session is None:
            services.shards.remove(lease.shard, sid)
            return None
        password = self._password(sid, csp_session, claimed.credentials)
        if password is None:
            code = StatusCode.FORCED_LOGOUT
            close_session(services, sid, csp_session, lease.shard, lease.fence, code, EndReason.KEYS)
            return None
        salted = open_salted(self._ring, csp_session.jid, claimed.salted)
        if salted is not None:
            services.options.derive.learn(password, salted)
        digest = self._ring.digest(password, f"check:{csp_session.jid}")
        session = XmppSession(services, sid, csp_session, password, digest, lease.fence, lease.shard, claimed.capabilities)
        self._begin(session, claimed)
        if not self._leases.holds(lease):  # the shard was given back before the session was here
            session.drop()
            return None
        return session

    def _password(self, sid: str, session: Session, sealed: bytes | None) -> str | None:
        """None where it is not stored, or not readable."""
        if sealed is None:
            return None
        try:
            return open_password(self._ring, sealed, f"cred:{session.jid}")
        except KeyRingError as error:
            log.warning("credentials-lost", sid=short(sid), reason=str(error))
            return None

    def _begin(self, session: XmppSession, claimed: ClaimedSession) -> None:
        session.state.enter(Phase.LIVE)
        session.adopt(claimed.shown_presence, claimed.stream_state)
        session.rooms.table.load()
        self._sessions.add(session)
        session.schedule.check_now()
        if claimed.ended:
            session.outbox.wake()
