"""One SMPP connection to an SMSC (cir.md 12.7): bound as a transceiver, kept alive, with a window of messages on their way.
What PDUs look like is in `smpp`."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import gevent
import structlog
from gevent.event import AsyncResult, Event
from gevent.lock import RLock

from cir.http import delivery_reports
from cir.smpp import pdu as smpp
from cir.smpp.window import Window
from cir.sms.job import DATA, SSMS, TEXT, WAPSMS, Job, SendOutcome, SendResult
from cir.wvci import CirError
from onesoup.runtime.pace import Pace
from onesoup.runtime.turns import give_way
from onesoup.settings import Settings

log = structlog.get_logger()

PORT = 2775
CONNECT_SECONDS, RESPONSE_SECONDS, ENQUIRE_SECONDS = 2.0, 10.0, 30.0
WINDOW = 10
# What an SMSC may send: PDUs a second, and at once; messages and receipts that are taken in at a time, others come again later.
PDUS, PDUS_AT_ONCE, DELIVERIES = 500, 2000, 200
# Seconds between tries to bind; a refused one waits the longest.
AGAIN, LONGEST = 1.0, 60.0
PERMANENT_REASON = {0x0A: "invalid source", 0x0B: "invalid destination", 0x33: "invalid destinations", 0x34: "invalid list"}


class SmppLink:
    """Binds by itself and again when the connection is lost."""

    methods = frozenset({WAPSMS, SSMS, TEXT, DATA})

    def __init__(
        self,
        settings: Settings,
        on_report: Callable[[str, str, str], None],
        on_message: Callable[[smpp.Pdu], bool] = lambda _pdu: True,
    ) -> None:
        """`on_message` hears messages of phones, and says whether it has taken them."""
        self._settings, self._on_report, self._on_message = settings, on_report, on_message
        where = urlsplit(settings.sms_url)
        self._to = where.hostname or "", where.port or PORT
        self._sock: socket.socket | None = None
        self._sequence = 0
        self._waiting: dict[int, AsyncResult] = {}
        self.window, self._writing = Window(WINDOW), RLock()
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
                self._write(smpp.Pdu(smpp.UNBIND, 0, self._next()))
        if self._greenlet is not None:
            self._greenlet.kill()
            self._greenlet = None
        self._drop()

    def ready(self) -> bool:
        return bool(self._bound.is_set())

    def render(self, job: Job) -> str:
        return smpp.encode(smpp.submit(1, self._message(job))).hex()

    def once(self, job: Job) -> SendResult:
        self.start()
        if not self._bound.wait(CONNECT_SECONDS):
            return SendResult(SendOutcome.TEMPORARY, reason="not bound", broken=self.refused)
        with self.window:
            return self._submit(job)

    def _submit(self, job: Job) -> SendResult:
        sequence, arrived = self._next(), AsyncResult()
        self._waiting[sequence] = arrived
        try:
            self._write(smpp.submit(sequence, self._message(job)))
            answer = arrived.get(timeout=RESPONSE_SECONDS)
        except (OSError, gevent.Timeout):
            return SendResult(SendOutcome.UNKNOWN, reason="no submit_sm_resp")
        finally:
            self._waiting.pop(sequence, None)
        if answer is None:
            return SendResult(SendOutcome.UNKNOWN, reason="connection lost")
        if answer.status in smpp.TEMPORARY:
            self.window.throttled()
            log.info("smpp-throttled", status=answer.status, window=self.window.limit)
        elif answer.status == smpp.OK:
            self.window.taken()
        return _judge(answer)

    def _message(self, job: Job) -> smpp.Submit:
        settings = self._settings
        digits = settings.sms_from.removeprefix("+")
        source = smpp.SmppAddress(digits, 1, 1) if settings.sms_from.startswith("+") else smpp.SmppAddress(digits)
        # Letters are a name, not a number.
        if digits and not digits.isdigit():
            source = smpp.SmppAddress(digits, 5, 0)
        target = smpp.SmppAddress(job.number.removeprefix("+"), 1, 1)
        until = smpp.validity(job.validity)
        if settings.sms_ports == "tlv" and job.method in (WAPSMS, DATA):
            return smpp.with_ports(smpp.Submit(source, target, b""), job.payload, job.source_port, job.port)
        # With data coding 0 the SMSC packs: it wants characters, also behind a header.
        payload = job.payload if job.dcs == 4 else job.text
        esm_class = smpp.UDHI | smpp.MODE if job.udh else smpp.MODE
        return smpp.Submit(source, target, job.udh + payload, esm_class, job.dcs, 1, until)

    # --- the connection ---

    def _run(self) -> None:
        wait = AGAIN
        while True:
            try:
                self._bind()
                wait = AGAIN
                self._read()
            except (OSError, CirError) as error:
                log.warning("smpp-lost", reason=str(error) or type(error).__name__)
            self._drop()
            gevent.sleep(LONGEST if self.refused else wait)
            wait = min(wait * 2, LONGEST)

    def _bind(self) -> None:
        sock = socket.create_connection(self._to, CONNECT_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(RESPONSE_SECONDS)
        self._sock = sock
        self._write(smpp.bind(self._next(), self._settings.sms_user, self._settings.sms_password))
        answer = self._pdu(sock)
        self.refused = answer.status in smpp.BIND_REFUSED
        if answer.command != smpp.BIND_RESP or answer.status:
            raise CirError(f"bind refused, status {answer.status:#x}")
        self.window.reset()
        self._bound.set()
        log.info("smpp-bound", host=self._to[0], port=self._to[1])

    def _read(self) -> None:
        """Until the connection ends. Silence is answered with enquire_link; twice in a row it is a lost connection."""
        assert self._sock is not None
        sock, asked, pace = self._sock, False, Pace(PDUS, PDUS_AT_ONCE)
        while True:
            give_way(pace.spend(1, time.monotonic()))  # an SMSC that never stops gives others their turn
            sock.settimeout(RESPONSE_SECONDS if asked else ENQUIRE_SECONDS)
            try:
                pdu = self._pdu(sock)
            except TimeoutError:
                if asked:
                    raise OSError("no enquire_link_resp") from None
                self._write(smpp.Pdu(smpp.ENQUIRE, 0, self._next()))
                asked = True
                continue
            asked = False
            if not self._handle(pdu):
                return

    def _handle(self, pdu: smpp.Pdu) -> bool:
        """False when the SMSC ends the connection."""
        if pdu.command & 0x80000000:
            waiting = self._waiting.get(pdu.sequence)
            if waiting is not None and pdu.command in (smpp.SUBMIT_RESP, smpp.NACK):
                waiting.set(pdu)
            return True
        if pdu.command == smpp.DELIVER:
            self._deliver(pdu)
        elif pdu.command in (smpp.ENQUIRE, smpp.UNBIND):
            self._write(smpp.answer(pdu))
        else:
            self._write(smpp.Pdu(smpp.NACK, smpp.INVALID_COMMAND, pdu.sequence))
        return pdu.command != smpp.UNBIND

    def _deliver(self, pdu: smpp.Pdu) -> None:
        """In a greenlet: answers to our own messages must not wait for Redis."""
        if self._deliveries >= DELIVERIES:
            self._write(smpp.answer(pdu, b"\0", smpp.NOT_NOW))
            return
        self._deliveries += 1
        gevent.spawn(self._delivered, pdu)

    def _delivered(self, pdu: smpp.Pdu) -> None:
        try:
            self._take_in(pdu)
        finally:
            self._deliveries -= 1

    def _take_in(self, pdu: smpp.Pdu) -> None:
        taken = True
        try:
            receipt = smpp.receipt(pdu)
            if receipt is None:
                taken = self._on_message(pdu)
            elif (state := delivery_reports.SMPP.get(receipt.state[:7])) is not None:
                self._on_report(receipt.id, state, receipt.error)
        except CirError as error:
            log.info("smpp-unreadable", reason=str(error))  # it would be no better the next time
        except Exception as error:
            log.exception("bug", kind=type(error).__name__)
        with suppress(OSError):
            self._write(smpp.answer(pdu, b"\0", smpp.OK if taken else smpp.NOT_NOW))

    def _pdu(self, sock: socket.socket) -> smpp.Pdu:
        """The next one. TimeoutError when none begins."""
        head = _some(sock, smpp.HEADER)
        by = time.monotonic() + RESPONSE_SECONDS
        head += _exactly(sock, smpp.HEADER - len(head), by)
        return smpp.decode(head + _exactly(sock, smpp.length(head) - smpp.HEADER, by))

    def _write(self, pdu: smpp.Pdu) -> None:
        sock = self._sock
        if sock is None:
            raise OSError("not connected")
        with self._writing:
            sock.sendall(smpp.encode(pdu))

    def _next(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence

    def _drop(self) -> None:
        """The connection is over; whoever waits for an answer learns that there will be none."""
        self._bound.clear()
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()
        for waiting in list(self._waiting.values()):
            waiting.set(None)


def _judge(answer: smpp.Pdu) -> SendResult:
    if answer.status == smpp.OK and answer.command == smpp.SUBMIT_RESP:
        return SendResult(SendOutcome.ACCEPTED, id=smpp.message_id(answer))
    if answer.status in smpp.TEMPORARY:
        return SendResult(SendOutcome.TEMPORARY, reason=f"status {answer.status:#x}")
    return SendResult(SendOutcome.PERMANENT, reason=PERMANENT_REASON.get(answer.status, f"status {answer.status:#x}"))


def _exactly(sock: socket.socket, count: int, by: float) -> bytes:
    """So many octets. What has begun comes to its end in time, however often a part of it comes, or the connection is broken."""
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
