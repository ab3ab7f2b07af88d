"""A person's card as phones carry it: the text of ContactInfo, vCard 2.1 written, 2.1 and 3.0 read. Pure; knows no XMPP.

2.1 is what phones of the time read. Text that is not US-ASCII is written quoted-printable, in UTF-8.
"""

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

MAX_VCARD_VALUE_LENGTH, MAX_VCARD_NOTE_LENGTH, MAX_VCARD_ENTRIES = 100, 200, 4
# What a phone is sent at most, and what is read of a phone's; octets and lines.
MAX_VCARD_BYTES, MAX_VCARD_LINES = 2048, 200

HOME, WORK, CELL, FAX = "HOME", "WORK", "CELL", "FAX"
VCARD_KINDS = (HOME, WORK, CELL, FAX)


@dataclass(frozen=True, slots=True)
class Postal:
    kind: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """`phones` are (kinds, number), `kinds` out of VCARD_KINDS. "" and () for what is not known."""

    full: str = ""
    family: str = ""
    given: str = ""
    nickname: str = ""
    birthday: str = ""
    organisation: str = ""
    title: str = ""
    url: str = ""
    note: str = ""
    phones: tuple[tuple[tuple[str, ...], str], ...] = ()
    emails: tuple[str, ...] = ()
    places: tuple[Postal, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def text_of(card: Card, most: int = MAX_VCARD_BYTES) -> str:
    """The card as vCard 2.1; "" for an empty card. What does not go into so many octets any more is left out, line by line."""
    if not card:
        return ""
    head, tail, inside = ["BEGIN:VCARD", "VERSION:2.1"], ["END:VCARD"], []
    left = most - sum(len(line) + 2 for line in head + tail)
    for line in _lines(card):
        if len(line) + 2 <= left:
            inside.append(line)
            left -= len(line) + 2
    return "\r\n".join(head + inside + tail)


def _lines(card: Card) -> Iterator[str]:
    """The most useful first. N is required, and what most phones show."""
    given, family = card.given, card.family
    if not given and not family:
        given = card.full or card.nickname
    yield _line("N", family, given, "", "", "")
    yield _line("FN", card.full or " ".join(part for part in (given, family) if part))
    for kinds, phone in card.phones:
        yield _line(";".join(("TEL", *kinds)), phone)
    for email in card.emails:
        yield _line("EMAIL;INTERNET", email)
    simple = (("X-NICKNAME", card.nickname), ("ORG", card.organisation), ("TITLE", card.title), ("URL", card.url))
    yield from (_line(name, value) for name, value in (*simple, ("BDAY", card.birthday)) if value)
    for each in card.places:
        yield _line(
            f"ADR;{each.kind}" if each.kind else "ADR", "", "", each.street, each.city, each.region, each.code, each.country
        )
    if card.note:
        yield _line("NOTE", card.note)


def _line(name: str, *parts: str) -> str:
    value = ";".join(part.replace("\\", "\\\\").replace(";", "\\;") for part in parts)
    if value.isascii() and value.isprintable():
        return f"{name}:{value}"
    # One line: a soft line break inside a value is what readers get wrong.
    octets = (value.replace("\r\n", "\n").replace("\n", "\r\n")).encode("utf-8", "replace")
    quoted = "".join(chr(octet) if 32 <= octet < 127 and octet != 0x3D else f"={octet:02X}" for octet in octets)
    return f"{name};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{quoted}"


# --- reading ---

_BREAK = re.compile(r"\r\n|\r|\n")
# What a value consists of: escaped characters, the signs between its parts, and everything else.
_TOKEN = re.compile(r"\\.|;|[^\\;]+|\\$", re.DOTALL)


def read_vcard_text(text: str) -> Card:
    """The card in a text. Lines that say nothing we know, or that are broken, are passed over."""
    found: dict[str, str] = {}
    phones: list[tuple[tuple[str, ...], str]] = []
    emails: list[str] = []
    places: list[Postal] = []
    for name, kinds, parts in _properties(text):
        first = parts[0] if parts else ""
        if name == "N":
            found.setdefault("family", first)
            found.setdefault("given", parts[1] if len(parts) > 1 else "")
        elif name == "TEL" and first and len(phones) < MAX_VCARD_ENTRIES:
            phones.append((kinds, first))
        elif name == "EMAIL" and first and len(emails) < MAX_VCARD_ENTRIES:
            emails.append(first)
        elif name == "ADR" and any(parts) and len(places) < MAX_VCARD_ENTRIES:
            places.append(Postal(next(iter(kinds), ""), *(parts + [""] * 7)[2:7]))
        elif name in _SIMPLE and first:
            found.setdefault(_SIMPLE[name], first)
    return Card(**found, phones=tuple(phones), emails=tuple(emails), places=tuple(places))


_SIMPLE = {
    "FN": "full",
    "NICKNAME": "nickname",
    "X-NICKNAME": "nickname",
    "BDAY": "birthday",
    "ORG": "organisation",
    "TITLE": "title",
    "URL": "url",
    "NOTE": "note",
}


def _properties(text: str) -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    """(name, kinds, values) of each line."""
    for line in _unfolded(_BREAK.split(text)[:MAX_VCARD_LINES]):
        head, colon, value = line.partition(":")
        name, *parameters = head.split(";")
        if not colon:
            continue
        name = name.rpartition(".")[2].strip().upper()  # a group's name may stand before it
        words = {word for each in parameters for word in each.upper().rpartition("=")[2].split(",")}
        if "QUOTED-PRINTABLE" in words:
            charset = next((each.partition("=")[2] for each in parameters if each.upper().startswith("CHARSET=")), "utf-8")
            value = _decoded(quopri.decodestring(value.encode("utf-8", "replace")), charset)
        most = MAX_VCARD_NOTE_LENGTH if name == "NOTE" else MAX_VCARD_VALUE_LENGTH
        yield name, tuple(kind for kind in VCARD_KINDS if kind in words), [_plain(each)[:most] for each in _parts(value)]


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """Folded lines begin with white space; quoted-printable ones end in =."""
    whole = ""
    for line in lines:
        if whole.endswith("=") and "QUOTED-PRINTABLE" in whole.upper():
            whole = whole[:-1] + line
        elif line[:1] in (" ", "\t") and whole:
            whole += line[1:]
        else:
            if whole:
                yield whole
            whole = line
    if whole:
        yield whole


def _decoded(octets: bytes, charset: str) -> str:
    try:
        return octets.decode(charset.strip() or "utf-8", "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")


def _parts(value: str) -> list[str]:
    """Between semicolons that are not escaped; a backslash may be escaped itself."""
    parts = [""]
    for token in _TOKEN.findall(value):
        if token == ";":
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _plain(value: str) -> str:
    return " ".join(re.sub(r"\\(.)", lambda match: "\n" if match[1] in "nN" else match[1], value).split())
