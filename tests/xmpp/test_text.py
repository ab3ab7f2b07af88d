"""Any text that a phone or somebody on XMPP can type arrives as the same text on the other side, and adds no element.

What no XML can carry is dropped, and line ends are one character; white space at both ends is no part of a text (phones trim it
too). Everything between goes through the real codecs and the real stream parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp import messages
from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import MessageInfo, Recipient, SendMessageRequest, User
from onesoup.csp.session import Session
from onesoup.store import records
from onesoup.wire import codec
from onesoup.wire.document import ANY_TREE
from onesoup.xmpp import commands, namespaces
from onesoup.xmpp.stream import stanzas
from onesoup.xmpp.stream.parser import Parser
from onesoup.xmpp.stream.serializer import SerializedElement as Node
from onesoup.xmpp.stream.serializer import serialise
from tests.support.characters import NOT_FOR_PHONES
from tests.workers.holder.session.test_inbound import Directory, inbound_of
from workers.holder.session.phone_texts import PhoneTexts

ALICE, ROMEO = "alice@example.org", "romeo@example.net"
SESSION = Session(jid=ALICE, own="wv:alice@example.org", version="1.2", resource="x")
HEADER = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
WIRES = [(version, encoding) for version in ("1.1", "1.2", "1.3") for encoding in ANY_TREE]

texts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="<>&\"'];[!-CDATA/? T\t\n\r\x00\x0b\ud83d\ude00\u00e9\U0001f600\ufffe", max_size=40),
    st.sampled_from(["T", "F", "Inband", "http://x.org/", "]]>", "<body/>", "&amp;", "a & b < c", "200", "😀"]),
)


def arrives(text):
    """The text that both sides agree on."""
    legal = "".join(char for char in text if char in "\t\n\r" or (char >= " " and char not in NOT_FOR_PHONES))
    legal = "".join(char for char in legal if not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff")
    return legal.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n")


def over_csp(primitive, version, encoding):
    message = Message(version, encoding, [Transaction(Mode.REQUEST, "1", primitive)], "s1", SessionType.INBAND)
    octets = codec.encode(envelope.document_from_message(message))
    return envelope.message_from_document(codec.decode(octets)).transactions[0].content


def over_xmpp(stanza):
    parser = Parser()
    parser.feed(HEADER)
    (read,) = parser.feed(stanza if isinstance(stanza, bytes) else serialise(stanza))
    return read


@pytest.mark.parametrize(("version", "encoding"), WIRES)
@given(text=texts)
def test_from_the_phone_to_xmpp(version, encoding, text):
    if not arrives(text):
        return
    info = MessageInfo(recipient=Recipient(user=[User(user_id="wv:romeo@example.net")]))
    request = over_csp(SendMessageRequest(message_info=info, content_data=text), version, encoding)
    body = messages.message_content(request, unescape=False)
    stanza = over_xmpp(stanzas.message_octets(commands.SendMessage("m1", ROMEO, body, receipt=False)))
    assert arrives(stanza.getTagData("body")) == arrives(text)
    assert [child.getName() for child in stanza.getChildren()] == ["body", "origin-id"]
    assert stanza.getTag("body").getChildren() == []


@pytest.mark.parametrize(("version", "encoding"), WIRES)
@given(text=texts)
def test_from_xmpp_to_the_phone(version, encoding, text):
    if not arrives(text).strip():
        return
    node = tree_of(commands.SendMessage("m1", ALICE, text, receipt=False))
    node.setAttr("from", f"{ROMEO}/home")
    done = inbound_of(Directory(), PhoneTexts(10_000), ALICE).read_stanzas([over_xmpp(node)])
    (item,) = done.changes.items
    told = over_csp(messages.new_message(records.unpack_text(item.payload), SESSION, None), version, encoding)
    assert arrives(told.content_data) == arrives(text)
    assert told.message_info.sender.user.user_id == "wv:romeo@example.net"


def tree_of(command):
    """A chat message as a tree: what it has to be on the wire."""
    payload = [stanzas.text_node("body", command.body), Node(f"{namespaces.STANZA_IDS} origin-id", {"id": command.id})]
    if command.receipt:
        payload.append(Node(f"{namespaces.RECEIPTS} request"))
    if command.url:
        payload.append(Node(f"{namespaces.OUT_OF_BAND} x", {}, [stanzas.text_node("url", command.url)]))
    if command.gid:
        payload.append(Node(f"{namespaces.MUC_USER} x"))
    return Node("message", {"type": "chat", "to": command.to, "id": command.id}, payload)


@given(body=texts, to=texts, stanza_id=texts, url=texts, language=texts, receipt=st.booleans(), gid=st.booleans())
def test_what_is_written_without_a_tree_is_what_the_tree_would_be(body, to, stanza_id, url, language, receipt, gid):
    command = commands.SendMessage(stanza_id, to, body, receipt, url, gid="wv:/room" if gid else "")
    node = tree_of(command)
    if language:
        node.setAttr("xml:lang", language)
    assert stanzas.message_octets(command, language) == serialise(node)
    assert over_xmpp(stanzas.message_octets(command)).getName() == "message"
