"""The rules of protocol/wire.md 1, checked on the octets that we emit, by a reader that shares no code with the codec."""

import pytest

from onesoup.wire import wbxml_writer
from onesoup.wire.codec import decode
from onesoup.wire.generated.attrs import ATTRS
from onesoup.wire.generated.datatypes import DATATYPES
from onesoup.wire.generated.tags import TAGS
from onesoup.wire.generated.values import VALUES
from onesoup.wire.tree import Element

from .vectors import GOOD, NAMESPACED

VERSIONS = ("1.1", "1.2", "1.3")
TEXT_INTEGERS = {"Altitude", "Accuracy", "Cpriority", "MaxPullLength", "MaxPushLength", "ClientIMPriority"}

TOKEN_ELEMENTS = {"ContentType", "AcceptedContentType", "ContentEncoding", "AcceptedTransferEncoding"} | {
    *("Name", "Value", "PresenceValue"),
    *("Status", "Cstatus", "PrefC", "Color", "Size", "Style", "SupportedOfflineBearer"),
}


def within_its_version(vector) -> bool:
    """Some phones write tags of another version; what they may say, we may not."""
    names, todo = set(TAGS[vector.version].values()), [decode(vector.octets).root]
    while todo:
        element = todo.pop()
        if element.name not in names:
            return False
        todo.extend(element.children)
    return vector.version != "1.0"


PLAIN = [vector for vector in GOOD if within_its_version(vector)]


def items(octets: bytes, version: str):
    """(element, form, value) of each leaf; form is text, token, opaque, empty. Fails on a token that we must not emit."""
    pos, page, names, path = 4, 0, TAGS[version], []
    value = ("empty", "")
    while pos < len(octets):
        token, pos = octets[pos], pos + 1
        if token == 0:
            page, pos = octets[pos], pos + 1
            assert octets[pos] not in (0, 1), "a page switch that no tag follows"
        elif token == 1:
            yield path.pop(), *value
            value = ("", "")
        elif token == 3:
            end = octets.index(0, pos)
            value, pos = ("text", octets[pos:end].decode()), end + 1
        elif token == 0x80:
            number = octets[pos] & 0x7F
            pos += 1
            if octets[pos - 1] > 0x7F:
                number, pos = number << 7 | octets[pos], pos + 1
            value = ("token", number)
        elif token == 0xC3:
            length = octets[pos]
            assert 1 <= length <= 4
            value, pos = ("opaque", octets[pos + 1 : pos + 1 + length]), pos + 1 + length
        else:
            assert token & 0x3F > 4, f"global token {token:02X}"
            name = names.get(page << 8 | token & 0x3F)
            assert name, f"tag {page:02X}/{token & 0x3F:02X} is not of version {version}"
            assert bool(token & 0x80) == (name in NAMESPACED)
            if token & 0x80:
                _, prefix, element = ATTRS[version][octets[pos]]
                assert element == name
                assert f"{prefix}{version}".endswith(version)
                assert octets[pos + 1 : pos + 6] == b"\x03" + version.encode() + b"\0"
                assert octets[pos + 6] == 1
                pos += 7
            if token & 0x40:
                path.append(name)
                value = ("empty", "")
            else:
                yield name, "empty", ""
    assert not path


def check(octets: bytes, version: str) -> None:
    assert octets[:4] == bytes((3, 15 + int(version[2]), 0x6A, 0))
    tokens = set(VALUES[version])
    for name, form, value in items(octets, version):
        kind = DATATYPES.get(name, "string")
        if form == "token":
            assert value in tokens
            assert kind in ("boolean", "enum") or name in TOKEN_ELEMENTS
        elif form == "opaque":
            assert kind == "integer"
            assert name not in TEXT_INTEGERS
            assert value == b"\0" or value[0]
        elif form == "text":
            assert kind != "boolean"
            assert kind != "enum" or value not in VALUES[version].values()
            assert kind != "integer" or name in TEXT_INTEGERS or not value.isdigit()


@pytest.mark.parametrize("vector", PLAIN, ids=lambda vector: vector.name)
def test_golden_rules(vector):
    check(wbxml_writer.encode(decode(vector.octets).root, vector.version), vector.version)


def leaf(name: str, text: str, version: str = "1.2") -> bytes:
    """What stands between an element's tag and its END."""
    octets = wbxml_writer.encode(Element("WV-CSP-Message", children=[Element(name, text)]), version)
    assert octets.endswith(b"\1\1")
    tag = len(wbxml_writer.encode(Element("WV-CSP-Message", children=[Element(name)]), version)) - 1
    return octets[tag:-2]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "text", "octets"),
    [
        ("Poll", "T", "80 2C"),
        ("Poll", "F", "80 0B"),
        ("Code", "0", "C3 01 00"),
        ("Code", "200", "C3 01 C8"),
        ("TimeToLive", "7200", "C3 02 1C 20"),
        ("TimeToLive", "4294967295", "C3 04 FF FF FF FF"),
        ("TimeToLive", "4294967296", "03 34 32 39 34 39 36 37 32 39 36 00"),
        ("Altitude", "12", "03 31 32 00"),
        ("TransactionID", "12", "03 31 32 00"),
        ("DateTime", "20010925T165859Z", "03 32 30 30 31 30 39 32 35 54 31 36 35 38 35 39 5A 00"),
        ("ContentData", "T", "03 54 00"),
        ("Description", "Open", "03 4F 70 65 6E 00"),
        ("URL", "http://x", "03 68 74 74 70 3A 2F 2F 78 00"),
        ("ContentType", "text/plain", "80 28"),
        ("ContentType", "text/html", "03 74 65 78 74 2F 68 74 6D 6C 00"),
        ("ContentEncoding", "BASE64", "80 07"),
        ("SupportedBearer", "SMS", "80 43"),
        ("SupportedBearer", "HTTPS", "03 48 54 54 50 53 00"),
        ("DigestSchema", "MD5", "03 4D 44 35 00"),
        ("Cap", "SMS", "80 75"),
        ("InviteType", "IM", "80 12"),
        ("SearchElement", "GROUP_ID", "80 3D"),
        ("ContentData", "a\0b", "03 61 62 00"),
        ("ContentData", "\U0001f600", "03 F0 9F 98 80 00"),
    ],
)
def test_how_a_value_is_written(version, name, text, octets):
    assert leaf(name, text, version) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("version", "name", "text", "octets"),
    [
        ("1.1", "Cap", "IM", "80 68"),
        ("1.2", "Cap", "IM", "80 68"),
        ("1.3", "Cap", "IM", "80 12"),
        ("1.3", "Cap", "AP", "80 68"),
        ("1.1", "SupportedCIRMethod", "SSMS", "03 53 53 4D 53 00"),
        ("1.2", "SupportedCIRMethod", "SSMS", "80 81 24"),
        ("1.3", "Name", "History", "80 3D"),
        ("1.3", "Value", "History", "03 48 69 73 74 6F 72 79 00"),
        ("1.3", "Name", "GROUP_ID", "03 47 52 4F 55 50 5F 49 44 00"),
        ("1.1", "Name", "AutoDelete", "03 41 75 74 6F 44 65 6C 65 74 65 00"),
        ("1.2", "Name", "AutoDelete", "80 31"),
    ],
)
def test_value_tokens_that_hang_on_the_version(version, name, text, octets):
    assert leaf(name, text, version) == bytes.fromhex(octets)
    read = decode(wbxml_writer.encode(Element("WV-CSP-Message", children=[Element(name, text)]), version))
    assert read.root.findtext(name) == text


def test_a_page_is_switched_once_and_right_before_its_tag():
    tree = Element(
        "WV-CSP-Message", children=[Element("Session"), Element("Poll", "T"), Element("CIR", "F"), Element("Code", "1")]
    )
    body = wbxml_writer.encode(tree, "1.2")[4:]
    assert body.hex(" ") == "c9 08 03 31 2e 32 00 01 2d 61 80 2c 01 00 09 45 80 0b 01 00 00 4b c3 01 01 01 01"
