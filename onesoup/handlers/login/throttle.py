"""Limits that a log-in must pass before an XMPP server hears of it: by account, place and address, and by slots of the server."""

import ipaddress
import math
import time
from typing import Any

from onesoup.csp import access
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.handlers.context import GatewayServices, Peer, Policy
from onesoup.runtime.ids import token
from onesoup.settings import Settings
from onesoup.store import records
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.login_limits import LoginPolicy, LoginTicket
from onesoup.store.blocks import OperatorBlock
from onesoup.store.bounds import TooMuch

WRONG_PASSWORD = "invalid password"
# Requests for unknown sessions that one address may send in a minute before answers become slow.
MAX_FREE_UNKNOWN_SESSIONS = 30
UNKNOWN_SESSION_WAIT_SECONDS = 1.0
# Most requests that are delayed at once: delays must not use up the worker's connections.
_MOST_SLOWED = 100
_slowed = 0
SLOT_WAIT_SECONDS = 0.03


def domain_policy(policy: Policy, peer: Peer) -> access.DomainPolicy:
    """How log-in ids are read for this peer: default domain, served domains, names of the gateway."""
    default = access.default_domain(policy.by_place, peer.host, peer.path, policy.domain or None)
    return access.DomainPolicy(default, policy.domains, policy.gateways)


def address_key(services: GatewayServices, peer: Peer) -> str:
    """Key under which failures of an address are counted."""
    return address_digest(services.ring, peer.address or peer.sender)


def address_digest(ring: KeyRing, address: str) -> str:
    """How an address is called in Redis, which need not know addresses."""
    return _digest(ring, _network(address, 32, 64), "address")


def place_key(services: GatewayServices, peer: Peer) -> str:
    """Key of the network that a phone comes from: carriers give it new addresses from the same network."""
    return _digest(services.ring, _network(peer.address or peer.sender, 24, 48), "place")


def _digest(ring: KeyRing, text: str, purpose: str) -> str:
    return ring.digest(text, purpose).hex()[:16]


def login_policy(settings: Settings) -> LoginPolicy:
    return LoginPolicy(settings.refusals_at_server, settings.refusals_of_address, frozenset(settings.xmpp_own))


def _network(text: str, old: int, new: int) -> str:
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, old if ip.version == 4 else new), strict=False))


def note_unknown_session(services: GatewayServices, peer: Peer) -> None:
    """Counts a request that names an unknown session. Above a limit such answers become slow (reliability.md 7)."""
    global _slowed
    if services.guard.stray(address_key(services, peer)) <= MAX_FREE_UNKNOWN_SESSIONS or _slowed >= _MOST_SLOWED:
        return
    _slowed += 1
    try:
        time.sleep(UNKNOWN_SESSION_WAIT_SECONDS)
    finally:
        _slowed -= 1


def admit_login(services: GatewayServices, peer: Peer, account: str, word: str | None) -> None:
    """Lets a log-in go on to the XMPP server. `word` is the password's key, None when the phone has proved nothing. 503 after
    too many failures, 409 or 403 for a password that is known to be wrong."""
    here, where = place_key(services, peer), address_key(services, peer)
    entry = services.guard.enter(account, here, word or "")
    wait = max(entry.wait, 0.0 if entry.place_known else services.guard.address_wait(where))
    if wait > 0:
        raise BackendError(StatusCode.SERVICE_UNAVAILABLE, f"too many wrong passwords, wait {minutes(wait)}")
    if word is None:
        services.guard.failed(account, here, where)
        raise CspError(StatusCode.INVALID_PASSWORD, WRONG_PASSWORD)
    if code := services.guard.wrong(word):
        raise CspError(code, WRONG_PASSWORD if code == StatusCode.INVALID_PASSWORD else "account closed")


def refuse_blocked_account(services: GatewayServices, *jids: str) -> None:
    """403 when an operator has blocked one of these users, or their domain."""
    if (block := services.orders.blocks.of_user(jids, time.time())) is not None:
        raise blocked_refusal(services, block)


def blocked_refusal(services: GatewayServices, block: OperatorBlock) -> CspError:
    """What the phone is told. Its user can name the number to the operator, who sees by it what was blocked, and why."""
    services.orders.refused(block)
    return CspError(StatusCode.FORBIDDEN, f"blocked by the operator, no. {block.id}")


def password_key(services: GatewayServices, jid: str, password: str) -> str:
    """What is remembered of a wrong password: a keyed digest, of no use for another account."""
    return services.ring.digest(password, f"wrong:{jid}").hex()


def login_ticket(services: GatewayServices, peer: Peer, account: str, jid: str, password: str) -> LoginTicket:
    domain = addresses.domain_of(jid)
    return LoginTicket(
        account=account,
        domain=domain,
        password=password_key(services, jid, password),
        place=place_key(services, peer),
        address=address_key(services, peer),
        slot=token(8) if services.guard.policy.limit_at(domain) else "",
    )


def ask_holder(
    services: GatewayServices, shard: int, job: dict[str, Any], ticket: LoginTicket, deadline: float
) -> dict[str, Any]:
    """Sends a job to the holder of a shard and waits for its answer. A password other than the account's last good one waits
    for a slot, so that an XMPP server never sees enough wrong ones to ban this gateway. BackendError 503 or 504."""
    if not services.replies.ready(within=2.0):
        raise BackendError(StatusCode.SERVICE_UNAVAILABLE, "not ready")
    if not services.guard.enter(ticket.account, ticket.place, ticket.password).password_good:
        _wait_for_slot(services, ticket, deadline)
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise BackendError(StatusCode.TIMEOUT, "no time left")
    with services.replies.expect() as expected:
        job |= {
            "reply": services.replies.channel,
            "name": expected.name,
            "until": time.time() + remaining,
            "ticket": ticket.pack(),
        }
        packed = records.pack_command(job)
        try:
            services.shards.ask(shard, packed)
        except TooMuch:
            services.guard.settle(ticket, StatusCode.TIMEOUT)
            raise BackendError(StatusCode.SERVICE_UNAVAILABLE, "too many log-ins at once, try again") from None
        payload = expected.wait(remaining)
    if payload is None:
        if services.shards.withdraw(shard, packed):
            services.guard.settle(ticket, StatusCode.TIMEOUT)  # no holder is there: the slot is free again
        raise BackendError(StatusCode.TIMEOUT, "the XMPP side did not answer in time")
    return records.unpack_answer(payload)


def _wait_for_slot(services: GatewayServices, ticket: LoginTicket, deadline: float) -> None:
    while (free := services.guard.reserve(ticket)) == 0:
        if time.monotonic() > deadline - SLOT_WAIT_SECONDS:
            raise BackendError(StatusCode.SERVICE_UNAVAILABLE, "too many log-ins at once, try again")
        time.sleep(SLOT_WAIT_SECONDS)
    if free < 0:
        wait = services.guard.server_wait(ticket.domain, ticket.address)
        raise BackendError(StatusCode.SERVICE_UNAVAILABLE, f"too many wrong passwords for {ticket.domain}, wait {minutes(wait)}")


def minutes(seconds: float) -> str:
    """A wait for the small screen of a phone, never too short: "12 min"."""
    return f"{max(1, math.ceil(seconds / 60))} min"
