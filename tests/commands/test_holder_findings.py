"""What doctor says of holders and of sessions while shards go from one holder to another, as they do at every restart."""

import pytest
import redis

from onesoup.commands.findings import FAIL_GRADE, NOTE_GRADE, OK_GRADE, Finding
from onesoup.commands.holder_findings import holder_findings, session_findings
from onesoup.store import keys
from onesoup.store.processes import ProcessRecord, ProcessRegistry
from onesoup.store.session.shards import Lease, Leases
from tests.support.in_redis import living_session

OLD, NEW = "0ld0ld0ld0", "new0new0new0"


@pytest.fixture
def old(client: redis.Redis) -> Leases:
    """A holder that has all shards, and one session in each of two of them."""
    leases = Leases(client, OLD, 60_000)
    leases.acquire_all(range(keys.SHARDS))
    lives(client, OLD, 1)
    living_session(client, "alice@example.org", "00first")
    living_session(client, "bob@example.org", "ffsecond")
    return leases


def lives(client: redis.Redis, holder: str, pid: int) -> None:
    """It says so itself, as holders do every quarter of a minute."""
    ProcessRegistry(client).tell(ProcessRecord("holder", "elsewhere", pid, pid, (), "1", (), 0, holder=holder))


def give_back(leases: Leases, *shards: int) -> None:
    for shard in shards:
        leases.release(Lease(shard, 1))


def sessions(client: redis.Redis) -> list[tuple[str, str]]:
    return [(each.grade, each.says) for each in session_findings(client)]


def holders(client: redis.Redis) -> Finding:
    return next(iter(holder_findings(client, [])))


def test_sessions_of_shards_that_are_free_for_a_moment_wait_and_are_not_lost(client, old):
    """A second holder starts: the first gives back sixteen shards at a time, which the second takes when it looks."""
    assert sessions(client) == [(OK_GRADE, "2")]
    give_back(old, 0, 1)
    (count, (grade, said)) = sessions(client)
    assert count == (OK_GRADE, "2")
    assert grade == NOTE_GRADE
    assert "1 wait for a holder to take their shards" in said
    assert holders(client).grade == NOTE_GRADE


def test_sessions_without_any_holder_are_a_failure(client, old):
    give_back(old, *range(keys.SHARDS))
    (_, (grade, said)) = sessions(client)
    assert (grade, said) == (FAIL_GRADE, "2 have no holder")
    assert holders(client).grade == FAIL_GRADE


def test_a_holder_that_has_just_started_is_not_dead(client, old):
    """Doctor has read which processes run before this one said that it does."""
    give_back(old, 0)
    Leases(client, NEW, 60_000).acquire(0)
    assert "dead or cut off: new0new0" in holders(client).says
    lives(client, NEW, 2)
    assert holders(client).grade == OK_GRADE
