"""Wakes phones by UDP and SMS when they have no STCP line, or do not come for it, in the order of `bearer_policy` (cir.md 10).

Any number of processes run an engine; a session that is due is with one of them at a time. An engine has no memory: what is
outstanding, and what has been tried for it, is in Redis."""

import time
from collections.abc import Iterable
from dataclasses import replace

import gevent
import structlog
from gevent.pool import Group

from cir import bearer_policy
from cir.bearer_policy import Exhausted, Facts, Send, Wait
from cir.metrics import WAKEUPS_SENT
from cir.sms import job
from cir.sms.outgoing import SENT_OUTCOMES, SmsSender
from cir.sms.settings_sender import SettingsSender
from cir.udp import UdpSender
from cir.work_queue import WorkQueue
from cir.wvci import CirError
from onesoup.csp.history_events import WakeOutcome
from onesoup.csp.session import Session
from onesoup.csp.text import numbers
from onesoup.observability import history_notes, tracing
from onesoup.observability.logs import short
from onesoup.observability.request_id import continue_request, continued_request
from onesoup.settings import Settings
from onesoup.store import keys
from onesoup.store.account.phone_numbers import PhoneNumbers
from onesoup.store.errors import NoSession, StoreDown
from onesoup.store.records import unpack_caps, unpack_command, unpack_session
from onesoup.store.session.shards import Shards
from onesoup.store.wakeup.cir_processes import CirProcesses
from onesoup.store.wakeup.sms_budget import SmsRefusal
from onesoup.store.wakeup.wakes import WakeFacts, WakeStore, WakeTries

log = structlog.get_logger()

MAX_PARALLEL_WAKES = 50
# How often one of the processes looks for wakes whose news was lost: after a connection broke; and without a known reason. On a
# cluster news is a step of its own, and a sender that dies before it leaves no sign.
SWEEP_AFTER_GAP_SECONDS, UNHEARD_SWEEP_SECONDS, CLUSTER_UNHEARD_SWEEP_SECONDS = 3, 600, 60
# How often each process asks in that time whether it is its turn.
SWEEP_TURNS_ASKED = 5
# When a message that the gateway did not take is submitted again.
GATEWAY_RETRY_SECONDS = 30.0


class Engine:
    """Runs the steps of sessions that are due."""

    def __init__(
        self,
        settings: Settings,
        wakes: WakeStore,
        codes: PhoneNumbers,
        shards: Shards,
        lines: CirProcesses,
        outgoing: SmsSender | None = None,
        datagrams: UdpSender | None = None,
        settings_sender: SettingsSender | None = None,
    ) -> None:
        self._settings, self._wakes = settings, wakes
        self._codes, self._shards, self._lines = codes, shards, lines
        self._outgoing, self._datagrams, self._processes = outgoing, datagrams, frozenset[str]()
        self._settings_sender = settings_sender
        self.queue = WorkQueue(wakes.due, self.step, MAX_PARALLEL_WAKES)
        self._codes_out, self._count, self._gap = Group(), 0, False
        self._ask_at = 0.0

    def bearers(self) -> frozenset[str]:
        """The bearers that work here just now; "SMS" where any message can be sent, "SETTINGS" where settings can."""
        found = set()
        if self._datagrams is not None:
            found |= {"SUDP", "WAPUDP"}
        if self._outgoing is not None and self._settings.sms_prefixes:
            methods = self._outgoing.gateway.methods
            found |= methods & {"WAPSMS", "SSMS"}
            found |= {"SMS"} if job.TEXT_SMS in methods else set()
            found |= {"SETTINGS"} if self._settings_sender is not None and self._settings_sender.ready() else set()
        return frozenset(found)

    def _sms_methods(self) -> frozenset[str]:
        """The SMS bearers that are configured, working or not: a wake waits for a gateway that is away."""
        return self._outgoing.gateway.carrier.methods if self._outgoing is not None else frozenset()

    # --- news ---

    def news(self, data: bytes) -> None:
        """A wake is outstanding for a phone with other bearers than STCP; or a code, or settings, wait to be sent."""
        kind, _, sid = data.decode("ascii", "replace").partition(" ")
        if kind == "code":
            self._codes_out.spawn(self._send_codes)
            self.send_settings()
            return
        delay = bearer_policy.UDP_DELAY_MS["m"] if self._datagrams is not None else bearer_policy.SMS_DELAY_MS
        # The greenlet that reads news must not wait for Redis: STCP lines get theirs from it too.
        gevent.spawn(self._schedule, sid, delay if kind == "m" else bearer_policy.UDP_DELAY_MS["p"])

    def _schedule(self, sid: str, ms: int) -> None:
        try:
            self.queue.schedule(sid, ms)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
            self._gap = True

    def on_gap(self) -> None:
        """News may have been lost: Redis may have published them while we did not listen."""
        self._gap = True
        gevent.spawn(self.sweep)

    def sweep(self) -> None:
        """Finds wakes whose news was lost. Meant to be called every few seconds: nearly always there is nothing to do."""
        try:
            if not self._may_sweep():
                return
            for shard in range(keys.SHARDS):
                for sid in self._wakes.unheard(self._shards.sessions(shard)):
                    self.queue.schedule(sid, bearer_policy.SMS_DELAY_MS)
        except StoreDown as error:
            self._gap = True
            log.warning("store-down", reason=str(error))

    def _may_sweep(self) -> bool:
        if not self._gap:
            now, seconds = time.monotonic(), CLUSTER_UNHEARD_SWEEP_SECONDS if self._wakes.news_apart else UNHEARD_SWEEP_SECONDS
            if now < self._ask_at:
                return False
            self._ask_at = now + seconds / SWEEP_TURNS_ASKED
            return self._wakes.may_sweep(seconds)
        if not self._wakes.may_sweep(SWEEP_AFTER_GAP_SECONDS, "gap"):
            return False  # what we have missed, another one may have missed too: the next turn looks
        self._gap = False
        return True

    def drain(self, seconds: float) -> None:
        """Takes no more steps, and lets those that have begun come to their end, codes among them."""
        end = time.monotonic() + seconds
        self.queue.drain(seconds)
        self._codes_out.join(max(end - time.monotonic(), 0.0))

    # --- steps ---

    def step(self, sid: str) -> int | None:
        """Does what is due for a session. Returns in how many ms the next step is due, or None."""
        try:
            look = self._wakes.facts(sid)
        except NoSession:
            return None
        continue_request(look.request)
        session = unpack_session(look.record)
        if look.tries is not None and look.tries.wake != look.wake:
            self._learn(sid, session, look, look.tries)
            look = replace(look, tried=b"")
        if not look.wake or not look.waiting or _tries(look).done:
            return None
        facts = self._facts(look, session, unpack_caps(look.caps).methods)
        found = bearer_policy.step(facts)
        if isinstance(found, Wait):
            return found.until - look.now
        if isinstance(found, Exhausted):
            self._in_vain(sid, session, look, found)
            return None
        return self._send(sid, session, look, found)

    def _facts(self, look: WakeFacts, session: Session, methods: Iterable[str]) -> Facts:
        agreed, here = set(methods), self.bearers()
        usable = agreed & here
        udp = tuple(
            name
            for name in bearer_policy.UDP_BEARERS
            if name in usable and look.udp_port and look.address and look.deaf < bearer_policy.DEAF_AFTER_WAKES
        )
        allowed, tries = numbers.number_allowed(look.number, self._settings.sms_prefixes), _tries(look)
        report, report_at = self._outgoing.fate(tries.job) if tries.job and self._outgoing else ("", 0)
        return Facts(
            now=look.now,
            kind=look.kind,
            began=look.began,
            lines=self._alive(look.lines),
            udp=udp,
            sms=tuple(name for name in bearer_policy.SMS_BEARERS if name in agreed & self._sms_methods() and allowed),
            polls=look.polls,
            poll_ms=(look.poll_min or self._settings.server_poll_min) * 1000,
            last_request=look.last_request,
            busy=look.busy,
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
        """Which processes live is looked up again with the next line."""
        self._processes = frozenset()

    def _send(self, sid: str, session: Session, look: WakeFacts, send: Send) -> int | None:
        if send.bearer in bearer_policy.UDP_BEARERS:
            return self._send_udp(sid, session, look, send)
        return self._send_sms(sid, session, look, send)

    def _send_udp(self, sid: str, session: Session, look: WakeFacts, send: Send) -> int | None:
        if not self._wakes.note_tries(sid, send.tries, "sudp" if send.bearer == "SUDP" else "wap_udp", look.tried):
            return None
        assert self._datagrams is not None
        cookie = session.cookie or sid
        sent = self._datagrams.send(send.bearer, look.address, look.udp_port, session.version, cookie)
        tracing.tell_session("wake", sid, session.jid, bearer=send.bearer.lower(), sent=sent)
        WAKEUPS_SENT.labels(send.bearer.lower(), "sent" if sent else "failed").inc()
        history_notes.note_wake(sid, send.bearer.lower(), WakeOutcome.SENT if sent else WakeOutcome.FAILED)
        return 0

    def _send_sms(self, sid: str, session: Session, look: WakeFacts, send: Send) -> int | None:
        """The budget first, then the note, then the gateway: no message goes out twice, wherever the process dies."""
        out, id_ = self._outgoing, job.new_job_id(time.time())
        assert out is not None
        if away := out.gateway.wait():
            return self._put_off(sid, look, away, look.tried)
        refusal = out.claim(look.number, session.jid, id_, look.last_request)
        if refusal is not None:
            return self._refused(sid, session, look, send.bearer, refusal)
        tries = replace(send.tries, job=id_)
        if not self._wakes.note_tries(sid, tries, "sms", look.tried):
            out.refund(look.number, session.jid, id_)
            return None
        try:
            made = self._wake_job(sid, session, look, send.bearer, id_)
        except CirError as error:
            log.warning("sms-does-not-fit", sid=short(sid), reason=str(error))
            out.refund(look.number, session.jid, id_)
            return None
        return self._submit(sid, session, look, made, tries)

    def _wake_job(self, sid: str, session: Session, look: WakeFacts, bearer: str, id_: str) -> job.SmsJob:
        settings = self._settings
        self._count += 1
        return job.wake_job(
            bearer,
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

    def _submit(self, sid: str, session: Session, look: WakeFacts, made: job.SmsJob, tries: WakeTries) -> int:
        out = self._outgoing
        assert out is not None
        began = time.monotonic()
        outcome = out.submit(made, session.jid)
        sent, bearer = outcome in SENT_OUTCOMES, made.method.lower()
        tracing.tell_session("wake", sid, session.jid, bearer=bearer, sent=sent)
        WAKEUPS_SENT.labels(bearer, "sent" if sent else "failed").inc()
        told = WakeOutcome.ACCEPTED if sent else WakeOutcome.FAILED
        history_notes.note_sms(session.jid, sid, made.number, bearer, told, outcome.value)
        if outcome is job.SendOutcome.TEMPORARY:
            # It was certainly not sent: it does not count as a try.
            wait = time.monotonic() - began + max(out.gateway.wait(), GATEWAY_RETRY_SECONDS)
            return self._put_off(sid, look, wait, tries.pack())
        return 0

    def _put_off(self, sid: str, look: WakeFacts, seconds: float, seen: bytes) -> int:
        """SMS waits for the gateway, `seconds` from when the session was read; other bearers keep their times."""
        self._wakes.note_tries(sid, replace(_tries(look), not_before=look.now + round(seconds * 1000)), seen=seen)
        return 0

    def _refused(self, sid: str, session: Session, look: WakeFacts, bearer: str, refusal: SmsRefusal) -> int | None:
        tries = _tries(look)
        history_notes.note_sms(session.jid, sid, look.number, bearer.lower(), WakeOutcome.REFUSED, refusal.reason)
        if refusal.ms is None:
            self._wakes.note_tries(sid, replace(tries, given_up=True), seen=look.tried)
            return 0
        self._wakes.note_tries(sid, replace(tries, not_before=look.now + refusal.ms), seen=look.tried)
        return refusal.ms

    # --- what is learned ---

    def _learn(self, sid: str, session: Session, look: WakeFacts, tries: WakeTries) -> None:
        """What was tried is over. A phone that has come since: in time, so the bearer works; or late, and then it does not
        hear datagrams at this address."""
        if tries.udp and look.last_request > tries.udp_at:
            late = tries.udp >= bearer_policy.MAX_UDP_SENDS and look.last_request > tries.udp_at + bearer_policy.UDP_GAPS_MS[-1]
            self._wakes.note_deaf(sid, late)
        sent_at = max(tries.udp_at if tries.udp else 0, tries.sms_at)
        if 0 < sent_at < look.last_request <= sent_at + bearer_policy.SMS_WAIT_MS:
            self._wakes.answered(session.jid)
        self._wakes.forget_tries(sid)

    def _in_vain(self, sid: str, session: Session, look: WakeFacts, found: Exhausted) -> None:
        """Quiet until the phone comes, or until a message comes much later."""
        if not self._wakes.note_tries(sid, replace(_tries(look), done=True), seen=look.tried) or not found.tried:
            return
        WAKEUPS_SENT.labels("all", "unanswered").inc()
        history_notes.note_wake(sid, "all", WakeOutcome.UNANSWERED, ",".join(found.tried))
        count = self._wakes.unanswered(session.jid, found.tried)
        log.info("wake-unanswered", sid=short(sid), tried=",".join(found.tried), in_a_row=count)

    # --- codes and settings for people ---

    def send_settings(self) -> None:
        """Looks for settings that wait. Meant to be called on news, and every few seconds for those whose news was lost and those
        that a gateway could not take before."""
        if self._settings_sender is not None:
            self._codes_out.spawn(self._settings_sender.send_waiting)

    def _send_codes(self) -> None:
        out = self._outgoing
        if out is None or job.TEXT_SMS not in out.gateway.carrier.methods or out.gateway.wait():
            return
        try:
            while (record := self._codes.next_to_send()) is not None:
                wanted = unpack_command(record)
                with continued_request(str(wanted.get("request", ""))):
                    self._send_code(wanted)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))

    def _send_code(self, wanted: dict[str, object]) -> None:
        number, jid, until = str(wanted["number"]), str(wanted["jid"]), int(str(wanted["until"]))
        if time.time() > until or self._outgoing is None or not self._outgoing.allowed(number):
            self._codes.take_back(jid, number)
            return
        id_ = job.new_job_id(time.time())
        outcome = None
        if self._outgoing.claim(number, jid, id_, None) is None:
            text = str(wanted["text"])
            outcome = self._outgoing.submit(job.text_job(id_, number, text, time.time(), self._settings.sms_validity), jid)
        if outcome not in SENT_OUTCOMES:
            self._codes.take_back(jid, number)


def _tries(look: WakeFacts) -> WakeTries:
    """What has been tried for this wake; a new one begins anew, but remembers when the last datagram went out."""
    if look.tries is not None and look.tries.wake == look.wake:
        return look.tries
    return WakeTries(look.wake, udp_at=look.tries.udp_at if look.tries else 0)
