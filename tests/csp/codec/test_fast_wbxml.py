"""The short way between octets and messages gives what the long one over the tree gives, or leaves the document to it."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onesoup.csp.codec import envelope, fast_frames, fast_wbxml_reader
from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Malformed, Message, Mode, SessionType, Transaction, Unknown
from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    GetListRequest,
    GetPresenceRequest,
    PollingRequest,
    Status,
)
from onesoup.csp.codec.node import Node
from onesoup.csp.errors import CspError
from onesoup.wire import codec, tokens
from onesoup.wire.document import Encoding
from onesoup.wire.errors import WireError
from tests.csp.codec.test_binding import PRIMITIVES, VERSIONS, nodes
from tests.fuzz.ways import agrees, over_the_tree
from tests.support.characters import NOT_FOR_PHONES
from tests.wire.vectors import GOOD, Vector

TEXTS = st.text(max_size=8) | st.none()
FLAGS = st.booleans() | st.none()


@pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector.name)
def test_every_vector_both_ways(vector: Vector):
    agrees(vector.octets)
    message = over_the_tree(vector.octets)
    if message is not None:
        assert write_message(message) == codec.encode(envelope.document_from_message(message))


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
            ways = [codec.encode(envelope.document_from_message(message))]
            ways += [write_message(message)] if encoding is Encoding.WBXML else []
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
    assert fast_frames.FRAME_PATTERNS[version].match(vector.octets, 4)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("sid", ["7f", "im.user.com#48815@server.com", None])
@pytest.mark.parametrize("tid", ["1", "IMApp01#12345@NOK5110", "", None])
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("poll", [True, False, None])
def test_frames_of_all_kinds(version, sid, tid, mode, poll):
    kind = SessionType.INBAND if sid else SessionType.OUTBAND
    message = Message(version, Encoding.WBXML, [Transaction(mode, tid, PollingRequest())], sid, kind, poll)
    assert agrees(codec.encode(envelope.document_from_message(message)))


@pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector.name)
def test_a_vector_cut_anywhere(vector: Vector):
    octets = vector.octets[:400]
    for end in range(len(octets) % 3, len(octets), 3):
        agrees(octets[:end])


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
    octets = write_message(message)
    assert octets == codec.encode(envelope.document_from_message(message))
    if encoding is Encoding.WBXML:
        agrees(octets)


def request(*contents: object) -> bytes:
    transactions = [Transaction(Mode.REQUEST, "1", each) for each in contents]  # type: ignore[arg-type]
    return write_message(Message("1.2", Encoding.WBXML, transactions, "sid", SessionType.INBAND))


def test_several_transactions():
    assert agrees(request(GetListRequest(), PollingRequest()))


def test_too_many_elements_are_for_the_tree_to_refuse():
    octets = request(*[GetListRequest()] * 1500)
    assert fast_wbxml_reader.decode(octets) is None
    assert over_the_tree(octets) is None


@pytest.mark.parametrize("count", [3900, *range(3975, 4001), 12_000])
def test_elements_without_children_count(count):
    """Exactly as many as the tree takes are not asked for: near the limit the tree decides."""
    octets = request(GetPresenceRequest(contact_list=["wv:a/b"] * count))
    taken = agrees(octets)
    assert taken or count > 3900
    assert not taken or count < 4000


@pytest.mark.parametrize("count", [300, 410])
def test_pieces_of_text_count(count):
    """Forty pieces in each element: the tree takes 16,000 in a document."""
    octets = request(GetPresenceRequest(contact_list=["wv:a/b"] * count))
    assert agrees(octets.replace(b"wv:a/b\0", b"a\0" + b"\3b\0" * 39)) is (count == 300)


@pytest.mark.parametrize("content_type", [None, "application/vnd.wv.csp.wbxml; charset=iso-8859-1"])
def test_a_document_that_leaves_its_character_set_to_http(content_type):
    octets = request(GetPresenceRequest(contact_list=["wv:ä/b"])).replace("ä".encode(), b"\xe4")
    octets = octets[:2] + b"\0" + octets[3:]
    assert fast_wbxml_reader.decode(octets) is None
    message = over_the_tree(octets, content_type)
    assert message is not None
    content = message.transactions[0].content
    assert isinstance(content, GetPresenceRequest)
    assert content.contact_list == ["wv:ä/b" if content_type else "wv:\ufffd/b"]


@pytest.mark.parametrize("encoding", [Encoding.WBXML, Encoding.XML])
def test_an_empty_number_among_several_is_none(encoding):
    """It would become the text None in the answer that repeats the capabilities."""
    asked = ClientCapabilityRequest(capability_list=CapabilityList(accepted_charset=[106, 4, 17]))
    message = Message("1.1", encoding, [Transaction(Mode.REQUEST, "1", asked)], "sid", SessionType.INBAND)
    octets = write_message(message)
    for full, empty in ((b"E\xc3\1\4\1", b"\5"), (b"<AcceptedCharset>4</AcceptedCharset>", b"<AcceptedCharset/>")):
        octets = octets.replace(full, empty)
    read = over_the_tree(octets)
    assert read is not None
    assert read.transactions[0].content == ClientCapabilityRequest(capability_list=CapabilityList(accepted_charset=[106, 17]))
    assert agrees(octets)


@pytest.mark.parametrize("flags", [b"\x21\x61\x80\x2c\1", b"\x61\x80\x2c\1\x21", b"\x21\x21"])
def test_of_a_flag_that_comes_twice_the_first_counts(flags):
    """Also when it is empty."""
    poll = tokens.ELEMENT_FORMS["1.2"]["Poll"]
    assert poll.empty == b"\x21"
    octets = request(PollingRequest())
    assert octets.endswith(b"\1\1\1\1")
    agrees(octets[:-2] + flags + b"\1\1")


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
    assert fast_wbxml_reader.decode(vector.octets) is None


def test_a_status_without_result():
    message = Message("1.2", Encoding.WBXML, [Transaction(Mode.RESPONSE, "", Status())])
    assert write_message(message) == codec.encode(envelope.document_from_message(message))
