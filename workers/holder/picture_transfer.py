"""Transfers pictures for all sessions of a holder: uploads to the account's server (XEP-0363), and links of contacts as pictures
for the phone. Limits how many run at once; knows neither Redis nor what becomes of a message."""

import time

from gevent.lock import BoundedSemaphore
from prometheus_client import Counter

from onesoup.csp import capabilities
from onesoup.csp.session import Capabilities
from onesoup.csp.status import StatusCode
from onesoup.images import fit
from onesoup.images.threads import scaled
from onesoup.xmpp.stream import StreamFailure, http_upload, stanzas
from workers.holder.http_client import HttpClient, WebError
from workers.holder.session.interfaces import IqClient
from workers.holder.upload_services import UploadService, UploadServiceCache

SLOT_SECONDS = 8.0
PICTURE_PUT_SECONDS = 60.0
PICTURE_GET_SECONDS = 20.0
# Transfers of one holder at a time. Each may hold a picture in memory.
MAX_PARALLEL_TRANSFERS = 8
# What a client of today shows; the rest of what phones send becomes one of these.
MODERN_IMAGE_TYPE = "image/png"


UPLOADS_TOTAL = Counter("onesoup_uploads_total", "Uploads of files from phones", ["result"])
FETCHES_TOTAL = Counter("onesoup_fetches_total", "Links from contacts that were fetched for phones", ["result"])


class NotSent(Exception):
    """A file could not be uploaded: the code that a phone is told, and the reason in words. `again`: it may work later."""

    def __init__(self, code: int, reason: str, again: bool = False) -> None:
        super().__init__(reason)
        self.code, self.reason, self.again = code, reason, again


class PictureTransfer:
    """One for each holder. `fetches`: whether links are followed at all; `most`: bytes of the largest picture from the web."""

    def __init__(self, web: HttpClient, fetches: bool, most: int) -> None:
        self._web, self.fetches, self._most = web, fetches, most
        self._services = UploadServiceCache()
        self._turns = BoundedSemaphore(MAX_PARALLEL_TRANSFERS)

    def known_service(self, domain: str) -> UploadService | None:
        """As UploadServiceCache.known()."""
        return self._services.known(domain)

    def service(self, stream: IqClient, domain: str) -> UploadService | None:
        """As UploadServiceCache.service()."""
        return self._services.service(stream, domain)

    # --- from the phone ---

    def upload(self, stream: IqClient, domain: str, kind: str, name: str, data: bytes) -> str:
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
                self._web.put(put, {"Content-Type": kind, **headers}, data, PICTURE_PUT_SECONDS)
            except WebError as error:
                UPLOADS_TOTAL.labels("failed").inc()
                raise NotSent(
                    StatusCode.UNABLE_TO_DELIVER, f"the picture could not be stored ({error.reason})", error.again
                ) from None
            UPLOADS_TOTAL.labels("ok").inc()
            return get

    def _shown(self, kind: str, name: str, data: bytes) -> tuple[str, str, bytes]:
        """A picture of a kind that only old phones know, as one that every client shows."""
        try:
            kind, data = scaled(data, (MODERN_IMAGE_TYPE,), self._most)
        except ValueError:
            return kind, name, data  # no picture after all: a file is a file
        return kind, f"{name.rpartition('.')[0] or name}.png", data

    def _slot(self, stream: IqClient, service: UploadService, kind: str, name: str, size: int) -> tuple[str, str, dict[str, str]]:
        try:
            result = stream.request(http_upload.slot_get(service.jid, name, size, kind), SLOT_SECONDS)
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
        """The picture at `url`, in a form that the phone takes. None when that fails for any reason: the message then stays a
        link. Takes about `within` seconds at most."""
        give_up = time.monotonic() + within
        if within <= 0 or not self._turns.acquire(timeout=within):
            return None
        try:
            data = self._web.get(url, self._most, min(PICTURE_GET_SECONDS, give_up - time.monotonic()))
            found = scaled(data, capabilities.accepted_picture_types(caps), capabilities.max_picture_bytes(caps))
            FETCHES_TOTAL.labels("ok").inc()
            return found
        except WebError:
            FETCHES_TOTAL.labels("unreachable").inc()
        except ValueError:
            FETCHES_TOTAL.labels("no-picture").inc()
        finally:
            self._turns.release()
        return None
