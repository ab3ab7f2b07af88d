"""Where somebody is, as phones write it: GeoLocation, Address and FreeTextLocation (messages.md 9.1). Pure."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass

from onesoup.csp.codec.generated_elements import Address, FreeTextLocation, GeoLocation, PresenceSubList

PLACE_ATTRIBUTES = ("geo_location", "address", "free_text_location")
MAX_PLACE_NAME_LENGTH, MAX_PLACE_TEXT_LENGTH = 50, 200
# Metres: above every phone, and within the 32 bits of a number in WBXML.
MAX_METRES = 1_000_000

# 35 24 15.652N, with or without minutes and seconds, the hemisphere as a letter or a sign.
_COORDINATE = re.compile(
    r"([NSEW])?\s*([+-])?(\d{1,3}(?:\.\d{1,12})?)(?:[\s°:]+(\d{1,2}(?:\.\d{1,12})?))?"
    r"(?:[\s':]+(\d{1,2}(?:\.\d{1,12})?))?[°'\"]?\s*([NSEW])?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Degrees and metres are numbers or None; names are "" where nothing is known."""

    latitude: float | None = None
    longitude: float | None = None
    altitude: int | None = None
    accuracy: int | None = None
    country: str = ""
    city: str = ""
    street: str = ""
    building: str = ""
    area: str = ""
    text: str = ""


UNKNOWN_PLACE = Place()


def degrees(text: str, limit: int) -> float | None:
    """A coordinate as phones write it, in degrees; None for anything else, also what lies outside the globe."""
    found = _COORDINATE.fullmatch(text.strip())
    if found is None:
        return None
    before, sign, whole, minutes, seconds, after = found.groups()
    value = float(whole) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    if value > limit:
        return None
    return -value if sign == "-" or (before or after or "").upper() in ("S", "W") else value


def written_degrees(value: float, signs: str) -> str:
    """Degrees as a phone reads them; `signs` are the letters for positive and negative."""
    thousandths = round(abs(value) * 3_600_000)
    seconds, rest = divmod(thousandths, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60} {minutes % 60:02} {seconds:02}.{rest:03}{signs[value < 0]}"


def number_within(text: str, low: float, high: float) -> float | None:
    """A finite number inside the limits; None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and low <= value <= high else None


def geo_location(place: Place) -> GeoLocation | None:
    """None without a full position."""
    if place.latitude is None or place.longitude is None:
        return None
    longitude, latitude = written_degrees(place.longitude, "EW"), written_degrees(place.latitude, "NS")
    return GeoLocation(True, longitude, latitude, place.altitude, place.accuracy)


def address(place: Place) -> Address | None:
    if not (place.country or place.city or place.street or place.building or place.area):
        return None
    return Address(
        qualifier=True,
        country=place.country or None,
        city=place.city or None,
        street=place.street or None,
        building=place.building or None,
        named_area=place.area or None,
        accuracy=place.accuracy,
    )


def free_text(place: Place) -> FreeTextLocation | None:
    return FreeTextLocation(True, place.text) if place.text else None


def place_of(own: PresenceSubList, allowed: Collection[str]) -> Place:
    """What the phone says of its place, as far as the attributes named may go out. What it does not know is left out."""
    geo = own.geo_location if "geo_location" in allowed else None
    where = own.address if "address" in allowed else None
    text = own.free_text_location if "free_text_location" in allowed else None
    latitude = longitude = altitude = accuracy = None
    if geo is not None and geo.qualifier is not False:
        latitude, longitude = degrees(geo.latitude or "", 90), degrees(geo.longitude or "", 180)
        altitude, accuracy = geo.altitude, geo.accuracy
    if latitude is None or longitude is None:
        latitude = longitude = altitude = accuracy = None  # half a position is none
    if where is None or where.qualifier is False:
        where = Address()
    return Place(
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        accuracy=accuracy if accuracy is not None else where.accuracy,
        country=_name(where.country),
        city=_name(where.city),
        street=_name(where.street),
        building=_name(where.building),
        area=_name(where.named_area),
        text=(text.presence_value or "").strip()[:MAX_PLACE_TEXT_LENGTH]
        if text is not None and text.qualifier is not False
        else "",
    )


def _name(text: str | None) -> str:
    return (text or "").strip()[:MAX_PLACE_NAME_LENGTH]
