"""The short way from XML to messages gives what the long one over the tree gives, or leaves the document to it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onesoup.csp.codec import envelope, fast_xml_reader
from onesoup.csp.codec.codec import UnreadableBody, read_message, write_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import GetPresenceRequest, PollingRequest
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from tests.csp.codec.test_binding import PRIMITIVES, VERSIONS, nodes
from tests.csp.codec.test_fast_wbxml import EVERY_DAY
from tests.fuzz.documents import seeds
from tests.fuzz.ways import agrees, over_the_tree
from tests.wire.vectors import GOOD

DOCUMENTS = seeds(Encoding.XML)
LATIN_1 = "application/vnd.wv.csp.xml; charset=iso-8859-1"


def request(content, encoding_named=True, **fields) -> bytes:
    asked = [Transaction(Mode.REQUEST, "1", content)]
    octets = write_message(Message("1.2", Encoding.XML, asked, "sid", SessionType.INBAND, **fields))
    return octets if encoding_named else octets.replace(b' encoding="UTF-8"', b"")


ASKED = request(GetPresenceRequest(contact_list=["wv:ann/b", "wv:carl/b"]))


def test_every_document_both_ways():
    taken = sum(agrees(octets) for octets in DOCUMENTS)
    assert taken > len(DOCUMENTS) // 2


@pytest.mark.parametrize("name", EVERY_DAY.split())
def test_what_a_phone_sends_every_day_goes_the_short_way(name):
    (vector,) = (each for each in GOOD if each.name == f"cap-android-{name}")
    assert agrees(vector.xml)


@pytest.mark.parametrize("part", range(20))
def test_a_document_cut_anywhere(part):
    for octets in DOCUMENTS[part::20]:
        for end in range(part % 7, len(octets.rstrip()), 7):
            assert not agrees(octets[:end])


@pytest.mark.parametrize("octet", b"<>&'\"/]! \0\r\xc3\xff")
def test_a_byte_changed_anywhere(octet):
    for place in range(len(ASKED)):
        agrees(ASKED[:place] + bytes((octet,)) + ASKED[place + 1 :])
        agrees(ASKED[:place] + bytes((octet,)) + ASKED[place:])


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_message_is_read_alike(data):
    version = data.draw(st.sampled_from(VERSIONS))
    content = data.draw(nodes(PRIMITIVES[data.draw(st.sampled_from(sorted(PRIMITIVES)))], version, 2))
    tid, sid = data.draw(st.sampled_from(["1", "a&b", "", "ä", None])), data.draw(st.sampled_from(["7f", "a b", None]))
    flags = [data.draw(st.sampled_from([True, False, None])) for _ in range(2)]
    kind = SessionType.INBAND if sid else data.draw(st.sampled_from(SessionType))
    asked = [Transaction(data.draw(st.sampled_from(Mode)), tid, content)]
    message = Message(version, Encoding.XML, asked, sid, kind, *flags, data.draw(st.booleans()))
    agrees(write_message(message))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("sid", ["7f", "im.user.com#48815@server.com", None])
@pytest.mark.parametrize("tid", ["1", "", None])
@pytest.mark.parametrize("poll", [True, False, None])
@pytest.mark.parametrize("doctype", [True, False])
def test_frames_of_all_kinds(version, sid, tid, poll, doctype):
    kind = SessionType.INBAND if sid else SessionType.OUTBAND
    asked = [Transaction(Mode.REQUEST, tid, PollingRequest())]
    message = Message(version, Encoding.XML, asked, sid, kind, poll, None, doctype)
    assert agrees(codec.encode(envelope.document_from_message(message)))


@pytest.mark.parametrize(
    "inside",
    [
        b'<!DOCTYPE a [<!ENTITY a "aaaa">]>',
        b'<?xml version="1.0"?>',
        b"<!-- -->",
        b"<?a b?>",
        b"text",
        b"&#65;",
    ],
)
def test_what_may_stand_before_a_document_may_not_stand_before_a_primitive(inside):
    """The primitive is read as a document of its own: that must not open a door to a DTD."""
    assert agrees(ASKED)
    octets = ASKED.replace(b"<GetPresence-Request>", inside + b"<GetPresence-Request>")
    assert octets != ASKED
    assert not agrees(octets)


@pytest.mark.parametrize("text", [b"&a;", b"<![CDATA[", b"]]>", b"\x01", b"\xff", b"</TransactionContent>", b"<a/>"])
def test_text_that_is_none_is_for_the_tree(text):
    assert not agrees(ASKED.replace(b"wv:ann/b", text))


@pytest.mark.parametrize("text", ["&amp;&lt;&#228;&#x10FFFF;", "<![CDATA[<b>&a;]]>", "ä€😀", " a\r\n b\t", "\x7f\u202e\u0085"])
def test_text_of_all_kinds(text):
    assert agrees(ASKED.replace(b"wv:ann/b", text.encode()))


def test_nothing_declares_an_entity():
    bomb = b'<!DOCTYPE WV-CSP-Message [<!ENTITY a "aaaa">]>'
    octets = ASKED.replace(b"<WV-CSP-Message", bomb + b"<WV-CSP-Message").replace(b"wv:ann/b", b"&a;")
    assert fast_xml_reader.decode(octets) is None
    with pytest.raises(UnreadableBody):
        read_message(octets)


@pytest.mark.parametrize("count", [900, 990, 1000, 3000, 4001])
def test_elements_count(count):
    octets = request(GetPresenceRequest(contact_list=["a"] * count))
    assert agrees(octets) is (count < 990)
    assert (over_the_tree(octets) is None) is (count > 4000)


@pytest.mark.parametrize("attributes", [1, 2])
def test_attributes_count(attributes):
    named = b"<ContactList" + b"".join(b' a%d="b"' % number for number in range(attributes)) + b">"
    assert agrees(ASKED.replace(b"<ContactList>", named)) is (attributes == 1)


def test_a_document_that_is_too_long():
    octets = ASKED.replace(b"wv:ann/b", b"a" * 256 * 1024)
    assert fast_xml_reader.decode(octets) is None
    assert over_the_tree(octets) is None


@pytest.mark.parametrize("named", [True, False])
def test_a_document_that_leaves_its_encoding_to_http(named):
    octets = request(GetPresenceRequest(contact_list=["wv:ä/b"]), named)
    assert agrees(octets) is named
    read = read_message(octets, LATIN_1).transactions[0].content
    assert isinstance(read, GetPresenceRequest)
    assert read.contact_list == ["wv:ä/b" if named else "wv:\u00c3\u00a4/b"]


def test_a_document_that_has_been_recoded_on_its_way():
    """It says UTF-8 still."""
    octets = request(GetPresenceRequest(contact_list=["wv:ä/b"])).replace("ä".encode(), b"\xe4")
    read = read_message(octets, LATIN_1).transactions[0].content
    assert isinstance(read, GetPresenceRequest)
    assert read.contact_list == ["wv:ä/b"]


@pytest.mark.parametrize("uri", ["http://example.org/", "http://www.wireless-village.org/CSP1.1", ""])
def test_the_version_is_the_one_that_the_tree_finds(uri):
    first, second = b"http://www.openmobilealliance.org/DTD/WV-CSP1.2", b"http://www.openmobilealliance.org/DTD/WV-TRC1.2"
    agrees(ASKED.replace(first, uri.encode()))
    agrees(ASKED.replace(second, uri.encode()))
    agrees(ASKED.replace(b' xmlns="' + first + b'"', b"").replace(second, uri.encode()))
    assert agrees(ASKED.replace(b' xmlns="' + first + b'"', b"").replace(b' xmlns="' + second + b'"', b""))
