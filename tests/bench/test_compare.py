"""What `make bench-compare` says of the rounds of two commits."""

import json
from dataclasses import asdict

import pytest

from bench.compare import Change, changes, read, text
from bench.report import Figure, Spread

QUIET = (100.0, 101.0, 99.0, 100.0, 102.0)


def change(base: tuple[float, ...], this: tuple[float, ...], name: str = "cost") -> Change:
    return Change("poll", name, "us", base, this)


@pytest.mark.parametrize(
    ("this", "moved"),
    [
        ((90.0, 91.0, 89.0, 90.0, 92.0), True),
        ((110.0, 111.0, 109.0, 110.0, 112.0), True),
        ((103.0, 104.0, 103.5, 103.0, 104.0), False),  # apart, and less than 5 %
        ((90.0, 91.0, 99.5, 90.0, 92.0), False),  # one round lies among those of the base
        (QUIET, False),
    ],
)
def test_a_figure_has_moved_when_its_ranges_are_apart_and_its_medians_differ_by_a_twentieth(this, moved):
    assert change(QUIET, this).moved is moved


def test_nothing_that_stays_nothing_has_not_moved_and_something_from_nothing_has():
    assert change((0.0,), (0.0,)).moved is False
    assert change((0.0, 0.0), (1.0, 2.0)).moved is True


def test_an_anchored_figure_is_compared_by_its_ratio():
    anchored = Figure("poll", "cost", "us", Spread.once(265), Spread.once(248), "us, ceiling", Spread.once(1.07))
    plain = Figure("poll", "p50", "ms", Spread.once(3.7))
    written = json.dumps({"figures": [asdict(anchored), asdict(plain)]})
    assert read(written) == {("poll", "cost", "us, ceiling"): ("x ceiling", 1.07), ("poll", "p50", ""): ("ms", 3.7)}


def test_a_figure_that_a_round_lacks_is_left_out():
    less = {("poll", "cost", ""): ("us", 1.0)}
    more = {**less, ("poll", "p50", ""): ("ms", 2.0)}
    assert [each.name for each in changes([more, more], [more, less])] == ["cost"]


def test_what_is_printed_fits_a_terminal_and_names_what_moved_first():
    long = "CPU a TLS log-in with its end, SASL2 and Bind 2 over direct TLS, beside the bare handshake"
    some = [change(QUIET, QUIET), change(QUIET, tuple(each / 2 for each in QUIET), long)]
    shown = text(some, "fcbdf1a7", 5)
    assert max(map(len, shown.splitlines())) <= 80
    places = [shown.index(words) for words in ("MOVED", "the bare handshake", "not beyond noise", "poll: cost")]
    assert places == sorted(places)
    assert "-50.0%" in shown
    assert "1 of 2 figures moved" in shown


def test_a_figure_beside_two_anchors_is_two():
    both = [Figure("codec", "cost", "us", Spread.once(5), Spread.once(4), name, Spread.once(1.25)) for name in ("one", "another")]
    assert len(read(json.dumps({"figures": [asdict(each) for each in both]}))) == 2
