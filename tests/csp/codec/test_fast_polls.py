"""A poll known by sight means what the long way reads, and nothing else is taken for one."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.fast_polls import MAX_POLL_BYTES, MAX_POLL_SHAPES, KnownPolls
from onesoup.csp.codec.generated_elements import PollingRequest
from onesoup.csp.errors import CspError
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from onesoup.wire.errors import WireError
from tests.wire.vectors import GOOD

PLAIN = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789", min_size=1, max_size=40)


def long_way(octets: bytes) -> Message | None:
    try:
        return envelope.message_from_document(codec.decode(octets))
    except (WireError, CspError):
        return None


def polls_among(documents: list[bytes]) -> list[bytes]:
    found = []
    for octets in documents:
        message = long_way(octets)
        if message and message.session_id and [type(each.content) for each in message.transactions] == [PollingRequest]:
            found.append(octets)
    return found


DOCUMENTS = [vector.octets for vector in GOOD]
POLLS = polls_among(DOCUMENTS)


def written(version: str, encoding: Encoding, sid: str, tid: str | None) -> bytes:
    transaction = Transaction(Mode.REQUEST, tid, PollingRequest())
    return codec.encode(envelope.document_from_message(Message(version, encoding, [transaction], sid, SessionType.INBAND)))


def knows(octets: bytes) -> KnownPolls:
    known = KnownPolls()
    message = long_way(octets)
    assert message is not None
    known.learn(octets, message)
    return known


@pytest.mark.parametrize("octets", POLLS)
def test_a_poll_of_a_real_phone_is_known_the_second_time(octets: bytes):
    assert KnownPolls().match(octets) is None
    message = long_way(octets)
    assert message is not None
    assert message.session_id is not None
    if message.session_id.isalnum() and (message.transactions[0].id or "1").isalnum():
        assert knows(octets).match(octets) == message


@pytest.mark.parametrize("encoding", [Encoding.WBXML, Encoding.XML])
@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
@pytest.mark.parametrize("tid", ["17", "", None])
@settings(max_examples=20, deadline=None, database=None)
@given(sid=PLAIN, other=PLAIN)
def test_other_ids_in_the_same_place(version, encoding, tid, sid, other):
    known = knows(written(version, encoding, "0a1b2c3d", tid))
    body = written(version, encoding, sid, other if tid else tid)
    assert known.match(body) == long_way(body)
    assert known.match(body) is not None


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_octets_changed(data):
    octets = data.draw(st.sampled_from([*POLLS, *(written("1.2", each, "ab12", "9") for each in (Encoding.WBXML, Encoding.XML))]))
    known = knows(octets)
    changed = bytearray(octets)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(
            st.sampled_from(b"\0\1\3<>&;aZ9\x80\xc3") | st.integers(0, 255)
        )
    read = known.match(bytes(changed))
    assert read is None or read == long_way(bytes(changed))


@pytest.mark.parametrize("octets", [octets for octets in DOCUMENTS if octets not in POLLS][::7])
def test_nothing_else_is_kept(octets: bytes):
    message = long_way(octets)
    if message is not None:
        known = KnownPolls()
        known.learn(octets, message)
        assert known.match(octets) is None


@pytest.mark.parametrize("sid", ["", "a-b", "ä1", "a" * 200, "a&amp;b", "a b"])
def test_ids_that_are_not_plain_go_the_long_way(sid: str):
    body = written("1.2", Encoding.XML, "ab12", "9")
    assert knows(body).match(body.replace(b"ab12", sid.encode())) is None


def test_an_id_that_stands_there_twice_says_nothing_of_its_place():
    body = written("1.2", Encoding.XML, "ab12", "9").replace(b"<Session>", b"<!-- >ab12< --><Session>")
    assert knows(body).match(body) is None


def with_id(encoding: Encoding, old: bytes, new: bytes) -> bytes:
    return written("1.2", encoding, "ab12", "9").replace(old, new)


@pytest.mark.parametrize(
    "body",
    [
        # Another element has the same text, and the id itself stands there in another way.
        with_id(Encoding.XML, b"<SessionID>ab12<", b"<X>ab12</X><SessionID> ab12 <"),
        with_id(Encoding.XML, b"<SessionID>ab12<", b"<X>ab12</X><SessionID>ab1&#50;<"),
        with_id(Encoding.XML, b"<TransactionID>9<", b"<X>9</X><TransactionID>&#57;<"),
        with_id(Encoding.XML, b"<SessionID>ab12<", b"<!-- >ab12< --><SessionID><![CDATA[ab12]]><"),
        # The id is in two pieces, and whole in an element that nobody knows.
        with_id(Encoding.WBXML, b"\x6f\3ab12\0", b"\x7f\3ab12\0\1\x6f\3ab\0\00312\0"),
        # The mark of a string, within bytes whose length is given.
        with_id(Encoding.WBXML, b"\3ab12\0", b"\xc3\6\3ab12\0"),
    ],
)
def test_what_looks_like_the_id_and_is_none(body: bytes):
    message = long_way(body)
    assert message is not None
    assert (message.session_id, message.transactions[0].id) == ("ab12", "9")
    known = knows(body)
    for old, new in ((b"ab12", b"x7"), (b"9", b"88")):
        other = body.replace(old, new, 1)
        read = known.match(other)
        assert read is None or read == long_way(other)


def test_the_oldest_shapes_are_forgotten():
    known, bodies = KnownPolls(), []
    for number in range(MAX_POLL_SHAPES + 1):
        body = re.sub(rb"(<Session>)", rb"\1" + b" " * number, written("1.2", Encoding.XML, "ab12", "9"))
        message = long_way(body)
        assert message is not None
        known.learn(body, message)
        bodies.append(body)
    assert [known.match(body) is not None for body in bodies] == [False] + [True] * MAX_POLL_SHAPES


def test_a_long_body_is_no_poll():
    body = re.sub(rb"(<Session>)", rb"\1" + b" " * MAX_POLL_BYTES, written("1.2", Encoding.XML, "ab12", "9"))
    assert knows(body).match(body) is None
