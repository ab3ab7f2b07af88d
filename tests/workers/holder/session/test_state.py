"""The phases of a session: TRANSITIONS is what is allowed, and nothing else."""

import itertools

import pytest

from onesoup.csp.session import Session
from workers.holder.session.state import TRANSITIONS, Phase, SessionState, WrongPhase

PAIRS = list(itertools.product(Phase, Phase))


def state(phase=Phase.OPENING):
    session = Session("alice@example.org", "wv:alice", "1.2", "phone", ttl=600)
    return SessionState("s", session, fence=1, shard=0, phase=phase)


def test_each_phase_has_a_row():
    assert set(TRANSITIONS) == set(Phase)


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair[1] in TRANSITIONS[pair[0]]])
def test_an_allowed_transition(before, after):
    made = state(before)
    made.enter(after)
    assert made.phase is after


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair[1] not in TRANSITIONS[pair[0]]])
def test_a_transition_that_is_not_allowed(before, after):
    made = state(before)
    with pytest.raises(WrongPhase):
        made.enter(after)
    assert made.phase is before


def test_every_phase_can_be_reached_and_the_session_can_end_from_each():
    reached = {Phase.OPENING}
    while more := set().union(*(TRANSITIONS[each] for each in reached)) - reached:
        reached |= more
    assert reached == set(Phase)
    over = {Phase.ENDED, Phase.RELEASED}
    assert all(TRANSITIONS[each] & (over | {Phase.ENDING}) for each in Phase if each not in over)


@pytest.mark.parametrize("phase", [Phase.OPENING, Phase.LIVE])
def test_a_session_that_is_not_closing(phase):
    assert not state(phase).closing


@pytest.mark.parametrize("phase", [Phase.ENDING, Phase.ENDED, Phase.RELEASED])
def test_a_session_that_is_closing(phase):
    assert state(phase).closing


def test_a_session_stays_recorded_once_it_has_been_live():
    made = state()
    assert not made.recorded
    for phase in (Phase.LIVE, Phase.ENDING, Phase.ENDED):
        made.enter(phase)
        assert made.recorded


def test_a_session_that_was_never_live_is_not_recorded():
    made = state()
    made.enter(Phase.RELEASED)
    assert not made.recorded
