"""What `onesoup doctor` finds of holders, of the shards that they have, and of the sessions in these."""

from collections.abc import Iterable, Iterator, Sequence

import redis

from onesoup.commands.findings import Finding, fail_finding, note_finding, ok_finding
from onesoup.operators.processes import running_processes
from onesoup.store.processes import SeenProcess

START_HOLDER = "start onesoup holder; where systemd runs it: systemctl restart onesoup-holder@1"
SOON = "holders should take them within seconds; run doctor again"


def holder_findings(client: redis.Redis, before: Sequence[SeenProcess]) -> Iterator[Finding]:
    """`before`: the processes that ran a moment ago. A holder that ends or starts meanwhile is not dead."""
    from onesoup.store import keys
    from onesoup.store.session.shards import Shards

    shards = Shards(client)
    owners = shards.holders(range(keys.SHARDS))
    counts = {owner: owners.count(owner) for owner in set(owners) if owner}
    free = owners.count("")
    shares = ", ".join(f"{owner[:8]} has {count}" for owner, count in sorted(counts.items()))
    lost = _lost_holders(counts, [*before, *running_processes(client)])
    if not counts:
        yield fail_finding("holders", "none is running: nobody can log in, messages wait", START_HOLDER)
    elif lost:
        yield fail_finding(
            "holders",
            f"{shares}; dead or cut off: {', '.join(owner[:8] for owner in lost)}. Users of these shards wait for another holder",
            f"others take the shards when the leases run out; {START_HOLDER}",
        )
    elif free:
        yield note_finding("holders", f"{shares}; {free} of {keys.SHARDS} shards are free", SOON)
    else:
        yield ok_finding("holders", shares)
    waiting = len(shards.waiting_logins(list(range(keys.SHARDS))))
    if waiting:
        yield note_finding("log-ins", f"wait for a holder in {waiting} shards", "are the holders overloaded?")


def session_findings(client: redis.Redis) -> Iterator[Finding]:
    """A session whose shard is free waits for a holder: for a moment, while shards go from one holder to another."""
    from onesoup.operators.living import living_sessions

    count = waiting = orphans = 0
    for _, row in living_sessions(client):
        count += 1
        waiting += row.outbox > 0
        orphans += row.holder == "none"
    yield ok_finding("sessions", f"{count}")
    if orphans and _any_holder(client):
        yield note_finding("sessions", f"{orphans} wait for a holder to take their shards", SOON)
    elif orphans:
        yield fail_finding("sessions", f"{orphans} have no holder", START_HOLDER)
    if waiting > 0:
        yield note_finding(
            "outboxes", f"{waiting} sessions have commands that no XMPP server has confirmed", "normal for a moment"
        )


def _lost_holders(owners: Iterable[str], running: Iterable[SeenProcess]) -> list[str]:
    """Those that have shards, though no process is heard of under their name. None where holders of an older version do not say
    their name."""
    names = {each.record.holder for each in running if each.record.role == "holder"}
    return [] if "" in names else sorted(set(owners) - names)


def _any_holder(client: redis.Redis) -> bool:
    """Whether a holder has shards."""
    from onesoup.store import keys
    from onesoup.store.session.shards import Shards

    return any(Shards(client).holders(range(keys.SHARDS)))
