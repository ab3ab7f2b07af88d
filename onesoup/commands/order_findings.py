"""What `onesoup doctor` finds of operators' orders: blocks, limits of domains, hosts that are being taken out of service."""

import time
from collections.abc import Iterator

import redis

from onesoup.commands.findings import Finding, note_finding, ok_finding
from onesoup.runtime.times import utc_text
from onesoup.settings import Settings


def block_findings(client: redis.Redis) -> Iterator[Finding]:
    from onesoup.store import operator_bounds
    from onesoup.store.blocks import OperatorBlocks

    now = time.time()
    count = sum(each.holds(now) for each in OperatorBlocks(client).all())
    said = f"{count} of {operator_bounds.MOST_OPERATOR_BLOCKS} possible blocks"
    if count >= operator_bounds.MOST_OPERATOR_BLOCKS:
        yield note_finding("blocks", said, "no more can be added: onesoup block list, unblock")
    elif count:
        yield ok_finding("blocks", f"{said}; onesoup block list")


def quota_findings(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    """Of the domains that are listed, or have a limit of their own."""
    from onesoup.handlers.wiring import quota_policy
    from onesoup.store.domain_quotas import DomainQuotas

    policy = quota_policy(settings)
    quotas = DomainQuotas(client, policy)
    named = {*settings.allowed_domains, *policy.sessions, *policy.logins}
    for domain in sorted(filter(policy.limits, named - {"any"})):
        counts = quotas.counts(domain)
        parts = []
        if counts.most_sessions:
            parts.append(f"{counts.sessions} of {counts.most_sessions} sessions")
        if counts.most_logins:
            parts.append(f"{counts.logins} of {counts.most_logins} log-ins in a minute")
        what, said = f"limits of {domain}", ", ".join(parts)
        if counts.full:
            full = " and ".join(f"domain_{kind.value}" for kind in counts.full)
            yield note_finding(what, f"{said}: further log-ins get 503", f"raise {full}, or see who it is: onesoup sessions")
        else:
            yield ok_finding(what, said)


def drain_findings(client: redis.Redis) -> Iterator[Finding]:
    from onesoup.operators.drains import drain_states
    from onesoup.operators.operator import Operator

    for state in drain_states(Operator(client, "", "")):
        drain = state.drain
        what, said = "drain", f"{state.said}; since {utc_text(drain.at, '%Y-%m-%d %H:%M')} UTC, by {drain.by}"
        yield note_finding(what, said, f"onesoup drain {drain.host} --end takes it back")
