"""Recorded connections to the bodies in them."""

import gzip
import zlib

import pytest

from onesoup.captures.documents import CapturedBody, Direction
from onesoup.captures.errors import CaptureError
from onesoup.captures.reading import read_capture
from tests.captures.packets import AT, PHONE, SYN, Talk, ethernet, ipv4, ipv6, ok, pcap, pcapng, post, tcp
from tests.wire.vectors import GOOD

LOGIN, POLL, STATUS = (vector.octets for vector in GOOD[:3])
XML = b'<?xml version="1.0"?><WV-CSP-Message><Session/></WV-CSP-Message>'


def read(data: bytes) -> tuple[list[CapturedBody], list[str]]:
    told: list[str] = []
    return list(read_capture(data, "a.pcap", told.append)), told


def bodies(talk: Talk) -> list[bytes]:
    found, told = read(pcap(talk.frames))
    assert not told
    return [body.data for body in found]


def test_a_conversation_comes_with_directions_times_types_and_places():
    talk = Talk().opened().ask(LOGIN, STATUS).ask(POLL, b"")
    found, told = read(pcap(talk.frames))
    assert [(body.data, body.direction) for body in found] == [
        (LOGIN, Direction.REQUEST),
        (STATUS, Direction.RESPONSE),
        (POLL, Direction.REQUEST),
        (b"", Direction.RESPONSE),
    ]
    assert not told
    assert {body.connection for body in found} == {"1: 10.0.0.5:1034 - 192.0.2.1:80"}
    assert {body.content_type for body in found} == {"application/vnd.wv.csp.wbxml"}
    numbers = [int(body.where.removeprefix("a.pcap, packet ")) for body in found]
    assert numbers == sorted(numbers)
    assert numbers[-1] == len(talk.frames)
    assert found[-1].at == AT + len(talk.frames) - 1


FRAME = ipv4(PHONE, ("192.0.2.1", 80), tcp(PHONE, ("192.0.2.1", 80), 1, post(LOGIN)))
FRAME_6 = ipv6(PHONE, ("192.0.2.1", 80), tcp(PHONE, ("192.0.2.1", 80), 1, post(LOGIN)))


@pytest.mark.parametrize(
    ("link", "data"),
    [
        (1, ethernet(FRAME)),
        (1, ethernet(FRAME_6)),
        (1, ethernet(FRAME, b"\x81\x00\x00\x07")),
        (1, ethernet(FRAME, b"\x88\xa8\x00\x07\x81\x00\x00\x08")),
        (1, bytes(12) + b"\x88\x64\x11\x00\x00\x01\x00\x00\x00\x21" + FRAME),
        (101, FRAME),
        (101, FRAME_6),
        (12, FRAME),
        (228, FRAME),
        (229, FRAME_6),
        (113, b"\0\0\0\x01\0\x06" + bytes(8) + b"\x08\0" + FRAME),
        (276, b"\x86\xdd\0\0" + bytes(16) + FRAME_6),
        (0, b"\x02\0\0\0" + FRAME),
        (0, b"\0\0\0\x1e" + FRAME_6),
        (108, b"\0\0\0\x02" + FRAME),
        (9, b"\xff\x03\x00\x21" + FRAME),
        (9, b"\x21" + FRAME),
        (101, ipv6(PHONE, ("192.0.2.1", 80), FRAME_6[40:], b"\x3c\0" + bytes(6) + b"\x06\x01" + bytes(14), 0)),
    ],
)
@pytest.mark.parametrize("write", [pcap, pcapng])
def test_link_layers(write, link, data):
    found, told = read(write([data], link))
    assert [body.data for body in found] == [LOGIN]
    assert not told


def test_fragments_and_unknown_links_are_said_to_be_left_out():
    fragment = ethernet(ipv4(PHONE, ("192.0.2.1", 80), b"x" * 8, fragment=0x2000))
    found, told = read(pcap([fragment, *Talk().opened().ask(LOGIN, POLL).frames]))
    assert len(found) == 2
    assert told == ["left out: fragments of IP packets (1)"]
    with pytest.raises(CaptureError, match="no HTTP messages"):
        read(pcap([FRAME], 127))


def test_a_recording_that_begins_inside_a_body_begins_with_the_next_message():
    talk = Talk().say(True, LOGIN[:30]).say(False, b"\0rest").ask(POLL, STATUS)
    assert bodies(talk) == [POLL, STATUS]


def test_answers_whose_requests_were_not_recorded_are_there():
    talk = Talk().say(False, ok(STATUS) + ok(POLL))
    assert bodies(talk) == [STATUS, POLL]


def test_lost_bytes_are_told_and_cost_their_message_alone():
    talk = Talk(most=40).opened().ask(LOGIN, STATUS).ask(POLL, b"").ask(LOGIN, STATUS)
    whole, _ = read(pcap(talk.frames))
    first = int(whole[0].where.rpartition(" ")[2])
    kept = talk.frames[: first - 1] + talk.frames[first:]  # without the packet that ends the first body
    found, told = read(pcap(kept))
    assert [body.data for body in found] == [body.data for body in whole[1:]]
    assert len(told) == 1
    assert "were not recorded" in told[0]


def test_packets_that_were_cut_when_recorded_are_told():
    cut = [frame[:90] for frame in Talk(most=1000).opened().ask(LOGIN, POLL).frames]
    with pytest.raises(CaptureError):
        read(pcap(cut))
    found, told = read(pcap([*cut, *Talk(("10.0.0.9", 1)).opened().ask(LOGIN, POLL).frames]))
    assert [body.data for body in found] == [LOGIN, POLL]
    assert any("-s 0" in each for each in told)


def test_the_same_ports_again_are_another_connection():
    first, second = Talk().opened().ask(LOGIN, STATUS), Talk(first=77).opened().ask(POLL, b"")
    found, told = read(pcap(first.frames + second.frames))
    assert [body.data for body in found] == [LOGIN, STATUS, POLL, b""]
    assert len({body.connection for body in found}) == 2
    assert not told


def test_connections_side_by_side_come_in_the_order_of_time():
    one, two = Talk().opened(), Talk(("10.0.0.5", 1035)).opened()
    for talk, body in ((one, LOGIN), (two, POLL)):
        talk.say(True, post(body))
    between = [*one.frames, *two.frames]
    one.frames, two.frames = [], []
    two.say(False, ok(b""))
    one.say(False, ok(STATUS))
    found, _ = read(pcap([*between, *two.frames, *one.frames]))
    assert [body.data for body in found] == [LOGIN, POLL, b"", STATUS]


def test_other_http_is_left_out_with_a_word():
    talk = (
        Talk()
        .opened()
        .say(True, b"GET /x HTTP/1.1\r\n\r\n")
        .say(False, ok(b"<html/>", "text/html"))
        .ask(XML, XML, "application/xml")
    )
    found, told = read(pcap(talk.frames))
    assert [body.data for body in found] == [XML, XML]
    assert told == ["left out: HTTP messages that are not CSP (2)"]


def test_an_answer_that_is_no_csp_is_told():
    talk = Talk().opened().say(True, post(LOGIN)).say(False, b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")
    found, told = read(pcap(talk.frames))
    assert [body.data for body in found] == [LOGIN]
    assert told[0] == f"packet {len(talk.frames)}: the server answered HTTP 503"


def test_a_file_without_csp_says_what_is_in_it():
    talk = Talk().opened().say(True, b"GET / HTTP/1.1\r\n\r\n").say(False, ok(b"<html/>", "text/html"))
    with pytest.raises(CaptureError, match="none of the 2 HTTP messages"):
        read(pcap(talk.frames))
    with pytest.raises(CaptureError, match="HTTPS"):
        read(pcap(Talk().opened().say(True, b"\x16\x03\x01\x00\x10").frames))


TYPE = b"Content-Type: application/vnd.wv.csp.wbxml\r\n"


def chunked(body: bytes, coding: str = "chunked") -> bytes:
    pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
    chunks = b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"POST / HTTP/1.1\r\nTransfer-Encoding: %s\r\n%s\r\n%s0\r\nT: x\r\n\r\n" % (coding.encode(), TYPE, chunks)


def encoded(body: bytes, coding: str) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST / HTTP/1.1\r\nContent-Encoding: %s\r\n%s%s\r\n%s" % (coding.encode(), TYPE, length, body)


def bare(body: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    return deflate.compress(body) + deflate.flush()


@pytest.mark.parametrize(
    "request_bytes",
    [
        chunked(LOGIN),
        chunked(gzip.compress(LOGIN), "gzip, chunked"),
        encoded(gzip.compress(LOGIN), "gzip"),
        encoded(gzip.compress(LOGIN), "x-gzip"),
        encoded(zlib.compress(LOGIN), "deflate"),
        encoded(bare(LOGIN), "deflate"),
        encoded(LOGIN, "identity"),
        post(LOGIN).replace(b"\r\nHost: imps", b"\r\nX: a\r\n\tb"),
    ],
)
@pytest.mark.parametrize("most", [1, 1000])
def test_framing_and_codings_of_bodies(request_bytes, most):
    talk = Talk(most=most).opened().say(True, request_bytes + post(POLL)).say(False, ok(STATUS) + ok(b""))
    assert sorted(bodies(talk)) == sorted([LOGIN, POLL, STATUS, b""])


def test_a_bomb_of_zeros_is_left_out_with_a_word():
    talk = Talk(most=1000).opened().say(True, encoded(gzip.compress(bytes(10**7)), "gzip") + post(POLL))
    found, told = read(pcap(talk.frames))
    assert [body.data for body in found] == [POLL]
    assert "larger than 262144 bytes" in told[0]


def test_continue_comes_before_the_answer():
    talk = (
        Talk()
        .opened()
        .say(True, post(LOGIN)[:-5])
        .say(False, b"HTTP/1.1 100 Continue\r\n\r\n")
        .say(True, LOGIN[-5:])
        .say(False, ok(STATUS))
    )
    assert bodies(talk) == [LOGIN, STATUS]


def test_a_body_without_length_ends_with_the_connection():
    answer = b"HTTP/1.0 200 OK\r\nContent-Type: application/vnd.wv.csp.wbxml\r\n\r\n" + STATUS
    assert bodies(Talk().opened().say(True, post(LOGIN)).say(False, answer)) == [LOGIN, STATUS]


def test_a_recording_that_ends_inside_a_body_is_told():
    found, told = read(pcap(Talk().opened().say(True, post(LOGIN) + post(POLL)[:-1]).frames))
    assert [body.data for body in found] == [LOGIN]
    assert "ends inside an HTTP message" in told[0]


def test_http_that_was_saved_as_it_passed_both_sides_in_one_file():
    found, told = read(post(LOGIN) + ok(STATUS) + post(POLL) + ok(b""))
    assert [(body.data, body.direction.value, body.where) for body in found] == [
        (LOGIN, "request", "a.pcap, HTTP message 1"),
        (STATUS, "response", "a.pcap, HTTP message 2"),
        (POLL, "request", "a.pcap, HTTP message 3"),
        (b"", "response", "a.pcap, HTTP message 4"),
    ]
    assert not told


def test_a_late_syn_begins_no_connection_of_its_own():
    talk = Talk().opened().ask(LOGIN, STATUS)
    late = [*talk.frames[1:4], talk.frames[0], *talk.frames[4:]]
    assert talk.frames[0][14 + 20 + 13] == SYN
    found, told = read(pcap(late))
    assert [body.data for body in found] == [LOGIN, STATUS]
    assert len({body.connection for body in found}) == 1
    assert not told
