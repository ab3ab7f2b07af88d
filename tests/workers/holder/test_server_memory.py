"""What a holder remembers of servers, and how fast it comes back to them. No sockets, no sleeping."""

import pytest
from structlog.testing import capture_logs

from onesoup.store.errors import StoreDown
from workers.holder.server_memory import MECHANISM_FRESH_SECONDS, ConnectPace, SaslMechanismMemory


class Store:
    def __init__(self):
        self.kept, self.down, self.asked = {}, False, 0

    def mechanism(self, domain):
        self.asked += 1
        if self.down:
            raise StoreDown("away")
        return self.kept.get(domain, "")

    def remember(self, domain, name):
        if self.down:
            raise StoreDown("away")
        self.kept[domain] = name


@pytest.fixture
def store():
    return Store()


def test_all_holders_know_what_worked_for_one(store):
    SaslMechanismMemory(store).worked("x.example", "SCRAM-SHA-256")
    assert SaslMechanismMemory(store).best("x.example") == "SCRAM-SHA-256"
    assert SaslMechanismMemory(store).best("y.example") == ""


def test_redis_is_asked_once_in_a_while(store):
    now = [0.0]
    known = SaslMechanismMemory(store, lambda: now[0])
    for _ in range(5):
        known.best("x.example")
        known.worked("x.example", "PLAIN")
    assert store.asked <= 2
    now[0] = MECHANISM_FRESH_SECONDS + 1
    asked = store.asked
    known.best("x.example")
    assert store.asked == asked + 1


def test_weaker_is_logged_once_and_stronger_not_at_all(store):
    known = SaslMechanismMemory(store)
    with capture_logs() as logged:
        for name in ("SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "SCRAM-SHA-1"):
            known.worked("x.example", name)
    assert [(each["event"], each["before"], each["now"]) for each in logged] == [
        ("sasl-weaker", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1")
    ]


def test_without_redis_the_process_knows_what_it_has_seen(store):
    store.down = True
    known = SaslMechanismMemory(store)
    known.worked("x.example", "SCRAM-SHA-1")
    assert known.best("x.example") == "SCRAM-SHA-1"
    assert known.best("y.example") == ""


def test_the_pace_is_so_many_a_second_for_each_domain():
    pace = ConnectPace(20)
    assert [round(pace.wait("x", 100.0), 3) for _ in range(4)] == [0.0, 0.05, 0.1, 0.15]
    assert pace.wait("y", 100.0) == 0.0
    assert pace.wait("x", 200.0) == 0.0
