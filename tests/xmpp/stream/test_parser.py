"""The incremental parser: chunks of any size, and documents that break the rules of a stream."""

import gc
import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xmpp.protocol import Iq, Message
from xmpp.simplexml import Node

from onesoup.xmpp.stream import documents
from onesoup.xmpp.stream.document_reader import MAX_NAME_PARTS, MAX_SKIPPED_DEPTH, MAX_STANZA_DEPTH, NAME_PARTS, WHOLE_TAGS
from onesoup.xmpp.stream.events import Broken, End, Header, TooBig
from onesoup.xmpp.stream.parser import (
    BYTES_PER_TAG,
    MAX_SKIPPED_BYTES,
    MAX_STANZA_BYTES,
    MAX_TAG_BYTES,
    PARSED_AT_ONCE_BYTES,
    Parser,
)
from onesoup.xmpp.stream.serializer import serialise

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


def test_a_stanza_may_be_as_large_as_servers_make_it_of_what_they_take():
    """A client may send 256 KiB; a server writes each apostrophe in it with six bytes."""
    apostrophes = b"&apos;" * (256 * 1024 - 100)
    (message,) = parse(b"<message><body>" + apostrophes + b"</body></message>")
    assert message.getTagData("body") == "'" * (256 * 1024 - 100)


def big(name, body, inside=b""):
    return b"<%s from='r@x/y' to='a@x' type='chat' id='7' xml:lang='de'>%s<body>%s</body></%s>" % (name, inside, body, name)


@pytest.mark.parametrize("whole_tags", [True, WHOLE_TAGS])
@pytest.mark.parametrize(
    "text",
    [
        big(b"message", b"x" * 300),
        big(b"iq", b"", b"<y a='" + b"x" * 300 + b"'/>"),
        big(b"presence", b"&apos;" * 50),
        big(b"message", b"", b"<y/>" * 80),
        big(b"message", b"", b"<y>" * MAX_STANZA_DEPTH + b"</y>" * MAX_STANZA_DEPTH),
        b"<message from='r@x/y' to='a@x' type='chat' id='7' n='" + b"x" * 300 + b"'/>",
    ],
)
def test_a_stanza_above_the_limit_is_read_over_wherever_it_is_cut(text, whole_tags):
    """What an answer needs of it is told, and what stands before and behind it arrives."""
    whole = b"<presence id='1'/>" + text + b"<presence id='2'/>"
    for cut in range(1, len(whole)):
        parser = Parser(whole_tags, limit=300)
        parser.feed(HEAD)
        before, skipped, behind = [*parser.feed(whole[:cut]), *parser.feed(whole[cut:])]
        assert (before["id"], behind["id"]) == ("1", "2")
        assert isinstance(skipped, TooBig)
        assert skipped.attrs == {"from": "r@x/y", "to": "a@x", "type": "chat", "id": "7"}
        assert not skipped.kids


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_a_stanza_above_the_limit_in_small_pieces(size):
    whole = b"<presence/>" + big(b"message", b"x" * 1000, b"<y/><y><z a='1'/></y>") + b"<iq/></stream:stream>"
    parser = Parser(limit=300)
    parser.feed(HEAD)
    events = [event for at in range(0, len(whole), size) for event in parser.feed(whole[at : at + size])]
    assert [type(event).__name__ for event in events] == ["_Presence", "TooBig", "_Iq", "End"]


@pytest.mark.parametrize("size", [300, 301])
def test_the_limit_counts_the_bytes_up_to_the_closing_tag(size):
    text = b"<message><body>" + b"x" * (size - 22) + b"</body></message>"
    for cut in range(1, len(text)):
        parser = Parser(limit=300)
        parser.feed(HEAD)
        (event,) = [*parser.feed(text[:cut]), *parser.feed(text[cut:])]
        assert isinstance(event, TooBig) is (size > 300)


def test_long_values_of_a_stanza_that_is_read_over_are_not_kept():
    (skipped,) = parse(b"<message from='a@b' id='" + b"x" * MAX_STANZA_BYTES + b"'/>")
    assert skipped.attrs == {"from": "a@b"}


def test_what_is_no_stanza_ends_the_stream_when_it_is_too_large():
    assert conditions(b"<a xmlns='urn:xmpp:sm:3'>" + b"x" * MAX_STANZA_BYTES + b"</a>") == ["policy-violation"]
    assert conditions(b"<a xmlns='urn:xmpp:sm:3'>" + b"<a>" * MAX_STANZA_DEPTH) == ["policy-violation"]


@pytest.mark.parametrize(
    ("head", "piece", "most"),
    [
        (b"<message>", b"x" * 10_000, MAX_SKIPPED_BYTES),
        (b"<message>", b"<a>" * 1000, MAX_SKIPPED_DEPTH * 3),
        (b"<message id='", b"x" * 10_000, MAX_TAG_BYTES),
        (b"<message><x id='", b"x" * 10_000, MAX_TAG_BYTES),
        (b"<message><![CDATA[", b"x" * 10_000, MAX_SKIPPED_BYTES),
    ],
)
def test_a_stanza_that_never_ends_ends_the_stream(head, piece, most):
    parser = Parser()
    parser.feed(HEAD + head)
    fed, events = 0, []
    while not events:
        events, fed = parser.feed(piece), fed + len(piece)
        assert fed < most + 2 * PARSED_AT_ONCE_BYTES
    assert [event.condition for event in events] == ["policy-violation"]


@pytest.mark.parametrize(
    ("inside", "times", "mebibytes"),
    [
        (b"x" * 1000, 15_000, 8),
        (b"&apos;" * 200, 12_000, 8),
        (b"<a/>" * 250, 1_000, 60),
        (b"<a b='" + b"x" * 900 + b"'></a>", 15_000, 8),
    ],
)
def test_a_stanza_that_is_read_over_takes_bounded_memory(inside, times, mebibytes):
    """No more than a stanza at the limit takes, and none of it stays."""
    parser = Parser()
    parser.feed(HEAD + b"<message from='a@b'>")
    tracemalloc.start()
    try:
        assert not any(parser.feed(inside) for _ in range(times))
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < mebibytes * 1024 * 1024
    assert left < 100_000
    assert isinstance(parser.feed(b"</message>")[0], TooBig)


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


def test_a_stanza_that_is_nested_too_deep_is_read_over():
    def nested(levels):
        return parse(b"<message>" + b"<a>" * levels + b"</a>" * levels + b"</message>", b"<presence/>")

    assert [type(each).__name__ for each in nested(MAX_STANZA_DEPTH - 2)] == ["_Message", "_Presence"]
    assert [type(each).__name__ for each in nested(MAX_STANZA_DEPTH - 1)] == ["TooBig", "_Presence"]


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


@pytest.mark.parametrize("whole_tags", [True, WHOLE_TAGS])
def test_a_big_tag_in_small_pieces_is_given_up_before_it_costs_seconds(whole_tags):
    """Each of these bytes could be its end, so we look at all of it each time: for a quarter of a megabyte at 32 GB."""
    parser = Parser(whole_tags)
    parser.feed(HEAD + b"<message id='")
    events, pieces = [], 0
    while not events and pieces < MAX_STANZA_BYTES:
        events, pieces = parser.feed(b">"), pieces + 1
    assert [event.condition for event in events] == ["policy-violation"]
    assert pieces < 10_000


@pytest.mark.parametrize("whole_tags", [True, WHOLE_TAGS])
@pytest.mark.parametrize(("value", "packet"), [(b"x", 1), (b"x", 4096), (b"&quot;", 4096), (b">", 16384)])
def test_a_big_tag_in_packets_arrives(value, packet, whole_tags):
    whole = b"<presence/><message id='" + value * (900_000 // len(value)) + b"'/><iq/>"
    parser = Parser(whole_tags)
    parser.feed(HEAD)
    events = [event for at in range(0, len(whole), packet) for event in parser.feed(whole[at : at + packet])]
    assert [event.name for event in events] == ["presence", "message", "iq"]


def test_a_stanza_is_no_ring_of_garbage():
    """A child does not know its parent: what is read and done with goes at once, without a collection."""
    (message,) = parse(b"<message><a><b/></a></message>")
    assert message.kids[0].parent is None
    assert message.kids[0].kids[0].parent is None


def test_names_that_a_server_makes_up_fill_no_memory():
    parse(*[b"<message><x%d xmlns='urn:%d'/></message>" % (number, number) for number in range(MAX_NAME_PARTS + 10)])
    assert len(NAME_PARTS) <= MAX_NAME_PARTS


def test_names_that_a_stranger_makes_up_do_not_stay_with_the_stream():
    """Expat keeps those of elements, attributes and prefixes. In a process of its own: it does not tell Python what it takes."""
    program = f"""
from onesoup.xmpp.stream.parser import Parser
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
parser, before = Parser(), 0
parser.feed({HEAD!r})
for round in range(120):
    names = ["<n%d:e%d xmlns:n%d='u' a%d='1'/>" % ((number,) * 4) for number in range(round * 1000, round * 1000 + 1000)]
    assert len(parser.feed(f"<message>{{''.join(names)}}</message>".encode())) == 1
    before = before or (round == 40 and resident())
print(resident() - before)
"""
    grown = int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout)
    assert grown < 4 * 1024 * 1024


@pytest.mark.parametrize("whole_tags", [True, WHOLE_TAGS])
@pytest.mark.parametrize(
    "head", [HEAD, HEAD.replace(b"xmlns='jabber:client'", b"xmlns='jabber:client' xmlns:c='jabber:client' xmlns:a=\"u:'&amp;\"")]
)
def test_a_long_stream_goes_on_as_it_began(whole_tags, head, monkeypatch):
    """Prefixes of its header keep their meaning, and nothing is lost where expat is replaced, wherever that is."""
    monkeypatch.setattr(documents, "RENEW_AFTER_BYTES", 300)
    prefixed = b"<c:message><a:x/></c:message>" if head is not HEAD else b""
    whole = head + (MIXED + prefixed) * 20 + b"</stream:stream>"
    for size in (1, 7, 50, 1000):
        parser = Parser(whole_tags)
        first, *nodes, last = [event for at in range(0, len(whole), size) for event in parser.feed(whole[at : at + size])]
        assert (first["id"], type(last)) == ("7", End)
        assert [serialise(node) for node in nodes] == [serialise(node) for node in parse(*[MIXED + prefixed] * 20, head=head)]
        assert parser._opening or size > 50  # not every piece ends between two stanzas


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
    whole = roster(40_000, name="n" * 120)
    assert len(whole) > 4 * MAX_STANZA_BYTES
    assert whole.count(b"<") > MAX_STANZA_BYTES // BYTES_PER_TAG
    events, taken = apart(*[whole[i : i + 16_384] for i in range(0, len(whole), 16_384)])
    assert [type(each).__name__ for each in events] == ["_Iq"]
    assert len(taken) == 40_000
    assert not any(isinstance(each, TooBig) for each in taken)


LONG, DEEP = (
    b"<item jid='a@x' name='" + b"n" * 300 + b"'/>",
    b"<item jid='b@x'>" + b"<a>" * MAX_STANZA_DEPTH + b"</a>" * MAX_STANZA_DEPTH + b"</item>",
)
FULL = b"<item jid='d@x'><group>" + b"&apos;" * 60 + b"</group><group/></item>"


@pytest.mark.parametrize("whole_tags", [True, WHOLE_TAGS])
@pytest.mark.parametrize("big_one", [LONG, DEEP, FULL])
def test_an_entry_above_the_limits_costs_no_other_wherever_it_is_cut(big_one, whole_tags):
    good = [b"<item jid='%d@x'><group>A</group></item>" % number for number in range(4)]
    entries = good[0] + good[1] + big_one + big_one + good[2] + good[3]
    whole = b"<iq type='result' id='7'><query xmlns='jabber:iq:roster'>" + entries + b"</query></iq>" + MIXED
    for cut in range(1, len(whole)):
        parser, taken = Parser(whole_tags, limit=300), []
        parser.feed(HEAD)
        parser.take_apart(lambda stanza: stanza.attrs.get("id") == "7", taken.append)
        events = [*parser.feed(whole[:cut]), *parser.feed(whole[cut:])]
        assert [each.getName() for each in events] == ["iq", "message", "presence", "iq"]
        assert not isinstance(events[0], TooBig)
        assert not events[0].kids[0].kids
        assert [isinstance(each, TooBig) for each in taken] == [False, False, True, True, False, False]
        assert [each.getName() for each in taken] == ["item"] * 6
        assert [each["jid"] for each in taken if not isinstance(each, TooBig)] == ["0@x", "1@x", "2@x", "3@x"]


def test_a_list_that_is_waited_for_no_more_has_the_limit_of_all_stanzas():
    """Also when that is decided within an entry that is read over."""
    parser, taken = Parser(limit=300), []
    parser.feed(HEAD)
    parser.take_apart(lambda _: True, taken.append)
    assert not parser.feed(b"<iq type='result' id='7'><query xmlns='jabber:iq:roster'><item/><item>" + b"<a/>" * 200)
    parser.take_apart(None, taken.append)
    (iq,) = parser.feed(b"</item>" + b"<item/>" * 50 + b"</query></iq>")
    assert isinstance(iq, TooBig)
    assert len(taken) == 1
    assert len(parser.feed(MIXED)) == 3


def test_what_stands_before_a_list_may_be_read_over():
    events, taken = apart(b"<message>" + b"<a>" * MAX_STANZA_DEPTH + b"</a>" * MAX_STANZA_DEPTH + b"</message>" + roster(20))
    assert [type(each).__name__ for each in events] == ["TooBig", "_Iq"]
    assert len(taken) == 20


def test_a_list_comes_in_entries_also_where_expat_was_replaced(monkeypatch):
    monkeypatch.setattr(documents, "RENEW_AFTER_BYTES", 300)
    pieces = [MIXED] * 10 + [roster(20)] + [MIXED] * 10 + [roster(20)]
    events, taken = apart(*pieces)
    assert len(events) == 62
    assert len(taken) == 40


def test_other_stanzas_have_their_limit_and_stay_whole():
    events, taken = apart(roster(20, id="8"))
    assert taken == []
    assert serialise(events[0]) == serialise(parse(roster(20))[0]).replace(b'id="7"', b'id="8"').replace(b"id='7'", b"id='8'")
    big = roster(30_000, id="8")
    assert isinstance(apart(*[big[i : i + 16_384] for i in range(0, len(big), 16_384)])[0][-1], TooBig)


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


def test_a_parser_that_was_closed_leaves_no_garbage():
    def use() -> None:
        parser = Parser()
        parser.feed(b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><message>")
        parser.feed(b"<body>x</body></message>")
        parser.close()

    use()
    gc.collect()
    gc.disable()
    try:
        use()
        assert gc.collect() == 0
    finally:
        gc.enable()
