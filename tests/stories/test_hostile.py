"""Octets that are no CSP cost their sender an HTTP error or a Status, and nobody else anything."""

import json
import random

import pytest

from onesoup.csp.codec import envelope
from onesoup.csp.codec.generated_elements import GetListRequest, Status
from onesoup.phone.transactions import encode_message
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from tests.support.secrets import secret_text
from tests.support.world import MATRIX, Person, StoryPhone, World

XML, WBXML = "application/vnd.wv.csp.xml", "application/vnd.wv.csp.wbxml"


@pytest.fixture
def stranger(world: World) -> StoryPhone:
    return world.phone(Person("S", "s", "s", world.stack.domain))


@pytest.fixture(autouse=True)
def unharmed(world: World, stranger: StoryPhone):  # type: ignore[no-untyped-def]
    """After each of these stories the same two workers still serve."""
    before = world.workers()
    yield
    (alice,) = world.cast("alice")
    world.phone(alice).start()
    assert world.workers() == before


def told(reply) -> int:  # type: ignore[no-untyped-def]
    """The HTTP status, or the code of the Status in a 200."""
    if reply.status != 200:
        assert reply.status in (400, 413, 415)
        assert reply.body == b""
        return reply.status
    content = envelope.message_from_document(codec.decode(reply.body)).transactions[0].content
    assert isinstance(content, Status)
    return content.result.code or 0  # type: ignore[union-attr]


def test_random_octets(stranger: StoryPhone) -> None:
    chance = random.Random(5)
    for number in range(150):
        octets = chance.randbytes(chance.randrange(1, 400))
        if number % 3 == 0:
            octets = b"\x03\x11\x6a\x00" + octets
        elif number % 3 == 1:
            octets = b"<?xml version='1.0'?><WV-CSP-Message>" + octets
        assert told(stranger.raw(octets, (XML, WBXML)[number % 2])) in (400, 415)


@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_a_document_that_breaks_off(world: World, version: str, encoding: Encoding) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, version=version, encoding=encoding)
    phone.login()
    whole = phone.last
    for cut in range(1, len(whole), 7):
        assert told(phone.raw(whole[:cut])) in (400, 409)


def test_a_request_that_breaks_off_is_answered_under_its_own_id(world: World) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, encoding=Encoding.XML)
    phone.login()
    phone.get_lists()
    reply = phone.raw(phone.last[: phone.last.index(b"GetList")])
    answer = envelope.message_from_document(codec.decode(reply.body))
    assert (reply.status, answer.session_id, answer.transactions[0].id) == (200, phone.session_id, "2")
    phone.keep_alive()


def test_plain_text_syntax_that_breaks_off_is_answered_under_its_own_id(world: World) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, encoding=Encoding.PTS)
    phone.login()
    reply = phone.raw(f"WV12LM77 SI={phone.session_id} AN=((Bob".encode())
    at = len(f"WV12LM77 SI={phone.session_id} AN=((Bob")
    assert reply.status == 200
    assert reply.body.decode() == (f'WV12ST77 SI={phone.session_id} ST=(400,"PTS: the group is not closed at offset {at}")')
    assert told(phone.raw(b"WV12")) in (400, 409)
    phone.keep_alive()


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json", XML, WBXML, "image/png", "\xff"])
def test_nothing_at_all(stranger: StoryPhone, content_type: str) -> None:
    assert told(stranger.raw(b"", content_type.encode().decode("ascii", "ignore"))) in (400, 415)


@pytest.mark.parametrize("octets", [b'{"a": 1}', b"a=b&c=d", b"\x89PNG\r\n\x1a\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_something_else_altogether(stranger: StoryPhone, octets: bytes) -> None:
    assert told(stranger.raw(octets, "application/json")) == 415
    assert told(stranger.raw(octets, WBXML)) == 400


@pytest.mark.parametrize("octet", [b"\0", b"<", b"\x03"])
def test_a_mebibyte(stranger: StoryPhone, octet: bytes) -> None:
    assert told(stranger.raw(octet * 2**20, WBXML)) == 413


@pytest.mark.parametrize(
    "text",
    [
        "<a/>",
        "<WV-CSP-Message/>",
        "<WV-CSP-Message><Session/></WV-CSP-Message>",
        "<WV-CSP-Message><Session><Transaction/></Session></WV-CSP-Message>",
        "<html><body>login</body></html>",
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>',
        "<a>" * 5000,
    ],
)
def test_xml_that_is_no_csp(stranger: StoryPhone, text: str) -> None:
    assert told(stranger.raw(text.encode(), XML)) in (400, 604)


def test_one_line_in_the_log_says_why(world: World, stranger: StoryPhone) -> None:
    before = world.stack.logs("web").count('"unreadable"')
    stranger.raw(b"\x03\x11\x6a\x00\x45", WBXML)
    lines = [line for line in world.stack.logs("web").splitlines() if '"unreadable"' in line][before:]
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert line["reason"]
    assert line["address"] == "127.0.0.1"


def test_a_body_counts_and_not_its_content_type(world: World) -> None:
    """Carriers and phones get the header wrong."""
    (alice,) = world.cast("alice")
    phone = world.phone(alice, encoding=Encoding.XML)
    phone.login()
    for wrong in (WBXML, "text/plain", "application/octet-stream"):
        reply = phone.raw(encode_message(phone.message(GetListRequest())), wrong)
        assert (reply.status, b"DefaultContactList" in reply.body) == (200, True)


def test_values_out_of_all_proportion_cost_one_transaction(world: World) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, encoding=Encoding.XML)
    phone.login()
    phone.get_lists()
    request = encode_message(phone.message(GetListRequest(), tid="2"))
    for old, new in ((b">2<", b">" + b"9" * 5000 + b"<"), (b"<GetList", b"<Ext>" + b"x" * 60_000 + b"</Ext><GetList")):
        assert phone.raw(request.replace(old, new)).status in (200, 400)
    phone.keep_alive()


def test_a_text_with_what_xml_cannot_carry_does_not_break_the_stream(world: World) -> None:
    """Control characters reach us in WBXML; on an XMPP stream they would end it."""
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    phone.send(bob.wv, secret_text("bell \x07 and \x0b ", " \ufffe"))
    phone.send(bob.wv, text := secret_text("then "))
    there.message(body=text)
    assert len(there.bodies()) == 2


def said(person: Person, id: str, body: str, more: str = "") -> str:
    return f"<message to='{person.jid}' type='chat' id='{id}'><body>{body}</body>{more}</message>"


def test_sixty_thousand_apostrophes_and_what_stands_around_them(world: World) -> None:
    """The server writes them as 360,000 bytes. They come in parts, between the messages before and behind them."""
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    texts = [secret_text(), "'" * 60_000, secret_text()]
    there.raw("".join(said(alice, f"m{number}", text) for number, text in enumerate(texts)))
    phone.hears(texts[-1])
    first, *parts, last = phone.said()
    assert [first, "".join(parts), last] == texts


def test_a_message_that_is_too_large_comes_back_to_its_writer_and_costs_nothing_else(world: World) -> None:
    """80 KB of an ordinary client, which the server writes as 2 MB."""
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    before, behind = secret_text(), secret_text()
    inflated = f"<x xmlns='u:x' xmlns:p='urn:{'x' * 200}'>{'<p:a/>' * 9_000}</x>"
    there.raw(said(alice, "m1", before) + said(alice, "huge", "huge", inflated) + said(alice, "m2", behind))
    phone.hears(behind)
    assert phone.said() == [before, behind]
    there.wait("message_error", id="huge")


def test_four_texts_under_one_id(world: World) -> None:
    """Of a client that counts from 1 after each start; nothing keeps an archive of them."""
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    texts = [secret_text() for _ in range(4)]
    for text in texts:
        there.send(alice.jid, text, id="1", extra="<no-store xmlns='urn:xmpp:hints'/>")
    phone.hears(texts[-1])
    assert phone.said() == texts


def test_a_malformed_link_and_the_text_behind_it(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    there.send(alice.jid, "http://[test")
    there.send(alice.jid, behind := secret_text())
    phone.hears(behind)
    assert phone.said() == ["http://[test", behind]


def test_a_message_to_nobody_comes_back_with_its_first_words(world: World) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice).start()
    phone.send("wv:nobody@localhost", words := secret_text())
    told = phone.until(lambda: [each for each in phone.inbox if words in each.text])[0]
    assert told.text == f'not delivered: recipient cannot be reached: "{words}"'
    assert told.sender == "wv:nobody@localhost"
