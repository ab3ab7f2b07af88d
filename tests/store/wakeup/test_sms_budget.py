"""What SMS may cost, on a real Redis: the attacks that must stay cheap, and what gives a number back its credit."""

import pytest

from onesoup.csp.text.numbers import NUMBER_FROM_NETWORK
from onesoup.store.account.phone_numbers import CodeCheck, PhoneNumbers
from onesoup.store.wakeup.sms_budget import SmsBudget, SmsJobs, SmsLimits, SmsRefusal

NUMBER, JID, GW = "+15550100123", "alice@x", "json"
NOW = 9_999_999_999_999  # the phone was heard after everything that was sent


@pytest.fixture
def budget(client):
    return SmsBudget(client, SmsLimits(gap=0, rate=10_000))


def claims(budget, count, heard=NOW, number=NUMBER, jid=JID):
    """How many of so many messages may go, and why the last one may not."""
    found = [budget.claim(number, jid, GW, f"j{n}", heard) for n in range(count)]
    refused = [each.reason for each in found if isinstance(each, SmsRefusal)]
    return count - len(refused), refused[-1] if refused else ""


def test_a_flood_costs_six_an_hour(budget):
    """However often the phone comes in between."""
    assert claims(budget, 1000) == (6, "hour")


def test_twenty_a_day(client):
    assert claims(SmsBudget(client, SmsLimits(gap=0, per_hour=1000, rate=10_000)), 100) == (20, "day")


def test_the_next_one_waits_for_the_gap(client):
    budget = SmsBudget(client, SmsLimits(gap=300))
    assert budget.claim(NUMBER, JID, GW, "j1", NOW) == 1
    refusal = budget.claim(NUMBER, JID, GW, "j2", NOW)
    assert refusal.reason == "gap"
    assert 290_000 < refusal.ms <= 300_000


def test_a_phone_that_does_not_come_gets_two(budget):
    assert claims(budget, 5, heard=1) == (2, "unanswered")
    assert budget.claim(NUMBER, JID, GW, "j9", NOW) == 3, "it has come"


def test_many_users_of_one_number_share_its_budget(budget):
    """Whoever logs in, and however often, naming one victim."""
    found = [budget.claim(NUMBER, f"user{n}@x", GW, f"j{n}", 1) for n in range(300)]
    assert sum(not isinstance(each, SmsRefusal) for each in found) == 2
    limited = SmsBudget(budget._client, SmsLimits())
    assert isinstance(limited.claim(NUMBER, "user@x", GW, "j", NOW), SmsRefusal)


def test_many_numbers_of_one_user_share_the_users(client):
    budget = SmsBudget(client, SmsLimits(gap=0, user_per_day=5, rate=10_000))
    found = [budget.claim(f"+1555010{n:04}", JID, GW, f"j{n}", NOW) for n in range(10)]
    assert [each.reason for each in found if isinstance(each, SmsRefusal)] == ["user"] * 5


def test_a_day_of_the_gateway(client):
    budget = SmsBudget(client, SmsLimits(gap=0, total_per_day=3, rate=10_000))
    found = [budget.claim(f"+1555010{n:04}", f"u{n}@x", GW, f"j{n}", NOW) for n in range(5)]
    assert found[:3] == [1, 2, 3]
    assert [each.reason for each in found[3:]] == ["total"] * 2
    # What the gateway's day has no room for costs neither the number nor its user anything.
    client.delete(f"cir:smsday:{GW}")
    assert budget.claim("+15550100004", "u4@x", GW, "j4", NOW) == 1


def test_so_many_a_second(client):
    budget = SmsBudget(client, SmsLimits(gap=0, rate=2))
    found = [budget.claim(f"+1555010{n:04}", f"u{n}@x", GW, f"j{n}", NOW) for n in range(4)]
    assert [each.reason for each in found if isinstance(each, SmsRefusal)] == ["rate"] * 2
    assert 0 < found[-1].ms <= 1000


def test_what_was_not_taken_is_given_back(budget):
    for n in range(20):
        assert not isinstance(budget.claim(NUMBER, JID, GW, f"j{n}", 1), SmsRefusal)
        budget.refund(NUMBER, JID, GW, f"j{n}")
    assert claims(budget, 10) == (6, "hour")


def test_a_code_for_a_person_does_not_count_as_a_wake(budget):
    assert [budget.claim(NUMBER, JID, GW, f"j{n}", None) for n in range(3)] == [1, 2, 3]
    assert budget.claim(NUMBER, JID, GW, "wake", 1) == 4


# --- reports ---


def test_a_report_moves_a_job_only_forward(client):
    jobs = SmsJobs(client)
    assert jobs.start("c1", NUMBER)
    assert not jobs.start("c1", NUMBER), "the same job is never sent twice"
    assert [jobs.report("c1", state) for state in ("accepted", "delivered", "delivered", "accepted")] == [
        "new",
        "new",
        "old",
        "old",
    ]
    assert jobs.state("c1") == "delivered"
    assert jobs.report("c2", "delivered") == "unknown"


def test_three_failures_in_a_row_suspend_the_number(client, budget):
    jobs = SmsJobs(client)
    for n, state in enumerate(("failed", "failed", "delivered", "failed", "refused")):
        jobs.start(f"c{n}", NUMBER)
        jobs.report(f"c{n}", state)
    assert not isinstance(budget.claim(NUMBER, JID, GW, "j1", NOW), SmsRefusal)
    jobs.start("c9", NUMBER)
    jobs.report("c9", "failed")
    assert budget.claim(NUMBER, JID, GW, "j2", NOW) == SmsRefusal("suspended", None)


def test_a_job_is_found_by_the_gateways_id(client):
    jobs = SmsJobs(client)
    jobs.start("c1", NUMBER)
    jobs.name("c1", "smpp", "1A")
    assert jobs.named("smpp", ("26", "1a", "38")) == "c1"
    assert jobs.named("smpp", ("27",)) == ""
    assert jobs.named("json", ("1a",)) == ""


# --- numbers and codes ---


@pytest.fixture
def numbers(client):
    return PhoneNumbers(client)


def test_numbers_of_an_account_the_latest_first(numbers):
    for at in range(10):
        numbers.learn(JID, f"+1555010000{at}", NUMBER_FROM_NETWORK, now=at)
    assert numbers.of(JID)[:2] == ["+15550100009", "+15550100008"]
    assert len(numbers.of(JID)) == 8
    assert numbers.of("bob@x") == []
    assert numbers.forget(JID, "+15550100009")
    assert numbers.of(JID)[0] == "+15550100008"


def test_a_code_is_right_once(numbers):
    assert numbers.issue(JID, NUMBER, "123456")
    assert numbers.check(JID, "654321") == (CodeCheck.WRONG, "")
    assert numbers.check("bob@x", "123456") == (CodeCheck.OVER, "")
    assert numbers.check(JID, " 123456 ") == (CodeCheck.RIGHT, NUMBER)
    assert numbers.check(JID, "123456") == (CodeCheck.OVER, "")


def test_a_code_is_not_guessed(numbers):
    numbers.issue(JID, NUMBER, "123456")
    assert [numbers.check(JID, "000000")[0] for _ in range(5)] == [CodeCheck.WRONG] * 5
    assert numbers.check(JID, "123456") == (CodeCheck.OVER, "")


def test_codes_for_one_number_are_few_whoever_asks(numbers):
    assert sum(numbers.issue(f"u{n}@x", NUMBER, "1") for n in range(200)) == 3


def test_codes_of_one_account_are_few_whatever_the_number(numbers):
    assert sum(numbers.issue(JID, f"+1555010{n:04}", "1") for n in range(20)) == 3


def test_a_stranger_alone_does_not_use_up_what_a_number_may_get(numbers):
    """Of three codes a day one account may have two sent to the same number; what it is refused does not count."""
    assert sum(numbers.issue("mallory@x", NUMBER, "1") for _ in range(100)) == 2
    assert numbers.issue(JID, NUMBER, "1")


def test_what_an_account_may_not_ask_for_does_not_count_for_the_number(numbers):
    for number in range(3):
        assert numbers.issue("mallory@x", f"+1555019000{number}", "1")
    assert not any(numbers.issue("mallory@x", NUMBER, "1") for _ in range(10))
    assert [numbers.issue(JID, NUMBER, "1"), numbers.issue(JID, NUMBER, "1")] == [True, True]


def test_what_a_number_may_not_get_does_not_count_for_the_account(numbers):
    for user in range(3):
        assert numbers.issue(f"u{user}@x", NUMBER, "1")
    assert not any(numbers.issue(JID, NUMBER, "1") for _ in range(10))
    assert numbers.check(JID, "1") == (CodeCheck.OVER, ""), "and no code waits that nobody was sent"
    assert sum(numbers.issue(JID, f"+1555019000{number}", "1") for number in range(5)) == 3


def test_a_code_that_was_not_sent_is_given_back(numbers):
    for _ in range(10):
        assert numbers.issue(JID, NUMBER, "123456")
        numbers.take_back(JID, NUMBER)
        assert numbers.check(JID, "123456") == (CodeCheck.OVER, "")
    assert [numbers.issue(JID, NUMBER, "1") for _ in range(3)] == [True, True, False]


def test_a_message_with_a_code_is_handed_out_once(numbers, listen):
    heard = listen("cir:news")
    numbers.send(b"record")
    assert heard() == [b"code"]
    assert (numbers.next_to_send(), numbers.next_to_send()) == (b"record", None)
