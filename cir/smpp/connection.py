"""One SMPP connection to an SMSC (cir.md 12.7): bound as a transceiver, kept alive, with a window of messages in flight. The form
of PDUs is in `pdus`."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import gevent
import structlog
from gevent.event import AsyncResult, Event
from gevent.lock import RLock

from cir.smpp import pdus
from cir.smpp.window import SubmitWindow
from cir.sms.job import DATA_SMS, SETTINGS_SMS, SSMS, TEXT_SMS, WAPSMS, SendOutcome, SendResult, SmsJob
from cir.wvci import CirError
from onesoup.observability.bugs import log_bug
from onesoup.runtime.pace import Pace
from onesoup.runtime.turns import give_way
from onesoup.settings import Settings

log = structlog.get_logger()

SMPP_PORT = 2775
SMPP_CONNECT_SECONDS, RESPONSE_SECONDS, ENQUIRE_SECONDS = 2.0, 10.0, 30.0
MAX_SUBMITS_IN_FLIGHT = 10
# What an SMSC may send: PDUs a second, and at once; messages and receipts that are taken in at a time, others come again later.
MAX_PDUS_PER_SECOND, MAX_PDU_BURST, MAX_PARALLEL_DELIVERIES = 500, 2000, 200
# Seconds between tries to bind; a refused one waits the longest.
FIRST_BIND_RETRY_SECONDS, MAX_BIND_RETRY_SECONDS = 1.0, 60.0
REFUSED_SUBMIT_REASONS = {0x0A: "invalid source", 0x0B: "invalid destination", 0x33: "invalid destinations", 0x34: "invalid list"}


class SmppConnection:
    """Binds by itself, and again when the connection is lost."""

    methods = frozenset({WAPSMS, SSMS, TEXT_SMS, DATA_SMS, SETTINGS_SMS})

    def __init__(
        self,
        settings: Settings,
        on_report: Callable[[str, str, str], None],
        on_message: Callable[[pdus.Pdu], bool] = lambda _pdu: True,
    ) -> None:
        """`on_report` is called with (message id, state, error) of a receipt; `on_message` with a message of a phone, and returns
        whether it has taken it."""
        self._settings, self._on_report, self._on_message = settings, on_report, on_message
        where = urlsplit(settings.sms_url)
        self._to = where.hostname or "", where.port or SMPP_PORT
        self._sock: socket.socket | None = None
        self._sequence = 0
        self._waiting: dict[int, AsyncResult] = {}
        self.window, self._writing = SubmitWindow(MAX_SUBMITS_IN_FLIGHT), RLock()
        self._greenlet: gevent.Greenlet | None = None
        self.refused = False
        self._bound = Event()
        self._deliveries = 0

    def start(self) -> None:
        if self._greenlet is None:
            self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        if self._sock is not None:
            with suppress(OSError):
                self._write(pdus.Pdu(pdus.UNBIND, 0, self._next()))
        if self._greenlet is not None:
            self._greenlet.kill()
            self._greenlet = None
        self._drop()

    def ready(self) -> bool:
        return bool(self._bound.is_set())

    def render(self, job: SmsJob) -> str:
        return pdus.encode_pdu(pdus.submit_sm(1, self._message(job))).hex()

    def once(self, job: SmsJob) -> SendResult:
        self.start()
        if not self._bound.wait(SMPP_CONNECT_SECONDS):
            return SendResult(SendOutcome.TEMPORARY, reason="not bound", broken=self.refused)
        with self.window:
            return self._submit(job)

    def _submit(self, job: SmsJob) -> SendResult:
        sequence, arrived = self._next(), AsyncResult()
        self._waiting[sequence] = arrived
        try:
            self._write(pdus.submit_sm(sequence, self._message(job)))
            answer = arrived.get(timeout=RESPONSE_SECONDS)
        except (OSError, gevent.Timeout):
            return SendResult(SendOutcome.UNKNOWN, reason="no submit_sm_resp")
        finally:
            self._waiting.pop(sequence, None)
        if answer is None:
            return SendResult(SendOutcome.UNKNOWN, reason="connection lost")
        if answer.status in pdus.TEMPORARY_STATUSES:
            self.window.throttled()
            log.info("smpp-throttled", status=answer.status, window=self.window.limit)
        elif answer.status == pdus.STATUS_OK:
            self.window.taken()
        return _judge(answer)

    def _message(self, job: SmsJob) -> pdus.SubmitSm:
        settings = self._settings
        digits = settings.sms_from.removeprefix("+")
        source = pdus.SmppAddress(digits, 1, 1) if settings.sms_from.startswith("+") else pdus.SmppAddress(digits)
        # Letters are a name, not a number.
        if digits and not digits.isdigit():
            source = pdus.SmppAddress(digits, 5, 0)
        target = pdus.SmppAddress(job.number.removeprefix("+"), 1, 1)
        until, report = pdus.relative_time(job.validity), int(job.wants_report)
        if settings.sms_ports == "tlv" and job.method in (WAPSMS, DATA_SMS, SETTINGS_SMS):
            empty = pdus.SubmitSm(source, target, b"", registered=report)
            parts = (job.reference, job.parts, job.part) if job.parts > 1 else None
            return pdus.with_ports(empty, job.payload, job.source_port, job.port, parts)
        # With data coding 0 the SMSC packs: it wants characters, also behind a header.
        payload = job.payload if job.dcs == 4 else job.text
        esm_class = pdus.ESM_CLASS_UDHI | pdus.ESM_CLASS_STORE_AND_FORWARD if job.udh else pdus.ESM_CLASS_STORE_AND_FORWARD
        return pdus.SubmitSm(source, target, job.udh + payload, esm_class, job.dcs, report, until)

    # --- the connection ---

    def _run(self) -> None:
        wait = FIRST_BIND_RETRY_SECONDS
        while True:
            try:
                self._bind()
                wait = FIRST_BIND_RETRY_SECONDS
                self._read()
            except (OSError, CirError) as error:
                log.warning("smpp-lost", reason=str(error) or type(error).__name__)
            self._drop()
            gevent.sleep(MAX_BIND_RETRY_SECONDS if self.refused else wait)
            wait = min(wait * 2, MAX_BIND_RETRY_SECONDS)

    def _bind(self) -> None:
        sock = socket.create_connection(self._to, SMPP_CONNECT_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(RESPONSE_SECONDS)
        self._sock = sock
        self._write(pdus.bind_transceiver(self._next(), self._settings.sms_user, self._settings.sms_password))
        answer = self._pdu(sock)
        self.refused = answer.status in pdus.BIND_REFUSED_STATUSES
        if answer.command != pdus.BIND_TRANSCEIVER_RESP or answer.status:
            raise CirError(f"bind refused, status {answer.status:#x}")
        self.window.reset()
        self._bound.set()
        log.info("smpp-bound", host=self._to[0], port=self._to[1])

    def _read(self) -> None:
        """Until the connection ends. Silence is answered with enquire_link; twice in a row it is a lost connection."""
        assert self._sock is not None
        sock, asked, pace = self._sock, False, Pace(MAX_PDUS_PER_SECOND, MAX_PDU_BURST)
        while True:
            give_way(pace.spend(1, time.monotonic()))  # an SMSC that never stops gives others their turn
            sock.settimeout(RESPONSE_SECONDS if asked else ENQUIRE_SECONDS)
            try:
                pdu = self._pdu(sock)
            except TimeoutError:
                if asked:
                    raise OSError("no enquire_link_resp") from None
                self._write(pdus.Pdu(pdus.ENQUIRE_LINK, 0, self._next()))
                asked = True
                continue
            asked = False
            if not self._handle(pdu):
                return

    def _handle(self, pdu: pdus.Pdu) -> bool:
        """False when the SMSC ends the connection."""
        if pdu.command & 0x80000000:
            waiting = self._waiting.get(pdu.sequence)
            if waiting is not None and pdu.command in (pdus.SUBMIT_SM_RESP, pdus.GENERIC_NACK):
                waiting.set(pdu)
            return True
        if pdu.command == pdus.DELIVER_SM:
            self._deliver(pdu)
        elif pdu.command in (pdus.ENQUIRE_LINK, pdus.UNBIND):
            self._write(pdus.answer_pdu(pdu))
        else:
            self._write(pdus.Pdu(pdus.GENERIC_NACK, pdus.STATUS_INVALID_COMMAND, pdu.sequence))
        return pdu.command != pdus.UNBIND

    def _deliver(self, pdu: pdus.Pdu) -> None:
        """In a greenlet: answers to our own messages must not wait for Redis."""
        if self._deliveries >= MAX_PARALLEL_DELIVERIES:
            self._write(pdus.answer_pdu(pdu, b"\0", pdus.STATUS_TEMPORARY_APP_ERROR))
            return
        self._deliveries += 1
        gevent.spawn(self._delivered, pdu)

    def _delivered(self, pdu: pdus.Pdu) -> None:
        try:
            self._take_in(pdu)
        finally:
            self._deliveries -= 1

    def _take_in(self, pdu: pdus.Pdu) -> None:
        taken = True
        try:
            receipt = pdus.read_delivery_receipt(pdu)
            if receipt is None:
                taken = self._on_message(pdu)
            elif (state := pdus.RECEIPT_STATES.get(receipt.state[:7])) is not None:
                self._on_report(receipt.id, state, receipt.error)
        except CirError as error:
            log.info("smpp-unreadable", reason=str(error))  # it would be no better the next time
        except Exception as error:
            log_bug(error)
        with suppress(OSError):
            self._write(pdus.answer_pdu(pdu, b"\0", pdus.STATUS_OK if taken else pdus.STATUS_TEMPORARY_APP_ERROR))

    def _pdu(self, sock: socket.socket) -> pdus.Pdu:
        """The next one. TimeoutError when none begins."""
        head = _some(sock, pdus.PDU_HEADER_BYTES)
        by = time.monotonic() + RESPONSE_SECONDS
        head += _exactly(sock, pdus.PDU_HEADER_BYTES - len(head), by)
        return pdus.decode_pdu(head + _exactly(sock, pdus.pdu_length(head) - pdus.PDU_HEADER_BYTES, by))

    def _write(self, pdu: pdus.Pdu) -> None:
        sock = self._sock
        if sock is None:
            raise OSError("not connected")
        with self._writing:
            sock.sendall(pdus.encode_pdu(pdu))

    def _next(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence

    def _drop(self) -> None:
        """The connection is over: those that wait for an answer are told that there will be none."""
        self._bound.clear()
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()
        for waiting in list(self._waiting.values()):
            waiting.set(None)


def _judge(answer: pdus.Pdu) -> SendResult:
    if answer.status == pdus.STATUS_OK and answer.command == pdus.SUBMIT_SM_RESP:
        return SendResult(SendOutcome.ACCEPTED, id=pdus.read_message_id(answer))
    if answer.status in pdus.TEMPORARY_STATUSES:
        return SendResult(SendOutcome.TEMPORARY, reason=f"status {answer.status:#x}")
    return SendResult(SendOutcome.PERMANENT, reason=REFUSED_SUBMIT_REASONS.get(answer.status, f"status {answer.status:#x}"))


def _exactly(sock: socket.socket, count: int, by: float) -> bytes:
    """Reads `count` bytes. OSError when they are not there at `by`, however often a part of them comes."""
    data = b""
    while len(data) < count:
        sock.settimeout(max(by - time.monotonic(), 0.001))
        try:
            data += _some(sock, count - len(data))
        except TimeoutError:
            raise OSError("silence in the middle of a PDU") from None
    return data


def _some(sock: socket.socket, most: int) -> bytes:
    data = sock.recv(most)
    if not data:
        raise OSError("closed by the SMSC")
    return data
