"""The incremental parser: chunks of any size, and documents that break the rules of a stream."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xmpp.protocol import Iq, Message
from xmpp.simplexml import Node

from onesoup.xmpp.stream.markup import serialise
from onesoup.xmpp.stream.parser import _NAMES, MAX_DEPTH, MAX_STANZA, MOST_NAMES, WHOLE_TAGS, Broken, End, Header, Parser

HEAD = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='7'>"


def parse(*chunks, head=HEAD):
    parser = Parser()
    parser.feed(head)
    return [event for chunk in chunks for event in parser.feed(chunk)]


def conditions(*chunks):
    return [event.condition for event in parse(*chunks) if isinstance(event, Broken)]


MIXED = (
    "<message from='r@x/y' xml:lang='de'><body>a &amp; b \U0001f600</body>"
    "<x xmlns='u:x'>one<y xmlns='u:y' k='v'/>two</x></message>"
    "<presence/> <iq type='result' id='1'/>"
).encode()


def test_stanzas_become_nodes_with_namespaces_and_text():
    message, presence, iq = parse(MIXED)
    assert isinstance(message, Message)
    assert (message.name, message.namespace, message["from"]) == ("message", "jabber:client", "r@x/y")
    assert message["xml:lang"] == "de"
    assert message.getTagData("body") == "a & b \U0001f600"
    x = message.getTag("x", namespace="u:x")
    assert (x.getData(), x.getTag("y").namespace, x.getTag("y")["k"]) == ("onetwo", "u:y", "v")
    assert presence.name == "presence"
    assert isinstance(iq, Iq)
    assert (iq.getID(), iq.getType()) == ("1", "result")


@pytest.mark.parametrize("whole_tags", [True, WHOLE_TAGS])
@pytest.mark.parametrize("size", [1, 2, 7])
def test_chunk_borders_do_not_matter(size, whole_tags):
    whole = HEAD + MIXED + b"</stream:stream>"
    parser = Parser(whole_tags)
    events = [event for i in range(0, len(whole), size) for event in parser.feed(whole[i : i + size])]
    assert isinstance(events[0], Header)
    assert events[0]["id"] == "7"
    assert [serialise(node) for node in events[1:-1]] == [serialise(node) for node in parse(MIXED)]
    assert isinstance(events[-1], End)


@pytest.mark.parametrize("cut", range(1, len(MIXED)))
def test_a_stanza_is_there_with_its_last_octet(cut):
    """Wherever the network has cut what came: it does not wait for the next one."""
    parser = Parser()
    parser.feed(HEAD)
    assert len([*parser.feed(MIXED[:cut]), *parser.feed(MIXED[cut:])]) == 3


def test_prefixes_are_resolved():
    (node,) = parse(b"<m:message xmlns:m='jabber:client'><a:b xmlns:a='u:a' a:c='1' d='2'/></m:message>")
    assert (node.name, node.kids[0].name, node.kids[0].namespace, node.kids[0].attrs) == ("message", "b", "u:a", {"d": "2"})


def test_limits_of_size():
    body = b"x" * (MAX_STANZA - 100)
    assert not conditions(b"<message><body>" + body + b"</body></message>")
    big = b"<message><body>" + b"x" * MAX_STANZA + b"</body></message>"
    assert conditions(big) == ["policy-violation"]
    assert conditions(*[big[i : i + 1000] for i in range(0, len(big), 1000)]) == ["policy-violation"]
    assert conditions(b"<message " + b"x" * (MAX_STANZA + 1)) == ["policy-violation"]


def test_many_stanzas_and_blanks_are_no_big_stanza():
    assert not conditions(*[b"<message><body>" + b"x" * 1000 + b"</body></message>"] * 600)
    assert not conditions(*[b" " * 1000] * 600)


def test_what_came_before_the_fault_is_kept():
    first, broken = parse(b"<presence/><message></iq>")
    assert first.name == "presence"
    assert broken.condition == "not-well-formed"


def test_nothing_comes_after_a_fault_or_the_end():
    assert len(parse(b"<!-- -->", b"<presence/>")) == 1
    assert len(parse(b"</stream:stream>", b"<presence/>")) == 1


def test_depth():
    assert not conditions(b"<a>" * (MAX_DEPTH - 1))
    assert conditions(b"<a>" * MAX_DEPTH) == ["policy-violation"]


@pytest.mark.parametrize("text", [b"<!-- c -->", b"<?pi x?>", b"<message><!-- c --></message>"])
def test_restricted_xml(text):
    assert conditions(text) == ["restricted-xml"]


def test_no_dtd_no_entities():
    (broken,) = Parser().feed(b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>")
    assert broken.condition == "restricted-xml"
    assert conditions(b"<message>&a;</message>") == ["not-well-formed"]


def test_another_root_is_no_stream():
    assert Parser().feed(b"<html>")[0].condition == "invalid-namespace"


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_reported(data):
    for event in parse(data):
        assert isinstance(event, Node | End | Broken)


ANY_TEXT = st.text(st.characters(categories=None), max_size=60)


@given(ANY_TEXT, ANY_TEXT)
def test_any_text_arrives_as_text_and_adds_no_element(body, value):
    """Only what XML cannot carry is missing."""
    message = Message(to="a@b", body=body)
    message.setAttr("id", value)
    (read,) = parse(serialise(message))

    def legal(text):
        return "".join(c for c in text if c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff")

    assert (read.getTagData("body") or "", read["id"]) == (legal(body), legal(value))
    assert [kid.name for kid in read.kids] == ["body"] * bool(body)


def test_namespaces_survive_the_way_back():
    """What was parsed can be sent again."""
    for node in parse(MIXED):
        (again,) = parse(serialise(node))
        assert serialise(again) == serialise(node)


def test_the_stream_namespace_is_not_repeated():
    node = Node("jabber:client message", {"to": "a@b"}, [Node("urn:xmpp:receipts request")])
    assert serialise(node) == b'<message to="a@b"><request xmlns="urn:xmpp:receipts"/></message>'


def test_a_big_tag_in_small_pieces_is_given_up_before_it_costs_seconds():
    """Expat begins a tag anew with each piece: octet by octet, a quarter of a megabyte would be 32 GB to look at."""
    parser = Parser()
    parser.feed(HEAD + b"<message id='")
    events, pieces = [], 0
    while not events and pieces < MAX_STANZA:
        events, pieces = parser.feed(b"x"), pieces + 1
    assert [event.condition for event in events] == ["policy-violation"]
    assert pieces < 10_000
    whole = b"<message id='" + b"x" * 200_000 + b"'/>"
    assert not conditions(*[whole[at : at + 4096] for at in range(0, len(whole), 4096)])


def test_a_stanza_is_no_ring_of_garbage():
    """A child does not know its parent: what is read and done with goes at once, without a collection."""
    (message,) = parse(b"<message><a><b/></a></message>")
    assert message.kids[0].parent is None
    assert message.kids[0].kids[0].parent is None


def test_names_that_a_server_makes_up_fill_no_memory():
    parse(*[b"<message><x%d xmlns='urn:%d'/></message>" % (number, number) for number in range(MOST_NAMES + 10)])
    assert len(_NAMES) <= MOST_NAMES


def test_a_child_that_was_taken_out_is_looked_past():
    (_, node) = Parser().feed(
        b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><iq><a/><b/></iq>"
    )
    node.delChild("a")
    assert node.getTag("a") is None
    assert node.getTag("b") is not None


# --- a roster, entry by entry ---


def roster(count, id="7", name="Friend"):
    items = b"".join(b"<item jid='c%d@x' name='%s'><group>A</group></item>" % (n, name.encode()) for n in range(count))
    return b"<iq type='result' id='%s'><query xmlns='jabber:iq:roster'>%s</query></iq>" % (id.encode(), items)


def apart(*chunks, id="7"):
    """The events, and what was taken."""
    parser, taken = Parser(), []
    parser.feed(HEAD)
    parser.take_apart(lambda stanza: stanza.attrs.get("id") == id, taken.append)
    return [event for chunk in chunks for event in parser.feed(chunk)], taken


@pytest.mark.parametrize("size", [1, 100, 16_384])
def test_entries_are_handed_over_one_by_one(size):
    whole = MIXED + roster(20) + MIXED
    events, taken = apart(*[whole[i : i + size] for i in range(0, len(whole), size)])
    assert [serialise(each) for each in taken] == [serialise(each) for each in parse(roster(20))[0].kids[0].kids]
    assert [each.getName() for each in events] == ["message", "presence", "iq", "iq", "message", "presence", "iq"]
    assert serialise(events[3]) == serialise(parse(roster(0))[0])


def test_an_answer_in_entries_may_be_of_any_length():
    whole = roster(30_000)
    assert len(whole) > 4 * MAX_STANZA
    events, taken = apart(*[whole[i : i + 16_384] for i in range(0, len(whole), 16_384)])
    assert [each.getName() for each in events] == ["iq"]
    assert len(taken) == 30_000


def test_one_entry_may_not():
    events, _ = apart(roster(3) + roster(1, name="n" * MAX_STANZA))
    assert isinstance(events[-1], Broken)


def test_other_stanzas_have_their_limit_and_stay_whole():
    events, taken = apart(roster(20, id="8"))
    assert taken == []
    assert serialise(events[0]) == serialise(parse(roster(20))[0]).replace(b'id="7"', b'id="8"').replace(b"id='7'", b"id='8'")
    big = roster(30_000, id="8")
    assert isinstance(apart(*[big[i : i + 16_384] for i in range(0, len(big), 16_384)])[0][-1], Broken)


def test_what_is_taken_apart_does_not_stay_in_memory():
    entry = b"<item jid='c@x' name='" + b"n" * 1000 + b"'/>"
    parser = Parser()
    parser.feed(HEAD + b"<iq type='result' id='7'><query xmlns='jabber:iq:roster'>")
    parser.take_apart(lambda _: True, lambda _: None)
    parser.feed(entry * 16)
    tracemalloc.start()
    for _ in range(2000):  # 32 MB
        parser.feed(entry * 16)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 500_000
