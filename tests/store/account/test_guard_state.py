"""What operators see of the limits against guessing, and how they let somebody in again."""

import pytest

from onesoup.store.account.guard_state import GuardState
from onesoup.store.account.login_limits import LoginLimits, LoginPolicy, LoginTicket

POLICY = LoginPolicy(at_server=6, of_address=3, own=frozenset({"ours"}))
ALICE = "alice@x"


@pytest.fixture
def limits(client) -> LoginLimits:
    return LoginLimits(client, POLICY)


@pytest.fixture
def state(client) -> GuardState:
    return GuardState(client, POLICY)


def refuse(limits: LoginLimits, slot: str, address: str, account: str = ALICE) -> int:
    """One wrong password; what the limits said before it."""
    ticket = LoginTicket(account, "x", f"digest-{slot}", "abroad", address, slot)
    free = limits.reserve(ticket)
    if free == 1:
        limits.settle(ticket, 409)
    return free


def test_a_domain_is_open_then_closed_for_one_address_then_for_all(limits, state):
    assert (state.domain("x").failures, state.domain("x").limit, state.domain("x").closed) == (0, 6, False)
    for number in range(4):
        assert refuse(limits, f"a{number}", "a1") == 1
    (one,) = state.addresses_at("x")
    assert (one.name, one.failures, one.limit, one.closed) == ("a1 x", 4, 4, True)
    assert not state.domain("x").closed
    assert refuse(limits, "a4", "a1") == -1
    for number in range(2):
        assert refuse(limits, f"b{number}", "b2") == 1
    found = state.domain("x")
    assert (found.failures, found.closed) == (6, True)
    assert 3500 < found.wait <= 3600
    assert found.wait == pytest.approx(limits.server_wait("x", "c3"), abs=5)
    assert one.wait == pytest.approx(limits.server_wait("x", "a1"), abs=5)
    assert state.domains() == ["x"]


def test_a_log_in_that_is_not_settled_is_no_failure(limits, state):
    limits.reserve(LoginTicket(ALICE, "x", "digest", "home", "a1", "slot"))
    assert (state.domain("x").failures, state.addresses_at("x")) == (0, [])


def test_a_domain_is_let_in_again(limits, state):
    for number in range(6):
        refuse(limits, f"s{number}", f"a{number}")
    assert refuse(limits, "late", "b2") == -1
    assert state.clear_domain("x")
    assert not state.clear_domain("x")
    assert refuse(limits, "late", "b2") == 1


def test_an_address_is_let_in_again_everywhere_and_no_other_with_it(limits, state):
    for number in range(4):
        refuse(limits, f"a{number}", "a1", f"user{number}@x")
    refuse(limits, "b", "a12")
    assert (state.address("a1").failures, state.address("a1").closed, state.address("a12").closed) == (4, True, False)
    assert [each.name for each in state.addresses()] == ["a1", "a12"]
    assert state.clear_address("a1")
    assert not state.clear_address("a1")
    assert not limits.banned("a1")
    assert [each.name for each in state.addresses_at("x")] == ["a12 x"]
    assert refuse(limits, "again", "a1") == 1


def test_an_account_is_let_in_again(limits, state):
    for _ in range(5):
        limits.failed(ALICE, "abroad", "a1")
    found = state.account(ALICE)
    assert (found.failures, found.closed) == (5, True)
    assert 10 < found.wait <= 15
    assert [each.name for each in state.accounts()] == [ALICE]
    assert state.clear_account(ALICE)
    assert limits.enter(ALICE, "abroad").wait == 0
    assert not state.account(ALICE).closed


def test_a_server_of_one_s_own_has_no_limit(state, limits):
    assert (state.domain("ours").limit, state.addresses_at("ours")) == (0, [])
    assert (limits.policy.limit_at("ours"), limits.policy.share_at("ours"), limits.policy.limit_at("x")) == (0, 0, 6)
    assert limits.server_wait("ours", "a1") == 0
