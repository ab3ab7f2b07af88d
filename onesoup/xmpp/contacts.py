"""Presence and roster stanzas -> what a phone is told (xmpp-mapping.md 4 and 5.2). Pure; stanzas are any nodes with
getAttr, getTag, getTagData and getTags."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from onesoup.csp.lists import Item
from onesoup.csp.presence import OFFLINE_PRESENCE, Shown
from onesoup.csp.text import addresses
from onesoup.xmpp import caps, namespaces
from onesoup.xmpp.availability import AVAILABILITY_OF_SHOW

SHOW_ORDER = {"chat": 0, "": 1, "away": 2, "dnd": 3, "xa": 4}
MAX_RESOURCES = 20
# What is kept of a contact's texts, characters.
MAX_STATUS_LENGTH, MAX_CONTACT_NAME_LENGTH, MAX_RESOURCE_LENGTH, MAX_CONTACT_GROUPS = 500, 255, 255, 100


@dataclass(frozen=True, slots=True)
class Resource:
    """One available resource of a contact. `order` grows with each presence that came."""

    show: str = ""
    status: str = ""
    priority: int = 0
    order: int = 0
    nick: str = ""
    # Under which name its abilities can be asked for, and the phone's word for such a client once they are known.
    caps: str = ""
    client: str = ""


def read_resource(stanza: Any, order: int, language: str = "") -> Resource:
    """An available presence. Unknown show values count as none; a priority that is no number as 0. Of several status texts
    the one in the phone's language counts, else the one that names none."""
    show = (stanza.getTagData("show") or "").strip().lower()
    try:
        priority = max(-128, min(127, int(stanza.getTagData("priority") or 0)))
    except ValueError:
        priority = 0
    nick = stanza.getTag("nick", namespace=namespaces.NICK)
    return Resource(
        show if show in SHOW_ORDER else "",
        _status(stanza, language),
        priority,
        order,
        (nick.getData() or "").strip()[:MAX_CONTACT_NAME_LENGTH] if nick is not None else "",
        caps.name_of(stanza),
    )


def _status(stanza: Any, language: str) -> str:
    """RFC 6121 section 4.7.2.2: several texts differ in language. The stanza's own is that of a text without one."""
    texts = stanza.getTags("status")
    named = [str(each.getAttr("xml:lang") or "").lower().partition("-")[0] for each in texts]
    wanted = next((place for place, name in enumerate(named) if language and name == language), None)
    if wanted is None:
        wanted = next((place for place, name in enumerate(named) if not name), 0)
    return (texts[wanted].getData() or "").strip()[:MAX_STATUS_LENGTH] if texts else ""


def aggregate(resources: Iterable[Resource], last_status: str = "") -> Shown:
    """What all resources together show: the winner by priority, show and age. Negative priorities only when alone."""
    resources = list(resources)
    if not resources:
        return Shown(text=last_status)
    reachable = [each for each in resources if each.priority >= 0]
    best = min(reachable or resources, key=lambda each: (-each.priority, SHOW_ORDER[each.show], -each.order))
    return Shown(
        online=True,
        availability=AVAILABILITY_OF_SHOW[best.show],
        text=best.status,
        client_type=best.client or caps.USUAL_TYPE,
        alias=best.nick,
        im=bool(reachable),
    )


def to_plain(resources: Mapping[str, Resource]) -> dict[str, list[Any]]:
    return {name: [getattr(each, field) for field in Resource.__slots__] for name, each in resources.items()}


def from_plain(plain: Mapping[str, list[Any]]) -> dict[str, Resource]:
    """Also of records that know fewer fields, or more."""
    return {name: Resource(*values[: len(Resource.__slots__)]) for name, values in plain.items()}


def with_presence(
    known: Mapping[str, Resource],
    name: str,
    stanza: Any,
    order: int,
    language: str = "",
    kinds: Mapping[str, str] = MappingProxyType({}),
) -> tuple[dict[str, Resource], Shown]:
    """The resources of a contact after one more presence, and what they show together. `kinds`: what clients are."""
    kind = stanza.getAttr("type") or ""
    changed, name = dict(known), name[:MAX_RESOURCE_LENGTH]
    if kind == "":
        now, before = read_resource(stanza, order, language), known.get(name)
        client = before.client if before and before.caps == now.caps else kinds.get(now.caps, "")
        changed[name] = replace(now, client=client) if client else now
        while len(changed) > MAX_RESOURCES:
            changed.pop(min(changed, key=lambda each: changed[each].order))
        return changed, aggregate(changed.values())
    if kind == "unavailable" and name:
        changed.pop(name, None)
        return changed, aggregate(changed.values(), (stanza.getTagData("status") or "").strip()[:MAX_STATUS_LENGTH])
    # unavailable without a resource, error, unsubscribed: nothing of the contact is to be seen.
    return {}, OFFLINE_PRESENCE


def read_item(tag: Any) -> Item | None:
    """A roster item; None for one that is being removed or that has no usable address."""
    spelled = tag.getAttr("jid") or ""
    jid = addresses.bare(spelled)
    if not jid or tag.getAttr("subscription") == "remove":
        return None
    groups = tuple(dict.fromkeys((group.getData() or "").strip() for group in tag.getTags("group")))
    subscription = tag.getAttr("subscription") or "none"
    return Item(
        jid,
        (tag.getAttr("name") or "").strip()[:MAX_CONTACT_NAME_LENGTH],
        tuple(group for group in groups if group)[:MAX_CONTACT_GROUPS],
        subscription if subscription in ("none", "to", "from", "both") else "none",
        tag.getAttr("ask") == "subscribe",
        # Only a domain in Punycode is kept: servers take everything else in either spelling.
        spelled if "xn--" in spelled and spelled != jid else "",
    )
