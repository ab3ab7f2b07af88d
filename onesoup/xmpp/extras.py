"""What contacts publish beside presence: mood (XEP-0107), activity (XEP-0108) and nick (XEP-0172) by PEP, mapped to what a
phone can show (xmpp-mapping.md 5.2). Tables and pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from onesoup.csp.presence import Shown

EVENT = "http://jabber.org/protocol/pubsub#event"
MOOD, ACTIVITY, NICK = "http://jabber.org/protocol/mood", "http://jabber.org/protocol/activity", "http://jabber.org/protocol/nick"
NODES = (MOOD, ACTIVITY, NICK)
MAX_TEXT = 200

# The phone's eleven moods have the same names in XEP-0107, in small letters. The others go to the nearest of them.
MOODS = ("HAPPY", "SAD", "ANGRY", "JEALOUS", "ASHAMED", "INVINCIBLE", "IN_LOVE", "SLEEPY", "BORED", "EXCITED", "ANXIOUS")
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
TO_PHONE = {each.lower(): each for each in MOODS} | {word: mood for mood, words in _NEAR.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Extras:
    """What one contact has published last; "" for nothing."""

    mood: str = ""
    mood_text: str = ""
    activity: str = ""
    nick: str = ""


def to_plain(extras: Extras) -> list[str]:
    return [extras.mood, extras.mood_text, extras.activity, extras.nick]


def from_plain(plain: list[str] | None) -> Extras:
    return Extras(*plain) if plain else Extras()


def read_event(stanza: Any, known: Extras) -> Extras | None:
    """The extras after a PEP event, or None when the event is about something else."""
    event = stanza.getTag("event", namespace=EVENT)
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
            text = (child.getData() or "").strip()[:MAX_TEXT]
        else:
            name = child.getName()
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
    return replace(known, activity=(text or words)[:MAX_TEXT])


def _nick(payload: Any, known: Extras) -> Extras:
    return replace(known, nick=((payload.getData() if payload is not None else "") or "").strip()[:MAX_TEXT])


_READERS = {MOOD: _mood, ACTIVITY: _activity, NICK: _nick}


def dress(shown: Shown, extras: Extras) -> Shown:
    """What a contact shows, with what it published. A status text of its own counts before the words of mood and activity."""
    if not shown.online:
        return replace(shown, alias=extras.nick or shown.alias)
    return replace(
        shown,
        text=shown.text or extras.mood_text or extras.activity,
        mood=TO_PHONE.get(extras.mood, ""),
        alias=extras.nick or shown.alias,
    )


def mood_of(value: str | None) -> str:
    """The XEP-0107 name of a phone's mood; "" withdraws it, and so does a mood that no phone has."""
    name = (value or "").strip().upper()
    return name.lower() if name in MOODS else ""


def interests() -> Mapping[str, str]:
    """Features that ask contacts' servers for these nodes."""
    return {node: f"{node}+notify" for node in NODES}
