"""Presence and roster stanzas -> what a phone is told (xmpp-mapping.md 4 and 5.2). Pure; stanzas are any nodes with
getAttr, getTag, getTagData and getTags."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from onesoup.csp import addresses
from onesoup.csp.lists import Item
from onesoup.csp.presence import OFFLINE, Shown

SHOWS = {"chat": 0, "": 1, "away": 2, "dnd": 3, "xa": 4}
AVAILABILITY = {"chat": "AVAILABLE", "": "AVAILABLE", "away": "NOT_AVAILABLE", "xa": "NOT_AVAILABLE", "dnd": "DISCREET"}
NICK = "http://jabber.org/protocol/nick"
MAX_RESOURCES = 20


@dataclass(frozen=True, slots=True)
class Resource:
    """One available resource of a contact. `order` grows with each presence that came."""

    show: str = ""
    status: str = ""
    priority: int = 0
    order: int = 0
    nick: str = ""


def read_resource(stanza: Any, order: int) -> Resource:
    """An available presence. Unknown show values count as none; a priority that is no number as 0."""
    show = (stanza.getTagData("show") or "").strip().lower()
    try:
        priority = max(-128, min(127, int(stanza.getTagData("priority") or 0)))
    except ValueError:
        priority = 0
    nick = stanza.getTag("nick", namespace=NICK)
    return Resource(
        show if show in SHOWS else "",
        (stanza.getTagData("status") or "").strip(),
        priority,
        order,
        (nick.getData() or "").strip() if nick is not None else "",
    )


def aggregate(resources: Iterable[Resource], last_status: str = "") -> Shown:
    """What all resources together show: the winner by priority, show and age. Negative priorities only when alone."""
    resources = list(resources)
    if not resources:
        return Shown(text=last_status)
    reachable = [each for each in resources if each.priority >= 0]
    best = min(reachable or resources, key=lambda each: (-each.priority, SHOWS[each.show], -each.order))
    return Shown(online=True, availability=AVAILABILITY[best.show], text=best.status, alias=best.nick, im=bool(reachable))


def to_plain(resources: Mapping[str, Resource]) -> dict[str, list[Any]]:
    return {name: [each.show, each.status, each.priority, each.order, each.nick] for name, each in resources.items()}


def from_plain(plain: Mapping[str, list[Any]]) -> dict[str, Resource]:
    return {name: Resource(*values) for name, values in plain.items()}


def with_presence(known: Mapping[str, Resource], name: str, stanza: Any, order: int) -> tuple[dict[str, Resource], Shown]:
    """The resources of a contact after one more presence, and what they show together."""
    kind = stanza.getAttr("type") or ""
    changed = dict(known)
    if kind == "":
        changed[name] = read_resource(stanza, order)
        while len(changed) > MAX_RESOURCES:
            changed.pop(min(changed, key=lambda each: changed[each].order))
        return changed, aggregate(changed.values())
    if kind == "unavailable" and name:
        changed.pop(name, None)
        return changed, aggregate(changed.values(), (stanza.getTagData("status") or "").strip())
    # unavailable without a resource, error, unsubscribed: nothing of the contact is to be seen.
    return {}, OFFLINE


def read_item(tag: Any) -> Item | None:
    """A roster item; None for one that is being removed or that has no usable address."""
    jid = addresses.bare(tag.getAttr("jid") or "")
    if not jid or tag.getAttr("subscription") == "remove":
        return None
    groups = tuple(dict.fromkeys((group.getData() or "").strip() for group in tag.getTags("group")))
    subscription = tag.getAttr("subscription") or "none"
    return Item(
        jid,
        (tag.getAttr("name") or "").strip(),
        tuple(group for group in groups if group),
        subscription if subscription in ("none", "to", "from", "both") else "none",
        tag.getAttr("ask") == "subscribe",
    )
