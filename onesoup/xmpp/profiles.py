"""vCards (XEP-0054) as public profiles and as facts for a search: which element is which property. Pure; nodes have getTag,
getTags, getTagData and getData."""

from collections.abc import Mapping
from typing import Any

from onesoup.csp.profiles import BIRTHDAY, PRIVATE

VCARD = "vcard-temp"
# What phones know and vCards do not have: kept in an element that other clients pass over.
OURS = "urn:onesoup:imps:profile:0"
OURS_NAME = "PROFILE"
MAX_VALUE = 400

# property -> where it is written
PLACES = {
    "PP_FRIENDLY_NAME": ("NICKNAME",),
    "PP_FREE_TEXT": ("DESC",),
    "PP_CITY": ("ADR", "LOCALITY"),
    "PP_COUNTRY": ("ADR", "CTRY"),
}
# Prosody gives back as a note what was written as a description.
NOTE = ("NOTE",)


def _text(node: Any, *path: str) -> str:
    """What stands at a place, "" where nothing does."""
    for name in path[:-1]:
        node = node.getTag(name) if node is not None else None
    value = (node.getTagData(path[-1]) or "") if node is not None else ""
    return " ".join(value.split())[:MAX_VALUE]


def read(vcard: Any) -> dict[str, str]:
    """Properties that are set, and the birthday."""
    if vcard is None:
        return {}
    values = {name: _text(vcard, *path) for name, path in PLACES.items()}
    values["PP_FRIENDLY_NAME"] = values["PP_FRIENDLY_NAME"] or _text(vcard, "FN")
    values["PP_FREE_TEXT"] = values["PP_FREE_TEXT"] or _text(vcard, *NOTE)
    values[BIRTHDAY] = _text(vcard, "BDAY")
    ours = vcard.getTag(OURS_NAME, namespace=OURS)
    if ours is not None:
        values |= {name: _text(ours, name.removeprefix("PP_")) for name in PRIVATE}
    return {name: value for name, value in values.items() if value}


def facts(vcard: Any) -> dict[str, list[str]]:
    """What a search may look at, by the names of onesoup.csp.search."""
    if vcard is None:
        return {}
    found = {
        "first": [_text(vcard, "N", "GIVEN")],
        "last": [_text(vcard, "N", "FAMILY")],
        "full": [_text(vcard, "FN")],
        "nick": [_text(vcard, "NICKNAME")],
        "email": [_text(tag, "USERID") for tag in vcard.getTags("EMAIL")[:4]],
        "phone": [_text(tag, "NUMBER") or (tag.getData() or "")[:MAX_VALUE] for tag in vcard.getTags("TEL")[:4]],
        "city": [_text(tag, "LOCALITY") for tag in vcard.getTags("ADR")[:4]],
        "country": [_text(tag, "CTRY") for tag in vcard.getTags("ADR")[:4]],
    }
    known = {name: [value for value in values if value] for name, values in found.items()}
    return {name: values for name, values in known.items() if values}


def places(vcard: Any, changes: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Where in this vCard the changed values stand: where they were read."""
    noted = vcard.getTag("DESC") is None and vcard.getTag("NOTE") is not None
    places = PLACES | ({"PP_FREE_TEXT": NOTE} if noted else {})
    return {places[name]: value for name, value in changes.items() if name in places}


def ours(changes: Mapping[str, str]) -> dict[str, str]:
    """Those of the changes that stand in our own element, by its children."""
    return {name.removeprefix("PP_"): value for name, value in changes.items() if name in PRIVATE}
