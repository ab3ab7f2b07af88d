"""What operators allow, at a log-in: who is blocked, and how many sessions and log-ins a domain may have."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
from prometheus_client import Counter

from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login.attempt import LoginContext
from onesoup.handlers.login.throttle import blocked_refusal, minutes, refuse_blocked_account
from onesoup.store.blocks import OperatorBlock, block_among, block_names
from onesoup.store.domain_quotas import QuotaKind, QuotaVerdict
from onesoup.store.errors import StoreDown

log = structlog.get_logger()

QUOTA_REFUSED = Counter("onesoup_domain_refused_total", "Log-ins that a limit of their domain refused", ["domain", "limit"])


def refuse_blocked(attempt: LoginContext) -> None:
    """403 for a user, a domain or a handset that an operator has blocked, before anything else is done for it."""
    refuse_blocked_account(attempt.services, *_accounts(attempt))
    blocks, now = attempt.services.orders.blocks, time.time()
    found = (
        blocks.of_address(attempt.peer.address, now)
        or blocks.of_handset(attempt.handset.name, now)
        or blocks.of_agent(attempt.peer.user_agent, now)
    )
    if found:
        raise blocked_refusal(attempt.services, found)


def watched_blocks(attempt: LoginContext) -> list[str]:
    """The names under which a holder looks for blocks of this log-in, when it has its session."""
    return block_names(_accounts(attempt), attempt.handset.name)


def blocked_meanwhile(attempt: LoginContext, found: list[bytes | None] | None) -> CspError | None:
    """The refusal of a log-in that was blocked while it went on: whoever ended the sessions then has not seen this one.
    `found`: what the holder has found under watched_blocks(), None from one of a version before."""
    if found is not None:
        block = block_among(found, time.time())
    else:
        block = attempt.services.orders.now_blocked(_accounts(attempt), attempt.handset.name)
    return blocked_refusal(attempt.services, block) if block is not None else None


def blocked_agent(services: GatewayServices, peer: Peer) -> OperatorBlock | None:
    """The block of a User-Agent that ends sessions: what a session's record does not know is seen at its next request."""
    found = services.orders.blocks.of_agent(peer.user_agent, time.time())
    return None if found is None or found.keeps else found


@contextmanager
def place_at_domain(services: GatewayServices, session: Session, sid: str) -> Iterator[None]:
    """A place among the sessions and log-ins of the domain, for a log-in. It is given back when that fails. 503 when there is
    none."""
    domain, quotas = session.domain, services.quotas
    if not quotas.policy.limits(domain):
        yield
        return
    old = services.clients.get(session.jid, session.resource) or ""
    verdict = quotas.take(domain, sid, old)
    if verdict.full:
        raise _full(services, domain, verdict)
    try:
        yield
    except BaseException:
        with suppress(StoreDown):
            quotas.leave(domain, sid)
        raise
    if old != sid:
        with suppress(StoreDown):  # the session is open; whoever ends the one before gives its place back too
            quotas.leave(domain, old)


def _accounts(attempt: LoginContext) -> tuple[str, ...]:
    """The account that the user means, and the one behind it."""
    link = attempt.link.jid if attempt.link is not None else attempt.wish.jid
    return tuple({attempt.wish.jid: None, link: None})


def _full(services: GatewayServices, domain: str, verdict: QuotaVerdict) -> BackendError:
    shown = domain if domain in set(services.policy.domains) else "other"
    QUOTA_REFUSED.labels(shown, verdict.full.value).inc()
    if verdict.full is QuotaKind.SESSIONS:
        return BackendError(StatusCode.SERVICE_UNAVAILABLE, f"{domain} is full, try again later")
    return BackendError(StatusCode.SERVICE_UNAVAILABLE, f"too many log-ins at {domain}, wait {minutes(verdict.wait)}")
