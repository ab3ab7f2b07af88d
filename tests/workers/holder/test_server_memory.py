"""What a holder remembers of servers, and how fast it comes back to them. No sockets, no sleeping."""

import pytest
from structlog.testing import capture_logs

from onesoup.store.errors import StoreDown
from onesoup.xmpp.stream import StreamFailure
from workers.holder.server_memory import (
    MECHANISM_FRESH_SECONDS,
    SAME_AGAIN_SECONDS,
    ConnectPace,
    SaslMechanismMemory,
    ServerHealth,
)


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


class States:
    """What was noted of servers."""

    def __init__(self):
        self.noted, self.down = [], False

    def note(self, domain, now, kind="", condition=""):
        if self.down:
            raise StoreDown("away")
        self.noted.append((domain, kind, condition))


def test_the_state_of_a_server_is_noted_when_it_changes_and_else_seldom():
    now, states = [100.0], States()
    health = ServerHealth(states, {"x.example"}.__contains__, lambda: now[0])
    away = StreamFailure("refused", "refused")
    for failure in (
        None,
        None,
        StreamFailure("bind", "conflict"),
        away,
        StreamFailure("store"),
        away,
        StreamFailure("tls", "certificate"),
        StreamFailure("auth", "not-authorized"),
        None,
    ):
        health.tried("x.example", failure)
    assert [kind for _, kind, _ in states.noted] == ["", "refused", "tls", ""]
    now[0] += SAME_AGAIN_SECONDS
    health.tried("x.example", None)
    assert len(states.noted) == 5
    health.tried("strangers.example", away)
    assert len(states.noted) == 5


def test_a_state_that_redis_does_not_take_is_noted_with_the_next_try():
    states = States()
    health = ServerHealth(states, lambda _: True, lambda: 100.0)
    states.down = True
    health.tried("x.example", None)
    states.down = False
    health.tried("x.example", None)
    assert len(states.noted) == 1
