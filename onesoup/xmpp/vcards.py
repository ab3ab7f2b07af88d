"""vcard-temp (XEP-0054) <-> a card, and the picture in it (XEP-0153). Pure; a vCard of somebody else may hold anything."""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from onesoup.csp.text.vcards import (
    CELL,
    FAX,
    HOME,
    MAX_VCARD_ENTRIES,
    MAX_VCARD_NOTE_LENGTH,
    MAX_VCARD_VALUE_LENGTH,
    WORK,
    Card,
    Postal,
)
from onesoup.xmpp import namespaces, published_events

# Octets of a picture. Servers let no vCard through that is much larger, and a scaled picture needs less than a hundredth.
MAX_PICTURE = 200_000
_PARTS = ("STREET", "LOCALITY", "REGION", "PCODE", "CTRY")
_KINDS = (HOME, WORK, CELL, FAX)


def read_vcard(vcard: Any) -> Card:
    """The card of a <vCard/>; None is an empty one."""
    if vcard is None:
        return Card()
    name = vcard.getTag("N")
    return Card(
        full=_text(vcard, "FN"),
        family=_text(name, "FAMILY"),
        given=_text(name, "GIVEN"),
        nickname=_text(vcard, "NICKNAME"),
        birthday=_text(vcard, "BDAY"),
        organisation=_text(vcard.getTag("ORG"), "ORGNAME"),
        title=_text(vcard, "TITLE"),
        url=_text(vcard, "URL"),
        # Prosody gives back as a note what was written as a description.
        note=_text(vcard, "DESC", MAX_VCARD_NOTE_LENGTH) or _text(vcard, "NOTE", MAX_VCARD_NOTE_LENGTH),
        phones=tuple((_kinds(each), number) for each in vcard.getTags("TEL") if (number := _number(each)))[:MAX_VCARD_ENTRIES],
        emails=tuple(address for each in vcard.getTags("EMAIL") if (address := _text(each, "USERID")))[:MAX_VCARD_ENTRIES],
        places=tuple(place for each in vcard.getTags("ADR") if (place := _postal(each)) != Postal(place.kind))[
            :MAX_VCARD_ENTRIES
        ],
    )


def _postal(tag: Any) -> Postal:
    kind = next((each for each in (HOME, WORK) if tag.getTag(each) is not None), "")
    return Postal(kind, *(_text(tag, name) for name in _PARTS))


def _kinds(tag: Any) -> tuple[str, ...]:
    return tuple(kind for kind in _KINDS if tag.getTag(kind) is not None)


def _number(tag: Any) -> str:
    """Some clients write the number into TEL itself."""
    return _text(tag, "NUMBER") or " ".join((tag.getData() or "").split())[:MAX_VCARD_VALUE_LENGTH]


def _text(tag: Any, name: str, most: int = MAX_VCARD_VALUE_LENGTH) -> str:
    return " ".join((tag.getTagData(name) or "").split())[:most] if tag is not None else ""


def photo_bytes(vcard: Any) -> bytes | None:
    """The octets of the picture; None where there is none, or what stands there is no BASE64 or too much."""
    tag = vcard.getTag("PHOTO") if vcard is not None else None
    return base64_bytes((tag.getTagData("BINVAL") or "") if tag is not None else "")


def base64_bytes(text: str) -> bytes | None:
    """BASE64 with any white space in it; None for nothing, for anything else and for too much."""
    if not text or len(text) > MAX_PICTURE * 3 // 2:
        return None
    try:
        found = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if 0 < len(found) <= MAX_PICTURE else None


def photo_hash(stanza: Any) -> str | None:
    """What a presence says of the picture: its SHA-1, "" for none, None when it says nothing."""
    update = stanza.getTag("x", namespace=namespaces.VCARD_AVATAR)
    tag = update.getTag("photo") if update is not None else None
    if tag is None:
        return None
    text = (tag.getData() or "").strip().lower()
    return text if published_events.is_hash(text) else ""


def vcard_elements(card: Card) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What of a <vCard/> the card knows, as (element, children); an element without children has its text under "". What
    the card does not know is not among it, so that a merge leaves it as it is."""
    if card.full:
        yield "FN", [("", card.full)]
    if card.family or card.given:
        yield "N", [("FAMILY", card.family), ("GIVEN", card.given)]
    simple = (("NICKNAME", card.nickname), ("BDAY", card.birthday), ("TITLE", card.title), ("URL", card.url), ("DESC", card.note))
    yield from ((name, [("", value)]) for name, value in simple if value)
    if card.organisation:
        yield "ORG", [("ORGNAME", card.organisation)]
    for kinds, number in card.phones:
        yield "TEL", [*((kind, "") for kind in kinds), ("NUMBER", number)]
    for address in card.emails:
        yield "EMAIL", [("INTERNET", ""), ("USERID", address)]
    for each in card.places:
        kind = [(each.kind, "")] if each.kind else []
        parts = (
            ("STREET", each.street),
            ("LOCALITY", each.city),
            ("REGION", each.region),
            ("PCODE", each.code),
            ("CTRY", each.country),
        )
        yield "ADR", kind + [(name, value) for name, value in parts if value]
