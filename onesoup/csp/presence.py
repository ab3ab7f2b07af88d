"""Presence attributes: what a contact shows, as a PresenceSubList, and what the phone publishes about itself.

Qualifier T goes with every value: Android and S60 count only qualified ones (flows.md 9.1).
"""

import base64
import binascii
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from onesoup.csp import places
from onesoup.csp.codec.binding import read_node, write_node
from onesoup.csp.codec.generated_elements import (
    FIELDS,
    Alias,
    ClientInfo,
    CommC,
    CommCap,
    Node,
    OnlineStatus,
    PreferredLanguage,
    PresenceSubList,
    Registration,
    StatusContent,
    StatusMood,
    StatusText,
    UserAvailability,
)
from onesoup.csp.errors import CspError
from onesoup.csp.places import UNKNOWN_PLACE, Place
from onesoup.csp.status import StatusCode
from onesoup.csp.text import languages
from onesoup.wire.tree import Element

PRESENCE_ATTRIBUTES = PresenceSubList.__slots__
AVAILABILITY_VALUES = ("AVAILABLE", "NOT_AVAILABLE", "DISCREET")
# How many characters of a status text and of an alias are shown, to the phone and of the phone. More are kept.
MAX_STATUS_TEXT, MAX_ALIAS = 200, 100
_SHOWN_CHARS = {"text": MAX_STATUS_TEXT, "alias": MAX_ALIAS}
# A picture of the phone's own: as much as servers and other clients put up with.
MAX_OWN_PICTURE = 65_536
# Octets that one contact's presence takes in a notification, and more of it with a place; XML, with room.
CONTACT_BYTES, CONTACT_WITH_PLACE_BYTES = 1200, 1800

# A content type and octets.
Picture = tuple[str, bytes]
# Phones of one model subscribe to the same attributes.
KEPT_WISHES = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What a contact shows, mapped to IMPS. `known` False: no subscription, so nothing may be said. `im` False: online, but
    not for messages. `picture` names one that is kept elsewhere."""

    online: bool = False
    availability: str = "NOT_AVAILABLE"
    text: str = ""
    client_type: str = "COMPUTER"
    mood: str = ""
    alias: str = ""
    known: bool = True
    im: bool = True
    place: Place = UNKNOWN_PLACE
    picture: str = ""


OFFLINE_PRESENCE = Shown()
UNKNOWN_PRESENCE = Shown(known=False)


def wanted_attributes(sub_list: PresenceSubList | None) -> list[str]:
    """Names of the attributes that a request asks for; [] means all."""
    if sub_list is None:
        return []
    return [name for name in PRESENCE_ATTRIBUTES if getattr(sub_list, name) is not None]


def not_known(name: str) -> Any:
    """An attribute that somebody does not say."""
    kind: Callable[..., Any] = _CLASSES[name]
    return kind(qualifier=False)


def _nothing(_shown: Shown) -> None:
    """No client on XMPP says anything of this."""


def _content(picture: Picture | None) -> StatusContent | None:
    if picture is None:
        return None
    kind, octets = picture
    return StatusContent(True, direct_content=base64.b64encode(octets).decode(), content_type=kind)


def _online(shown: Shown) -> OnlineStatus:
    if not shown.known:
        return OnlineStatus(qualifier=False)
    return OnlineStatus(qualifier=True, presence_value="T" if shown.online else "F")


def _registration(shown: Shown) -> Registration | None:
    return Registration(qualifier=True, presence_value="T" if shown.online else "F") if shown.known else None


def _availability(shown: Shown) -> UserAvailability | None:
    return UserAvailability(qualifier=True, presence_value=shown.availability) if shown.known else None


def _text(shown: Shown) -> StatusText | None:
    return StatusText(qualifier=True, presence_value=shown.text[:MAX_STATUS_TEXT]) if shown.text else None


def _mood(shown: Shown) -> StatusMood | None:
    return StatusMood(qualifier=True, presence_value=shown.mood) if shown.mood else None


def _alias(shown: Shown) -> Alias | None:
    return Alias(qualifier=True, presence_value=shown.alias[:MAX_ALIAS]) if shown.alias else None


def _client(shown: Shown) -> ClientInfo | None:
    return ClientInfo(qualifier=True, client_type=shown.client_type) if shown.online else None


def _capability(shown: Shown) -> CommCap | None:
    """Always sent: 1.1 phones want to see that IM works (messages.md 9.1)."""
    if not shown.known:
        return None
    if shown.online and shown.im:
        return CommCap(qualifier=True, comm_c=[CommC(cap="IM", status="OPEN")])
    return CommCap(qualifier=True, comm_c=[CommC(cap="IM", status="CLOSED", note="busy" if shown.online else "offline")])


def _of_place(build: Callable[[Place], Any]) -> Callable[[Shown], Any]:
    """Who is not there is not anywhere."""
    return lambda shown: build(shown.place) if shown.online and shown.known else None


_BUILD: dict[str, Callable[[Shown], Any]] = {
    "online_status": _online,
    "registration": _registration,
    "client_info": _client,
    "geo_location": _of_place(places.geo_location),
    "address": _of_place(places.address),
    "free_text_location": _of_place(places.free_text),
    "comm_cap": _capability,
    "user_availability": _availability,
    "status_text": _text,
    "status_mood": _mood,
    "alias": _alias,
}
# Registration repeats OnlineStatus: only for phones that ask for it by name.
_BY_NAME_ONLY = frozenset({"registration"})


# What comes without a list of wishes, which means all: whatever somebody on XMPP can have. A subscription brings a picture
# once; who asks again and again gets it only by its name, since it is large.
_USUAL = tuple(name for name in _BUILD if name not in _BY_NAME_ONLY)
_SUBSCRIBED = (*_USUAL, "status_content")


def presence_notification(shown: Shown, only: Iterable[str], picture: Picture | None = None) -> PresenceSubList:
    """The full set of the wanted attributes. The phone replaces all it knew, so nothing may be left out: what was asked for
    by name and is not known says so, by Qualifier F. Without a list of wishes, what every phone can use, as far as known."""
    names = set(only)
    result = PresenceSubList()
    for name in PRESENCE_ATTRIBUTES:
        if name in (names or _SUBSCRIBED):
            value = _content(picture) if name == "status_content" else _BUILD.get(name, _nothing)(shown)
            setattr(result, name, not_known(name) if value is None and names else value)
    return result


def covered_attributes(wishes: Iterable[str]) -> list[str]:
    """The attributes that a subscription with these wishes names; without any, all that somebody on XMPP can have."""
    return list(wishes) or list(_SUBSCRIBED)


def asked_for(wishes: Iterable[str]) -> list[str]:
    """As covered(), of a question, which may come again and again: pictures only by name."""
    return list(wishes) or list(_USUAL)


# Attribute -> what of a contact's state it depends on. Attributes that no client on XMPP has are not here: they never change.
_SOURCES = {
    "online_status": ("online", "known"),
    "registration": ("online", "known"),
    "client_info": ("online", "client_type"),
    "geo_location": ("online", "known", "place"),
    "address": ("online", "known", "place"),
    "free_text_location": ("online", "known", "place"),
    "comm_cap": ("online", "known", "im"),
    "user_availability": ("availability", "known"),
    "status_text": ("text",),
    "status_mood": ("mood",),
    "alias": ("alias",),
    "status_content": ("picture",),
}


def presence_differs(before: Shown, now: Shown, wishes: Iterable[str]) -> bool:
    """Whether a phone with these wishes is told anything else now."""
    for field in _sources_of(tuple(wishes)):
        old, new = getattr(before, field), getattr(now, field)
        if old != new and (field not in _SHOWN_CHARS or old[: _SHOWN_CHARS[field]] != new[: _SHOWN_CHARS[field]]):
            return True
    return False


@lru_cache(maxsize=KEPT_WISHES)
def _sources_of(wishes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(field for name in covered_attributes(wishes) for field in _SOURCES.get(name, ()))


def wants_attribute(wishes: Iterable[str], name: str) -> bool:
    """Whether a subscription with these wishes covers an attribute."""
    return name in covered_attributes(wishes)


def contact_bytes(wishes: Iterable[str], picture: int) -> int:
    """Octets that one contact may take in a notification, a picture of so many octets included."""
    names = list(wishes)
    octets = CONTACT_WITH_PLACE_BYTES if any(wants_attribute(names, name) for name in places.PLACE_ATTRIBUTES) else CONTACT_BYTES
    return octets + (picture * 4 // 3 + 100 if picture and wants_attribute(names, "status_content") else 0)


def empty_attribute(name: str) -> Any:
    """An attribute as a request names it: without children."""
    return _CLASSES[name]()


_CLASSES: dict[str, type[Node]] = {attribute: kind for attribute, _, kind, _ in FIELDS[PresenceSubList] if isinstance(kind, type)}


def attribute_request(names: Iterable[str]) -> PresenceSubList:
    """A list that names attributes; without names, all of them."""
    result = PresenceSubList()
    for name in names or PRESENCE_ATTRIBUTES:
        setattr(result, name, empty_attribute(name))
    return result


# --- what the phone says of itself ---


def own_fields(update: PresenceSubList, version: str) -> dict[str, Any]:
    """Attribute name -> plain form, for a record. 751 for a UserAvailability that does not exist."""
    availability = update.user_availability
    if availability is not None and availability.presence_value:
        value = availability.presence_value.strip().upper()
        # COMPAT(Symbian): one plug-in leaves the underscore out.
        availability.presence_value = "NOT_AVAILABLE" if value == "NOTAVAILABLE" else value
        if availability.presence_value not in AVAILABILITY_VALUES:
            raise CspError(StatusCode.INVALID_PRESENCE_VALUE, "unknown UserAvailability")
    return {
        name: _plain(write_node(getattr(update, name), version))
        for name in PRESENCE_ATTRIBUTES
        if getattr(update, name) is not None
    }


# What of a phone's own attributes is its user's, and not the moment's: it holds at the next log-in too.
LASTING_ATTRIBUTES = frozenset(
    {
        "user_availability",
        "preferred_contacts",
        "preferred_language",
        "status_text",
        "status_mood",
        "alias",
        "status_content",
        "contact_info",
        "info_link",
    }
)


def lasting_attributes(own: dict[str, Any]) -> dict[str, Any]:
    """Of the phone's own attributes, in the form of a record, those that hold at its next log-in."""
    return {name: plain for name, plain in own.items() if name in LASTING_ATTRIBUTES}


def own_list(own: dict[str, Any]) -> PresenceSubList:
    """The phone's own attributes, back from the record."""
    children = [_element(plain) for plain in own.values()]
    return read_node(Element("PresenceSubList", "", children), PresenceSubList)


def _plain(element: Element) -> list[Any]:
    return [element.name, element.text, [_plain(child) for child in element.children]]


def _element(plain: list[Any]) -> Element:
    name, text, children = plain
    return Element(name, text, [_element(child) for child in children] or ())


@dataclass(frozen=True, slots=True)
class Published:
    """What of the phone's own presence the XMPP side can show. `im` False: no messages to the bare address, please. The
    language of its texts, the kind of its client, its clock's distance from UTC and its model are told to who asks."""

    online: bool = True
    availability: str = "AVAILABLE"
    text: str = ""
    im: bool = True
    language: str = ""
    client_type: str = ""
    zone: str = ""
    model: str = ""


def published_presence(own: PresenceSubList, allowed: Iterable[str] = ()) -> Published:
    """OnlineStatus without a value means T: S60 sends it so (flows.md 9.1). `allowed`: the attributes of the default
    attribute list; what is not among them stays with the gateway. Without a list, everything goes out but the model."""
    named = set(allowed)
    allowed = named or set(PRESENCE_ATTRIBUTES)
    client = own.client_info if "client_info" in allowed else None
    return Published(
        online=attribute_text(own.online_status).upper() != "F",
        availability=(attribute_text(own.user_availability) if "user_availability" in allowed else "") or "AVAILABLE",
        text=_own_text(own, allowed),
        im=not any(each.cap == "IM" and (each.status or "").upper() == "CLOSED" for each in (own.comm_cap or CommCap()).comm_c),
        language=languages.language_tag(attribute_text(own.preferred_language)) if "preferred_language" in allowed else "",
        client_type=(client.client_type or "").strip() if client is not None else "",
        zone=time_zone(own) if "time_zone" in allowed else "",
        model=_model(client) if "client_info" in named else "",
    )


def _own_text(own: PresenceSubList, allowed: Collection[str]) -> str:
    text = attribute_text(own.status_text) if "status_text" in allowed else ""
    content = own.status_content
    if text or content is None or "status_content" not in allowed or not _is_text(content):
        return text
    return _readable(content.direct_content or "")[:MAX_STATUS_TEXT]


def _is_text(content: StatusContent) -> bool:
    return content.qualifier is not False and (content.content_type or "").strip().lower().startswith("text/")


def _readable(text: str) -> str:
    """BASE64 as the specification has it, else the text as it stands."""
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return text.strip()
    return decoded.strip() if decoded.replace("\n", "").replace("\r", "").isprintable() else text.strip()


def own_picture(own: PresenceSubList) -> bytes | None:
    """The octets of the phone's own picture. b"" where it has none, or takes it back; None for what is no picture that
    could go out: a text, a link, broken BASE64, too much."""
    content = own.status_content
    if content is None or content.qualifier is False:
        return b""
    if content.referred_content or not (content.content_type or "image/").strip().lower().startswith("image/"):
        return None
    text = "".join((content.direct_content or "").split())
    if len(text) > MAX_OWN_PICTURE * 4 // 3 + 4:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


_ZONE = re.compile(r"([+-])(\d{1,2}):?([0-5]\d)?", re.ASCII)


def time_zone(own: PresenceSubList) -> str:
    """The phone's time zone as XMPP writes it (XEP-0202): +05:30; "" when it has none, or none that exists."""
    given = own.time_zone
    found = _ZONE.fullmatch((given.zone or "").strip()) if given is not None and given.qualifier is not False else None
    if found is None:
        return ""
    hours = int(found[2])
    return f"{found[1]}{hours:02}:{found[3] or '00'}" if hours <= 14 else ""


def _model(client: ClientInfo | None) -> str:
    parts = [client.dev_manufacturer, client.model] if client is not None and client.qualifier is not False else []
    return " ".join(part.strip() for part in parts if part and part.strip())[:60]


def attribute_text(
    attribute: OnlineStatus | UserAvailability | StatusText | StatusMood | Alias | PreferredLanguage | None,
) -> str:
    """The text of a simple attribute; "" when it is absent or not to be known."""
    if attribute is None or attribute.qualifier is False:
        return ""
    return (attribute.presence_value or "").strip()
