"""The arithmetic of docs/scaling.md, with figures that can be checked by hand."""

from collections import Counter

import pytest

from bench import figures, scaling_plan
from bench.scaling_plan import DAY
from onesoup.store import keys

VALUES = figures.values(figures.load())
NO_PHONE_DOES_ANYTHING = VALUES | {
    "lines": 1.0,
    "polling": 0.0,
    "messages_a_day": 0.0,
    "logins_a_day": 0.0,
    "presence_seconds": 1e12,
    "keepalive_seconds": 1e12,
    "rest": 0.0,
}


def only(**more: float) -> dict[str, float]:
    return NO_PHONE_DOES_ANYTHING | more


def test_phones_that_poll_poll():
    rates = scaling_plan.rates(1000, only(polling=1.0, lines=0.0, poll_seconds=20.0))
    assert rates.empty_polls == 50
    assert rates.carrying == pytest.approx(0, abs=1e-6)


def test_a_message_is_fetched_and_answered_and_one_is_sent():
    lines = scaling_plan.rates(1000, only(messages_a_day=DAY / 1000))
    assert lines.messages == pytest.approx(1)
    assert lines.carrying == pytest.approx(3), "sent, fetched, answered"
    assert lines.wakes == pytest.approx(1)
    polling = scaling_plan.rates(1000, only(polling=1.0, lines=0.0, messages_a_day=DAY / 1000))
    assert polling.carrying == pytest.approx(2), "its poll is one of those that it makes anyway"


def test_a_sleeping_phone_gets_an_sms_for_a_message_and_none_for_presence():
    asleep = scaling_plan.rates(1000, only(lines=0.0, messages_a_day=DAY / 1000, presence_seconds=1000.0))
    assert asleep.sms == pytest.approx(1)
    assert asleep.presence == pytest.approx(1)
    assert asleep.wakes == 0


def test_the_busiest_hour_has_its_multiple_of_messages_and_its_part_of_log_ins():
    values = only(messages_a_day=DAY / 1000, logins_a_day=2.0, busy_messages=4.0, busy_logins=0.2)
    mean, busy = scaling_plan.rates(9000, values), scaling_plan.rates(9000, values, busy=True)
    assert busy.messages == pytest.approx(4 * mean.messages)
    assert busy.logins == pytest.approx(9000 * 2 * 0.2 / 3600)


def test_cores_are_rates_times_costs():
    values = only(polling=1.0, lines=0.0, poll_gateway=0.001, poll_redis=0.0001)
    cores = scaling_plan.cores(20_000, values)
    assert cores["gateway"] == pytest.approx(1.0)
    assert cores["Redis"] == pytest.approx(0.1)
    assert cores["CIR"] == 0


def test_ten_times_the_phones_are_ten_times_the_work():
    small, large = scaling_plan.cores(1000, VALUES), scaling_plan.cores(10_000, VALUES)
    assert large == {role: pytest.approx(10 * cores) for role, cores in small.items()}


@pytest.mark.parametrize("phones", [1000, 100_000, 1_000_000])
def test_a_plan_keeps_its_limits(phones):
    plan = scaling_plan.plan(phones, VALUES)
    assert plan.sessions_a_holder <= VALUES["sessions_a_holder"]
    assert phones * VALUES["lines"] <= plan.line_processes * VALUES["lines_a_process"]
    assert plan.busy["gateway"] <= plan.workers * VALUES["core_share"]
    assert plan.busy["Redis"] <= plan.redis * VALUES["core_share"]
    assert scaling_plan.working_holders(plan.holders) == plan.holders
    ours = sum(plan.memory.values()) - plan.memory["XMPP server"] + plan.memory["Redis"]
    spare = plan.hosts > 1
    assert ours <= (plan.hosts - spare) * VALUES["host_gb"] * VALUES["host_memory_share"]


def test_a_large_installation_has_a_cluster_and_a_small_one_has_none():
    assert scaling_plan.plan(1000, VALUES).redis == 1
    assert scaling_plan.plan(1_000_000, VALUES).redis >= 3


@pytest.mark.parametrize("holders", [1, 2, 3, 7, 20, 64, 65, 100, 128, 129, 200, 255, 256, 300])
def test_holders_that_work_are_those_that_find_a_shard_when_each_takes_its_share(holders):
    left, working = keys.SHARDS, 0
    for _ in range(holders):
        taken = min(scaling_plan.share(holders), left)
        left, working = left - taken, working + (taken > 0)
    assert left == 0
    assert scaling_plan.working_holders(holders) == working


def test_holders_are_a_power_of_two_and_no_more_than_there_are_shards():
    assert [scaling_plan.holders_for(each) for each in (0.1, 2, 3, 20, 64, 65, 200, 1000)] == [2, 2, 4, 32, 64, 128, 256, 256]


def test_a_cluster_of_three_has_a_third_of_the_slots_each():
    places = Counter(scaling_plan.node_of(f"sid{number}", 3) for number in range(6000))
    assert set(places) == {0, 1, 2}
    assert max(places.values()) < 2200
    assert scaling_plan.most_shards_on_a_node(1) == keys.SHARDS
    assert scaling_plan.most_shards_on_a_node(3) >= keys.SHARDS / 3


def test_a_phone_year_is_its_part_of_the_hosts():
    plan = scaling_plan.plan(1000, VALUES)
    year = scaling_plan.phone_year(plan, 3, VALUES | {"host_price": 5000.0})
    assert year.price == 5.0
    assert year.hosts == 3 * plan.hosts
    assert year.memory_kb == pytest.approx((sum(plan.memory.values()) - plan.memory["XMPP server"]) * 1024 * 1024 / 1000)
