"""Finds the upload service of an XMPP server (XEP-0363), and remembers it for all sessions of a holder."""

import time
from dataclasses import dataclass

from onesoup.xmpp.stream import StreamFailure, http_upload, stanzas
from workers.holder.session.interfaces import IqClient

DISCO_SECONDS = 8.0
# How long a domain's upload service is remembered, and that it has none.
SERVICE_FRESH_SECONDS, NO_SERVICE_FRESH_SECONDS = 3600.0, 300.0
MAX_SERVICE_DOMAINS = 1000
MAX_ITEMS_ASKED = 20


@dataclass(frozen=True, slots=True)
class UploadService:
    """Where a domain takes files, and the largest in bytes. Without an address it takes none."""

    jid: str
    limit: int


NO_SERVICE = UploadService("", 0)


class UploadServiceCache:
    """Domain -> its upload service."""

    def __init__(self) -> None:
        self._services: dict[str, tuple[float, UploadService]] = {}

    def known(self, domain: str) -> UploadService | None:
        """What was found lately, None for nothing."""
        until, found = self._services.get(domain, (0.0, None))
        return found if time.monotonic() < until else None

    def service(self, stream: IqClient, domain: str) -> UploadService | None:
        """The upload service of the domain that this stream belongs to; None when that cannot be told just now."""
        if (known := self.known(domain)) is not None:
            return known
        try:
            found = self._find(stream, domain)
        except StreamFailure:
            return None
        if found is None:
            return None
        if len(self._services) >= MAX_SERVICE_DOMAINS:
            self._services.clear()
        self._services[domain] = (time.monotonic() + (SERVICE_FRESH_SECONDS if found.jid else NO_SERVICE_FRESH_SECONDS), found)
        return found

    def _find(self, stream: IqClient, domain: str) -> UploadService | None:
        """None when one of those that may have the service could not be asked."""
        listed = stream.request(stanzas.items_get(domain), DISCO_SECONDS)
        sure = stanzas.is_fact(listed)
        for jid in [domain, *stanzas.items_in(listed)[:MAX_ITEMS_ASKED]]:
            try:
                told = stream.request(stanzas.info_get(jid), DISCO_SECONDS)
            except StreamFailure as failure:
                if failure.kind != "no-answer":
                    raise
                sure = False
                continue  # one silent service hides no other
            if limit := http_upload.upload_limit(told):
                return UploadService(jid, limit)
            sure = sure and stanzas.is_fact(told)
        return NO_SERVICE if sure else None
