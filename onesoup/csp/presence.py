"""Presence attributes: what a contact shows, as a PresenceSubList, and what the phone publishes about itself.

Qualifier T goes with every value: Android and S60 count only qualified ones (flows.md 9.1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from onesoup.csp.binding import read, write
from onesoup.csp.elements import (
    FIELDS,
    Alias,
    ClientInfo,
    CommC,
    CommCap,
    Node,
    OnlineStatus,
    PresenceSubList,
    Registration,
    StatusMood,
    StatusText,
    UserAvailability,
)
from onesoup.csp.errors import CspError
from onesoup.wire.tree import Element

ATTRIBUTES = PresenceSubList.__slots__
AVAILABILITY = ("AVAILABLE", "NOT_AVAILABLE", "DISCREET")
MAX_STATUS_TEXT = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What a contact shows, mapped to IMPS. `known` False: no subscription, so nothing may be said. `im` False: online, but
    not for messages."""

    online: bool = False
    availability: str = "NOT_AVAILABLE"
    text: str = ""
    client_type: str = "COMPUTER"
    mood: str = ""
    alias: str = ""
    known: bool = True
    im: bool = True


OFFLINE = Shown()
UNKNOWN = Shown(known=False)


def wanted(sub_list: PresenceSubList | None) -> list[str]:
    """Names of the attributes that a request asks for; [] means all."""
    if sub_list is None:
        return []
    return [name for name in ATTRIBUTES if getattr(sub_list, name) is not None]


def sub_list(shown: Shown, only: Iterable[str]) -> PresenceSubList:
    """The full set of the wanted attributes. The phone replaces all it knew, so nothing may be left out."""
    names = set(only)
    result = PresenceSubList()
    for name, build in _BUILD.items():
        if not names or name in names:
            setattr(result, name, build(shown))
    return result


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
    return Alias(qualifier=True, presence_value=shown.alias) if shown.alias else None


def _client(shown: Shown) -> ClientInfo | None:
    return ClientInfo(qualifier=True, client_type=shown.client_type) if shown.online else None


def _capability(shown: Shown) -> CommCap | None:
    """Always sent: 1.1 phones want to see that IM works (messages.md 9.1)."""
    if not shown.known:
        return None
    return CommCap(qualifier=True, comm_c=[CommC(cap="IM", status="OPEN" if shown.online and shown.im else "CLOSED")])


_BUILD = {
    "online_status": _online,
    "registration": _registration,
    "client_info": _client,
    "comm_cap": _capability,
    "user_availability": _availability,
    "status_text": _text,
    "status_mood": _mood,
    "alias": _alias,
}
# Registration repeats OnlineStatus: only for phones that ask for it by name.
_BY_NAME_ONLY = frozenset({"registration"})


def notification(shown: Shown, only: Iterable[str]) -> PresenceSubList:
    """As sub_list(); without a list of wishes, the attributes that every phone can use."""
    names = list(only)
    return sub_list(shown, names or [name for name in _BUILD if name not in _BY_NAME_ONLY])


def empty(name: str) -> Any:
    """An attribute as a request names it: without children."""
    return _CLASSES[name]()


_CLASSES: dict[str, type[Node]] = {attribute: kind for attribute, _, kind, _ in FIELDS[PresenceSubList] if isinstance(kind, type)}


def asked(names: Iterable[str]) -> PresenceSubList:
    """A list that names attributes; without names, all of them."""
    result = PresenceSubList()
    for name in names or ATTRIBUTES:
        setattr(result, name, empty(name))
    return result


# --- what the phone says of itself ---


def own_fields(update: PresenceSubList, version: str) -> dict[str, Any]:
    """Attribute name -> plain form, for a record. 751 for a UserAvailability that does not exist."""
    availability = update.user_availability
    if availability is not None and availability.presence_value:
        value = availability.presence_value.strip().upper()
        # COMPAT(Symbian): one plug-in leaves the underscore out.
        availability.presence_value = "NOT_AVAILABLE" if value == "NOTAVAILABLE" else value
        if availability.presence_value not in AVAILABILITY:
            raise CspError(751, "unknown UserAvailability")
    return {name: _plain(write(getattr(update, name), version)) for name in ATTRIBUTES if getattr(update, name) is not None}


def own_list(own: dict[str, Any]) -> PresenceSubList:
    """The phone's own attributes, back from the record."""
    children = [_element(plain) for plain in own.values()]
    return read(Element("PresenceSubList", "", children), PresenceSubList)


def _plain(element: Element) -> list[Any]:
    return [element.name, element.text, [_plain(child) for child in element.children]]


def _element(plain: list[Any]) -> Element:
    name, text, children = plain
    return Element(name, text, [_element(child) for child in children] or ())


@dataclass(frozen=True, slots=True)
class Published:
    """What of the phone's own presence the XMPP side can show. `im` False: no messages to the bare address, please."""

    online: bool = True
    availability: str = "AVAILABLE"
    text: str = ""
    im: bool = True


def published(own: PresenceSubList, allowed: Iterable[str] = ()) -> Published:
    """OnlineStatus without a value means T: S60 sends it so (flows.md 9.1). `allowed`: the attributes of the default
    attribute list; what is not among them stays with the gateway. Without a list, everything goes out."""
    allowed = set(allowed) or set(ATTRIBUTES)
    return Published(
        online=value(own.online_status).upper() != "F",
        availability=(value(own.user_availability) if "user_availability" in allowed else "") or "AVAILABLE",
        text=value(own.status_text) if "status_text" in allowed else "",
        im=not any(each.cap == "IM" and (each.status or "").upper() == "CLOSED" for each in (own.comm_cap or CommCap()).comm_c),
    )


def value(attribute: OnlineStatus | UserAvailability | StatusText | StatusMood | Alias | None) -> str:
    """The text of a simple attribute; "" when it is absent or not to be known."""
    if attribute is None or attribute.qualifier is False:
        return ""
    return (attribute.presence_value or "").strip()
