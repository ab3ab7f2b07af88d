"""Segments in any order, cut anywhere, sent again: the bytes are the same."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from onesoup.captures.reading import read_capture
from tests.captures.packets import PHONE, SERVER, SYN, frame, ok, pcap, post
from tests.wire.vectors import GOOD

BODIES = [GOOD[0].octets, GOOD[1].octets, b"", GOOD[2].octets]
SAID = {True: post(BODIES[0]) + post(BODIES[1]), False: ok(BODIES[2]) + ok(BODIES[3])}


@st.composite
def recordings(draw: st.DrawFn) -> list[bytes]:
    """Both directions, cut at any places, some pieces again and overlapping, all of it shuffled."""
    frames = []
    for phone, data in SAID.items():
        ends = (PHONE, SERVER) if phone else (SERVER, PHONE)
        first = draw(st.sampled_from([0, 7, 2**31 - 50, 2**32 - 60, 2**32 - 1]))
        cuts = sorted({0, len(data), *draw(st.lists(st.integers(0, len(data)), max_size=8))})
        ranges = list(pairwise(cuts))
        ranges += [tuple(sorted(pair)) for pair in draw(st.lists(st.tuples(*[st.integers(0, len(data))] * 2), max_size=4))]
        if draw(st.booleans()):
            frames.append(frame(*ends, first - 1, flags=SYN))
        frames += [frame(*ends, first + start, data[start:end]) for start, end in ranges]
    return draw(st.permutations(frames))


@given(recordings())
def test_any_order_and_splitting_gives_the_same_bodies(frames):
    told: list[str] = []
    found = list(read_capture(pcap(frames), "x", told.append))
    assert not told
    for direction, bodies in (("request", BODIES[:2]), ("response", BODIES[2:])):
        assert [body.data for body in found if body.direction.value == direction] == bodies


@given(st.integers(1, 40), st.data())
def test_a_segment_that_is_missing_is_told_and_no_body_is_wrong(size, data):
    said = SAID[True]
    frames = [frame(PHONE, SERVER, at, said[at : at + size]) for at in range(0, len(said), size)]
    lost = data.draw(st.integers(1, len(frames) - 1))
    told: list[str] = []
    found = [body.data for body in read_capture(pcap([*frames[:lost], *frames[lost + 1 :], *second_phone()]), "x", told.append)]
    assert told
    assert set(found) <= set(BODIES)


def second_phone() -> list[bytes]:
    return [frame(("10.0.0.6", 9), SERVER, 0, post(BODIES[1]))]
