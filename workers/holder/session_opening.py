"""Opens sessions: a phone logs in, and gets a stream of its own or the one of its last session."""

from contextlib import nullcontext
from typing import Any

from onesoup.csp import access
from onesoup.csp.history_events import EndReason
from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.store import records
from onesoup.store.account.keyring import KeyRing
from onesoup.store.errors import Fenced
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.shards import Lease
from workers.holder import job_deadline
from workers.holder.credentials import open_password
from workers.holder.domain_limits import DomainLimits
from workers.holder.metrics import XMPP_CONNECTS
from workers.holder.session.ending import EXPIRED_TOTAL, close_session, unread_items
from workers.holder.session.services import HolderServices
from workers.holder.session.session import XmppSession
from workers.holder.sessions import SessionTable, handset_name
from workers.holder.shard_leases import ShardLeases

# How long a log-in waits for the end of the handset's last session.
OLD_SESSION_END_SECONDS = 6.0


class SessionOpener:
    """Carries out log-in jobs, one at a time for each handset."""

    def __init__(
        self, services: HolderServices, ring: KeyRing, leases: ShardLeases, sessions: SessionTable, domains: DomainLimits
    ) -> None:
        self._services, self._ring = services, ring
        self._leases, self._sessions, self._domains = leases, sessions, domains

    def open_session(self, shard: int, job: dict[str, Any]) -> bytes:
        """The packed answer to a log-in job. StreamFailure when the server refuses, StoreDown, Fenced, KeyRingError."""
        session = records.unpack_session(job["r"])
        with self._sessions.exclusive(handset_name(session)):
            return self._open(shard, job, session)

    def _open(self, shard: int, job: dict[str, Any], session: Session) -> bytes:
        lease = self._leases.owned.get(shard)
        if lease is None or self._leases.draining:
            return records.pack_answer(StatusCode.SERVICE_UNAVAILABLE, "try again", kind="not-owner")
        if job_deadline.is_late(job):
            EXPIRED_TOTAL.labels("login").inc()
            return records.pack_answer(StatusCode.TIMEOUT, "too late", kind="late")
        old_sid = self._services.clients.get(session.jid, session.resource)
        if old_sid == job["sid"]:
            return records.pack_answer(StatusCode.SUCCESSFUL)  # the job came twice
        old = self._sessions.get(old_sid)
        if old is not None and old.closing:
            old.ended.wait(OLD_SESSION_END_SECONDS)
            old = None
        with old.connection.no_attempts() if old is not None else nullcontext():
            if not self._move_old(lease, job, session, old_sid):
                self._open_new(lease, job, session, old_sid)
        return records.pack_answer(StatusCode.SUCCESSFUL)

    def _move_old(self, lease: Lease, job: dict[str, Any], session: Session, old_sid: str | None) -> bool:
        """Gives the new session the stream of the handset's last one. False where there is none, or another password."""
        old = self._sessions.get(old_sid)
        if old is None or old_sid is None or old.closing:
            return False
        if not old.connected or old.password_digest != job["check"]:
            return False
        self._services.shards.add(lease.shard, job["sid"])
        if not old.move(job["sid"], session, _new_session(job, session, lease)):
            return False
        self._sessions.move(old_sid, old)
        self._deliver_waiting(old)
        XMPP_CONNECTS.labels("kept").inc()
        return True

    def _open_new(self, lease: Lease, job: dict[str, Any], session: Session, old_sid: str | None) -> None:
        """A session with a stream of its own; the handset's last one ends."""
        password = open_password(self._ring, job["cred"], f"cred:{session.jid}")
        opened = XmppSession(
            self._services, job["sid"], session, password, job["check"], lease.fence, lease.shard, records.unpack_caps(None)
        )
        with self._domains.log_in(session.domain):
            opened.connect()
        XMPP_CONNECTS.labels("ok").inc()
        try:
            if not self._leases.holds(lease) or self._leases.draining:
                raise Fenced("the shard went to another holder")
            self._end_old(lease, session, old_sid)
            self._services.shards.add(lease.shard, job["sid"])
            self._services.feed.create(job["sid"], _new_session(job, session, lease))
            self._sessions.add(opened)
            opened.begin()
            self._deliver_waiting(opened)
        except BaseException:
            opened.drop()
            raise

    def _end_old(self, lease: Lease, session: Session, old_sid: str | None) -> None:
        old = self._sessions.get(old_sid)
        if old is not None:
            old.end(StatusCode.FORCED_LOGOUT, polite=False, reason=EndReason.REPLACED)
            old.ended.wait(OLD_SESSION_END_SECONDS)  # it may have been ending already; what it leaves is for this one
        elif old_sid:
            code, reason = StatusCode.FORCED_LOGOUT, EndReason.REPLACED
            close_session(self._services, old_sid, session, lease.shard, lease.fence, code, reason)

    def _deliver_waiting(self, opened: XmppSession) -> None:
        """Registers the session with its account, and gives it what waited for the account."""
        session, services = opened.session, self._services
        services.clients.put(session.jid, session.resource, opened.sid)
        waiting = services.offline.all(session.jid)
        if waiting:
            news = unread_items(services, session.jid, waiting, services.clients.all(session.jid).values())
            if news:
                services.feed.items.take_in(opened.sid, opened.fence, records.in_order(news))
                opened.took_in()
            services.offline.remove(session.jid, waiting)
        opened.rooms.joining.rejoin_last_session()
        opened.schedule.check_now()


def _new_session(job: dict[str, Any], session: Session, lease: Lease) -> NewSession:
    """What is stored of the session at first."""
    ttl_ms = access.session_expiry_seconds(session.ttl) * 1000
    return NewSession(job["r"], lease.fence, ttl_ms, credentials=job["cred"], wake_at_first_poll=True)
