"""What XMPP domains offer, remembered for all sessions of a holder: their directory with its form, their room service."""

import time
from collections.abc import Callable
from typing import Any

# Services come and go seldom; one that is not there may just be starting.
SERVICE_TTL_SECONDS, NO_SERVICE_TTL_SECONDS = 86_400.0, 60.0
MAX_CACHED_SERVICES = 1000


class ServiceCache:
    """(kind of service, domain) -> what is known of it; an empty value when the domain has none."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, Any]] = {}

    def find(self, kind: str, domain: str, ask: Callable[[], Any]) -> Any:
        """What is known, or what `ask` learns now. It returns None for what could not be learned: that is not remembered."""
        until, value = self._known.get((kind, domain), (0.0, None))
        if time.monotonic() < until:
            return value
        value = ask()
        if value is None:
            return None
        if len(self._known) >= MAX_CACHED_SERVICES:
            self._known.clear()
        self._known[kind, domain] = (time.monotonic() + (SERVICE_TTL_SECONDS if value else NO_SERVICE_TTL_SECONDS), value)
        return value
