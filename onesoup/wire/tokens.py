"""WBXML tokens of CSP in the form that the codec looks them up in, built once from the tables when it is imported."""

from __future__ import annotations

from typing import NamedTuple

from onesoup.wire.datatypes import BOOLEAN, INTEGER, KIND_OF_ELEMENT, STRING
from onesoup.wire.generated.attrs import ATTRS
from onesoup.wire.generated.datatypes import DATATYPES
from onesoup.wire.generated.doctypes import NAMESPACES, WBXML_PUBLIC_IDS
from onesoup.wire.generated.tags import TAGS
from onesoup.wire.generated.values import VALUES
from onesoup.wire.names import CSP_VERSIONS, FALLBACK_VERSIONS, canonical_name

# Global tokens (WBXML 1.3 section 7.1). Every other octet is a tag: six bits of token, and these two flags.
SWITCH_PAGE, END, ENTITY, STR_I, LITERAL = range(5)
EXT_I, PI, EXT_T, STR_T, EXT, OPAQUE = (0x40, 0x41, 0x42), 0x43, (0x80, 0x81, 0x82), 0x83, (0xC0, 0xC1, 0xC2), 0xC3
HAS_CONTENT, HAS_ATTRIBUTES = 0x40, 0x80

VERSION_OF_PUBLIC_ID = {number: version for version, number in WBXML_PUBLIC_IDS.items()}
UNKNOWN_PUBLIC_ID = 1

# The first four octets that nearly every phone sends: UTF-8, no string table. Not 1.0, whose root must be looked at.
VERSION_OF_HEADER = {bytes((3, number, 106, 0)): version for number, version in VERSION_OF_PUBLIC_ID.items() if version != "1.0"}

# COMPAT(Symbian): a document of unknown public id is 1.1.
VERSION_OF_UNKNOWN = "1.1"

# MIBenum to codec. Only encodings in which an octet 0 is never part of a character: it ends an inline string.
CHARSETS = {
    3: "ascii",
    **{number: f"iso8859-{number - 3}" for number in range(5, 13)},
    4: "latin-1",
    17: "shift_jis",
    18: "euc_jp",
    38: "euc_kr",
    106: "utf-8",
    111: "iso8859-15",
    113: "gbk",
    114: "gb18030",
    2025: "gb2312",
    2026: "big5",
    2084: "koi8-r",
    **{number: f"cp{number - 1000}" for number in range(2250, 2259)},
}

# The same by the names that a Content-Type gives them, for a document that leaves its character set open.
CHARSETS_OF_HTTP = {
    **{codec: codec for codec in CHARSETS.values()},
    **{codec.replace("iso8859-", "iso-8859-"): codec for codec in CHARSETS.values()},
    **{codec.replace("cp", "windows-"): codec for codec in CHARSETS.values()},
    **{codec.replace("_", "-"): codec for codec in CHARSETS.values()},
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
}

# 1.3 gave this number a second meaning, for the name of a property.
HISTORY = 0x3D

# One token whose name changed from one version to the next.
RENAMED_ELEMENTS = ({"CIRURL", "CIRHTTPAddress"}, {"BlockUser-Request", "BlockEntity-Request"})

# Integers in the tables, but phones expect them as text.
TEXT_INTEGERS = {"Accuracy", "Altitude", "ClientIMPriority", "Cpriority", "MaxPullLength", "MaxPushLength"}

# Elements beside booleans and enumerations whose text becomes a value token. Never free text: a user may write "T" or "Open".
# The last rows are enumerations by the message tables, which datatypes.tsv leaves out because their names have other uses.
TOKEN_ELEMENTS = {
    *("ContentType", "AcceptedContentType", "ContentEncoding", "AcceptedTransferEncoding", "Name", "Value", "PresenceValue"),
    *("Status", "Cstatus", "PrefC", "Color", "Size", "Style", "SupportedOfflineBearer"),
}

# ---- decoding

Entry = tuple[str, int]  # element name, kind of datatypes
Page = tuple[Entry | None, ...]  # by octet, flags included; None for a global token or an unknown tag


def _tags(version: str) -> dict[int, str]:
    """Token to name: the version's own table, then the others."""
    found: dict[int, str] = {}
    for source in (version, *FALLBACK_VERSIONS):
        for token, name in TAGS[source].items():
            found.setdefault(token, canonical_name(name))
    return found


def _pages(tags: dict[int, str]) -> dict[int, Page]:
    rows: dict[int, list[Entry | None]] = {}
    for token, name in tags.items():
        rows.setdefault(token >> 8, [None] * 64)[token & 0x3F] = (name, KIND_OF_ELEMENT.get(name, STRING))
    return {page: tuple(row) * 4 for page, row in rows.items()}


def _values(version: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for source in (version, *FALLBACK_VERSIONS):
        for token, text in VALUES[source].items():
            found.setdefault(token, text)
    return found


TAG_NAMES = {version: _tags(version) for version in CSP_VERSIONS}
TAG_PAGES = {version: _pages(TAG_NAMES[version]) for version in CSP_VERSIONS}
NO_PAGE: Page = (None,) * 256
VALUE_TEXTS = {version: _values(version) for version in CSP_VERSIONS}
# Those of one octet that mean the same in every element.
ONE_BYTE_TEXTS = {
    version: {token: text for token, text in texts.items() if token < 0x80 and (token != HISTORY or version != "1.3")}
    for version, texts in VALUE_TEXTS.items()
}
ATTRIBUTE_STARTS = {token: (name, prefix) for token, (name, prefix, _) in ATTRS["1.3"].items()}


def multi_byte(number: int) -> bytes:
    """mb_u_int32: seven bits an octet, the high bit says that more follow."""
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.insert(0, number & 0x7F | 0x80)
    return bytes(octets)


def _namespace_octets() -> dict[bytes, str]:
    """The xmlns attributes that nearly every phone writes, whole, in seven octets: token, version text inline, END."""
    return {
        _namespace(token, version): prefix + version
        for token, (_, prefix) in ATTRIBUTE_STARTS.items()
        for version in CSP_VERSIONS
    }


def _namespace(token: int, version: str) -> bytes:
    return bytes((token, STR_I, *version.encode(), 0, END))


NAMESPACE_OCTETS = _namespace_octets()

# ---- encoding


class Form(NamedTuple):
    """How an element is written in one version."""

    page: int
    empty: bytes  # the whole element when nothing is in it
    open: bytes  # its start when something is
    texts: dict[str, bytes] | None  # texts that are written as a value token, END included
    integer: bool


def _value_tokens(version: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for token, text in VALUES[version].items():
        found.setdefault(text, token)
    if version == "1.3":
        found["History"] = HISTORY
    return found


def _texts(version: str, name: str) -> dict[str, bytes] | None:
    """The texts of that element which become tokens, in that version."""
    if name not in TOKEN_ELEMENTS and KIND_OF_ELEMENT.get(name) != BOOLEAN and DATATYPES.get(name) != "enum":
        return None
    tokens = _value_tokens(version)
    if name == "Cap":  # IM and SMS have a second token there
        tokens |= {"SMS": 0x75} if version == "1.3" else {"SMS": 0x75, "IM": 0x68}
    if version == "1.3":
        tokens.pop("GROUP_ID" if name == "Name" else "History")
    return {text: bytes((EXT_T[0],)) + multi_byte(token) + bytes((END,)) for text, token in tokens.items()}


def _start(version: str, name: str, token: int) -> tuple[bytes, bytes]:
    uri = NAMESPACES[version].get(name)
    if uri is None:
        return bytes((token,)), bytes((token | HAS_CONTENT,))
    attribute = next(start for start, (_, prefix) in ATTRIBUTE_STARTS.items() if prefix + version == uri)
    octets = _namespace(attribute, version)
    token |= HAS_ATTRIBUTES
    return bytes((token,)) + octets, bytes((token | HAS_CONTENT,)) + octets


def _form(version: str, name: str, token: int) -> Form:
    empty, opening = _start(version, name, token & 0x3F)
    integer = KIND_OF_ELEMENT.get(name) == INTEGER and name not in TEXT_INTEGERS
    return Form(token >> 8, empty, opening, _texts(version, name), integer)


def _readable(version: str, name: str, token: int) -> bool:
    """That a decoder of that version finds this element in the token, and not one which took the token over."""
    found = TAG_NAMES[version][token]
    return found == name or {found, name} in RENAMED_ELEMENTS


def _forms(version: str) -> dict[str, Form]:
    found: dict[str, Form] = {}
    for source in (version, *FALLBACK_VERSIONS):
        for token, spelling in TAGS[source].items():
            name = canonical_name(spelling)
            if name not in found and _readable(version, name, token):
                found[name] = _form(version, name, token)
    return found


ELEMENT_FORMS = {version: _forms(version) for version in CSP_VERSIONS}
DOCUMENT_HEADERS = {version: bytes((3,)) + multi_byte(number) + multi_byte(106) for version, number in WBXML_PUBLIC_IDS.items()}


def token_name(version: str, name: str) -> str:
    """The name that a decoder of that version gives to the token of that element; it itself if it has none."""
    return _SPELLINGS[version].get(name, name)


def _spellings(version: str) -> dict[str, str]:
    found = {}
    for name, form in ELEMENT_FORMS[version].items():
        found[name] = TAG_NAMES[version][form.page << 8 | form.empty[0] & 0x3F]
    return found


_SPELLINGS = {version: _spellings(version) for version in CSP_VERSIONS}
