"""The STCP line protocol: what phones do between the lines of it. The vectors: test_vectors.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cir.stcp.protocol import MAX_LINE_BYTES, MAX_UNKNOWN_LINES, StcpAction, StcpConversation, wvci_line


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_line_may_come_in_pieces(cut):
    talk = StcpConversation()
    line = b"HELO abc123\r\n"
    assert talk.feed(line[:cut]) + talk.feed(line[cut:]) == [(StcpAction.BIND, "abc123")]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_any_line_end_will_do(end):
    assert StcpConversation(bound="S1").feed(b"PING" + end + b"PING " + end) == [(StcpAction.OK, "")] * 2


def test_empty_lines_are_ignored():
    assert StcpConversation().feed(b"\r\n\r\n  \r\n\n") == []


@pytest.mark.parametrize("line", [b"HELO S1\r\n", b"helo   S1  \r\n", b"  HeLo S1\n"])
def test_helo_again_with_the_same_id_is_ok(line):
    assert StcpConversation(bound="S1").feed(line) == [(StcpAction.OK, "")]


def test_helo_again_with_another_id_binds_again():
    assert StcpConversation(bound="S1").feed(b"HELO S2\r\n") == [(StcpAction.BIND, "S2")]


def test_lines_right_behind_a_helo_belong_to_it():
    assert StcpConversation().feed(b"HELO S1\r\nPING\r\n") == [(StcpAction.BIND, "S1"), (StcpAction.OK, "")]


@pytest.mark.parametrize(
    "line", [b"PING\r\n", b"GET / HTTP/1.1\r\n", b"HELO\r\n", b"HELO \r\n", b"\x16\x03\x01\r\n", b"HELOS1\n"]
)
def test_who_does_not_say_helo_with_an_id_first_is_closed(line):
    assert StcpConversation().feed(line)[0][0] is StcpAction.CLOSE


def test_a_bound_line_that_says_an_empty_helo_is_not_unbound():
    assert StcpConversation(bound="S1").feed(b"HELO\r\n")[0][0] is not StcpAction.BIND


@pytest.mark.parametrize("line", [b"ping\r\n", b"PING 17\r\n", b"Ping \r\n"])
def test_any_ping_is_answered(line):
    assert StcpConversation(bound="S1").feed(line) == [(StcpAction.OK, "")]


def test_a_few_odd_lines_are_forgiven():
    talk = StcpConversation(bound="S1")
    acts = [talk.feed(b"WHAT\r\n")[0][0] for _ in range(MAX_UNKNOWN_LINES + 1)]
    assert acts == [StcpAction.OK] * MAX_UNKNOWN_LINES + [StcpAction.CLOSE]


@pytest.mark.parametrize(
    "data", [b"x" * (MAX_LINE_BYTES + 1), b"x" * (MAX_LINE_BYTES + 1) + b"\r\n", b"HELO " + b"x" * 600 + b"\n"]
)
def test_a_line_that_is_too_long_closes(data):
    assert StcpConversation(bound="S1").feed(data)[-1][0] is StcpAction.CLOSE


def test_a_line_of_the_greatest_length_does_not():
    assert StcpConversation(bound="S1").feed(b"P" * MAX_LINE_BYTES + b"\r\n") == [(StcpAction.OK, "")]


@given(st.lists(st.binary(max_size=700), max_size=8), st.sampled_from(["", "S1"]))
def test_any_octets_are_taken_and_none_are_hoarded(pieces, bound):
    talk = StcpConversation(bound=bound)
    for piece in pieces:
        for act, _ in talk.feed(piece):
            if act is StcpAction.CLOSE:
                return
    assert len(talk._rest) <= MAX_LINE_BYTES


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=60))
def test_a_cookie_goes_back_exactly_as_it_came(cookie):
    line = wvci_line("1.2", cookie)
    assert line == b"WVCI 1.2 " + cookie.encode() + b"\r\n"
