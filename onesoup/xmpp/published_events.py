"""What contacts publish beside presence: mood (XEP-0107), activity (XEP-0108), nick (XEP-0172), place (XEP-0080) and the name
of their picture (XEP-0084) by PEP, mapped to what a phone can show (xmpp-mapping.md 5.2). Tables and pure functions."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from typing import Any

from onesoup.csp import presence
from onesoup.csp.places import UNKNOWN_PLACE, Place
from onesoup.csp.presence import Shown
from onesoup.xmpp import geoloc, namespaces

MAX_PUBLISHED_TEXT_LENGTH = 200
# A picture that says it is larger than this is not fetched: the stanza would not get through.
MAX_AVATAR = 150_000

# Node -> the attributes that come from it. A node that no subscription uses is not asked for: each costs traffic.
ATTRIBUTES_OF_NODE = {
    namespaces.MOOD: ("status_mood", "status_text"),
    namespaces.ACTIVITY: ("status_text",),
    namespaces.NICK: ("alias",),
    namespaces.GEOLOC: ("geo_location", "address", "free_text_location"),
    namespaces.AVATAR_METADATA: ("status_content",),
}

# The phone's eleven moods have the same names in XEP-0107, in small letters. The others go to the nearest of them.
PHONE_MOODS = ("HAPPY", "SAD", "ANGRY", "JEALOUS", "ASHAMED", "INVINCIBLE", "IN_LOVE", "SLEEPY", "BORED", "EXCITED", "ANXIOUS")
_NEAR = {
    "ANGRY": "annoyed cranky frustrated grumpy indignant offended outraged mean",
    "SAD": "depressed dejected disappointed grieving hurt lonely sick",
    "SLEEPY": "tired",
    "ASHAMED": "embarrassed guilty humiliated remorseful",
    "JEALOUS": "envious",
    "ANXIOUS": "afraid dismayed nervous restless stressed worried",
    "INVINCIBLE": "brave proud strong",
    "HAPPY": "calm contented grateful hopeful playful relaxed relieved satisfied thankful",
    "EXCITED": "amazed impressed intoxicated surprised",
    "IN_LOVE": "amorous aroused flirtatious",
}
TO_PHONE = {each.lower(): each for each in PHONE_MOODS} | {word: mood for mood, words in _NEAR.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Extras:
    """What one contact has published last; "" for nothing."""

    mood: str = ""
    mood_text: str = ""
    activity: str = ""
    nick: str = ""
    place: Place = UNKNOWN_PLACE
    # The SHA-1 of the picture by PEP, and the one that presence names (XEP-0153).
    avatar: str = ""
    photo: str = ""
    # Which of them was fetched last, and under which name it is kept when it could be.
    tried: str = ""
    picture: str = ""

    @property
    def wanted(self) -> str:
        """The picture that the contact shows now."""
        return self.avatar or self.photo


NO_EXTRAS = Extras()
_FIELDS = ("mood", "mood_text", "activity", "nick", "place", "avatar", "photo", "tried", "picture")


def to_plain(extras: Extras) -> list[Any]:
    plain = [getattr(extras, name) for name in _FIELDS]
    plain[4] = list(astuple(extras.place)) if extras.place != UNKNOWN_PLACE else []
    return plain


def from_plain(plain: list[Any] | None) -> Extras:
    """Also of a record that knows fewer fields, or more."""
    if plain is None:
        return NO_EXTRAS
    fields = dict(zip(_FIELDS, plain, strict=False))
    return Extras(**{**fields, "place": Place(*fields.get("place", ()))})


def read_event(stanza: Any, known: Extras) -> Extras | None:
    """The extras after a PEP event, or None when the event is about something else."""
    event = stanza.getTag("event", namespace=namespaces.PUBSUB_EVENT)
    items = event.getTag("items") if event is not None else None
    node = items.getAttr("node") if items is not None else None
    reader = _READERS.get(str(node))
    if items is None or reader is None:
        return None
    item = items.getTag("item")
    payload = next((child for child in item.getChildren() if child), None) if item is not None else None
    return reader(payload, known)


def _mood(payload: Any, known: Extras) -> Extras:
    name, text = "", ""
    for child in payload.getChildren() if payload is not None else ():
        if child.getName() == "text":
            text = (child.getData() or "").strip()[:MAX_PUBLISHED_TEXT_LENGTH]
        else:
            name = child.getName()[:MAX_PUBLISHED_TEXT_LENGTH]
    return replace(known, mood=name, mood_text=text)


def _activity(payload: Any, known: Extras) -> Extras:
    """The text, else the words of the most particular activity."""
    words, text = "", ""
    for child in payload.getChildren() if payload is not None else ():
        if child.getName() == "text":
            text = (child.getData() or "").strip()
            continue
        inner = next((each for each in child.getChildren() if each), None)
        words = (inner if inner is not None else child).getName().replace("_", " ")
    return replace(known, activity=(text or words)[:MAX_PUBLISHED_TEXT_LENGTH])


def _nick(payload: Any, known: Extras) -> Extras:
    return replace(known, nick=((payload.getData() if payload is not None else "") or "").strip()[:MAX_PUBLISHED_TEXT_LENGTH])


def _place(payload: Any, known: Extras) -> Extras:
    return replace(known, place=geoloc.read_geoloc(payload))


def _avatar(payload: Any, known: Extras) -> Extras:
    """The smallest of the forms that the server itself has, and that is not too large to come."""
    offers = []
    for info in payload.getTags("info") if payload is not None else ():
        name, size = str(info.getAttr("id") or "").lower(), str(info.getAttr("bytes") or "0")
        # Who does not say how large it is, or says nonsense, is not asked for it.
        octets = int(size) if size.isascii() and size.isdigit() and len(size) < 10 else MAX_AVATAR + 1
        if is_hash(name) and not info.getAttr("url") and octets <= MAX_AVATAR:
            offers.append((octets, name))
    return replace(known, avatar=min(offers)[1] if offers else "")


def is_hash(text: str) -> bool:
    """Whether it is a SHA-1 as both XEPs write it."""
    return len(text) == 40 and all(each in "0123456789abcdef" for each in text)


_READERS = {
    namespaces.MOOD: _mood,
    namespaces.ACTIVITY: _activity,
    namespaces.NICK: _nick,
    namespaces.GEOLOC: _place,
    namespaces.AVATAR_METADATA: _avatar,
}


def with_published(shown: Shown, extras: Extras) -> Shown:
    """What a contact shows, with what it published. A status text of its own counts before the words of mood and activity."""
    # A picture that is still being fetched is not known; the old one is not the contact's any more.
    picture = extras.picture if extras.wanted and extras.tried == extras.wanted else ""
    if not shown.online:
        return replace(shown, alias=extras.nick or shown.alias, picture=picture)
    return replace(
        shown,
        text=shown.text or extras.mood_text or extras.activity,
        mood=TO_PHONE.get(extras.mood, ""),
        alias=extras.nick or shown.alias,
        place=extras.place,
        picture=picture,
    )


def mood_of(value: str | None) -> str:
    """The XEP-0107 name of a phone's mood; "" withdraws it, and so does a mood that no phone has."""
    name = (value or "").strip().upper()
    return name.lower() if name in PHONE_MOODS else ""


def wanted_nodes(wishes: Iterable[Iterable[str]]) -> list[str]:
    """The nodes that subscriptions with these wishes use, in order."""
    wishes = [list(each) for each in wishes]
    return sorted(
        node
        for node, names in ATTRIBUTES_OF_NODE.items()
        if any(presence.wants_attribute(each, name) for each in wishes for name in names)
    )


def notify_feature(node: str) -> str:
    """The feature that asks contacts' servers for a node (XEP-0163)."""
    return f"{node}+notify"
