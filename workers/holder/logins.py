"""Jobs that gateway workers leave in the owned shards: log-ins, checks of a password, new accounts. Each gets an answer."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import redis
import structlog
from gevent.pool import Group

from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.observability.bugs import log_bug
from onesoup.observability.logs import short
from onesoup.observability.request_id import continue_request
from onesoup.runtime.ids import token
from onesoup.store import records
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.account.login_limits import LoginLimits, LoginTicket
from onesoup.store.errors import Fenced, StoreDown
from onesoup.store.redis.channels import reply_command, send_reply
from onesoup.store.redis.commands import send
from onesoup.store.redis.refusals import error_name
from onesoup.xmpp import errors
from onesoup.xmpp.stream import Stream, StreamFailure
from workers.holder import registration
from workers.holder.credentials import open_password
from workers.holder.metrics import XMPP_CONNECTS
from workers.holder.session.connection import STREAM_CONNECT_TIMEOUT_SECONDS
from workers.holder.session.services import HolderServices
from workers.holder.session_opening import SessionOpener
from workers.holder.sessions import SessionTable
from workers.holder.shard_leases import ShardLeases

log = structlog.get_logger()

# Jobs that are taken with one command.
MAX_JOBS_TAKEN = 16
# Failures whose text comes from our side of the connection, or is a list of mechanisms. What a server says may be anything.
LOGGED_FAILURE_KINDS = {"tls", "dns", "no-mechanism", "refused"}
# What the phone is told: never the server's own text.
FAILURE_WORDS = {"tls": "TLS to the server failed", "auth": "invalid password", "dns": "server not found"}
# The log of the gateway gets kind and condition of a failure: these are ours.
BROKEN_KINDS: dict[type[Exception], str] = {StoreDown: "redis", Fenced: "not-owner", KeyRingError: "keys"}
MAX_CONDITION = 60


class LoginJobs:
    """Takes jobs of owned shards and runs each in a greenlet of its own."""

    def __init__(
        self,
        client: redis.Redis,
        services: HolderServices,
        ring: KeyRing,
        leases: ShardLeases,
        sessions: SessionTable,
        opener: SessionOpener,
    ) -> None:
        self._client, self._services, self._ring = client, services, ring
        self._leases, self._sessions, self._opener = leases, sessions, opener
        self._limits = LoginLimits(client)
        self._running = Group()

    def serve_shard(self, shard: int) -> None:
        """Takes all jobs that wait in the shard."""
        more = True
        while more and self._leases.serves(shard):
            try:
                jobs = self._services.shards.next_logins(shard, MAX_JOBS_TAKEN)
            except StoreDown:
                return
            more = len(jobs) == MAX_JOBS_TAKEN
            for stored in jobs:
                job = records.unpack_command(stored)
                if job.get("op") == "register":
                    self._running.spawn(self._register, job)
                else:
                    self._running.spawn(self.run_job, shard, job, stored)

    def finish(self) -> None:
        """Returns when every job that was taken has its answer, or stands in Redis again for the next holder."""
        self._running.join()

    def _register(self, job: dict[str, Any]) -> None:
        continue_request(job.get("request", ""))
        payload = registration.register_account(job, self._services.options, self._ring)
        with suppress(StoreDown):
            send_reply(self._client, job["reply"], job["name"], payload)

    def run_job(self, shard: int, job: dict[str, Any], stored: bytes) -> None:
        """A log-in or a check of a password. `stored` is the job as it stood in Redis: it goes back there when the shard has
        gone to another holder in the meantime."""
        began = time.monotonic()
        continue_request(job.get("request", ""))
        payload = self._verified(job) if "verify" in job else self._opened(shard, job)
        log.debug("login-job", shard=shard, ms=round((time.monotonic() - began) * 1000))
        try:
            ticket = LoginTicket.unpack(job.get("ticket"))
            if self._is_for_another_holder(shard, job, payload):
                self._services.shards.ask(shard, stored)
                return
            reply = reply_command(self._client, job["reply"], job["name"], payload)
            if ticket is None:
                send(self._client, reply)
            else:
                self._limits.settle(ticket, records.unpack_answer(payload)["code"], reply)
        except StoreDown as error:
            log.warning("store-down", reason=str(error), lost="the answer to a log-in")

    def _verified(self, job: dict[str, Any]) -> bytes:
        return _outcome(job["verify"], "", lambda: self._verify(job))

    def _opened(self, shard: int, job: dict[str, Any]) -> bytes:
        user = records.unpack_session(job["r"]).jid
        self._sessions.mark_arriving(job["sid"])
        try:
            return _outcome(user, job["sid"], lambda: self._opener.open_session(shard, job))
        finally:
            self._sessions.unmark_arriving(job["sid"])

    def _is_for_another_holder(self, shard: int, job: dict[str, Any], payload: bytes) -> bool:
        """Whether the job failed only because its shard is another holder's now, and that one still has time for it."""
        return (
            not self._leases.serves(shard)
            and records.unpack_answer(payload)["code"] == StatusCode.SERVICE_UNAVAILABLE
            and time.time() < job.get("until", 0)
        )

    def _verify(self, job: dict[str, Any]) -> bytes:
        """Whether a password is the account's: logs in on a stream of its own, and closes it again. A token would say what was so
        yesterday, and no log-in of this client will follow that could use one."""
        local, _, domain = job["verify"].rpartition("@")
        password = open_password(self._ring, job["cred"], f"cred:{job['verify']}")
        options = replace(self._services.options, tokens=None)
        stream = Stream(domain, local, password, f"imps-{token(8)}", options=options, on_stanzas=_ignore, on_acked=_ignore)
        try:
            with self._services.connecting:
                stream.connect(STREAM_CONNECT_TIMEOUT_SECONDS)
        finally:
            stream.close(polite=stream.open)
        XMPP_CONNECTS.labels("verified").inc()
        return records.pack_answer(StatusCode.SUCCESSFUL)


def _outcome(user: str, sid: str, work: Callable[[], bytes]) -> bytes:
    """The packed answer to a job, also when it fails."""
    try:
        return work()
    except StreamFailure as failure:
        _log_failure(user, sid, failure)
        code, told = errors.login_code(failure.kind, failure.condition), FAILURE_WORDS.get(failure.kind, "")
        return records.pack_answer(code, told, kind=failure.kind, condition=failure.condition[:MAX_CONDITION])
    except (StoreDown, Fenced, KeyRingError) as error:
        log.warning("login-broke", user=user, reason=error_name(error))
        kind = next(kind for broken, kind in BROKEN_KINDS.items() if isinstance(error, broken))
        return records.pack_answer(StatusCode.SERVICE_UNAVAILABLE, "try again later", kind=kind, condition=error_name(error))
    except Exception as error:
        log_bug(error, user=user)
        return records.pack_answer(StatusCode.INTERNAL_ERROR, "internal error", kind="bug", condition=type(error).__name__)


def _log_failure(user: str, sid: str, failure: StreamFailure) -> None:
    """`sid`: of the session that was not opened, "" for a check of a password."""
    XMPP_CONNECTS.labels(failure.kind).inc()
    reason = failure.text if failure.kind in LOGGED_FAILURE_KINDS else None
    what = {"kind": failure.kind, "condition": failure.condition, "reason": reason}
    who = {"user": user, "domain": addresses.domain_of(user), "sid": short(sid)}
    log.info("xmpp-login-failed", **{name: value for name, value in (what | who).items() if value})


def _ignore(_: object) -> None:
    """What comes on a stream that is closed at once."""
