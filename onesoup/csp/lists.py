"""Contact lists: which roster items a list has, and how lists are addressed (xmpp-mapping.md 1.5 and 4). Pure.

A list is named by its token, the part behind the slash. The default list has the roster items without a group and those in
the group named like it. Lists whose token begins with ~ belong to presence clients and keep their members themselves; a contact
that only such a list holds is in a roster group of the list's token, which is no list of its own.
"""

import base64
import hashlib
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

DEFAULT_TOKEN = "friends"
DEFAULT_NAME = "Friends"
MAX_LISTS = 30
MAX_LIST_NAME_LENGTH = 60
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
        """Empty leftovers are not contacts."""
        return bool(self.subscription != "none" or self.name or self.groups or self.ask)

    @property
    def sees(self) -> bool:
        """Whether we get this contact's presence."""
        return self.subscription in ("to", "both")


@dataclass(frozen=True, slots=True)
class Cut:
    """How a list that is longer than the phone reads is cut into parts. `tokens` are those of the parts, the first one the list's
    own; `bounds` where the second and further parts begin, in the order of `key`; `placed` the part of whoever the phone has
    put into a certain one; who is of `rank` `end` or behind it is in none."""

    tokens: tuple[str, ...]
    bounds: tuple[str, ...]
    placed: Mapping[str, int] = field(default_factory=dict)
    end: str = ""

    def place(self, item: Item) -> int:
        """The number of the part that has the item; -1 for none."""
        number = self.placed.get(item.jid)
        if number is not None:
            return number
        return -1 if self.end and item_rank(item) >= self.end else bisect_right(self.bounds, item_order(item))


@dataclass(frozen=True, slots=True)
class ContactList:
    """One list: `group` is its roster group, `members` are kept here only for lists that begin with ~. Or the part `number` of a
    list that is cut."""

    token: str
    name: str
    group: str = ""
    default: bool = False
    order: int = 0
    auto: bool = False
    members: Mapping[str, str] = field(default_factory=dict)
    cut: Cut | None = None
    number: int = 0

    @property
    def shown_default(self) -> bool:
        """Whether the phone is told that this is the default list."""
        return self.default and self.number == 0

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
    # A default list has the items without a group, and that no list of a presence client can.
    lists = {token: replace(each, default=each.default and not each.private) for token, each in stored.items()}
    if not any(each.default for each in lists.values()):
        lists[DEFAULT_TOKEN] = replace(
            lists.get(DEFAULT_TOKEN, ContactList(DEFAULT_TOKEN, DEFAULT_NAME, DEFAULT_NAME)), default=True
        )
    by_group = {each.token if each.private else each.group for each in lists.values()}
    taken = {token.lower() for token in lists}
    for group in sorted({group for item in roster for group in item.groups} - by_group):
        token = token_of(group)
        if token in taken:
            token = _digest(group)
        taken.add(token)
        lists.setdefault(token, ContactList(token, group, group, order=len(lists)))
    return lists


def in_parts(whole: Mapping[str, ContactList], cuts: Mapping[str, Cut]) -> dict[str, ContactList]:
    """The lists as the phone sees them, by token: those that are cut in parts, which count up in their names."""
    found: dict[str, ContactList] = {}
    for token, each in whole.items():
        cut = cuts.get(token)
        if cut is None:
            found[token] = each
            continue
        for number, part in enumerate(cut.tokens):
            name = f"{each.name} {number + 1}" if number else each.name
            found[part] = replace(each, token=part, name=name, cut=cut, number=number)
    return found


def cut_list(
    token: str, items: Iterable[Item], octets: Callable[[Item], int], room: int, most: int, taken: Collection[str]
) -> Cut | None:
    """A list in at most so many parts of at most `room` octets, with space left for contacts to come; None when it fits as it is.
    What does not fit into them all is left out, the most useless first. `taken` are tokens in small letters that are in use."""
    sizes = {item: octets(item) for item in sorted(items, key=item_order)}
    if sum(sizes.values()) <= room:
        return None
    fill = room - room // 10
    end = ""
    by_use = sorted(sizes, key=item_rank)
    while len(bounds := _bounds(sizes, fill)) >= max(most, 1) and len(sizes) > 1:
        # So many of them fit; one at least goes each time.
        count = min(len(sizes) * most // (len(bounds) + 1), len(sizes) - 1)
        end = item_rank(by_use[count])
        by_use = by_use[:count]
        kept = set(by_use)
        sizes = {item: size for item, size in sizes.items() if item in kept}
    return Cut((token, *_part_tokens(token, len(bounds), taken)), tuple(bounds), end=end)


def _bounds(sizes: Mapping[Item, int], fill: int) -> list[str]:
    bounds, left = [], fill
    for item, size in sizes.items():
        if size > left and left < fill:
            bounds.append(item_order(item))
            left = fill
        left -= size
    return bounds


def _part_tokens(token: str, count: int, taken: Collection[str]) -> list[str]:
    found: list[str] = []
    for number in range(2, count + 2):
        names = (f"{token[:40]}{between}{number}" for between in ("-", ".", "_", "--", ".-", "-."))
        found.append(next((each for each in names if each.lower() not in taken), _digest(f"{token} {number}")))
    return found


def list_members(contact_list: ContactList, roster: Iterable[Item]) -> list[Item]:
    """The items of a list, by name."""
    if contact_list.private:
        return [Item(jid, name) for jid, name in contact_list.members.items()]
    found = [item for item in roster if item.shown and belongs_to_list(contact_list, item)]
    return sorted(found, key=item_order)


def item_order(item: Item) -> str:
    """The order of contacts in a list: by name. No two have the same."""
    return f"{(item.name or item.jid)[:MAX_LIST_NAME_LENGTH].lower()}\0{item.jid}"


def item_rank(item: Item) -> str:
    """The order of contacts by how useful they are to the user: whom he sees and who sees him first."""
    usefulness = {"both": 0, "to": 1, "from": 3}.get(item.subscription, 2 if item.ask else 4)
    return f"{usefulness}{item_order(item)}"


def belongs_to_list(contact_list: ContactList, item: Item) -> bool:
    if contact_list.cut is not None and contact_list.cut.place(item) != contact_list.number:
        return False
    if contact_list.default and not item.groups:
        return True
    return bool(contact_list.group) and contact_list.group in item.groups


def with_list(item: Item, contact_list: ContactList, default_group: str = DEFAULT_NAME) -> Item:
    """The item as a member of the list too. One that the default list has because it has no group gets the default list's
    group with it, and so stays where it is."""
    if belongs_to_list(contact_list, item) and (item.shown or contact_list.default):
        return item
    if contact_list.default and not item.groups:
        return item
    before = item.groups or ((default_group,) if item.shown and default_group else ())
    return replace(item, groups=tuple(dict.fromkeys((*before, contact_list.group))))


def without_list(item: Item, contact_list: ContactList, known: Iterable[ContactList] = ()) -> Item | None:
    """The item without the list, or None when no list holds it any more: then it leaves the roster. `known` are all lists."""
    group = contact_list.token if contact_list.private else contact_list.group
    groups = tuple(each for each in item.groups if each != group)
    if not groups:
        groups = tuple(
            each.token for each in known if each.private and each.token != contact_list.token and item.jid in each.members
        )
    return replace(item, groups=groups) if groups else None


def free_group(name: str, token: str, known: Iterable[ContactList]) -> str:
    """The roster group for a list of this name and token. Two lists of one group would be one list under two names: whoever
    leaves one of them would leave both."""
    taken = {each.group for each in known if each.token != token}
    names = (name, token, *(f"{name} {number}" for number in range(2, len(taken) + 3)))
    return next(each for each in names if each not in taken)
