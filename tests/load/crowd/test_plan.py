"""Which phones a process has, whom they know and how they are called."""

from collections import Counter

from onesoup.load.crowd.plan import CrowdPlan

PLAN = {
    "name": "crowd-1",
    "url": "http://127.0.0.1:8080/",
    "stcp": None,
    "domains": ["one.test", "two.test"],
    "phones": [100, 199],
    "total": 1000,
    "password": "secret",
    "ledger": "ledger.jsonl",
}


def plan(**more: object) -> CrowdPlan:
    return CrowdPlan.from_json(PLAN | more)


def test_each_domain_has_a_run_of_numbers() -> None:
    assert [plan().jid(number) for number in (0, 499, 500, 999)] == [
        *("p0@one.test", "p499@one.test"),
        *("p500@two.test", "p999@two.test"),
    ]
    assert list(plan().numbers) == list(range(100, 200))


def test_contacts_are_the_neighbours_and_mutual() -> None:
    found = plan()
    assert found.contacts(0) == [*range(1, 11), *range(990, 1000)]
    assert all(number in found.contacts(each) for number in (0, 7, 999) for each in found.contacts(number))
    assert plan(total=4).contacts(0) == [1, 2, 3]


def test_any_process_has_its_share_of_each_bearer() -> None:
    for first in (0, 5000, 12345):
        counts = Counter(plan().bearer(number) for number in range(first, first + 600))
        assert abs(counts["stcp"] - 300) < 10
        assert abs(counts["poll"] - 200) < 10
        assert abs(counts["sms"] - 100) < 10
    assert {plan(bearers={"sms": 1.0}).bearer(number) for number in range(100)} == {"sms"}


def test_xmpp_friends_have_their_servers() -> None:
    found = plan(xmpp={"servers": {"one.test": ["127.0.0.1", 5222]}, "ca": "ca.pem", "friends": ["f0@one.test"]}).xmpp
    assert found is not None
    assert (found.servers, found.jids, found.password) == ({"one.test": ("127.0.0.1", 5222)}, ("f0@one.test",), "secret")
