"""A server with one fault fails exactly the cases that are about it. The faults run side by side, with people of their own."""

from collections.abc import Iterator

import gevent
import gevent.pool
import pytest

from onesoup.demo.stack import Stack
from onesoup.spec.case import Outcome
from onesoup.spec.levels import level_states
from onesoup.spec.run import SpecPlan, SpecReport, chosen_cases, run_spec
from onesoup.spec.scene import SpecAccount
from tests.spec.faults import FAULTS, FaultyServer, not_found
from tests.spec.wrong_server import WrongServer, served
from tests.support.peer import Peers
from tests.support.world import World

SIDE_BY_SIDE = 5


def reported(url: str, faulty: FaultyServer, pair: tuple[SpecAccount, SpecAccount]) -> SpecReport:
    """What the runner finds at a server with this fault."""
    with served(WrongServer(url, faulty.spoil, faulty.before)) as wrong:
        cases = chosen_cases(faulty.cases.split())
        return run_spec(SpecPlan(wrong, [pair], [faulty.version], [faulty.encoding], cases, 240.0, patience=60.0))


@pytest.fixture(scope="module")
def world_of_faults(stack: Stack, peers: Peers) -> Iterator[World]:
    here = World(stack, peers)
    yield here
    here.close()


def two_people(world: World) -> tuple[SpecAccount, SpecAccount]:
    alice, bob = world.cast("alice", "bob", strangers=True)
    return SpecAccount(alice.jid, alice.password), SpecAccount(bob.jid, bob.password)


@pytest.fixture(scope="module")
def reports(world_of_faults: World) -> dict[str, SpecReport]:
    people = {name: two_people(world_of_faults) for name in FAULTS}
    pool = gevent.pool.Pool(SIDE_BY_SIDE)
    jobs = {name: pool.spawn(reported, world_of_faults.stack.url, each, people[name]) for name, each in FAULTS.items()}
    found = {name: job.get() for name, job in jobs.items()}
    for name, report in found.items():
        # Five at once, beside the rest of the suite, may have been too much: such a one gets a second try, alone.
        if set(failed(report)) != set(FAULTS[name].fails):
            found[name] = reported(world_of_faults.stack.url, FAULTS[name], two_people(world_of_faults))
    return found


def failed(report: SpecReport) -> dict[str, str]:
    """Case -> why."""
    return {each.case.id: each.reason for each in report.results if each.outcome is not Outcome.PASSED}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fails_its_cases_and_no_other(name: str, reports: dict[str, SpecReport]) -> None:
    assert set(failed(reports[name])) == set(FAULTS[name].fails), failed(reports[name])


def test_a_server_that_knows_no_such_page_reaches_no_level(world_of_faults: World) -> None:
    faulty = FaultyServer(not_found, (), cases="transport session.login lists.get messages.send")
    report = reported(world_of_faults.stack.url, faulty, two_people(world_of_faults))
    assert {each.outcome for each in report.results} == {Outcome.FAILED}
    assert not any(each.reached for each in level_states(report.results))
    assert "404" in report.results[0].reason
