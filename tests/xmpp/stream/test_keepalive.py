"""Which streams are asked for a sign of life, and which are given up: a rule over time, without a socket."""

import random
from dataclasses import dataclass, field

import pytest

from onesoup.xmpp.stream.keepalive import (
    MAX_PROBES_A_TURN,
    OWED_ANSWER_SECONDS,
    QUIET_STREAM_SECONDS,
    SERVER_PROBE_SECONDS,
    SILENT_STREAM_SECONDS,
    Watch,
)


@dataclass(eq=False)
class Line:
    """A stream. A frozen one hears nothing any more."""

    target: object = "server"
    frozen: bool = False
    open: bool = True
    heard: float = 0.0
    asked: list[float] = field(default_factory=list)


class World:
    """Time that is told, and servers that answer within a tenth of a second."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.watch = Watch(random.Random(7).random)
        self.lines: list[Line] = []
        self.silent: dict[Line, float] = {}
        self.turns = 0

    def add(self, count: int, target: object = "server") -> list[Line]:
        made = [Line(target, heard=self.now) for _ in range(count)]
        for line in made:
            self.watch.add(line, self.now)
        self.lines += made
        return made

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += 1.0
            if self.now < self.watch.next():
                continue
            self.turns += 1
            turn = self.watch.turn(self.now)
            for line in turn.silent:
                self.silent[line] = self.now
                line.open = False
                self.watch.remove(line)
            for line in turn.ask:
                line.asked.append(self.now)
                if not line.frozen:
                    line.heard = self.now + 0.1

    @property
    def asked(self) -> int:
        return sum(len(line.asked) for line in self.lines)


@pytest.fixture
def world():
    return World()


def test_one_stream_is_asked_for_all(world):
    world.add(20)
    world.run(600)
    assert 600 / (SERVER_PROBE_SECONDS + 2) <= world.asked <= 600 / SERVER_PROBE_SECONDS
    assert not world.silent


def test_everybody_has_a_turn_and_an_idle_stream_costs_a_question_an_hour(world):
    world.add(1000)
    world.run(QUIET_STREAM_SECONDS + 60)
    assert all(line.asked for line in world.lines)
    asked = world.asked
    world.run(3600)
    assert (world.asked - asked) / 1000 == pytest.approx(3600 / QUIET_STREAM_SECONDS, rel=0.1)


def test_a_turn_comes_only_when_there_is_something_to_do(world):
    world.add(20)
    told = []
    world.watch.told = told.append
    world.run(600)
    assert world.turns <= 3 * 600 / SERVER_PROBE_SECONDS
    world.watch.expect(world.lines[3], world.now)
    assert min(told[-1], world.watch.next()) <= world.now + OWED_ANSWER_SECONDS


def test_streams_that_come_together_are_not_asked_together(world):
    world.add(1000)
    counts = []
    for _ in range(12):
        before = world.asked
        world.run(QUIET_STREAM_SECONDS / 12)
        counts.append(world.asked - before)
    assert max(counts) < 2 * min(counts)


@pytest.mark.parametrize("count", [1, 2, 50, 5000])
def test_a_server_that_falls_silent_is_found_out_within_a_minute_on_all_streams(world, count):
    lines = world.add(count)
    world.run(700)
    for line in lines:
        line.frozen = True
    since = world.now
    world.run(120)
    assert set(world.silent) == set(lines)
    assert max(world.silent.values()) - since <= 60


def test_no_turn_asks_more_than_its_pace(world):
    for line in world.add(3 * MAX_PROBES_A_TURN):
        line.frozen = True
    most = 0
    for _ in range(60):
        before = world.asked
        world.run(1)
        most = max(most, world.asked - before)
    assert 0 < most <= MAX_PROBES_A_TURN


def test_one_frozen_stream_among_many_is_found_in_its_turn_and_harms_nobody(world):
    lines = world.add(200)
    world.run(700)
    lines[17].frozen = True
    since = world.now
    world.run(QUIET_STREAM_SECONDS + 60)
    assert list(world.silent) == [lines[17]]
    assert world.silent[lines[17]] - since <= QUIET_STREAM_SECONDS + 30


def test_it_is_found_sooner_when_something_was_asked_on_it(world):
    lines = world.add(200)
    world.run(300)
    lines[17].frozen = True
    world.watch.expect(lines[17], world.now)
    world.watch.expect(lines[18], world.now)
    lines[18].heard = world.now + 0.1
    since = world.now
    world.run(45)
    assert list(world.silent) == [lines[17]]
    assert world.silent[lines[17]] - since <= OWED_ANSWER_SECONDS + SILENT_STREAM_SECONDS + 3


def test_a_dead_machine_behind_the_address_takes_its_streams_and_no_others(world):
    lines = world.add(300)
    world.run(700)
    for line in lines[::2]:
        line.frozen = True
    since = world.now
    world.run(120)
    assert set(world.silent) == set(lines[::2])
    assert max(world.silent.values()) - since <= 90


def test_a_silent_server_does_not_trouble_another(world):
    here, there = world.add(20, "a"), world.add(20, "b")
    for line in here:
        line.frozen = True
    world.run(100)
    assert set(world.silent) == set(here)
    assert all(line.open for line in there)


def test_a_slow_server_is_waited_for(world):
    lines = world.add(20)
    world.run(300)
    for line in lines:
        line.frozen = True
    while not any(line.asked and line.asked[-1] > line.heard for line in lines):
        world.run(1)
    world.run(SILENT_STREAM_SECONDS - 3)
    for line in lines:
        line.frozen, line.heard = False, world.now
    world.run(100)
    assert not world.silent


def test_nobody_is_given_up_when_it_is_us_who_were_away(world):
    lines = world.add(20)
    world.run(300)
    for line in lines:
        line.frozen = True
    while not any(line.asked and line.asked[-1] > line.heard for line in lines):
        world.run(1)
    world.now += 60  # stopped, with the answers in the socket
    world.run(1)
    for line in lines:
        line.frozen, line.heard = False, world.now
    world.run(100)
    assert not world.silent


def test_a_stream_that_talks_is_not_asked(world):
    talker, *_ = world.add(40)
    world.run(QUIET_STREAM_SECONDS + 60)
    asked = len(talker.asked)
    for _ in range(400):
        talker.heard = world.now
        world.run(9)
    assert len(talker.asked) == asked


def test_nothing_is_kept_of_streams_that_end(world):
    for _ in range(30):
        for line in world.add(MAX_PROBES_A_TURN):
            line.open = False
            world.watch.remove(line)
    assert len(world.watch) == 0
    assert len(world.watch._targets["server"]._heap) <= 2 * MAX_PROBES_A_TURN
    world.run(60)
    assert not world.asked
    assert not world.watch._targets
