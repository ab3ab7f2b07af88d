"""Taking hosts out of service, as commands and the console call it."""

from dataclasses import replace

import pytest

from onesoup.operators.drains import begin_drain, drain_states, end_drain, host_states, lost_without
from onesoup.operators.operator import OperatorError
from onesoup.store.audit import AuditLog
from onesoup.store.drains import Drain, Drains
from onesoup.store.processes import ProcessRecord, ProcessRegistry

HOLDER = ProcessRecord("holder", "one", 12, 12, ("127.0.0.1", "9472"), "1.0", (), 1)
ROLES = ("web", "holder", "cir")


def run(operator, *hosts):
    registry = ProcessRegistry(operator.client)
    for host in hosts:
        for number, role in enumerate(ROLES):
            registry.tell(replace(HOLDER, role=role, host=host, pid=10 + number, unit=10 + number))
    return registry


def test_a_host_that_nobody_knows_is_refused(operator):
    with pytest.raises(OperatorError, match="runs on one"):
        begin_drain(operator, "one")
    run(operator, "two", "three")
    with pytest.raises(OperatorError, match="there are three, two"):
        begin_drain(operator, "one")


def test_the_only_host_of_a_role_needs_force_and_says_what_will_be_missing(operator):
    registry = run(operator, "one")
    registry.tell(replace(HOLDER, role="web", host="two", pid=5, unit=5))
    with pytest.raises(OperatorError) as refused:
        begin_drain(operator, "one")
    assert "the last holder: nobody can log in" in str(refused.value)
    assert "the last cir: no phone is woken" in str(refused.value)
    assert "web" not in str(refused.value)
    assert AuditLog(operator.client).last(5) == []
    assert begin_drain(operator, "one", force=True)
    assert AuditLog(operator.client).last(5)[0].more == "force=True"


def test_a_host_whose_others_drain_already_is_the_only_one(operator):
    run(operator, "one", "two")
    assert begin_drain(operator, "one")
    with pytest.raises(OperatorError, match="two has the last web"):
        begin_drain(operator, "two")
    assert not begin_drain(operator, "one"), "a second call begins nothing"
    end_drain(operator, "one")
    assert begin_drain(operator, "two")
    assert [(each.what, each.whom) for each in AuditLog(operator.client).last(5)] == [
        ("drain", "two"),
        ("drain end", "one"),
        ("drain", "one"),
    ]


def test_what_is_left_is_seen_until_nothing_is(operator):
    registry = run(operator, "one", "two")
    begin_drain(operator, "one")
    (state,) = drain_states(operator)
    assert not state.done
    assert state.said == "one: cir 12: has not begun; holder 11: has not begun"
    registry.tell(replace(HOLDER, role="holder", pid=11, unit=11, left=12, had=64))
    registry.tell(replace(HOLDER, role="cir", pid=12, unit=12, left=0, had=7))
    (state,) = drain_states(operator)
    assert (state.done, state.said) == (False, "one: holder 11: 12 of 64 shards left")
    registry.tell(replace(HOLDER, role="holder", pid=11, unit=11, left=0, had=64))
    (state,) = drain_states(operator)
    assert (state.done, state.said) == (True, "one: nothing is left, it may be stopped")
    end_drain(operator, "one")
    assert drain_states(operator) == []
    with pytest.raises(OperatorError, match="does not drain"):
        end_drain(operator, "one")


def test_a_drain_of_a_host_that_is_gone_is_still_there(operator):
    registry = run(operator, "one", "two")
    begin_drain(operator, "one")
    for number, role in enumerate(ROLES):
        registry.leave(replace(HOLDER, role=role, pid=10 + number, unit=10 + number))
    assert drain_states(operator)[0].said == "one: drains, and no process runs there"


def test_every_host_is_listed_in_service_or_not(operator):
    run(operator, "two", "one")
    begin_drain(operator, "one")
    Drains(operator.client).begin(Drain("gone", "root@one", 1))
    found = [(each.host, each.processes, each.state is not None) for each in host_states(operator)]
    processes = ("cir 12", "holder 11", "web 10")
    assert found == [("gone", (), True), ("one", processes, True), ("two", processes, False)]
    assert [each.partition(":")[0] for each in lost_without(operator, "two")] == [f"two has the last {role}" for role in ROLES]
    assert lost_without(operator, "gone") == []
