"""Contact lists: which roster items a list has, and how lists are addressed (xmpp-mapping.md 1.5 and 4). Pure.

A list is named by its token, the part behind the slash. The default list has the roster items without a group and those in
the group named like it. Lists whose token begins with ~ belong to presence clients and never touch the roster.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

DEFAULT_TOKEN = "friends"
DEFAULT_NAME = "Friends"
MAX_LISTS = 30
MAX_CONTACTS = 150
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,20}")


@dataclass(frozen=True, slots=True)
class Item:
    """A roster item: subscription none, to, from or both; `ask` while our request is open; `spelled` is the JID as the server
    has it, where that is another spelling."""

    jid: str
    name: str = ""
    groups: tuple[str, ...] = ()
    subscription: str = "none"
    ask: bool = False
    spelled: str = ""

    @property
    def shown(self) -> bool:
        """Domains and empty leftovers are not contacts."""
        return "@" in self.jid and bool(self.subscription != "none" or self.name or self.groups or self.ask)

    @property
    def sees(self) -> bool:
        """Whether we get this contact's presence."""
        return self.subscription in ("to", "both")


@dataclass(frozen=True, slots=True)
class ContactList:
    """One list: `group` is its roster group, `members` are kept here only for lists that begin with ~."""

    token: str
    name: str
    group: str = ""
    default: bool = False
    order: int = 0
    auto: bool = False
    members: Mapping[str, str] = field(default_factory=dict)

    @property
    def private(self) -> bool:
        return self.token.startswith("~")


def token_of(group: str) -> str:
    """The token of a roster group: itself where it can stand in an address, else a digest."""
    if _PLAIN.fullmatch(group):
        return group.lower()
    return _digest(group)


def _digest(group: str) -> str:
    return "g" + base64.b32encode(hashlib.sha256(group.encode()).digest()).decode().lower()[:8]


def all_lists(stored: Mapping[str, ContactList], roster: Iterable[Item]) -> dict[str, ContactList]:
    """Every list by token: the stored ones, one for each roster group, and a default one in any case."""
    lists = dict(stored)
    if not any(each.default for each in lists.values()):
        lists[DEFAULT_TOKEN] = replace(
            lists.get(DEFAULT_TOKEN, ContactList(DEFAULT_TOKEN, DEFAULT_NAME, DEFAULT_NAME)), default=True
        )
    by_group = {each.group for each in lists.values() if each.group}
    taken = {token.lower() for token in lists}
    for group in sorted({group for item in roster for group in item.groups} - by_group):
        token = token_of(group)
        if token in taken:
            token = _digest(group)
        taken.add(token)
        lists.setdefault(token, ContactList(token, group, group, order=len(lists)))
    return lists


def members(contact_list: ContactList, roster: Iterable[Item]) -> list[Item]:
    """The items of a list, by name."""
    if contact_list.private:
        return [Item(jid, name) for jid, name in contact_list.members.items()]
    found = [item for item in roster if item.shown and belongs(contact_list, item)]
    return sorted(found, key=lambda item: (item.name or item.jid).lower())


def belongs(contact_list: ContactList, item: Item) -> bool:
    if contact_list.default and not item.groups:
        return True
    return bool(contact_list.group) and contact_list.group in item.groups


def with_list(item: Item, contact_list: ContactList) -> Item:
    """The item as a member of the list too."""
    if belongs(contact_list, item) and (item.shown or contact_list.default):
        return item
    if contact_list.default and not item.groups:
        return item
    return replace(item, groups=(*item.groups, contact_list.group))


def without_list(item: Item, contact_list: ContactList) -> Item | None:
    """The item without the list, or None when that was its last one: then it leaves the roster."""
    groups = tuple(group for group in item.groups if group != contact_list.group)
    return replace(item, groups=groups) if groups else None
