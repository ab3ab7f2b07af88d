"""What a holder remembers of XMPP servers: SASL mechanisms that worked, the pace of new streams, and, for operators, whether they
took the last ones."""

import time
from collections.abc import Callable

import structlog

from onesoup.store.errors import StoreDown
from onesoup.store.servers import SaslMechanisms, XmppServerStates
from onesoup.xmpp.stream import StreamFailure, errors, sasl

log = structlog.get_logger()

# How long a mechanism is known here before Redis is asked again, and written.
MECHANISM_FRESH_SECONDS = 3600.0
MAX_DOMAINS_REMEMBERED = 10_000
SAME_AGAIN_SECONDS = 30.0
# Failures in which a server answers, and means the user; and those that say nothing of the server.
ABOUT_THE_USER = frozenset({errors.FAILURE_AUTH, errors.FAILURE_BIND})
OUR_FAILURES = frozenset({errors.FAILURE_STORE, errors.FAILURE_BACKLOG})
# New streams to one domain after its server was away: it has enough to do (reliability.md 5, F11).
MAX_CONNECTS_PER_SECOND = 20.0


class SaslMechanismMemory:
    """The stream's memory of SASL mechanisms, in Redis for all holders. Without Redis it knows what this process has seen."""

    def __init__(self, servers: SaslMechanisms, clock: Callable[[], float] = time.monotonic) -> None:
        self._servers, self._clock = servers, clock
        self._seen: dict[str, tuple[float, str]] = {}

    def best(self, domain: str) -> str:
        until, name = self._seen.get(domain, (0.0, ""))
        if self._clock() < until:
            return name
        try:
            return self._servers.mechanism(domain) or name
        except StoreDown:
            return name

    def worked(self, domain: str, name: str) -> None:
        """Remembers it. A mechanism weaker than before is logged; the stream itself refuses those that give the password away."""
        before = self.best(domain)
        now = self._clock()
        if name == before and now < self._seen.get(domain, (0.0, ""))[0]:
            return
        if before and sasl.mechanism_strength(name) < sasl.mechanism_strength(before):
            log.warning("sasl-weaker", domain=domain, before=before, now=name)
        if len(self._seen) >= MAX_DOMAINS_REMEMBERED:
            self._seen.clear()
        self._seen[domain] = (now + MECHANISM_FRESH_SECONDS, name)
        try:
            self._servers.remember(domain, name)
        except StoreDown:
            return  # this process knows; the others will learn it at their next log-in


class ServerHealth:
    """Notes in Redis whether the servers of listed domains take streams. The same is said again after SAME_AGAIN_SECONDS only."""

    def __init__(
        self, states: XmppServerStates, is_listed: Callable[[str], bool], clock: Callable[[], float] = time.time
    ) -> None:
        self._states, self._is_listed, self._clock = states, is_listed, clock
        self._said: dict[str, tuple[float, tuple[str, str]]] = {}

    def tried(self, domain: str, failure: StreamFailure | None) -> None:
        """For Options.tried. What Redis does not take is said with the next try."""
        if not self._is_listed(domain) or (failure is not None and failure.kind in OUR_FAILURES):
            return
        answered = failure is None or failure.kind in ABOUT_THE_USER
        what = ("", "") if failure is None or answered else (failure.kind, failure.condition)
        now, (again, before) = self._clock(), self._said.get(domain, (0.0, ("", "")))
        if what == before and now < again:
            return
        try:
            self._states.note(domain, int(now), *what)
        except StoreDown:
            return
        self._said[domain] = (now + SAME_AGAIN_SECONDS, what)


class ConnectPace:
    """Spreads connects: at most a number a second for each domain."""

    def __init__(self, a_second: float = MAX_CONNECTS_PER_SECOND) -> None:
        self._gap = 1.0 / a_second
        self._next: dict[str, float] = {}

    def wait(self, domain: str, now: float) -> float:
        """Seconds until the caller's turn, which is taken with the call."""
        if len(self._next) > MAX_DOMAINS_REMEMBERED:
            self._next = {name: due for name, due in self._next.items() if due > now}
        due = max(self._next.get(domain, 0.0), now)
        self._next[domain] = due + self._gap
        return due - now
