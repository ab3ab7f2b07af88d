"""Limits that a log-in must pass before an XMPP server hears of it: by account, place and address, and by slots of the server."""

import math
import time
from typing import Any

from onesoup.csp import access
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.handlers.context import GatewayServices, Peer, Policy
from onesoup.handlers.login import reasons
from onesoup.observability.request_id import current_request
from onesoup.runtime.ids import token
from onesoup.runtime.networks import network_of
from onesoup.settings import Settings
from onesoup.store import records
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.login_limits import LoginAttempt, LoginPolicy, LoginTicket
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
    return _digest(ring, network_of(address, 32, 64), "address")


def place_key(services: GatewayServices, peer: Peer) -> str:
    """Key of the network that a phone comes from: carriers give it new addresses from the same network."""
    return _digest(services.ring, network_of(peer.address or peer.sender, 24, 48), "place")


def _digest(ring: KeyRing, text: str, purpose: str) -> str:
    return ring.digest(text, purpose).hex()[:16]


def login_policy(settings: Settings) -> LoginPolicy:
    return LoginPolicy(settings.refusals_at_server, settings.refusals_of_address, frozenset(settings.xmpp_own))


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


def admit_login(
    services: GatewayServices,
    peer: Peer,
    account: str,
    word: str | None,
    reason: str = "",
    entry: LoginAttempt | None = None,
) -> bool:
    """Lets a log-in go on to the XMPP server. `word` is the password's key, None when the phone has proved nothing; `reason`
    tells the log why; `entry` is what is known of the account, where that was read. Whether the password is the account's last
    good one. 503 after too many failures, 409 or 403 for a password that is known to be wrong."""
    here, where = place_key(services, peer), address_key(services, peer)
    entry = entry or services.guard.enter(account, here)
    of_address = 0.0 if entry.place_known else services.guard.address_wait(where)
    wait = max(entry.wait, of_address)
    if wait > 0:
        told = f"too many wrong passwords, wait {minutes(wait)}"
        whose = "this address" if of_address > entry.wait else "this account"
        raise BackendError(StatusCode.SERVICE_UNAVAILABLE, told, f"throttled: {told}, for {whose}")
    if word is None:
        services.guard.failed(account, here, where)
        raise CspError(StatusCode.INVALID_PASSWORD, WRONG_PASSWORD, reason)
    if word == entry.good_password:
        return True  # it would not be, had a server refused it since
    if code := services.guard.wrong(word):
        if code == StatusCode.INVALID_PASSWORD:
            raise CspError(code, WRONG_PASSWORD, reasons.WRONG_BEFORE)
        raise CspError(code, "account closed", reasons.CLOSED_BEFORE)
    return False


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
    services: GatewayServices, shard: int, job: dict[str, Any], ticket: LoginTicket, good: bool, deadline: float
) -> dict[str, Any]:
    """Sends a job to the holder of a shard and waits for its answer. A password other than the account's last good one, which
    is what `good` says, waits for a slot, so that an XMPP server never sees enough wrong ones to ban this gateway.
    BackendError 503 or 504."""
    if not services.replies.ready(within=2.0):
        raise BackendError(StatusCode.SERVICE_UNAVAILABLE, "not ready", reasons.NO_REPLY_CHANNEL)
    if not good:
        _wait_for_slot(services, ticket, deadline)
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise BackendError(StatusCode.TIMEOUT, "no time left", reasons.NO_TIME_LEFT)
    with services.replies.expect() as expected:
        job |= {
            "reply": services.replies.channel,
            "name": expected.name,
            "until": time.time() + remaining,
            "ticket": ticket.pack(),
            "request": current_request(),
        }
        packed = records.pack_command(job)
        try:
            services.shards.ask(shard, packed)
        except TooMuch:
            services.guard.settle(ticket, StatusCode.TIMEOUT)
            raise BackendError(
                StatusCode.SERVICE_UNAVAILABLE, "too many log-ins at once, try again", reasons.SHARD_QUEUE_FULL
            ) from None
        payload = expected.wait(remaining)
    if payload is None:
        waits = services.shards.withdraw(shard, packed)
        if waits:
            services.guard.settle(ticket, StatusCode.TIMEOUT)  # no holder is there: the slot is free again
        reason = reasons.NO_HOLDER.format(shard=shard) if waits else reasons.SERVER_SLOW
        raise BackendError(StatusCode.TIMEOUT, "the XMPP side did not answer in time", reason)
    return records.unpack_answer(payload)


def _wait_for_slot(services: GatewayServices, ticket: LoginTicket, deadline: float) -> None:
    while (free := services.guard.reserve(ticket)) == 0:
        if time.monotonic() > deadline - SLOT_WAIT_SECONDS:
            raise BackendError(StatusCode.SERVICE_UNAVAILABLE, "too many log-ins at once, try again", reasons.NO_SLOT)
        time.sleep(SLOT_WAIT_SECONDS)
    if free < 0:
        wait = services.guard.server_wait(ticket.domain, ticket.address)
        told = f"too many wrong passwords for {ticket.domain}, wait {minutes(wait)}"
        raise BackendError(StatusCode.SERVICE_UNAVAILABLE, told, f"domain closed: {told}")


def minutes(seconds: float) -> str:
    """A wait for the small screen of a phone, never too short: "12 min"."""
    return f"{max(1, math.ceil(seconds / 60))} min"
