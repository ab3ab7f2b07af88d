"""Opens sessions: a phone logs in, and gets a stream of its own or the one of its last session."""

from contextlib import nullcontext
from typing import Any

import structlog

from onesoup.csp import access
from onesoup.csp.history_events import EndReason
from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.observability.logs import short
from onesoup.store import records
from onesoup.store.account.keyring import KeyRing
from onesoup.store.blocks import blocks_command
from onesoup.store.errors import Fenced, NoSession
from onesoup.store.redis.commands import RedisCommand, send_together
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.shards import Lease
from onesoup.xmpp.stream import StreamFailure, errors
from workers.holder import job_deadline
from workers.holder.credentials import open_password, seal_salted
from workers.holder.domain_limits import DomainLimits
from workers.holder.metrics import XMPP_CONNECTS
from workers.holder.session.ending import EXPIRED_TOTAL, close_session, unread_items
from workers.holder.session.services import HolderServices
from workers.holder.session.session import XmppSession
from workers.holder.sessions import SessionTable, handset_name
from workers.holder.shard_leases import ShardLeases
from workers.holder.takeover import SessionTakeover

# How long a log-in waits for the end of the handset's last session.
OLD_SESSION_END_SECONDS = 6.0
# Kinds of StreamFailure after which a log-in tries a stream of its own: the server was there, and did not take up the old one.
RESUMPTION_REFUSALS = frozenset({errors.FAILURE_STREAM, errors.FAILURE_CLOSED, errors.FAILURE_PROTOCOL})

log = structlog.get_logger()


class SessionOpener:
    """Carries out log-in jobs, one at a time for each handset."""

    def __init__(
        self,
        services: HolderServices,
        ring: KeyRing,
        leases: ShardLeases,
        sessions: SessionTable,
        domains: DomainLimits,
        takeover: SessionTakeover,
    ) -> None:
        self._services, self._ring, self._takeover = services, ring, takeover
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
        old_sid, lists = self._send(
            self._services.clients.get_command(session.jid, session.resource),
            self._services.lists.contacts.count_command(session.jid),
        )
        if old_sid == job["sid"]:
            return records.pack_answer(StatusCode.SUCCESSFUL)  # the job came twice
        old = self._sessions.get(old_sid)
        if old is None and old_sid is not None:  # its holder is dead, and its turn has not come
            old = self._takeover.take_over_now(old_sid, lease)
        if old is not None and old.closing:
            old.ended.wait(OLD_SESSION_END_SECONDS)
            old = None
        with old.connection.no_attempts() if old is not None else nullcontext():
            told = self._move_old(lease, job, session, old_sid)
            if told is None:
                told = self._open_new(lease, job, session, old_sid, bool(lists))
        return records.pack_answer(StatusCode.SUCCESSFUL, **told)

    def _send(self, *commands: RedisCommand) -> list[Any]:
        return send_together(self._services.client, *commands)

    def _move_old(self, lease: Lease, job: dict[str, Any], session: Session, old_sid: str | None) -> dict[str, Any] | None:
        """Gives the new session the stream of the handset's last one. What the worker is told, None where there is no such
        stream, or another password."""
        old = self._sessions.get(old_sid)
        if old is None or old_sid is None or old.closing:
            return None
        if old.password_digest != job["check"] or not self._resumed(old):
            return None
        self._services.shards.add(lease.shard, job["sid"])
        if not old.move(job["sid"], session, _new_session(job, session, lease)):
            return None
        self._sessions.move(old_sid, old)
        told = self._deliver_waiting(old, *self._send(*self._account_commands(session, job)))
        XMPP_CONNECTS.labels("kept").inc()
        return told

    def _resumed(self, old: XmppSession) -> bool:
        """Whether the stream of this session is there, or there again. StreamFailure where the server is away."""
        try:
            old.connection.resume_now()
        except NoSession:
            return False
        except StreamFailure as failure:
            if failure.kind not in RESUMPTION_REFUSALS:
                raise
            log.info("reconnect-failed", sid=short(old.sid), kind=failure.kind, condition=failure.condition)
        return old.connected

    def _open_new(
        self, lease: Lease, job: dict[str, Any], session: Session, old_sid: str | None, has_lists: bool
    ) -> dict[str, Any]:
        """A session with a stream of its own; the handset's last one ends. What the worker is told. `has_lists`: contact lists
        of the account are kept here."""
        password = open_password(self._ring, job["cred"], f"cred:{session.jid}")
        opened = XmppSession(
            self._services, job["sid"], session, password, job["check"], lease.fence, lease.shard, records.unpack_caps(None)
        )
        with self._domains.log_in(session.domain):
            proof = opened.connect(has_lists)
        XMPP_CONNECTS.labels("ok").inc()
        try:
            if not self._leases.holds(lease) or self._leases.draining:
                raise Fenced("the shard went to another holder")
            self._end_old(lease, session, old_sid)
            listed = self._services.shards.add_command(lease.shard, job["sid"])
            salted = None if proof is None else self._services.options.derive.of(password, proof)
            record = _new_session(job, session, lease, salted and seal_salted(self._ring, session.jid, salted))
            told = opened.begin(record, listed, *self._account_commands(session, job))
            if opened.closing:
                raise Fenced("the session went to another holder")
            self._sessions.add(opened)
            answer = self._deliver_waiting(opened, *told)
            if not self._leases.holds(lease) and opened.sid in self._sessions:
                opened.hand_over()  # the shard was given back before the session was here
            return answer
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

    def _account_commands(self, session: Session, job: dict[str, Any]) -> tuple[RedisCommand, ...]:
        """Registers the session with its account, and asks what _deliver_waiting() is told. Blocks behind that: who blocks the
        user from now on finds the session."""
        services, jid, resource = self._services, session.jid, session.resource
        return (
            services.clients.put_command(jid, resource, job["sid"]),
            services.clients.count_command(jid),
            services.offline.all_command(jid),
            services.groups.joins_command(jid, resource),
            *([blocks_command(job["watch"])] if job.get("watch") else []),
        )

    def _deliver_waiting(
        self,
        opened: XmppSession,
        _new: int,
        count: int,
        waiting: dict[str, bytes],
        kept_joins: bytes | None,
        blocks: list[bytes | None] | None = None,
    ) -> dict[str, Any]:
        """Gives the session what waited for its account. What the worker is told: how many sessions the account has, and the
        operator's blocks, which it knows to read."""
        session, services = opened.session, self._services
        if waiting:
            news = unread_items(services, session.jid, waiting, services.clients.all(session.jid).values())
            if news:
                services.feed.items.take_in(opened.sid, opened.fence, records.in_order(news))
                opened.took_in()
            services.offline.remove(session.jid, waiting)
        opened.rooms.joining.rejoin_last_session(kept_joins)
        opened.schedule.check_now()
        return {"sessions": count, "blocks": blocks}


def _new_session(job: dict[str, Any], session: Session, lease: Lease, salted: bytes | None = None) -> NewSession:
    """What is stored of the session at first. `salted`: the salted password, sealed."""
    ttl_ms = access.session_expiry_seconds(session.ttl) * 1000
    return NewSession(job["r"], lease.fence, ttl_ms, credentials=job["cred"], salted=salted, wake_at_first_poll=True)
