"""What leaves a recording holds no name, number or text of a user, and keeps its form."""

import base64
import csv
import io
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from onesoup.captures.fillers import SMALLEST_PICTURES, filler
from onesoup.captures.redaction import KEPT_HEADERS, Redactor
from onesoup.wire import codec, xmltext
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element

ROOT = Path(__file__).resolve().parents[2]
REDACTOR = Redactor(b"key of this recording")
# What no element may let through, whatever its type is said to be.
PRIVATE = (
    "Alice Liddell",
    "alice",
    "+358401234567",
    "0401234567",
    "alice@wonderland.net",
    "wv:alice/friends@wonderland.net",
    "Алиса",
)


def leaves() -> list[tuple[str, str]]:
    """(parent, child) of all elements of the schema."""
    with (ROOT / "tables" / "schema.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return sorted({(row["parent"], row["child"]) for row in rows})


def redacted(parent: str, child: str, text: str, *beside: Element) -> str:
    tree = REDACTOR.redact(Element(parent, children=[*beside, Element(child, text)]))
    return tree.children[-1].text


CLIENT_FACTS = {"ApplicationID", "ClientProducer", "ClientVersion", "DevManufacturer", "Model"}
# A bare word is a media type, a language or an id as well as a name; there, and only there, it stays.
WORDS = CLIENT_FACTS | {"URL", "ContentType", "AcceptedContentType", "RichContentType", "TransactionID"}


@pytest.mark.parametrize("text", PRIVATE)
def test_no_element_of_the_schema_lets_a_name_or_a_number_through(text: str) -> None:
    for parent, child in [*leaves(), ("Unheard", "Of"), ("Location", "Altitude")]:
        if child in CLIENT_FACTS and text in ("alice", "Alice Liddell"):
            continue
        if text == "alice" and child in WORDS:
            continue
        found = redacted(parent, child, text)
        words = [word for word in text.replace("@", " ").replace("/", " ").replace(":", " ").split() if word not in ("wv", "net")]
        assert not [word for word in words if word in found], (parent, child, found)
        assert (len(found), len(found.encode())) == (len(text), len(text.encode())), (parent, child, found)


KEPT = [
    ("Result", "Code", "200"),
    ("CapabilityList", "AcceptedContentLength", "2147483647"),
    ("CapabilityList", "SupportedCIRMethod", "STCP"),
    ("CapabilityList", "AcceptedContentType", "image/*"),
    ("CapabilityList", "SupportedBearer", "HTTPS"),
    ("CapabilityList", "ClientType", "MOBILE_PHONE"),
    ("SessionDescriptor", "SessionType", "Inband"),
    ("TransactionDescriptor", "TransactionID", "nok12"),
    ("ClientID", "URL", "WV:IMPEC01$00001@NOK.S60"),
    ("ClientID", "URL", "http://www.motorola.com/v3"),
    ("ClientInfo", "Model", "Nokia 6230i"),
    ("ClientInfo", "ClientVersion", "1.0.2309.16485"),
    ("MessageInfo", "DateTime", "20040917T120000Z"),
    ("MessageInfo", "ContentType", "text/plain; charset=utf-8"),
    ("OnlineStatus", "PresenceValue", "T"),
    ("UserAvailability", "PresenceValue", "NOT_AVAILABLE"),
    ("StatusMood", "PresenceValue", "IN_LOVE"),
    ("PreferredLanguage", "PresenceValue", "fin"),
    ("Property", "Name", "DisplayName"),
    ("Property", "Value", "T"),
    ("SearchPairList", "SearchElement", "GROUP_USER_ID_OWNER"),
    ("Login-Request", "DigestSchema", "MD5"),
]


@pytest.mark.parametrize(("parent", "child", "text"), KEPT)
def test_what_the_protocol_and_the_phone_itself_say_stays(parent: str, child: str, text: str) -> None:
    assert redacted(parent, child, text) == text


@pytest.mark.parametrize("attribute", ["StatusText", "Alias", "FreeTextLocation", "PLMN", "Unknown"])
def test_a_presence_value_that_a_user_writes_is_replaced(attribute: str) -> None:
    assert redacted(attribute, "PresenceValue", "HAPPY") != "HAPPY"


@pytest.mark.parametrize("child", ["Password", "DigestBytes", "Nonce", "SessionID", "SessionCookie", "MessageID", "InviteID"])
def test_what_lets_somebody_in_is_replaced(child: str) -> None:
    assert redacted("Login-Request", child, "S1aBcDeF") not in ("S1aBcDeF", "")


def test_a_serial_number_inside_the_name_of_a_client_is_replaced() -> None:
    agent = REDACTOR.client_fact("Nokia6230i/2.0 (03.88) SN352765011234567 Profile/MIDP-2.0")
    assert agent.startswith("Nokia6230i/2.0 (03.88) SN")
    assert agent.endswith(" Profile/MIDP-2.0")
    assert "352765011234567" not in agent
    assert "alice" not in REDACTOR.client_fact("wv:alice@wonderland.net")


def test_a_name_is_the_same_other_name_wherever_it_stands() -> None:
    alice = REDACTOR.text("alice")
    assert alice != "alice"
    assert REDACTOR.text("Alice") == alice.title()
    assert REDACTOR.text("wv:alice@example.org") == f"wv:{alice}@example.org"
    assert REDACTOR.text("wv:alice/friends@example.org").startswith(f"wv:{alice}/")
    assert REDACTOR.text("alice%40example.org@imps.example.net") == f"{alice}%40example.org@imps.example.net"
    assert Redactor(b"key of this recording").text("alice") == alice
    assert Redactor(b"another key").text("alice") != alice
    assert REDACTOR.text("Иван").lower() == REDACTOR.text("иван")


def test_an_address_keeps_its_parts() -> None:
    found = REDACTOR.text("wv:/tea-party@conference.wonderland.net")
    assert found.startswith("wv:/")
    assert "@conference." in found
    assert "tea" not in found
    assert "wonderland" not in found
    web = REDACTOR.text("http://wonderland.net/users/alice?id=12345678")
    assert web.startswith("http://")
    assert not [word for word in ("wonderland", "alice", "12345678") if word in web]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_keeps_its_length_in_characters_and_bytes(text: str) -> None:
    found = REDACTOR.text(text)
    if "%" not in text and text == text.upper().lower():
        assert (len(found), len(found.encode())) == (len(text), len(text.encode()))
    assert len(found.encode()) <= 3 * len(text.encode())


@pytest.mark.parametrize("text", ["привет", "Ελλάδα", "你好世界", "สวัสดี", "こんにちは", "Grüße", "שלום", "مرحبا"])
def test_letters_stay_in_their_script(text: str) -> None:
    found = REDACTOR.text(text)
    assert found != text
    for old, new in zip(text, found, strict=True):
        assert unicodedata.name(new).partition(" ")[0] == unicodedata.name(old).partition(" ")[0]
        assert len(new.encode()) == len(old.encode())


def message(kind: str, coding: str, content: str) -> Element:
    info = Element("MessageInfo", children=[Element("ContentType", kind), Element("ContentEncoding", coding)])
    return Element("NewMessage", children=[info, Element("ContentData", content)])


@pytest.mark.parametrize("kind", SMALLEST_PICTURES)
def test_a_picture_becomes_another_one_of_its_type_and_length(kind: str) -> None:
    secret = bytes(range(256)) * 4
    found = REDACTOR.redact(message(kind, "BASE64", base64.b64encode(secret).decode())).findtext("ContentData")
    data = base64.b64decode(found)
    assert len(data) == len(secret)
    assert not any(secret[place : place + 8] in data for place in range(0, 256, 8))
    if "wbmp" not in kind:
        Image.open(io.BytesIO(data)).load()
    assert filler(kind, 3) == b"\0\0\0"


def test_text_in_base64_is_replaced_inside() -> None:
    coded = base64.b64encode("Hello Алиса".encode()).decode()
    found = REDACTOR.redact(message("text/plain", "BASE64", coded)).findtext("ContentData")
    text = base64.b64decode(found).decode()
    assert len(text.encode()) == len("Hello Алиса".encode())
    assert "Hello" not in text


def test_a_number_header_is_never_kept() -> None:
    kept = REDACTOR.headers({"user-agent": "SIE-S65/12", "X-MSISDN": "358401234567", "X-Up-Calling-Line-ID": "358401234567"})
    assert kept == {"User-Agent": "SIE-S65/12"}
    assert not [name for name in KEPT_HEADERS if "msisdn" in name.lower() or "network" in name.lower()]


def test_no_word_of_a_vector_survives_and_the_tree_stays_the_same() -> None:
    """Every document of the vectors: the same elements, no address of anybody, and it can be written again."""
    seen = 0
    for path in sorted((ROOT / "tests" / "vectors").glob("*.xml")):
        try:
            root, version, _ = xmltext.decode(path.read_bytes())
        except WireError:
            continue
        before, seen = list(walk(root)), seen + 1
        tree = REDACTOR.redact(root)
        after = list(walk(tree))
        assert [each.name for each in before] == [each.name for each in after]
        for old, new in zip(before, after, strict=True):
            if old.name in ("UserID", "Password", "ContentData", "SessionID") and len(old.text) > 3:
                assert new.text != old.text
                assert len(new.text) == len(old.text)
        assert codec.decode(xmltext.encode(tree, version)).root.name == root.name
    assert seen > 20


def walk(element: Element) -> list[Element]:
    return [element, *(each for child in element.children for each in walk(child))]


def test_numbers_never_begin_with_zero() -> None:
    for number in range(200):
        found = REDACTOR.text(f"+35840{number:07}")
        assert found[0] == "+"
        assert found[1] != "0"
    assert all(left != right for left, right in pairwise([REDACTOR.text("+358401234567"), REDACTOR.text("+358401234568")]))
