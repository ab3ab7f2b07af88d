"""Submits messages to the carrier's gateway (cir.md 12): tries again what was certainly not taken, and stops for a while when the
gateway is broken. What is sent, and what answers mean, is in `cir.http.gateway_profiles` and `cir.smpp`."""

import random
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol
from urllib.parse import quote, urlsplit

import gevent
import structlog
import urllib3
from prometheus_client import Counter, Gauge

from cir.http import delivery_reports, gateway_profiles
from cir.http.gateway_place import GatewayPlace, gateway_place
from cir.smpp.connection import SmppConnection
from cir.smpp.pdus import Pdu
from cir.sms.circuit_breaker import CircuitBreaker
from cir.sms.job import HttpRequest, SendOutcome, SendResult, SmsJob
from onesoup.csp.text.numbers import hidden_number
from onesoup.observability.bugs import log_bug
from onesoup.runtime.http_answers import FairHttpResponse
from onesoup.settings import SECRET_MASK, Settings

log = structlog.get_logger()

SMS_SUBMITS = Counter("onesoup_sms_submits_total", "SMS given to the SMS gateway", ["result"])
CIRCUIT_OPEN = Gauge(
    "onesoup_sms_circuit_open", "1 while nothing is sent to the SMS gateway, because it failed or cannot be reached"
)

GATEWAY_CONNECT_SECONDS, GATEWAY_TOTAL_SECONDS = 2.0, 5.0
MAX_GATEWAY_CONNECTIONS = 10
# How much of an answer's body is read, and how long an answer may be in all: head, interim answers, trailers.
MAX_ANSWER_BODY_BYTES, MAX_ANSWER_BYTES = 16 * 1024, 64 * 1024
# Seconds before the second and the third try, give or take a fifth.
RETRY_PAUSES_SECONDS = (1.0, 4.0)
# When a gateway without a connection is tried again, and how often it is looked whether one with HTTP is there.
NO_LINK_SECONDS, GATEWAY_LOOK_SECONDS = 10.0, 10.0
# What the log says of a message that the gateway has not taken, or may not have.
_SUBMIT_EVENTS = {
    SendOutcome.TEMPORARY: "sms-not-submitted",
    SendOutcome.PERMANENT: "sms-not-submitted",
    SendOutcome.UNKNOWN: "sms-unconfirmed",
}


class Carrier(Protocol):
    """One way to a gateway: each call is one try, without memory."""

    methods: frozenset[str]

    def once(self, job: SmsJob) -> SendResult: ...

    def render(self, job: SmsJob) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def ready(self) -> bool: ...


class _GatewayAnswer(FairHttpResponse):
    max_bytes = MAX_ANSWER_BYTES


class _HttpConnection(urllib3.connection.HTTPConnection):
    response_class = _GatewayAnswer


class _HttpsConnection(urllib3.connection.HTTPSConnection):
    response_class = _GatewayAnswer


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


class HttpCarrier:
    """A gateway with an HTTP interface."""

    def __init__(self, settings: Settings, key: bytes) -> None:
        self._settings, self._key = settings, key
        self._profile = gateway_profiles.make_profile(settings)
        self.methods = self._profile.methods
        self._pool = urllib3.PoolManager(maxsize=MAX_GATEWAY_CONNECTIONS, block=True, retries=False)
        self._pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        self._there = True
        self._looking: gevent.Greenlet | None = None

    def start(self) -> None:
        """From now on it is looked whether the gateway is there: few messages may be sent, so their fate says it too late.
        Connections for messages are opened as they are needed."""
        place = gateway_place(self._settings.sms_url)
        if place is not None:
            self._there, self._looking = False, gevent.spawn(self._look, place)

    def stop(self) -> None:
        if self._looking is not None:
            self._looking.kill(block=False)
        self._pool.clear()

    def ready(self) -> bool:
        """Whether it was there when somebody last looked or sent; True before start()."""
        return self._there

    def _look(self, place: GatewayPlace) -> None:
        told = ""
        while True:
            reason = place.unreachable()
            self._there = not reason
            if reason and reason != told:
                log.warning("sms-gateway-away", place=place.shown, reason=reason)
            elif told and not reason:
                log.info("sms-gateway-back", place=place.shown)
            told = reason
            gevent.sleep(GATEWAY_LOOK_SECONDS)

    def request(self, job: SmsJob) -> HttpRequest:
        kannel = self._settings.sms_gateway in ("kannel-sendsms", "kannel-ppg")
        base = self._settings.sms_report_url if job.wants_report else ""
        report_url = delivery_reports.report_url(base, self._key, job.id, kannel)
        by_state = delivery_reports.report_urls(base, self._key, job.id)
        return self._profile.request(job, report_url, time.time(), by_state)

    def render(self, job: SmsJob) -> str:
        """The request as it goes out, except for secrets: the password, and what stands in the gateway's URL as a value."""
        request = self.request(job)
        where = urlsplit(request.url)
        lines = [
            f"{request.method} {where.path or '/'}{'?' + where.query if where.query else ''} HTTP/1.1",
            f"Host: {where.netloc.rpartition('@')[2]}",
        ]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        text = "\n".join(lines) + ("\n\n" + request.body.decode("latin-1") if request.body else "")
        text = text.replace(request.headers.get("Authorization", "\0"), SECRET_MASK)
        # As a value it is percent-encoded, wherever it stands.
        constants = [each.partition("=")[2] for each in self._settings.sms_url.partition("?")[2].split("&") if "{" not in each]
        for value in filter(None, (quote(self._settings.sms_password, safe=""), *constants)):
            text = re.sub(rf"(?<==){re.escape(value)}(?=[&\s]|$)", SECRET_MASK, text)
        return text

    def once(self, job: SmsJob) -> SendResult:
        request = self.request(job)
        try:
            with gevent.Timeout(GATEWAY_TOTAL_SECONDS, TimeoutError("no answer in time")):
                status, headers, body = self._exchange(request)
        except (
            urllib3.exceptions.NewConnectionError,
            urllib3.exceptions.ConnectTimeoutError,
            urllib3.exceptions.NameResolutionError,
        ):
            self._there = self._looking is None  # else until it is looked again
            return SendResult(SendOutcome.TEMPORARY, reason="cannot connect")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            # It was written, in part or whole: the gateway may have taken it.
            return SendResult(SendOutcome.UNKNOWN, reason=type(error).__name__)
        return self._profile.judge(status, headers, body)

    def _exchange(self, request: HttpRequest) -> tuple[int, dict[str, str], bytes]:
        """Nothing but what the profile wants goes into the head: Kannel's PPG copies the rest of it into the push."""
        skip = urllib3.util.SKIP_HEADER
        headers = {"User-Agent": skip, "Accept-Encoding": skip, **request.headers}
        answer = self._pool.request(
            request.method,
            request.url,
            body=request.body or None,
            headers=headers,
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=GATEWAY_CONNECT_SECONDS, read=GATEWAY_TOTAL_SECONDS),
        )
        try:
            body = answer.read(MAX_ANSWER_BODY_BYTES)
            if answer.read(1):
                answer.close()
        finally:
            answer.release_conn()
        return answer.status, dict(answer.headers), body


class SmsGateway:
    """The configured gateway with its circuit breaker. Any number of greenlets may `submit`."""

    def __init__(
        self, name: str, carrier: Carrier, clock: Callable[[], float] = time.time, sleep: Callable[[float], object] = gevent.sleep
    ) -> None:
        self.name, self.carrier, self._clock, self._sleep = name, carrier, clock, sleep
        self.breaker = CircuitBreaker()

    @property
    def methods(self) -> frozenset[str]:
        """What can be sent just now; nothing while the circuit is open or there is no connection."""
        good = self.breaker.healthy(self._clock()) and self.carrier.ready()
        CIRCUIT_OPEN.set(not good)
        return self.carrier.methods if good else frozenset()

    def wait(self) -> float:
        """Seconds until a job may be submitted. With an open circuit, one job is the probe that closes it."""
        if not self.carrier.ready():
            return NO_LINK_SECONDS
        return self.breaker.wait(self._clock())

    def submit(self, job: SmsJob) -> SendResult:
        """Hands a job over, trying again while that is safe and of use. Never raises."""
        result = self._submit(job)
        SMS_SUBMITS.labels(result.outcome.value).inc()
        tell = log.info if result.taken else log.warning
        tell(
            _SUBMIT_EVENTS.get(result.outcome, "sms-submitted"),
            job=job.id,
            method=job.method,
            number=hidden_number(job.number),
            result=result.outcome.value,
            reason=result.reason,
        )
        return result

    def _submit(self, job: SmsJob) -> SendResult:
        for pause in (*RETRY_PAUSES_SECONDS, None):
            if not self.breaker.allow(self._clock()):
                return SendResult(SendOutcome.TEMPORARY, reason="circuit open")
            result = self._once(job)
            if result.outcome is not SendOutcome.TEMPORARY or pause is None:
                return result
            wait = result.retry_after if result.retry_after is not None else pause * random.uniform(0.8, 1.2)
            if self._clock() + wait > job.not_after:
                return result
            self._sleep(wait)
        return result

    def _once(self, job: SmsJob) -> SendResult:
        try:
            result = self.carrier.once(job)
        except Exception as error:
            log_bug(error)
            result = SendResult(SendOutcome.UNKNOWN, reason="bug")
        now = self._clock()
        if result.broken:
            self.breaker.trip(now)
            log.error("sms-gateway-refuses-us", reason=result.reason)
        elif result.outcome in (SendOutcome.TEMPORARY, SendOutcome.UNKNOWN):
            self.breaker.bad(now)
        else:
            # A refused number is the gateway at work.
            self.breaker.good(now)
        CIRCUIT_OPEN.set(self.breaker.opened)
        return result


def make_gateway(
    settings: Settings,
    key: bytes,
    on_report: Callable[[str, str, str], None] = lambda *_: None,
    on_message: Callable[[Pdu], bool] = lambda _pdu: True,
) -> SmsGateway | None:
    """The gateway that the settings name, or None. `key` signs the URLs of reports; `on_report(message id, state, error)`
    hears reports that come over SMPP, `on_message` what phones send that way."""
    if not settings.sms_gateway:
        return None
    if settings.sms_gateway == "smpp":
        return SmsGateway("smpp", SmppConnection(settings, on_report, on_message))
    return SmsGateway(settings.sms_gateway, HttpCarrier(settings, key))


def stop_gateway(gateway: SmsGateway | None) -> None:
    if gateway is not None:
        with suppress(OSError):
            gateway.carrier.stop()
