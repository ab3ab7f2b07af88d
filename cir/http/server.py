"""The CIR process's HTTP port: phones with SHTTP ask it whether something waits; gateways report what became of messages, and
bring those of phones.

Small on purpose: every answer is without a body, and comes at once, from Redis only (cir.md 8, 12.8)."""

import base64
import hmac
import socket
import time
from collections.abc import Callable, Container
from contextlib import suppress
from urllib.parse import parse_qs

import structlog

from cir.http import delivery_reports, gateway_profiles, shttp
from cir.sms import arrived
from cir.sms.incoming import SmsReception
from cir.wvci import CirError
from onesoup.csp.history_events import WakeOutcome
from onesoup.http_server.connection import BadBody, HttpConnection, HttpLimits
from onesoup.http_server.requests import BadRequest, Request, path_of
from onesoup.observability import history_notes
from onesoup.store.errors import StoreDown
from onesoup.store.wakeup.sms_budget import SmsJobs
from onesoup.store.wakeup.wakes import WakeStore

log = structlog.get_logger()

MAX_REQUEST_BODY_BYTES = 16 * 1024
# A phone asks now and then; gateways, which bring many messages on a connection, are told apart by their address.
CONNECTION_LIMITS = HttpLimits(request_seconds=10.0, idle_seconds=75.0, requests=50.0, bytes=64 * 1024.0)


class CirSite:
    """Serves one connection at a time of a greenlet."""

    def __init__(
        self,
        wakes: WakeStore,
        jobs: SmsJobs,
        key: bytes,
        sources: Container[str],
        reception: SmsReception | None = None,
        hook_key: str = "",
        report_secret: str = "",
        proxies: Container[str] = (),
        wanted: Callable[[str], bool] = lambda _address: True,
    ) -> None:
        """`sources` are the addresses of gateways, `proxies` those of connections that carry many phones. `hook_key` is what
        gateways must show with messages of phones; without one they can bring none. `report_secret`: reports are of a gateway
        that can sign them with this, or calls a URL for each state; without one the state is not covered by a signature. `wanted`
        says of an address whether it is served."""
        self._wakes, self._jobs, self._key, self._sources = wakes, jobs, key, sources
        self._proxies, self._wanted = proxies, wanted
        self._reception, self._hook_key = (reception if hook_key else None), hook_key
        self._report_secret = report_secret

    def serve(self, sock: socket.socket, address: tuple[str, int]) -> None:
        if not self._wanted(address[0]):
            sock.close()
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = HttpConnection(sock, CONNECTION_LIMITS, paced=address[0] not in self._proxies and address[0] not in self._sources)
        try:
            while (request := link.next()) is not None:
                status, keep = self._take(link, request, address[0])
                link.send(shttp.shttp_answer(status, keep))
                if not keep:
                    break
        except BadRequest as error:
            self._refuse(link, str(error), address[0])
        except OSError:
            return
        finally:
            link.close()

    def _take(self, link: HttpConnection, request: Request, address: str) -> tuple[int, bool]:
        """The status, and whether the connection goes on."""
        try:
            body = link.whole_body(MAX_REQUEST_BODY_BYTES)
        except BadBody as error:
            raise BadRequest(str(error)) from None
        status = 413 if body is None else self._answer(request, body, address)
        return status, request.keep and status in (200, 204, 404)

    def _refuse(self, link: HttpConnection, reason: str, address: str) -> None:
        log.info("bad-http", reason=reason, peer=address)
        with suppress(OSError):
            link.send(shttp.shttp_answer(400, keep=False))

    def _answer(self, request: Request, body: bytes, address: str) -> int:
        path, _, query = path_of(request.target).partition("?")
        try:
            if path == delivery_reports.REPORT_PATH:
                return self._report(request, query, body, address)
            if path == arrived.MESSAGE_PATH:
                return self._message(request, query, body, address)
            if path.startswith(shttp.SHTTP_PREFIX) and request.method in ("GET", "HEAD", "POST"):
                return self._asked(path.removeprefix(shttp.SHTTP_PREFIX))
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
            # A phone stops its channel for good on an error; polling once too often does no harm.
            return 503 if path in (delivery_reports.REPORT_PATH, arrived.MESSAGE_PATH) else 200
        return 404

    def _asked(self, token: str) -> int:
        waiting = self._wakes.waits_for_token(token) if len(token) == shttp.SHTTP_TOKEN_LENGTH else None
        if waiting is None:
            return 404
        if waiting[1]:
            history_notes.note_wake(waiting[0], "shttp", WakeOutcome.FETCHED)
        return 200 if waiting[1] else 204

    def _report(self, request: Request, query: str, body: bytes, address: str) -> int:
        """Unknown ids get 200 too, so that the gateway stops."""
        if self._sources and address not in self._sources:
            return 403
        signed = bool(self._report_secret) and self._signed(request, body, self._report_secret)
        report = delivery_reports.read_report(self._key, query, body, covered=bool(self._report_secret), signed=signed)
        if report is None:
            return 400
        found = self._jobs.report(report.job, report.state)
        log.info("sms-report", job=report.job, state=report.state, found=found)
        return 200

    def _message(self, request: Request, query: str, body: bytes, address: str) -> int:
        """A message of a phone; what comes back is that it is taken, never an answer to it."""
        if self._reception is None:
            return 404
        if self._sources and address not in self._sources:
            return 403
        json = request.fields.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
        if not (self._signed(request, body, self._hook_key) if json else self._knows_key(request, query)):
            log.warning("sms-hook-refused", peer=address)
            return 403
        try:
            if json:
                message = arrived.read_webhook(body)
            else:
                message = arrived.read_kannel(query, request.fields, body if request.method == "POST" else None)
        except CirError as error:
            log.info("sms-hook-unreadable", reason=str(error))
            return 400
        return 200 if self._reception.take(message) else 503

    def _signed(self, request: Request, body: bytes, secret: str) -> bool:
        return gateway_profiles.is_signed(secret, request.fields.get("x-onesoup-signature", ""), time.time(), body)

    def _knows_key(self, request: Request, query: str) -> bool:
        """As `key` in the query, or as the password of HTTP's own form, which Kannel makes of http://user:password@host/."""
        shown = parse_qs(query, encoding="latin-1").get("key", [""])[-1]
        scheme, _, rest = request.fields.get("authorization", "").partition(" ")
        if not shown and scheme.lower() == "basic":
            shown = _password(rest)
        return hmac.compare_digest(shown.encode("latin-1", "replace"), self._hook_key.encode())


def _password(basic: str) -> str:
    try:
        return base64.b64decode(basic.strip()).decode("latin-1").partition(":")[2]
    except ValueError:
        return ""
