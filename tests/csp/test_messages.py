"""Texts in and out: what a phone sends becomes plain text, what it gets is cut where it must be and nowhere else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp import messages
from onesoup.csp.codec.binding import write_node
from onesoup.csp.codec.generated_elements import MessageInfo, SendMessageRequest
from onesoup.csp.errors import CspError
from onesoup.csp.messages import Text
from onesoup.csp.session import Capabilities, Session
from onesoup.wire import codec
from onesoup.wire.document import ANY_TREE, Document
from onesoup.wire.tree import Element
from tests.support.characters import NOT_FOR_PHONES


def sent(text, kind=None, encoding=None, unescape=False, uri=None):
    info = MessageInfo(content_type=kind, content_encoding=encoding, message_uri=uri)
    return messages.message_content(SendMessageRequest(message_info=info, content_data=text), unescape)


def b64(octets):
    return base64.b64encode(octets).decode()


def test_text_without_a_type_is_plain():
    assert sent("hello ü 😀") == "hello ü 😀"
    assert messages.message_content(SendMessageRequest(content_data="x"), False) == "x"


def test_line_ends_become_line_feeds():
    assert sent("a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_base64_is_decoded():
    assert sent(b64("grüß".encode()), "text/plain", "BASE64") == "grüß"
    assert sent("aGVs\r\nbG8=", "text/plain", " base64 ") == "hello"


def test_the_charset_of_the_type_is_honoured():
    assert sent(b64("grüß".encode("latin-1")), "text/plain; charset=ISO-8859-1", "BASE64") == "grüß"
    assert sent(b64("grüß".encode("utf-16")), 'text/plain;charset="utf-16"', "BASE64") == "grüß"


@pytest.mark.parametrize(
    "charset", ["x-nokia", "undefined", "idna", "punycode", "hex", "rot13", "unicode_escape", "utf-7", "mbcs"]
)
@pytest.mark.parametrize("octets", [b"plain", b"\xff\xfe\xfd", b"\\ud800", b"\\x00", b"a" * 70 + b"\x80", b"+2AA-"])
def test_no_charset_that_a_phone_names_breaks_anything(charset, octets):
    """And what comes out can be stored and sent: no half of a surrogate pair among it."""
    sent(b64(octets), f"text/plain; charset={charset}", "BASE64").encode("utf-8")


@pytest.mark.parametrize("text", ["%%%", "a", "aGVsbG8", "ü"])
def test_base64_that_is_none_is_400(text):
    with pytest.raises(CspError) as refused:
        sent(text, None, "BASE64")
    assert refused.value.code == 400


@pytest.mark.parametrize("kind", ["text/html", "application/xhtml+xml", "TEXT/HTML; charset=utf-8"])
def test_markup_is_taken_off(kind):
    assert sent("<p>a &lt; b &amp; <b>c</b></p>", kind) == "a < b & c"


FILES = ["image/jpeg", "application/octet-stream", "audio/amr", "text/x-vCard", "text/vcard", "nonsense"]


@pytest.mark.parametrize("kind", FILES)
def test_what_is_no_text_is_415(kind):
    with pytest.raises(CspError) as refused:
        sent("x", kind)
    assert refused.value.code == 415


def attached(text, kind, encoding="BASE64", name=None):
    info = MessageInfo(content_type=kind, content_encoding=encoding, content_name=name)
    return messages.attachment(SendMessageRequest(message_info=info, content_data=text))


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "TEXT/PLAIN; charset=utf-8", "text/html", "text/x-note", "application/xhtml+xml"]
)
def test_a_text_is_no_attachment(kind):
    assert attached("hello", kind, None) is None


@pytest.mark.parametrize(
    ("kind", "name", "as_type", "as_name"),
    [
        ("image/jpeg", None, "image/jpeg", "image.jpg"),
        ("IMAGE/GIF; x=y", None, "image/gif", "image.gif"),
        ("image/vnd.wap.wbmp", "", "image/vnd.wap.wbmp", "image.wbmp"),
        ("audio/amr", "C:\\sounds\\my voice.amr", "audio/amr", "my_voice.amr"),
        ("image/png", "../../etc/passwd", "image/png", "passwd"),
        ("image/png", "..", "image/png", "image.png"),
        ("image/png", "x" * 100 + ".png", "image/png", "x" * 56 + ".png"),
        ("text/x-vCard", None, "text/x-vcard", "text.vcf"),
    ],
)
def test_a_file_has_its_type_a_safe_name_and_its_octets(kind, name, as_type, as_name):
    found = attached(b64(b"\xff\xd8octets"), kind, "base64", name)
    assert (found.type, found.name, found.data) == (as_type, as_name, b"\xff\xd8octets")


def test_a_card_may_come_as_text():
    assert attached("BEGIN:VCARD", "text/x-vCard", None).data == b"BEGIN:VCARD"


@pytest.mark.parametrize(
    ("text", "kind", "encoding", "code"),
    [
        ("x", "nonsense", "BASE64", 415),
        ("eA==", "image/", "BASE64", 415),
        ("eA==", "image/x y", "BASE64", 415),
        ("%%", "image/png", "BASE64", 400),
        ("not encoded", "image/png", None, 400),
        ("", "image/png", "BASE64", 402),
        (None, "image/png", "BASE64", 402),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_reason(text, kind, encoding, code):
    with pytest.raises(CspError) as refused:
        attached(text, kind, encoding)
    assert refused.value.code == code


def test_entities_are_undone_for_that_handset_only():
    assert sent("1 &lt; 2 &amp;&amp; &quot;x&apos;", unescape=True) == "1 < 2 && \"x'"
    assert sent("&amp;lt;", unescape=True) == "&lt;"
    assert sent("1 &lt; 2", unescape=False) == "1 &lt; 2"
    assert sent("&eacute;", unescape=True) == "&eacute;"


def test_a_uri_stands_for_missing_text():
    assert sent(None, uri="http://example.org/x") == "http://example.org/x"


def test_a_message_without_any_text_is_402():
    with pytest.raises(CspError) as refused:
        sent(None)
    assert refused.value.code == 402


ANY = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80)


@given(ANY)
def test_any_text_comes_through(text):
    assert sent(text) == text.replace("\r\n", "\n").replace("\r", "\n")


# --- out ---

ME = Session("alice@example.org", "wv:alice@example.org", "1.2", "JiMMY")


def test_a_new_message_has_all_that_a_phone_must_find():
    text = Text("m1", "romeo@example.net", "grüß", 0)
    info = messages.new_message(text, ME, None).message_info
    assert info.message_id == "m1"
    assert info.sender.user.user_id == "wv:romeo@example.net"
    assert info.recipient.user[0].user_id == "wv:alice@example.org"
    assert (info.content_type, info.content_size, info.date_time) == ("text/plain", 6, "19700101T000000Z")
    assert info.content_encoding == "None"


PICTURE = Text("m1", "romeo@example.net", "https://x.example/1", 0, "image/jpeg", bytes(3000))


@pytest.mark.parametrize("encoding", ANY_TREE)
@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_a_picture_reaches_the_phone_whole_as_base64_text(version, encoding):
    told = write_node(messages.new_message(PICTURE, ME, None), version)
    document = codec.decode(codec.encode(Document(Element("WV-CSP-Message", "", [told]), version, encoding)))
    carried = document.root.children[0]
    info = next(each for each in carried.children if each.name == "MessageInfo")
    assert base64.b64decode(carried.findtext("ContentData")) == PICTURE.data
    assert (info.findtext("ContentType"), info.findtext("ContentEncoding")) == ("image/jpeg", "BASE64")
    assert info.findtext("ContentSize") == "3000"


@pytest.mark.parametrize(
    ("caps", "fits"),
    [
        (Capabilities(), False),
        (Capabilities(any_content=True), True),
        (Capabilities(types=("text/plain", "IMAGE/JPEG;x=y")), True),
        (Capabilities(types=("image/*",)), True),
        (Capabilities(types=("image/gif", "text/plain")), False),
        (Capabilities(any_content=True, accepted=2999), False),
        (Capabilities(any_content=True, accepted=3000), True),
        (Capabilities(any_content=True, rich=2999), False),
        (Capabilities(any_content=True, parser=4999), False),  # BASE64 is a third longer, and something stands around it
        (Capabilities(any_content=True, parser=5001), True),
    ],
)
def test_a_phone_that_does_not_take_a_picture_gets_its_text(caps, fits):
    got = messages.fitting_text(PICTURE, caps)
    assert got == PICTURE if fits else (got.type, got.data, got.body) == ("text/plain", b"", PICTURE.body)


def test_the_sender_is_spelled_as_the_phone_spells_it():
    text = Text("m1", "romeo@example.net", "x", 0)
    assert messages.new_message(text, ME, "WV:Romeo@Example.NET").message_info.sender.user.user_id == "WV:Romeo@Example.NET"


@pytest.mark.parametrize("seconds", [-1, -62135596800, 0, 1_700_000_000, 253402300799])
def test_any_time_that_a_stanza_can_carry_has_a_date(seconds):
    stamp = messages.timestamp(seconds)
    assert len(stamp) == 16
    assert stamp[8] == "T"


@pytest.mark.parametrize("encoding", ANY_TREE)
@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
@given(body=ANY)
def test_a_message_reaches_the_phone_whole(version, encoding, body):
    """Only what XML cannot carry, or no phone may be shown, is left out; both ends may be trimmed by any phone."""
    told = write_node(messages.new_message(Text("m1", "romeo@example.net", body, 0), ME, None), version)
    document = codec.decode(codec.encode(Document(Element("WV-CSP-Message", "", [told]), version, encoding)))
    carried = document.root.children[0].findtext("ContentData")
    kept = "".join(char for char in body if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff" + NOT_FOR_PHONES))
    assert carried.strip().replace("\r\n", "\n").replace("\r", "\n") == kept.strip().replace("\r\n", "\n").replace("\r", "\n")


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.integers(1, 64))
def test_parts_fit_and_no_character_is_cut(body, accepted):
    parts = messages.split_text(body, accepted)
    assert all(len(part.encode()) <= max(accepted, 16) for part in parts)
    assert "".join(parts).replace(" ", "") == body.replace(" ", "")
    assert len(parts) == 1 or all(parts[:-1])


def test_a_short_text_is_one_part():
    assert messages.split_text("hello ", 100) == ["hello "]
    assert messages.split_text("", 100) == [""]


def test_a_long_text_is_cut_at_a_blank_where_one_is_near():
    parts = messages.split_text("the quick brown fox jumps", 20)
    assert parts == ["the quick brown fox", "jumps"]


def test_a_long_text_of_blanks_makes_no_empty_messages():
    assert all(messages.split_text("a" + " " * 100 + "b", 20))
