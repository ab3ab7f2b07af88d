"""Fills Redis with what an overview shows: a busy day, phones, holders, a domain that is closed and one whose server is away."""

import math
import time

from onesoup.csp.session import Capabilities
from onesoup.store.account.login_limits import LoginLimits, LoginTicket
from onesoup.store.minute_counts import MinuteCounts
from onesoup.store.processes import ProcessRecord, ProcessRegistry
from onesoup.store.servers import XmppServerStates
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.request_effects import RequestEffects, SessionUpdate
from onesoup.store.session.shards import Leases
from tests.support.in_redis import living_session

MINUTES = 1440
PHONES = (("Nokia S60", "1.2", ("STCP", "WAPSMS")), ("Sony Ericsson", "1.1", ("SUDP",)), ("Motorola", "1.3", ()))


def busy_day(client, now: float, every: int = 1) -> None:
    """Numbers that rise and fall, each minute or each few."""
    counts, last = MinuteCounts(client), int(now) // 60
    for minute in range(last - MINUTES, last + 1, every):
        rise = 1.2 + math.sin(minute / 229)
        named = {"phones": 400 * rise, "polls": 900 * rise, "requests": 70 * rise, "sent": 9 * rise, "delivered": 11 * rise}
        named |= {"wakeups": 6 * rise, "logins": 3 * rise, "denied": 12 if minute % 311 < 4 else 0}
        counts.add(minute, {name: round(number) for name, number in named.items()})


def phones(client, count: int) -> None:
    """So many sessions, of a few kinds of phones, over all shards."""
    store = GatewaySessionStore(client)
    for number in range(count):
        handset, version, methods = PHONES[number % len(PHONES)]
        sid = f"{number * 37 % 256:02x}phone{number}"
        living_session(client, f"user{number}@example.org", sid, handset=handset, version=version)
        store.commit(sid, "1", "digest", b"", RequestEffects(update=SessionUpdate(capabilities=Capabilities(methods=methods))))


def holders(client, *names: str, free: int = 0) -> None:
    """Holders that share all shards but some."""
    for place, name in enumerate(names):
        Leases(client, name, 600_000).acquire_all(range(place, 256 - free, len(names)))


def wrong_passwords(client, domain: str, count: int) -> None:
    limits = LoginLimits(client)
    for number in range(count):
        ticket = LoginTicket(f"u{number}@{domain}", domain, f"d{number}", "abroad", f"address{number}", f"s{number}")
        limits.reserve(ticket)
        limits.settle(ticket, 409)


def servers(client, now: float) -> None:
    """One that works, and one whose certificate has expired."""
    states = XmppServerStates(client)
    states.note("example.org", int(now) - 40)
    states.note("chat.example.net", int(now) - 7200)
    states.note("chat.example.net", int(now) - 100, "tls", "certificate")


def processes(client) -> None:
    registry, started = ProcessRegistry(client), round(time.time()) - 90_000
    for role, host, pid, unit in (("web", "soup-1", 11, 10), ("web", "soup-1", 12, 10), ("holder", "soup-2", 20, 20)):
        registry.tell(ProcessRecord(role, host, pid, unit, ("127.0.0.1", "9471"), "0.1.0", ("k1:abc",), started))
