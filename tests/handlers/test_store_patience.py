"""Requests wait for a failover of the store: no longer than its first seconds, and not for what no failover mends."""

import time

import gevent
import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import MessageInfo, NewMessage, PollingRequest, Recipient, SendMessageRequest, User
from onesoup.handlers import store_patience
from onesoup.handlers.context import GatewayServices
from onesoup.handlers.store_patience import NO_PATIENCE, StorePatience
from onesoup.store.errors import StoreDown
from tests.handlers.conftest import Phone

AWAY = StoreDown("ConnectionError")
# Longer than any of this takes.
LONG_SECONDS = 60.0


class Store:
    """Works or does not."""

    def __init__(self) -> None:
        self.down, self.looks = True, 0

    def works(self) -> bool:
        self.looks += 1
        if self.down:
            raise StoreDown("NOREPLICAS")
        return True


@pytest.fixture
def store() -> Store:
    return Store()


def waiting(patience: StorePatience, count: int = 1) -> list[gevent.Greenlet]:
    found = [gevent.spawn(patience.wait, AWAY, time.monotonic()) for _ in range(count)]
    gevent.idle()
    return found


def test_all_that_wait_go_on_when_the_store_is_back_and_one_greenlet_looks_for_it(store: Store) -> None:
    patience = StorePatience(store.works, LONG_SECONDS)
    requests = waiting(patience, 20)
    gevent.sleep(3 * store_patience.LOOK_SECONDS)
    assert not any(each.ready() for each in requests)
    assert store.looks < 20
    store.down = False
    gevent.joinall(requests, timeout=LONG_SECONDS)
    assert [each.value for each in requests] == [True] * 20


def test_only_the_first_seconds_of_an_outage_are_waited_for(store: Store) -> None:
    patience = StorePatience(store.works, 0.3)
    assert patience.wait(AWAY, time.monotonic()) is False
    assert patience.wait(AWAY, time.monotonic()) is False  # at once: the outage is old
    store.down = False
    while patience._ends is not None:
        gevent.sleep(0.05)
    store.down, patience._seconds = True, LONG_SECONDS
    (next_one,) = waiting(patience)
    store.down = False
    assert next_one.get(timeout=LONG_SECONDS) is True


def test_a_request_waits_no_longer_than_its_phone_is_promised(store: Store) -> None:
    patience = StorePatience(store.works, LONG_SECONDS)
    assert patience.wait(AWAY, time.monotonic() - LONG_SECONDS) is False


@pytest.mark.parametrize("refusal", ["OOM", "MISCONF", "NOAUTH", "BUSY"])
def test_what_no_failover_mends_is_refused_at_once(refusal: str, store: Store) -> None:
    assert StorePatience(store.works, LONG_SECONDS).wait(StoreDown(refusal), time.monotonic()) is False
    assert store.looks == 0


def test_behind_a_single_server_nobody_waits() -> None:
    assert NO_PATIENCE.wait(AWAY, time.monotonic()) is False


def test_no_more_wait_than_a_worker_has_room_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_patience, "MAX_WAITING_REQUESTS", 2)
    patience = StorePatience(store.works, LONG_SECONDS)
    first, second, third = waiting(patience, 3)
    assert (first.ready(), second.ready(), third.value) == (False, False, False)
    store.down = False
    gevent.joinall([first, second], timeout=LONG_SECONDS)


# --- requests of phones ---

ROMEO = "wv:romeo@example.net"


def breaks(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, *, after: bool = False) -> list[str]:
    """The first call of a method meets an outage; `after` it has done its work. What was called, in the list that is returned."""
    method, calls = getattr(owner, name), []

    def call(*args: object, **more: object) -> object:
        calls.append(name)
        if len(calls) > 1:
            return method(*args, **more)
        if after:
            method(*args, **more)
        raise AWAY

    monkeypatch.setattr(owner, name, call)
    return calls


@pytest.fixture
def patient(services: GatewayServices) -> GatewayServices:
    services.patience = StorePatience(services.sessions.writable, LONG_SECONDS)
    return services


def write_to_romeo(phone: Phone) -> int | None:
    info = MessageInfo(recipient=Recipient(user=[User(user_id=ROMEO)]))
    answer = phone.ask(SendMessageRequest(delivery_report=False, message_info=info, content_data="hello"))
    code: int | None = answer.result.code
    return code


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", ["open", "commit"])
def test_a_message_that_meets_a_failover_is_taken_once(step, after, patient, phone, holder, monkeypatch) -> None:
    """Whether or not the store did the work before it was gone."""
    calls = breaks(monkeypatch, patient.sessions, step, after=after)
    assert write_to_romeo(phone) == 200
    assert calls
    assert [each["body"] for each in holder.ops(phone, "message")] == ["hello"]


def test_a_poll_that_meets_a_failover_brings_the_message(patient, phone, holder, monkeypatch) -> None:
    holder.says(phone.sid, "romeo@example.net", "hello")
    breaks(monkeypatch, patient.inbox, "poll")
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    assert isinstance(reply.transactions[0].content, NewMessage)


def test_a_log_in_that_meets_a_failover_before_it_has_begun_succeeds(patient, new_phone, holder, monkeypatch) -> None:
    breaks(monkeypatch, patient.logins, "claim")
    assert new_phone().log_in("wv:alice@example.org").session_id
    assert len(holder.logins) == 1


def test_without_a_failover_to_wait_for_the_phone_is_told_at_once(services, phone, monkeypatch) -> None:
    assert services.patience is NO_PATIENCE
    breaks(monkeypatch, services.sessions, "open")
    assert write_to_romeo(phone) == 503
