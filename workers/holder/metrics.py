"""Metrics of a holder: its log-ins; and when it is scraped, how many sessions of which kind it has, what waits in them, and for
how long. Each session has one holder, so the sums over all holders are those of the whole service."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import redis
import structlog
from prometheus_client import Counter as MetricCounter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from onesoup.runtime.ids import made_at
from onesoup.store.account.guard_state import GuardState
from onesoup.store.errors import StoreDown
from onesoup.store.redis.client import writable
from onesoup.store.redis.refusals import REFUSALS
from onesoup.store.redis.topology import replica_lags, servers
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.session_values import SessionBacklog
from workers.holder.session.session import XmppSession

log = structlog.get_logger()

XMPP_CONNECTS = MetricCounter("onesoup_xmpp_connects_total", "Log-ins at XMPP servers", ["result"])

# Sessions that are asked for in one round trip; it takes a few milliseconds, in which nothing else runs.
MAX_SESSIONS_COUNTED = 100
# A second scrape within this time gets the same answer.
SCRAPE_FRESH_SECONDS = 2.0
# In the order in which they are tried: a phone counts for the first that it has agreed to.
BEARER_ORDER = ("STCP", "SUDP", "WAPUDP", "SHTTP", "WAPSMS", "SSMS")


class LoginGuardMetrics(Collector):
    """The failures that count at the XMPP servers of the listed domains. Every holder sees the same, so the largest counts."""

    def __init__(self, state: GuardState, domains: Sequence[str]) -> None:
        self._state, self._domains = state, domains

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Nothing while Redis is away."""
        failures = GaugeMetricFamily("onesoup_login_failures_at_server", "Wrong passwords within the hour", labels=["domain"])
        limit = GaugeMetricFamily(
            "onesoup_login_failures_limit", "Most wrong passwords within the hour; 0: no limit", labels=["domain"]
        )
        closed = GaugeMetricFamily(
            "onesoup_logins_closed", "1 while passwords that have not worked before are refused", labels=["domain", "scope"]
        )
        try:
            for domain in self._domains:
                found, addresses = self._state.domain(domain), self._state.addresses_at(domain)
                failures.add_metric([domain], found.failures)
                limit.add_metric([domain], found.limit)
                closed.add_metric([domain, "everybody"], float(found.closed))
                closed.add_metric([domain, "addresses"], sum(each.closed for each in addresses))
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
            return
        yield from (failures, limit, closed)


class HolderMetrics(Collector):
    """Counts sessions when it is scraped. `sessions` returns those of this process."""

    def __init__(self, client: redis.Redis, feed: HolderSessionStore, sessions: Callable[[], Sequence[XmppSession]]) -> None:
        self._client, self._feed, self._sessions = client, feed, sessions
        # The first command of an outbox, and since when it has been that.
        self._first: dict[str, tuple[bytes, float]] = {}
        self._last: tuple[float, list[GaugeMetricFamily]] = (float("-inf"), [])

    def describe(self) -> list[GaugeMetricFamily]:
        return []  # else registering would ask Redis

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = time.monotonic()
        if now >= self._last[0] + SCRAPE_FRESH_SECONDS:
            self._last = now, self._all(self._sessions(), now)
        yield from self._last[1]

    def _all(self, sessions: Sequence[XmppSession], now: float) -> list[GaugeMetricFamily]:
        """When Redis cannot be reached only that is told: each further question would wait for its time-out."""
        refusal = _refusal(self._client)
        refused = GaugeMetricFamily("onesoup_redis_refused", "1 while Redis takes no writes, by the reason", labels=["kind"])
        refused.add_metric([refusal or "none"], float(bool(refusal)))
        found = [_count_sessions(sessions), refused]
        if not refusal or refusal in REFUSALS:
            found += [*self._waiting(sessions, now), *self._replicas()]
        return found

    def _waiting(self, sessions: Sequence[XmppSession], now: float) -> list[GaugeMetricFamily]:
        """Nothing while Redis is away: a gap says more than a zero."""
        sids = [each.sid for each in sessions]
        try:
            found: dict[str, SessionBacklog] = {}
            for start in range(0, len(sids), MAX_SESSIONS_COUNTED):
                part = sids[start : start + MAX_SESSIONS_COUNTED]
                found.update(zip(part, self._feed.backlogs(part), strict=True))
            stuck = self._oldest_command([sid for sid, backlog in found.items() if backlog.outbox], now)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
            return []
        inbox = GaugeMetricFamily("onesoup_inbox_messages", "Server transactions that phones have not answered")
        inbox.add_metric([], sum(backlog.inbox for backlog in found.values()))
        outbox = GaugeMetricFamily("onesoup_outbox_messages", "Commands of phones that XMPP servers have not confirmed")
        outbox.add_metric([], sum(backlog.outbox for backlog in found.values()))
        oldest = GaugeMetricFamily("onesoup_oldest_seconds", "How long the oldest item of the queue waits", labels=["queue"])
        oldest.add_metric(["inbox"], _oldest_item(found.values()))
        oldest.add_metric(["outbox"], stuck)
        return [inbox, outbox, oldest]

    def _replicas(self) -> list[GaugeMetricFamily]:
        """How far copies of what Redis has are behind: every holder sees the same, so the largest counts. Nothing where INFO may
        not be asked."""
        try:
            lags = [lag for server in servers(self._client) for lag in replica_lags(server.info("replication"))]
        except redis.RedisError:
            return []
        count = GaugeMetricFamily("onesoup_redis_replicas", "Replicas of the Redis servers that keep our data")
        count.add_metric([], len(lags))
        worst = GaugeMetricFamily("onesoup_redis_replica_lag_seconds", "Delay of the slowest replica")
        worst.add_metric([], max(lags, default=0))
        return [count, worst]

    def _oldest_command(self, sids: Sequence[str], now: float) -> float:
        """Commands do not say when they were made: their age is how long they have been seen at the head of an outbox."""
        seen = {}
        for sid in sids:
            for command in self._feed.outbox.commands(sid, 1):
                digest = hashlib.sha256(command).digest()
                before = self._first.get(sid)
                seen[sid] = before if before and before[0] == digest else (digest, now)
        self._first = seen
        return max((now - since for _, since in seen.values()), default=0.0)


def _refusal(client: redis.Redis) -> str:
    """Why Redis takes no writes, by name; "" when it does."""
    try:
        found = writable(client)
    except StoreDown as error:
        return str(error)
    return found if isinstance(found, str) else ""


def _count_sessions(sessions: Sequence[XmppSession]) -> GaugeMetricFamily:
    family = GaugeMetricFamily("onesoup_sessions", "Sessions of phones", labels=["csp", "encoding", "cir"])
    kinds = Counter((each.session.version, each.session.encoding or "unknown", _bearer(each.bearers)) for each in sessions)
    for labels, count in kinds.items():
        family.add_metric(labels, count)
    return family


def _bearer(methods: Sequence[str]) -> str:
    return next((name.lower() for name in BEARER_ORDER if name in methods), "none")


def _oldest_item(backlogs: Iterable[SessionBacklog]) -> float:
    made = (made_at(backlog.first.decode()) for backlog in backlogs if backlog.first)
    return max((time.time() - when for when in made if when is not None), default=0.0)
