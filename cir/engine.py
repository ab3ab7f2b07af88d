"""What wakes phones that have no STCP line, or do not come for it: UDP and SMS, in the order of `chain` (cir.md 10).

Any number of processes run an engine; a session that is due is with one of them at a time. An engine keeps nothing: what is
outstanding, and what has been tried for it, is in Redis."""

import time
from collections.abc import Iterable
from dataclasses import replace

import gevent
import structlog
from gevent.pool import Pool

from cir import chain, job
from cir.chain import Exhausted, Facts, Send, Wait
from cir.datagrams import Datagrams
from cir.message import CirError
from cir.outgoing import SENT, Outgoing
from cir.stcp import WAKES
from onesoup import tracing
from onesoup.csp import numbers
from onesoup.csp.session import Session
from onesoup.handlers.records import unpack_caps, unpack_command, unpack_session
from onesoup.logs import short
from onesoup.settings import Settings
from onesoup.store import keys
from onesoup.store.errors import NoSession, StoreDown
from onesoup.store.leases import Shards
from onesoup.store.lines import Lines
from onesoup.store.numbers import Numbers
from onesoup.store.sms import Refusal
from onesoup.store.wakes import Look, Tries, Wakes

log = structlog.get_logger()

TURN = 0.25
# So long after its process was killed a step is taken up by another one. A step that takes longer, such as an SMS with all its
# tries, has its lease made longer by KEEP.
LEASE_MS, KEEP = 4_000, 1.0
AT_ONCE = 50
SWEEP_SECONDS = 60
# What the gateway did not take is brought again so much later.
AGAIN_SECONDS = 30.0


class Engine:
    """Steps of sessions that are due."""

    def __init__(
        self,
        settings: Settings,
        wakes: Wakes,
        codes: Numbers,
        shards: Shards,
        lines: Lines,
        outgoing: Outgoing | None = None,
        datagrams: Datagrams | None = None,
    ) -> None:
        self._settings, self._wakes = settings, wakes
        self._codes, self._shards, self._lines = codes, shards, lines
        self._outgoing, self._datagrams, self._processes = outgoing, datagrams, frozenset[str]()
        self._pool, self._count = Pool(AT_ONCE), 0
        # Steps that were taken up here, and the ends of their leases.
        self._working: dict[str, int] = {}

    def bearers(self) -> frozenset[str]:
        """What works here just now, and "SMS" where any message can be sent."""
        found = set()
        if self._datagrams is not None:
            found |= {"SUDP", "WAPUDP"}
        if self._outgoing is not None and self._settings.sms_prefixes:
            methods = self._outgoing.gateway.methods
            found |= methods & {"WAPSMS", "SSMS"}
            found |= {"SMS"} if job.TEXT in methods else set()
        return frozenset(found)

    def _short(self) -> frozenset[str]:
        """SMS bearers that there are, whether they work just now or not: a wake waits for a gateway that is away."""
        return self._outgoing.gateway.carrier.methods if self._outgoing is not None else frozenset()

    # --- news ---

    def news(self, data: bytes) -> None:
        """A wake is outstanding for a phone with other bearers than STCP; or a code waits to be sent."""
        kind, _, sid = data.decode("ascii", "replace").partition(" ")
        if kind == "code":
            self._pool.spawn(self._send_codes)
            return
        delay = chain.BATCH_UDP["m"] if self._datagrams is not None else chain.BATCH_SMS
        # Whoever reads news must not wait for Redis: STCP lines are told by the same reader.
        gevent.spawn(self._soon, sid, delay if kind == "m" else chain.BATCH_UDP["p"])

    def _soon(self, sid: str, ms: int) -> None:
        try:
            self._wakes.soon(sid, ms)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))  # the sweep finds it

    def run(self) -> None:
        """For ever. Meant for a greenlet of its own."""
        gevent.spawn(self._keep_leases)
        while True:
            try:
                self.turn()
            except StoreDown as error:
                log.warning("store-down", reason=str(error))
            gevent.sleep(TURN)

    def turn(self) -> None:
        """Takes up what is due. The pool waits when it is full."""
        lease, sids = self._wakes.take(LEASE_MS, AT_ONCE)
        fresh = [sid for sid in sids if sid not in self._working]
        # News of one that is being worked on: no lease is ours then, and it comes again when this one has run out.
        self._working |= dict.fromkeys(sids, 0) | dict.fromkeys(fresh, lease)
        for sid in fresh:
            self._pool.spawn(self._work, sid)

    def _keep_leases(self) -> None:
        while True:
            gevent.sleep(KEEP)
            if not self._working:
                continue
            try:
                kept = self._wakes.keep(self._working, LEASE_MS)
            except StoreDown as error:
                log.warning("store-down", reason=str(error))
                continue
            # A step may have ended meanwhile.
            self._working |= {sid: end for sid, end in kept.items() if sid in self._working}

    def sweep(self) -> None:
        """Finds wakes whose news was lost."""
        try:
            if not self._wakes.may_sweep(SWEEP_SECONDS):
                return
            for shard in range(keys.SHARDS):
                for sid in self._wakes.unheard(self._shards.sessions(shard)):
                    self._wakes.soon(sid, chain.BATCH_SMS)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))

    def drain(self, seconds: float) -> None:
        """Lets steps that have begun come to their end."""
        self._pool.join(seconds)

    # --- steps ---

    def _work(self, sid: str) -> None:
        try:
            self._settle(sid, self.step(sid))
        except StoreDown as error:
            log.warning("store-down", reason=str(error))  # the lease runs out
        except Exception as error:
            log.exception("bug", kind=type(error).__name__, sid=short(sid))
        finally:
            self._working.pop(sid, None)

    def _settle(self, sid: str, ms: int | None) -> None:
        """The lease may be made longer while Redis is asked."""
        tried = None
        while (lease := self._working.get(sid, 0)) != tried and not self._wakes.settle(sid, lease, ms):
            tried = lease

    def step(self, sid: str) -> int | None:
        """Does what is due for a session. Returns in how many ms to look again, or None."""
        try:
            look = self._wakes.look(sid)
        except NoSession:
            return None
        session = unpack_session(look.record)
        if look.tries is not None and look.tries.wake != look.wake:
            self._learn(sid, session, look, look.tries)
        if not look.wake or not look.waiting or _tries(look).done:
            return None
        facts = self._facts(look, session, unpack_caps(look.caps).methods)
        found = chain.step(facts)
        if isinstance(found, Wait):
            return found.until - look.now
        if isinstance(found, Exhausted):
            self._in_vain(sid, session, facts.tries, found)
            return None
        return self._send(sid, session, look, found)

    def _facts(self, look: Look, session: Session, methods: Iterable[str]) -> Facts:
        agreed, here = set(methods), self.bearers()
        usable = agreed & here
        udp = tuple(name for name in chain.UDP if name in usable and look.udp_port and look.address and look.deaf < chain.DEAF)
        allowed, tries = numbers.allowed(look.number, self._settings.sms_prefixes), _tries(look)
        report, report_at = self._outgoing.fate(tries.job) if tries.job and self._outgoing else ("", 0)
        return Facts(
            now=look.now,
            kind=look.kind,
            began=look.began,
            lines=self._alive(look.lines),
            udp=udp,
            sms=tuple(name for name in chain.SMS if name in agreed & self._short() and allowed),
            polls=look.polls,
            poll_ms=(look.poll_min or self._settings.server_poll_min) * 1000,
            last_request=look.last_request,
            tries=tries,
            report=report,
            report_at=report_at,
            validity=self._settings.sms_validity * 1000,
        )

    def _alive(self, channels: tuple[str, ...]) -> bool:
        """Whether a process lives that has a line of the session: one that was killed could not take its own away."""
        if channels and self._processes.isdisjoint(channels):
            self._processes = self._lines.processes()
        return not self._processes.isdisjoint(channels)

    def forget_processes(self) -> None:
        """Who lives is looked up again with the next line."""
        self._processes = frozenset()

    def _send(self, sid: str, session: Session, look: Look, send: Send) -> int | None:
        if send.bearer in chain.UDP:
            return self._send_udp(sid, session, look, send)
        return self._send_sms(sid, session, look, send)

    def _send_udp(self, sid: str, session: Session, look: Look, send: Send) -> int | None:
        if not self._wakes.note(sid, send.tries, "sudp" if send.bearer == "SUDP" else "wap_udp"):
            return None
        assert self._datagrams is not None
        cookie = session.cookie or sid
        sent = self._datagrams.send(send.bearer, look.address, look.udp_port, session.version, cookie)
        tracing.tell_session("wake", sid, bearer=send.bearer.lower(), sent=sent)
        WAKES.labels(send.bearer.lower(), "sent" if sent else "failed").inc()
        return 0

    def _send_sms(self, sid: str, session: Session, look: Look, send: Send) -> int | None:
        """The budget first, then the note, then the gateway: whatever dies in between, no message goes out twice."""
        out, id_ = self._outgoing, job.new_id(time.time())
        assert out is not None
        if away := out.gateway.wait():
            return self._put_off(sid, look, away)
        refusal = out.claim(look.number, session.jid, id_, look.last_request)
        if refusal is not None:
            return self._refused(sid, look, refusal)
        if not self._wakes.note(sid, replace(send.tries, job=id_), "sms"):
            out.refund(look.number, session.jid, id_)
            return None
        settings = self._settings
        self._count += 1
        try:
            made = job.wake(
                send.bearer,
                id_,
                look.number,
                session.version,
                session.cookie or sid,
                time.time(),
                count=self._count,
                content_type=settings.wap_content_type,
                form=settings.sms_form,
                validity=settings.sms_validity,
                session=short(sid),
            )
        except CirError as error:
            log.warning("sms-does-not-fit", sid=short(sid), reason=str(error))
            out.refund(look.number, session.jid, id_)
            return None
        began = time.monotonic()
        outcome = out.submit(made, session.jid)
        taken = outcome in SENT
        tracing.tell_session("wake", sid, bearer=send.bearer.lower(), sent=taken)
        WAKES.labels(send.bearer.lower(), "sent" if taken else "failed").inc()
        if outcome is job.Outcome.TEMPORARY:
            # It was certainly not sent: it does not count as a try.
            return self._put_off(sid, look, time.monotonic() - began + max(out.gateway.wait(), AGAIN_SECONDS))
        return 0

    def _put_off(self, sid: str, look: Look, seconds: float) -> int:
        """SMS has to wait for the gateway, so long from when we looked; what else there is goes at its own time."""
        self._wakes.note(sid, replace(_tries(look), not_before=look.now + round(seconds * 1000)))
        return 0

    def _refused(self, sid: str, look: Look, refusal: Refusal) -> int | None:
        tries = _tries(look)
        if refusal.ms is None:
            self._wakes.note(sid, replace(tries, given_up=True))
            return 0
        self._wakes.note(sid, replace(tries, not_before=look.now + refusal.ms))
        return refusal.ms

    # --- what is learned ---

    def _learn(self, sid: str, session: Session, look: Look, tries: Tries) -> None:
        """What was tried is over. A phone that has come since: in time, so the bearer works; or late, and then it does not
        hear datagrams at this address."""
        if tries.udp and look.last_request > tries.udp_at:
            late = tries.udp >= chain.UDP_SENDS and look.last_request > tries.udp_at + chain.UDP_GAPS[-1]
            self._wakes.deaf(sid, late)
        sent_at = max(tries.udp_at if tries.udp else 0, tries.sms_at)
        if 0 < sent_at < look.last_request <= sent_at + chain.SMS_WAIT:
            self._wakes.answered(session.jid)
        self._wakes.forget_tries(sid)

    def _in_vain(self, sid: str, session: Session, tries: Tries, found: Exhausted) -> None:
        """Quiet until the phone comes, or until a message comes much later."""
        if not self._wakes.note(sid, replace(tries, done=True)) or not found.tried:
            return
        WAKES.labels("all", "unanswered").inc()
        count = self._wakes.unanswered(session.jid, found.tried)
        log.info("wake-unanswered", sid=short(sid), tried=",".join(found.tried), in_a_row=count)

    # --- codes for people ---

    def _send_codes(self) -> None:
        out = self._outgoing
        if out is None or job.TEXT not in out.gateway.carrier.methods or out.gateway.wait():
            return
        try:
            while (record := self._codes.next_to_send()) is not None:
                self._send_code(unpack_command(record))
        except StoreDown as error:
            log.warning("store-down", reason=str(error))

    def _send_code(self, wanted: dict[str, object]) -> None:
        number, jid, until = str(wanted["number"]), str(wanted["jid"]), int(str(wanted["until"]))
        if time.time() > until or self._outgoing is None or not self._outgoing.allowed(number):
            return
        id_ = job.new_id(time.time())
        if self._outgoing.claim(number, jid, id_, None) is None:
            text = str(wanted["text"])
            self._outgoing.submit(job.words(id_, number, text, time.time(), self._settings.sms_validity), jid)


def _tries(look: Look) -> Tries:
    """What has been tried for this wake; a new one begins anew, but remembers when the last datagram went out."""
    if look.tries is not None and look.tries.wake == look.wake:
        return look.tries
    return Tries(look.wake, udp_at=look.tries.udp_at if look.tries else 0)
