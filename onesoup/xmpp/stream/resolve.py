"""From an XMPP domain to the places to connect to: static routes, SRV (RFC 6120 section 3.2, XEP-0368), else port 5222."""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

import dns.exception
import dns.resolver
import gevent

from onesoup.xmpp.stream import errors
from onesoup.xmpp.stream.errors import StreamFailure

LOOKUP_SECONDS = 5.0
# Answers live as long as DNS says, within these bounds.
TTL_MIN, TTL_MAX = 30, 300
CACHE_SIZE = 1024
XMPP_PORT = 5222
DIRECT_TLS_SCHEME = "tls://"


class Target(NamedTuple):
    host: str
    port: int
    direct_tls: bool


class Srv(NamedTuple):
    """A record of one of the two services."""

    priority: int
    weight: int
    port: int
    host: str  # without the final dot; empty: the service is decidedly not there
    direct_tls: bool = False


class Lookup(Protocol):
    def srv(self, name: str) -> tuple[list[Srv], int]:
        """The records and their TTL; an empty list when there are none. Raises StreamFailure when DNS does not answer."""


class DnsLookup:
    """dnspython, which is cooperative under monkey patching."""

    def srv(self, name: str) -> tuple[list[Srv], int]:
        try:
            answer = dns.resolver.resolve(name, "SRV", lifetime=LOOKUP_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return [], TTL_MIN
        except (dns.exception.DNSException, OSError) as error:
            raise StreamFailure(errors.FAILURE_DNS, "lookup-failed", type(error).__name__) from None
        ttl = answer.rrset.ttl if answer.rrset is not None else TTL_MIN
        return [Srv(r.priority, r.weight, r.port, r.target.to_text(omit_final_dot=True).rstrip(".")) for r in answer], ttl


class Resolver:
    """Finds targets. One for a process: it remembers SRV answers. A and AAAA records are the connector's business."""

    def __init__(
        self,
        routes: Mapping[str, tuple[str, int]] | None = None,
        lookup: Lookup | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._routes = {domain.lower(): _route(host, port) for domain, (host, port) in (routes or {}).items()}
        self._lookup = lookup or DnsLookup()
        self._clock, self._rng = clock, rng or random.Random()
        self._cache: dict[str, tuple[float, list[Srv]]] = {}

    def targets(self, domain: str) -> list[Target]:
        """Where to try, in this order; never empty. A static route wins."""
        domain = domain.lower()
        if route := self._routes.get(domain):
            return [route]
        if _is_address(domain):
            return [Target(domain.strip("[]"), XMPP_PORT, False)]
        records = self._records(domain)
        usable = [record for record in records if record.host]
        if usable:
            return [Target(r.host, r.port, r.direct_tls) for r in order_records(usable, self._rng)]
        # XEP-0368 section 3: "." for direct TLS alone leaves STARTTLS as it was.
        if any(not record.direct_tls for record in records):
            raise StreamFailure(errors.FAILURE_DNS, "no-service")
        return [Target(_ascii(domain), XMPP_PORT, False)]

    def is_static(self, domain: str, target: Target) -> bool:
        """The operator named this place himself: no DNS answer, no redirection."""
        route = self._routes.get(domain.lower())
        return route is not None and route[:2] == target[:2]

    def _records(self, domain: str) -> list[Srv]:
        now = self._clock()
        found = self._cache.get(domain)
        if found and found[0] > now:
            return found[1]
        records, ttl = self._ask(domain)
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[domain] = (now + min(max(ttl, TTL_MIN), TTL_MAX), records)
        return records

    def _ask(self, domain: str) -> tuple[list[Srv], int]:
        """Both services at once. One that fails does not hide the other."""
        name = _ascii(domain)
        jobs = [gevent.spawn(self._service, f"_{service}._tcp.{name}") for service in ("xmpp-client", "xmpps-client")]
        try:
            gevent.joinall(jobs, timeout=LOOKUP_SECONDS)
        finally:
            gevent.killall(jobs, block=False)
        plain, direct = (job.value if job.successful() else None for job in jobs)
        if not isinstance(plain, tuple) and not (isinstance(direct, tuple) and direct[0]):
            raise (
                plain
                if isinstance(plain, StreamFailure)
                else StreamFailure(errors.FAILURE_DNS, "lookup-failed", "no answer in time")
            )
        answers = [answer for answer in (plain, direct) if isinstance(answer, tuple)]
        records = [] if not isinstance(plain, tuple) else list(plain[0])
        if isinstance(direct, tuple):
            records += [record._replace(direct_tls=True) for record in direct[0]]
        # What failed is asked again as soon as may be: it may have records too.
        return records, min(ttl for _, ttl in answers) if len(answers) == len(jobs) else TTL_MIN

    def _service(self, name: str) -> tuple[list[Srv], int] | StreamFailure:
        try:
            return self._lookup.srv(name)
        except StreamFailure as failure:
            return failure


def _route(host: str, port: int) -> Target:
    """A host is met with STARTTLS unless it is written tls://host."""
    direct = host.startswith(DIRECT_TLS_SCHEME)
    return Target(host.removeprefix(DIRECT_TLS_SCHEME).strip("[]"), port, direct)


def order_records(records: Iterable[Srv], rng: random.Random) -> list[Srv]:
    """RFC 2782: by priority, within one by weighted lot. Both services count as one set (XEP-0368 section 3)."""
    left = sorted(records, key=lambda r: (r.priority, r.weight))
    result = []
    while left:
        group = [record for record in left if record.priority == left[0].priority]
        mark = rng.randint(0, sum(record.weight for record in group))
        for record in group:
            mark -= record.weight
            if mark <= 0:
                result.append(record)
                left.remove(record)
                break
    return result


def _is_address(domain: str) -> bool:
    return domain.startswith("[") or domain.replace(".", "").isdecimal()


def _ascii(domain: str) -> str:
    try:
        return domain.encode("ascii").decode() if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        raise StreamFailure(errors.FAILURE_DNS, "no-such-domain", "not a domain name") from None
