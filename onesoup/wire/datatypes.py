"""Texts of typed elements: each value has one form in the tree, whichever of its forms was on the wire."""

from __future__ import annotations

import base64
import re

from onesoup.wire.generated.datatypes import DATATYPES
from onesoup.wire.tree import Element

# What the decoders have to know of an element. Enumerations need nothing: they are texts.
STRING, INTEGER, BOOLEAN, DATETIME, CONTENT = range(5)

_KINDS = {"integer": INTEGER, "boolean": BOOLEAN, "datetime": DATETIME, "content": CONTENT}
KIND_OF_ELEMENT = {name: _KINDS[kind] for name, kind in DATATYPES.items() if kind in _KINDS}

BOOLEAN_TEXTS = dict.fromkeys(("t", "true", "1", "y", "yes"), "T") | dict.fromkeys(("f", "false", "0", "n", "no"), "F")

# Characters that XML 1.0 has no way to write: U+0000 among them would also end an inline string of WBXML early. And what makes
# a text look like another one, wherever it is shown: the controls of ISO 8859 (U+0080 to U+009F), and those that turn the
# direction of writing (embeddings, overrides, isolates). The marks of right and left stay: they change no order but their own.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x80-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")

_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]*={0,2}\s*")


def legal_text(text: str) -> str:
    """The text without what XML cannot carry and without what no phone may be shown."""
    return text if text.isprintable() else _ILLEGAL.sub("", text)


def normal_value(kind: int, text: str) -> str:
    """The one form of a value that came as text: 007 is 7, true is T. What is no such value stays as it is."""
    if kind == INTEGER:
        digits = text.strip()
        if digits.isascii() and digits.isdigit():
            return digits.lstrip("0") or "0"
    elif kind == BOOLEAN:
        return BOOLEAN_TEXTS.get(text.strip().lower(), text)
    return text


def opaque_boolean(octets: bytes) -> str:
    """An opaque truth value: one of its texts, else its first octet."""
    text = BOOLEAN_TEXTS.get(octets.decode("latin-1").strip().lower()) if len(octets) < 8 else None
    return text or ("T" if octets[:1].strip(b"\0") else "F")


def opaque_datetime(octets: bytes) -> str:
    """Six octets of packed fields as YYYYMMDDThhmmss and the letter of the zone, if they name one."""
    bits = int.from_bytes(octets, "big")
    zone = chr(bits & 0xFF)
    return (
        f"{bits >> 34 & 0xFFF:04}{bits >> 30 & 0xF:02}{bits >> 25 & 0x1F:02}"
        f"T{bits >> 20 & 0x1F:02}{bits >> 14 & 0x3F:02}{bits >> 8 & 0x3F:02}"
        f"{zone if zone.isascii() and zone.isupper() and zone != 'J' else ''}"
    )


def opaque_content(octets: bytes, parent: Element) -> str:
    """Opaque ContentData: text if it is text, else BASE64.

    ContentType and ContentEncoding stand beside it, or in the MessageInfo before it.
    """
    info = parent.find("MessageInfo") or parent
    if info.findtext("ContentEncoding").upper() == "BASE64":
        return octets.decode("ascii") if _BASE64.fullmatch(octets) else base64.b64encode(octets).decode()
    if not (named := info.findtext("ContentType")):  # no type is given: it is text if it can be
        text = decode_utf8(octets)
        return base64.b64encode(octets).decode() if "\ufffd" in text else text
    return decode_utf8(octets) if named.lower().startswith("text/") else base64.b64encode(octets).decode()


def opaque_direct_content(octets: bytes) -> str:
    """Opaque DirectContent: BASE64, as it stands in text, or the octets of a picture themselves. Its ContentType comes later."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return base64.b64encode(octets).decode()


def decode_utf8(octets: bytes) -> str:
    """UTF-8 as phones write it.

    COMPAT(Android): a character above U+FFFF comes as two surrogates of three octets (CESU-8). The pair is joined; a single
    surrogate and broken octets become U+FFFD, because a damaged text is worth more to its reader than none.
    """
    try:
        return octets.decode()
    except UnicodeDecodeError:
        pass
    try:
        halves = octets.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return octets.decode("utf-8", "replace")
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
