"""User location (XEP-0080) <-> a place. Pure; what a contact has published may be anything."""

from typing import Any

from onesoup.csp.places import MAX_METRES, MAX_PLACE_NAME_LENGTH, MAX_PLACE_TEXT_LENGTH, Place, number_within


def read_geoloc(payload: Any) -> Place:
    """The place in a <geoloc/>; a value that is none is left out, and the rest counts."""
    if payload is None:
        return Place()
    latitude, longitude = number_within(_text(payload, "lat"), -90, 90), number_within(_text(payload, "lon"), -180, 180)
    altitude, accuracy = (
        number_within(_text(payload, "alt"), 0, MAX_METRES),
        number_within(_text(payload, "accuracy"), 0, MAX_METRES),
    )
    return Place(
        latitude=latitude if longitude is not None else None,
        longitude=longitude if latitude is not None else None,
        altitude=None if altitude is None else round(altitude),
        accuracy=None if accuracy is None else round(accuracy),
        country=(_text(payload, "countrycode") or _text(payload, "country"))[:MAX_PLACE_NAME_LENGTH],
        city=_text(payload, "locality")[:MAX_PLACE_NAME_LENGTH],
        street=_text(payload, "street")[:MAX_PLACE_NAME_LENGTH],
        building=_text(payload, "building")[:MAX_PLACE_NAME_LENGTH],
        area=(_text(payload, "area") or _text(payload, "region"))[:MAX_PLACE_NAME_LENGTH],
        text=(_text(payload, "text") or _text(payload, "description"))[:MAX_PLACE_TEXT_LENGTH],
    )


def geoloc_fields(place: Place) -> list[tuple[str, str]]:
    """The children of a <geoloc/>, in the order of the XEP's schema; none for nowhere."""
    country = "countrycode" if len(place.country) == 2 else "country"
    found = [
        ("accuracy", "" if place.accuracy is None else str(place.accuracy)),
        ("alt", "" if place.altitude is None else str(place.altitude)),
        ("area", place.area),
        ("building", place.building),
        (country, place.country),
        ("lat", "" if place.latitude is None else f"{place.latitude:.7f}"),
        ("locality", place.city),
        ("lon", "" if place.longitude is None else f"{place.longitude:.7f}"),
        ("street", place.street),
        ("text", place.text),
    ]
    known = [(name, value) for name, value in found if value]
    return [] if [name for name, _ in known] == ["accuracy"] else known


def _text(payload: Any, name: str) -> str:
    return " ".join((payload.getTagData(name) or "").split())
