"""The carrier gateway hook (cir.md 12): hands jobs to a gateway, tries again what was certainly not taken, and leaves a gateway
alone that is broken. What is sent, and what answers mean, is in `profiles` and `smpp`."""

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
from cir.smpp.connection import SmppLink
from cir.smpp.pdu import Pdu
from cir.sms.circuit_breaker import Breaker
from cir.sms.job import HttpRequest, Job, SendOutcome, SendResult
from onesoup.csp.text.numbers import hidden_number
from onesoup.settings.settings import MASK, Settings

log = structlog.get_logger()

SUBMITS = Counter("onesoup_sms_submits_total", "Messages handed to the gateway", ["result"])
OPEN = Gauge("onesoup_sms_circuit_open", "Whether the gateway is left alone because it failed")

CONNECT_SECONDS, TOTAL_SECONDS = 2.0, 5.0
CONNECTIONS, MOST_BODY = 10, 16 * 1024
# Seconds before the second and the third try, give or take a fifth.
PAUSES = (1.0, 4.0)
# A gateway without a link is looked at again so much later.
NO_LINK_SECONDS = 10.0


class Carrier(Protocol):
    """One way to a gateway: one try at a time, without memory."""

    methods: frozenset[str]

    def once(self, job: Job) -> SendResult: ...

    def render(self, job: Job) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def ready(self) -> bool: ...


class HttpCarrier:
    """A gateway with an HTTP interface."""

    def __init__(self, settings: Settings, key: bytes) -> None:
        self._settings, self._key = settings, key
        self._profile = gateway_profiles.make(settings)
        self.methods = self._profile.methods
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, block=True, retries=False)

    def start(self) -> None:
        """Connections are opened as they are needed."""

    def stop(self) -> None:
        self._pool.clear()

    def ready(self) -> bool:
        return True

    def request(self, job: Job) -> HttpRequest:
        kannel, base = self._settings.sms_gateway in ("kannel-sendsms", "kannel-ppg"), self._settings.sms_report_url
        one, each = delivery_reports.url(base, self._key, job.id, kannel), delivery_reports.urls(base, self._key, job.id)
        return self._profile.request(job, one, time.time(), each)

    def render(self, job: Job) -> str:
        """The request as it goes out, except for secrets: the password, and what stands in the gateway's URL as a value."""
        request = self.request(job)
        where = urlsplit(request.url)
        lines = [
            f"{request.method} {where.path or '/'}{'?' + where.query if where.query else ''} HTTP/1.1",
            f"Host: {where.netloc.rpartition('@')[2]}",
        ]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        text = "\n".join(lines) + ("\n\n" + request.body.decode("latin-1") if request.body else "")
        text = text.replace(request.headers.get("Authorization", "\0"), MASK)
        # As a value it is percent-encoded, wherever it stands.
        constants = [each.partition("=")[2] for each in self._settings.sms_url.partition("?")[2].split("&") if "{" not in each]
        for value in filter(None, (quote(self._settings.sms_password, safe=""), *constants)):
            text = re.sub(rf"(?<==){re.escape(value)}(?=[&\s]|$)", MASK, text)
        return text

    def once(self, job: Job) -> SendResult:
        request = self.request(job)
        try:
            with gevent.Timeout(TOTAL_SECONDS, TimeoutError("no answer in time")):
                status, headers, body = self._exchange(request)
        except (
            urllib3.exceptions.NewConnectionError,
            urllib3.exceptions.ConnectTimeoutError,
            urllib3.exceptions.NameResolutionError,
        ):
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
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=TOTAL_SECONDS),
        )
        try:
            body = answer.read(MOST_BODY)
            if answer.read(1):
                answer.close()
        finally:
            answer.release_conn()
        return answer.status, dict(answer.headers), body


class Gateway:
    """The configured gateway with its circuit breaker. Any number of greenlets may `submit`."""

    def __init__(
        self, name: str, carrier: Carrier, clock: Callable[[], float] = time.time, sleep: Callable[[float], object] = gevent.sleep
    ) -> None:
        self.name, self.carrier, self._clock, self._sleep = name, carrier, clock, sleep
        self.breaker = Breaker()

    @property
    def methods(self) -> frozenset[str]:
        """What can be sent just now; nothing while the circuit is open or there is no link."""
        good = self.breaker.healthy(self._clock()) and self.carrier.ready()
        return self.carrier.methods if good else frozenset()

    def wait(self) -> float:
        """Seconds until it is worth while to come with a job: while the circuit is open somebody has to come and try."""
        if not self.carrier.ready():
            return NO_LINK_SECONDS
        return self.breaker.wait(self._clock())

    def submit(self, job: Job) -> SendResult:
        """Hands a job over, trying again while that is safe and of use. Never raises."""
        result = self._submit(job)
        SUBMITS.labels(result.outcome.value).inc()
        log.info(
            "sms-submitted",
            job=job.id,
            method=job.method,
            number=hidden_number(job.number),
            result=result.outcome.value,
            reason=result.reason,
        )
        return result

    def _submit(self, job: Job) -> SendResult:
        for pause in (*PAUSES, None):
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

    def _once(self, job: Job) -> SendResult:
        try:
            result = self.carrier.once(job)
        except Exception as error:
            log.exception("bug", kind=type(error).__name__)
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
        OPEN.set(self.breaker.opened)
        return result


def make(
    settings: Settings,
    key: bytes,
    on_report: Callable[[str, str, str], None] = lambda *_: None,
    on_message: Callable[[Pdu], bool] = lambda _pdu: True,
) -> Gateway | None:
    """The gateway that the settings name, or None. `key` signs the URLs of reports; `on_report(message id, state, error)`
    hears reports that come over SMPP, `on_message` what phones send that way."""
    if not settings.sms_gateway:
        return None
    if settings.sms_gateway == "smpp":
        return Gateway("smpp", SmppLink(settings, on_report, on_message))
    return Gateway(settings.sms_gateway, HttpCarrier(settings, key))


def stop(gateway: Gateway | None) -> None:
    if gateway is not None:
        with suppress(OSError):
            gateway.carrier.stop()
