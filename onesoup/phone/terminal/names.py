"""How people and groups are called on the screen, and what a typed name means."""

import difflib
from collections.abc import Iterable


class Unclear(Exception):
    """A typed line does not say what it means. Nothing was done; the text says why and what to do."""


def without_scheme(address: str) -> str:
    """An address as people write it: without wv:."""
    return address[3:] if address.lower().startswith("wv:") else address


def full_address(address: str) -> str:
    return address if address.lower().startswith("wv:") else f"wv:{address}"


def is_address(text: str) -> bool:
    return " " not in text and ("@" in text or text.lower().startswith("wv:"))


def is_group(address: str) -> bool:
    return "/" in without_scheme(address).partition("@")[0]


def group_name(gid: str) -> str:
    """The last part of a GroupID, which people call the group by: lobby of wv:/lobby@example.org."""
    return without_scheme(gid).partition("@")[0].rpartition("/")[2] or gid


def near_words(word: str, names: Iterable[str]) -> str:
    """The names that a mistyped one may mean, as the end of a sentence; "" when there are none."""
    spelled: dict[str, str] = {}
    for name in names:
        spelled.setdefault(name.lower(), name)
    folded = word.lower()
    near = [name for name in spelled if folded and name and (name.startswith(folded) or folded.startswith(name))]
    near += [name for name in difflib.get_close_matches(folded, spelled, n=3, cutoff=0.6) if name not in near]
    return f"; near it: {', '.join(spelled[name] for name in near[:3])}" if near else ""
