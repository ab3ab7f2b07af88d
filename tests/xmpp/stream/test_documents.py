"""Expat that streams share: each reads as if it had one for itself."""

import random

import pytest

from onesoup.xmpp.stream import documents
from onesoup.xmpp.stream.document_reader import WHOLE_TAGS
from onesoup.xmpp.stream.events import Broken, End
from onesoup.xmpp.stream.parser import Parser
from onesoup.xmpp.stream.serializer import serialise

HEAD = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='%d'>"
OTHER_HEAD = b"<s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams' xmlns:x='u:x' id='%d'>"
STANZA = b"<message id='%d-%d' xml:lang='de'><body>a &amp; b ]]</body><x xmlns='u:x'>\xc3\xa9<y/></x></message> \r\n"


@pytest.fixture(autouse=True)
def none_at_rest():
    documents._AT_REST.clear()


@pytest.mark.parametrize("whole_tags", [True, WHOLE_TAGS])
@pytest.mark.parametrize("seed", range(6))
def test_streams_that_are_read_by_turns_get_their_own_stanzas(seed, whole_tags):
    chance = random.Random(seed)
    parsers = [Parser(whole_tags) for _ in range(12)]
    wholes = [
        (OTHER_HEAD if number % 3 == 0 else HEAD) % number + b"".join(STANZA % (number, each) for each in range(20))
        for number in range(12)
    ]
    events = [[] for _ in parsers]
    left = list(range(12))
    while left:
        number = chance.choice(left)
        size = chance.choice([1, 3, 40, len(STANZA) + 4, 400])
        events[number] += parsers[number].feed(wholes[number][:size])
        wholes[number] = wholes[number][size:]
        if not wholes[number]:
            left.remove(number)
    for number, (header, *stanzas) in enumerate(events):
        assert header["id"] == str(number)
        assert [stanza["id"] for stanza in stanzas] == [f"{number}-{each}" for each in range(20)]
        alone = Parser().feed(HEAD % number + STANZA % (number, 0))[1]
        assert serialise(stanzas[0]) == serialise(alone)


def test_a_stream_between_two_stanzas_keeps_no_expat():
    parsers = [Parser() for _ in range(20)]
    for number, parser in enumerate(parsers):
        parser.feed(HEAD % number + STANZA % (number, 0))
    assert [parser._document for parser in parsers] == [None] * 20
    assert len(documents._AT_REST) == 1


def test_a_stream_that_breaks_off_or_ends_takes_no_other_along():
    broken, ended, closed, well = (Parser() for _ in range(4))
    for number, parser in enumerate((broken, ended, closed, well)):
        parser.feed(HEAD % number)
    assert isinstance(broken.feed(b"<message><body></message>")[0], Broken)
    assert isinstance(ended.feed(b"</stream:stream>")[0], End)
    closed.feed(b"<message>")
    closed.close()
    assert [stanza["id"] for stanza in well.feed(STANZA % (3, 1))] == ["3-1"]
    assert broken.feed(STANZA % (0, 0)) == ended.feed(STANZA % (0, 0)) == closed.feed(STANZA % (0, 0)) == []


def test_a_stream_that_is_closed_while_a_list_is_taken_apart_leaves_nothing():
    parser = Parser()
    parser.feed(HEAD % 1)
    parser.take_apart(lambda _stanza: True, lambda _entry: parser.close())
    parser.feed(b"<iq type='result'><query xmlns='u:q'><item/></query></iq>")
    assert documents._AT_REST == {}


def test_openings_that_a_server_makes_up_fill_no_memory():
    for number in range(3 * documents.MAX_OPENINGS):
        Parser().feed(HEAD.replace(b" id", b" xmlns:p%d='u' id" % number) % 1 + STANZA % (1, 1))
    assert 0 < len(documents._AT_REST) <= documents.MAX_OPENINGS
