"""The short way between octets and messages gives what the long one over the tree gives, or leaves the document to it."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onesoup.csp import direct, envelope, frames
from onesoup.csp.elements import GetListRequest, PollingRequest, Status
from onesoup.csp.envelope import Malformed, Message, Mode, SessionType, Transaction, Unknown
from onesoup.csp.errors import CspError
from onesoup.csp.node import Node
from onesoup.wire import codec, tokens
from onesoup.wire.document import Encoding
from onesoup.wire.errors import WireError
from tests.csp.test_binding import PRIMITIVES, VERSIONS, nodes
from tests.support.characters import NOT_FOR_PHONES
from tests.wire.vectors import GOOD, Vector

TEXTS = st.text(max_size=8) | st.none()
FLAGS = st.booleans() | st.none()


def over_the_tree(octets: bytes) -> Message | None:
    """None for a document that cannot be read."""
    try:
        return envelope.read(codec.decode(octets))
    except (WireError, CspError):
        return None


def agrees(octets: bytes) -> bool:
    """Whether the short way took it. It must not differ from the long one, and take nothing that that one refuses."""
    message = direct.decode(octets)
    if message is None:
        return False
    long = over_the_tree(octets)
    assert long is not None
    assert message == long
    return True


@pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector.name)
def test_every_vector_both_ways(vector: Vector):
    agrees(vector.octets)
    message = over_the_tree(vector.octets)
    if message is not None:
        assert direct.encode(message) == codec.encode(envelope.write_message(message))


def turned(node):
    """The same with a text in each of its places that looks like another one where it is shown."""
    changes = {}
    for name in node.__slots__:
        value = getattr(node, name)
        if isinstance(value, Node):
            changes[name] = turned(value)
        elif isinstance(value, list):
            changes[name] = [turned(each) if isinstance(each, Node) else f"{each}{NOT_FOR_PHONES}" for each in value]
        elif isinstance(value, str):
            changes[name] = f"{value}{NOT_FOR_PHONES}"
    return node.copy(**changes)


@pytest.mark.parametrize("encoding", list(Encoding))
def test_no_text_that_turns_around_what_is_shown_reaches_a_phone(encoding):
    """In no primitive, in no place: names, nicks, status, topics, lists."""
    written = 0
    for vector in GOOD:
        message = over_the_tree(vector.octets)
        if message is None or not all(isinstance(each.content, Node) for each in message.transactions):
            continue
        for each in message.transactions:
            each.content = turned(each.content)
        message.encoding = encoding
        with suppress(WireError):  # what plain-text syntax has no words for
            ways = [codec.encode(envelope.write_message(message))]
            ways += [direct.encode(message)] if encoding is Encoding.WBXML else []
            for octets in ways:
                assert not any(each.encode() in octets for each in NOT_FOR_PHONES)
                written += 1
    assert written > 20


EVERY_DAY = "poll login-1 login-2 caps service list-load contact-add subscribe send-ascii send-emoji delivered"


@pytest.mark.parametrize("name", EVERY_DAY.split())
def test_what_a_phone_sends_every_day_goes_the_short_way(name):
    (vector,) = (each for each in GOOD if each.name == f"cap-android-{name}")
    assert agrees(vector.octets)


@pytest.mark.parametrize("name", EVERY_DAY.split())
def test_what_stands_around_it_is_seen_at_once(name):
    (vector,) = (each for each in GOOD if each.name == f"cap-android-{name}")
    version = tokens.VERSION_OF_HEADER[vector.octets[:4]]
    assert frames.PATTERNS[version].match(vector.octets, 4)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("sid", ["7f", "im.user.com#48815@server.com", None])
@pytest.mark.parametrize("tid", ["1", "IMApp01#12345@NOK5110", "", None])
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("poll", [True, False, None])
def test_frames_of_all_kinds(version, sid, tid, mode, poll):
    kind = SessionType.INBAND if sid else SessionType.OUTBAND
    message = Message(version, Encoding.WBXML, [Transaction(mode, tid, PollingRequest())], sid, kind, poll)
    assert agrees(codec.encode(envelope.write_message(message)))


@pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector.name)
def test_a_vector_cut_anywhere(vector: Vector):
    octets = vector.octets[:400]
    for end in range(len(octets) % 3, len(octets), 3):
        agrees(octets[:end])


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_vector_with_octets_changed(data):
    octets = bytearray(data.draw(st.sampled_from(GOOD)).octets)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        new = data.draw(st.sampled_from((0, 1, 2, 3, 4, 0x45, 0x80, 0x83, 0xC3)) | st.integers(0, 255))
        if data.draw(st.booleans()):
            octets[place] = new
        else:
            octets.insert(place, new)
    agrees(bytes(octets))


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_message_is_written_alike(data):
    """In every version, and in the other encodings, which only the long way knows."""
    version, encoding = data.draw(st.sampled_from(VERSIONS)), data.draw(st.sampled_from((Encoding.WBXML, Encoding.XML)))
    transactions = [
        Transaction(
            data.draw(st.sampled_from(Mode)),
            data.draw(TEXTS),
            data.draw(nodes(PRIMITIVES[data.draw(st.sampled_from(sorted(PRIMITIVES)))], version, 2)),
            data.draw(st.none() | st.integers(1, 9)),
        )
        for _ in range(data.draw(st.integers(1, 3)))
    ]
    message = Message(
        version,
        encoding,
        transactions,
        data.draw(TEXTS),
        data.draw(st.sampled_from(SessionType)),
        data.draw(FLAGS),
        data.draw(FLAGS),
    )
    octets = direct.encode(message)
    assert octets == codec.encode(envelope.write_message(message))
    if encoding is Encoding.WBXML:
        agrees(octets)


def request(*contents: object) -> bytes:
    transactions = [Transaction(Mode.REQUEST, "1", each) for each in contents]  # type: ignore[arg-type]
    return direct.encode(Message("1.2", Encoding.WBXML, transactions, "sid", SessionType.INBAND))


def test_several_transactions():
    assert agrees(request(GetListRequest(), PollingRequest()))


def test_too_many_elements_are_for_the_tree_to_refuse():
    octets = request(*[GetListRequest()] * 1500)
    assert direct.decode(octets) is None
    assert over_the_tree(octets) is None


def test_a_string_table_cannot_make_text_without_end():
    """Two octets name a long string again and again."""
    table = b"a" * 200 + b"\0"
    reference = bytes((0x83, 0))
    sid = reference * 40
    head = bytes((3, 0x11, 106)) + b"\x81\x49" + table
    # Root, Session, then what is a SessionDescriptor with a SessionID of many pieces, often.
    poll = request(PollingRequest())
    assert poll[3] == 0
    body = poll[4:].replace(b"\x03sid\0", sid)
    agrees(head + body)


@pytest.mark.parametrize("content", [Unknown("No-Such-Request"), Malformed(CspError(402, "no number"))])
def test_what_nobody_can_write_fails_as_ever(content):
    with pytest.raises(KeyError):
        request(content)


def test_a_primitive_that_is_read_with_care_goes_the_long_way():
    (vector,) = (each for each in GOOD if each.name == "ow13-search-groupid")
    assert direct.decode(vector.octets) is None


def test_a_status_without_result():
    message = Message("1.2", Encoding.WBXML, [Transaction(Mode.RESPONSE, "", Status())])
    assert direct.encode(message) == codec.encode(envelope.write_message(message))
