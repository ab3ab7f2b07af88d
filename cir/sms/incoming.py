"""Receives SMS of phones: a HELO binds its number to a session; CSP in plain text syntax is answered by SMS through the same
gateway, within its budget.

A gateway is told "taken" when Redis has the message. Messages of one number are worked on in order, by one process at a time; a
process that is killed leaves them to another, and no answer goes out twice."""

import time

import structlog
from prometheus_client import Counter

from cir.sms import arrived, job
from cir.sms.arrived import ReceivedSms, SmsHelo, SmsPart
from cir.sms.outgoing import SmsSender
from cir.work_queue import WorkQueue
from onesoup.csp.text import numbers
from onesoup.handlers import sms as data_channel
from onesoup.handlers.context import Peer
from onesoup.handlers.dispatch import Exchange
from onesoup.observability.logs import short as shown
from onesoup.observability.request_id import begin_request
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.account.phone_numbers import PhoneNumbers
from onesoup.store.errors import NoSession
from onesoup.store.redis.msgpack import BadRecord, pack, unpack
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.wakeup.sms_inbound import InboundSms, InboundSmsStore, KeptParts
from onesoup.store.wakeup.wakes import WakeStore

log = structlog.get_logger()

SMS_RECEIVED = Counter("onesoup_sms_received_total", "SMS from phones that the SMS gateway delivered", ["result"])

SMS_RECORD_VERSION = 1
MAX_PARALLEL_NUMBERS = 20
# After this time the phone no longer waits for an answer; an answer that the budget delays by more than the second is dropped.
ANSWER_WORTH_SECONDS, MAX_ANSWER_DELAY_MS = 120, 10_000


class NumberBinder:
    """Numbers that phones prove by sending from them (cir.md 7)."""

    def __init__(self, sessions: GatewaySessionStore, wakes: WakeStore, known: PhoneNumbers) -> None:
        self._sessions, self._wakes, self._known = sessions, wakes, known

    def bind(self, sid: str, number: str) -> bool:
        """The session's wake-ups go to this number from now on, and it is its account's. False when it is no session."""
        try:
            session = self._sessions.living(sid)
        except NoSession:
            return False
        self._wakes.set_number(sid, number)
        self._known.learn(session.jid, number, numbers.NUMBER_FROM_SMS)
        return True


class SmsDataChannel:
    """CSP by SMS: messages in, answers out. Their bytes are sealed while they wait: a log-in has its password in them."""

    def __init__(self, store: InboundSmsStore, exchange: Exchange, outgoing: SmsSender, ring: KeyRing, validity: int) -> None:
        self._store, self._exchange, self._outgoing = store, exchange, outgoing
        self._ring, self._validity = ring, validity
        self.queue = WorkQueue(store.due, self.step, MAX_PARALLEL_NUMBERS, numbers.hidden_number, self._done)

    def keep(self, number: str, message: ReceivedSms, part: SmsPart) -> KeptParts:
        """Stores a part. It is answered later: a gateway does not wait."""
        named = [str(part.place), str(part.count), part.message, part.octets.hex()]
        delivery = self._ring.digest(message.id or "\0".join(named), "sms").hex()[:32]
        head = pack(SMS_RECORD_VERSION, {"p": list(arrived.answer_ports(message.data)), "cut": part.cut})
        sealed = self._ring.seal(part.octets, _purpose(number))
        kept = self._store.keep(number, delivery, bool(message.id), part.message, part.place, part.count, sealed, head)
        if kept is KeptParts.MESSAGE:
            self.queue.check_now()
        return kept

    def _done(self, number: str) -> None:
        """A message that came during the last step has found the number leased."""
        if self._store.first(number) is not None:
            self._store.due.add(number)

    def step(self, number: str) -> int | None:
        """Sends a part of an answer, or answers a message. Returns in how many ms to look again, None when all is done."""
        waiting = self._store.answer(number)
        if waiting is not None:
            return self._send(number, waiting)
        entry = self._store.first(number)
        if entry is None:
            return None
        self._store.answered(number, entry, self._answer(number, entry))
        return 0

    def _answer(self, number: str, entry: InboundSms) -> bytes:
        """The answer as it waits to be sent, b"" for none."""
        try:
            head = unpack(entry.head, SMS_RECORD_VERSION)
            parts = [self._ring.open(part, _purpose(number)) for part in entry.parts]
        except (BadRecord, KeyRingError) as error:
            log.warning("sms-unreadable", reason=str(error))
            return b""
        said = [b"".join(parts)] if head["cut"] else parts
        begin_request()
        answer = data_channel.answer_sms(self._exchange, said, Peer(sender=number))
        SMS_RECEIVED.labels("answered" if answer else "nothing to say").inc()
        sealed = [self._ring.seal(part, _purpose(number)) for part in answer]
        return self._waits(sealed, head["p"], time.time() + ANSWER_WORTH_SECONDS, ()) if answer else b""

    @staticmethod
    def _waits(parts: list[bytes], ports: list[int], until: float, ids: tuple[str, ...]) -> bytes:
        return pack(SMS_RECORD_VERSION, {"parts": parts, "p": ports, "until": int(until), "ids": list(ids)})

    def _send(self, number: str, waiting: bytes) -> int:
        """Sends one part. It is noted as sent before: if the process dies in between, it does not go out twice."""
        try:
            found = unpack(waiting, SMS_RECORD_VERSION)
            parts, ids = list(found["parts"]), list(found["ids"])
            octets = self._ring.open(parts[0], _purpose(number))
        except (BadRecord, KeyRingError) as error:
            log.warning("sms-unreadable", reason=str(error))
            self._store.advance(number, waiting, b"")
            return 0
        if not ids:
            return self._claim(number, waiting, parts, found)
        rest = self._waits(parts[1:], found["p"], found["until"], tuple(ids[1:])) if parts[1:] else b""
        if self._store.advance(number, waiting, rest):
            port, source_port = found["p"]
            made = job.data_job(ids[0], number, octets, port, source_port, time.time(), self._validity)
            self._outgoing.submit(made)
        return 0

    def _claim(self, number: str, waiting: bytes, parts: list[bytes], found: dict[str, list[int]]) -> int:
        """What the whole answer costs is taken of the budget at once, or the answer is dropped: the phone may ask again."""
        now = time.time()
        ids = tuple(job.new_job_id(now) for _ in parts)
        late = now > int(str(found["until"]))
        refusal = None if late else self._outgoing.claim_data(number, list(ids))
        if refusal is not None and refusal.ms is not None and refusal.ms <= MAX_ANSWER_DELAY_MS:
            return refusal.ms
        if late or refusal is not None:
            log.info("sms-answer-dropped", number=numbers.hidden_number(number), parts=len(parts), late=late)
            self._store.advance(number, waiting, b"")
        elif not self._store.advance(number, waiting, self._waits(parts, found["p"], float(str(found["until"])), ids)):
            self._outgoing.refund_data(number, list(ids))
        return 0


class SmsReception:
    """Takes all messages of a gateway, over HTTP or SMPP."""

    def __init__(self, helos: NumberBinder, data: SmsDataChannel | None, outgoing: SmsSender, country: str) -> None:
        self._helos, self.data, self._outgoing, self._country = helos, data, outgoing, country

    def take(self, message: ReceivedSms) -> bool:
        """Returns whether the message is taken; on False or StoreDown the gateway is to bring it again."""
        number = numbers.normal_number(message.sender, self._country) or ""
        result = self._take(number, message)
        SMS_RECEIVED.labels(result).inc()
        log.info("sms-received", number=numbers.hidden_number(number), octets=len(message.data.payload), result=result)
        return result != "full"

    def _take(self, number: str, message: ReceivedSms) -> str:
        if not self._outgoing.allowed(number):
            return "not served"  # neither could it be answered
        said = arrived.classify_sms(message.data)
        if isinstance(said, SmsHelo):
            bound = self._helos.bind(said.sid, number)
            log.info("sms-helo", sid=shown(said.sid), number=numbers.hidden_number(number), bound=bound)
            return "helo" if bound else "unknown session"
        if said is None or self.data is None:
            return "nothing for us"
        return self.data.keep(number, message, said).name.lower()


def _purpose(number: str) -> str:
    return f"sms:{number}"
