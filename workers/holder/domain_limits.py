"""Where streams may go, and how many there may be to one domain. Domains that the operator listed have no limits."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from onesoup.settings import Settings
from onesoup.xmpp.stream import StreamFailure, address_policy
from workers.holder.sessions import SessionTable

log = structlog.get_logger()


class DomainLimits:
    """The rules for domains that phones choose."""

    def __init__(self, settings: Settings, sessions: SessionTable) -> None:
        self._domains, self._max_streams, self._sessions = settings.allowed_domains, settings.xmpp_any_streams, sessions
        # Log-ins under way, by domain.
        self.opening: Counter[str] = Counter()

    def address_allowed(self, domain: str, address: str, port: int) -> bool:
        """Whether a stream to `domain` may connect to this address. Only a listed domain may be inside our own network."""
        if self._domains.listed(domain) or address_policy.address_permitted(address, port):
            return True
        log.warning("address-refused", domain=domain, address=address, port=port)
        return False

    @contextmanager
    def log_in(self, domain: str) -> Iterator[None]:
        """Counts a log-in while it runs. StreamFailure when the domain has as many streams as it may."""
        self.opening[domain] += 1
        try:
            if self._is_full(domain):
                raise StreamFailure("refused", "too-many")
            yield
        finally:
            self.opening[domain] -= 1
            self.opening += Counter()  # removes what is zero

    def _is_full(self, domain: str) -> bool:
        if self._domains.listed(domain):
            return False
        return self._sessions.count_in_domain(domain) + self.opening[domain] > self._max_streams
