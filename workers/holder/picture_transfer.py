"""Pictures of all sessions of a holder, both ways: uploads to the account's server (XEP-0363), and links that became
pictures for the phone. Bounds how many are worked on at once; knows neither Redis nor what becomes of a message."""

import time
from dataclasses import dataclass

from gevent.lock import BoundedSemaphore
from prometheus_client import Counter

from onesoup.csp import capabilities
from onesoup.csp.session import Capabilities
from onesoup.csp.status import StatusCode
from onesoup.images import fit
from onesoup.images.threads import scaled
from onesoup.xmpp.stream import Stream, StreamFailure, http_upload, stanzas
from workers.holder.http_client import HttpClient, WebError

REQUEST_SECONDS = 8.0
PUT_SECONDS = 60.0
GET_SECONDS = 20.0
# What is known of a domain's upload service is asked again after so long; that there is none, sooner.
KNOWN, UNKNOWN = 3600.0, 300.0
MAX_DOMAINS = 1000
MAX_SERVICES = 20
# Transfers of one holder at a time. Each may hold a picture in memory.
AT_ONCE = 8
# What a client of today shows; the rest of what phones send becomes one of these.
SHOWN = "image/png"


@dataclass(frozen=True, slots=True)
class Service:
    """Where a domain takes files, and the largest in octets. No address: it takes none."""

    jid: str
    limit: int


NONE = Service("", 0)
UPLOADS = Counter("onesoup_uploads_total", "Files of phones for the XMPP server", ["result"])
FETCHES = Counter("onesoup_fetches_total", "Links of contacts that were looked at for phones", ["result"])


class NotSent(Exception):
    """A file could not be uploaded: the code that a phone is told, and the reason in words. `again`: it may work later."""

    def __init__(self, code: int, reason: str, again: bool = False) -> None:
        super().__init__(reason)
        self.code, self.reason, self.again = code, reason, again


class PictureTransfer:
    """One for a holder. `fetches`: whether links are looked at at all; `most`: the largest picture taken from the web."""

    def __init__(self, web: HttpClient, fetches: bool, most: int) -> None:
        self._web, self.fetches, self._most = web, fetches, most
        self._services: dict[str, tuple[float, Service]] = {}
        self._turns = BoundedSemaphore(AT_ONCE)

    # --- what a server takes ---

    def service(self, stream: Stream, domain: str) -> Service | None:
        """The upload service of the domain that this stream belongs to; None when that cannot be told just now."""
        known = self._services.get(domain)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        try:
            found = self._look(stream, domain)
        except StreamFailure:
            return None
        if found is None:
            return None
        if len(self._services) >= MAX_DOMAINS:
            self._services.clear()
        self._services[domain] = (time.monotonic() + (KNOWN if found.jid else UNKNOWN), found)
        return found

    def _look(self, stream: Stream, domain: str) -> Service | None:
        """None when somebody who may have the service could not be asked."""
        listed = stream.request(stanzas.items_get(domain), REQUEST_SECONDS)
        sure = stanzas.is_fact(listed)
        for jid in [domain, *stanzas.items_in(listed)[:MAX_SERVICES]]:
            try:
                told = stream.request(stanzas.info_get(jid), REQUEST_SECONDS)
            except StreamFailure as failure:
                if failure.kind != "no-answer":
                    raise
                sure = False
                continue  # one silent service hides no other
            if limit := http_upload.upload_limit(told):
                return Service(jid, limit)
            sure = sure and stanzas.is_fact(told)
        return NONE if sure else None

    # --- from the phone ---

    def upload(self, stream: Stream, domain: str, kind: str, name: str, data: bytes) -> str:
        """The address at which the file can be had from now on. NotSent, or StreamFailure when the stream is gone."""
        service = self.service(stream, domain)
        if service is None:
            raise NotSent(StatusCode.TIMEOUT, "the server does not answer", again=True)
        if not service.jid:
            raise NotSent(StatusCode.UNSUPPORTED_MEDIA_TYPE, "the server takes no pictures")
        with self._turns:
            if kind == fit.WBMP:
                kind, name, data = self._shown(kind, name, data)
            if len(data) > service.limit:
                raise NotSent(StatusCode.UNABLE_TO_DELIVER, "the picture is too large for the server")
            put, get, headers = self._slot(stream, service, kind, name, len(data))
            try:
                self._web.put(put, {"Content-Type": kind, **headers}, data, PUT_SECONDS)
            except WebError as error:
                UPLOADS.labels("failed").inc()
                raise NotSent(
                    StatusCode.UNABLE_TO_DELIVER, f"the picture could not be stored ({error.reason})", error.again
                ) from None
            UPLOADS.labels("ok").inc()
            return get

    def _shown(self, kind: str, name: str, data: bytes) -> tuple[str, str, bytes]:
        """A picture of a kind that only old phones know, as one that every client shows."""
        try:
            kind, data = scaled(data, (SHOWN,), self._most)
        except ValueError:
            return kind, name, data  # no picture after all: a file is a file
        return kind, f"{name.rpartition('.')[0] or name}.png", data

    def _slot(self, stream: Stream, service: Service, kind: str, name: str, size: int) -> tuple[str, str, dict[str, str]]:
        try:
            result = stream.request(http_upload.slot_get(service.jid, name, size, kind), REQUEST_SECONDS)
        except StreamFailure as failure:
            if failure.kind == "no-answer":
                raise NotSent(StatusCode.TIMEOUT, "the server does not answer", again=True) from None
            raise
        slot = http_upload.slot_in(result)
        if slot is not None:
            return slot
        condition = stanzas.error_condition(result)
        later = condition in ("resource-constraint", "internal-server-error", "remote-server-timeout")
        raise NotSent(StatusCode.UNABLE_TO_DELIVER, f"the server does not take the picture ({condition})", again=later)

    # --- for the phone ---

    def fetch(self, url: str, caps: Capabilities, within: float) -> tuple[str, bytes] | None:
        """What the link leads to, as a picture that the phone takes; None when that fails, for whatever reason: the message
        then stays a link. In all it takes about `within` seconds at most."""
        give_up = time.monotonic() + within
        if within <= 0 or not self._turns.acquire(timeout=within):
            return None
        try:
            data = self._web.get(url, self._most, min(GET_SECONDS, give_up - time.monotonic()))
            found = scaled(data, capabilities.accepted_picture_types(caps), capabilities.max_picture_bytes(caps))
            FETCHES.labels("ok").inc()
            return found
        except WebError:
            FETCHES.labels("unreachable").inc()
        except ValueError:
            FETCHES.labels("no-picture").inc()
        finally:
            self._turns.release()
        return None
