"""vCards (XEP-0054) as public profiles and as facts for a search: which part is which property. Pure; how a vCard is read is
told by onesoup.xmpp.vcards."""

from collections.abc import Mapping
from typing import Any

from onesoup.csp.profiles import BIRTHDAY_KEY, PRIVATE_PROPERTIES
from onesoup.csp.text.vcards import Postal
from onesoup.xmpp import namespaces, vcards

# What phones know and vCards do not have: kept in an element that other clients pass over.
PROFILE_ELEMENT = "PROFILE"
MAX_VCARD_PROPERTY_LENGTH = 200

# property -> where it is written
VCARD_PATHS = {
    "PP_FRIENDLY_NAME": ("NICKNAME",),
    "PP_FREE_TEXT": ("DESC",),
    "PP_CITY": ("ADR", "LOCALITY"),
    "PP_COUNTRY": ("ADR", "CTRY"),
}
# Prosody gives back as a note what was written as a description.
NOTE_PATH = ("NOTE",)


def read_profile(vcard: Any) -> dict[str, str]:
    """Properties that are set, and the birthday."""
    card = vcards.read_vcard(vcard)
    home = card.places[0] if card.places else Postal()
    values = {
        "PP_FRIENDLY_NAME": card.nickname or card.full,
        "PP_FREE_TEXT": card.note,
        "PP_CITY": home.city,
        "PP_COUNTRY": home.country,
        BIRTHDAY_KEY: card.birthday,
    }
    ours = vcard.getTag(PROFILE_ELEMENT, namespace=namespaces.ONESOUP_PROFILE) if vcard is not None else None
    if ours is not None:
        for name in PRIVATE_PROPERTIES:
            values[name] = " ".join((ours.getTagData(name.removeprefix("PP_")) or "").split())[:MAX_VCARD_PROPERTY_LENGTH]
    return {name: value for name, value in values.items() if value}


def searchable_facts(vcard: Any) -> dict[str, list[str]]:
    """What a search may look at, by the names of onesoup.csp.search."""
    card = vcards.read_vcard(vcard)
    found = {
        "first": [card.given],
        "last": [card.family],
        "full": [card.full],
        "nick": [card.nickname],
        "email": list(card.emails),
        "phone": [number for _, number in card.phones],
        "city": [place.city for place in card.places],
        "country": [place.country for place in card.places],
    }
    known = {name: [value for value in values if value] for name, values in found.items()}
    return {name: values for name, values in known.items() if values}


def vcard_places(vcard: Any, changes: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Where in this vCard the changed values stand: where they were read."""
    noted = vcard.getTag("DESC") is None and vcard.getTag("NOTE") is not None
    places = VCARD_PATHS | ({"PP_FREE_TEXT": NOTE_PATH} if noted else {})
    return {places[name]: value for name, value in changes.items() if name in places}


def own_element_values(changes: Mapping[str, str]) -> dict[str, str]:
    """Those of the changes that stand in our own element, by its children."""
    return {name.removeprefix("PP_"): value for name, value in changes.items() if name in PRIVATE_PROPERTIES}
