"""Block and grant lists: what a request changes, how an answer is written in each version, and who is heard (messages.md 11).
Users are bare JIDs here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from onesoup.csp.codec.generated_elements import (
    AddList,
    BlockEntityRequest,
    BlockList,
    EntityList,
    GetBlockedListResponse,
    GrantList,
    RemoveList,
    ScreenName,
)
from onesoup.csp.groups import screen_name

MAX_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Rules:
    """Whom an account hears. A block list is in use until the phone says otherwise, a grant list is not."""

    blocked: frozenset[str] = frozenset()
    granted: frozenset[str] = frozenset()
    block_in_use: bool = True
    grant_in_use: bool = False
    # GroupIDs and screen names as the phone wrote them, by what they mean: a room, or room/nick.
    spelled: Mapping[str, str] = field(default_factory=dict)

    def refuse(self, jid: str) -> bool:
        """Blocking wins where both lists are in use."""
        if self.blocks(jid):
            return True
        return self.grant_in_use and jid not in self.granted

    def blocks(self, jid: str) -> bool:
        """By name, and not only because others are named who may."""
        return self.block_in_use and jid in self.blocked

    def refuse_in(self, room: str, nick: str, jid: str, private: bool) -> bool:
        """As refuse(), of somebody in a room, who is known by a screen name, by an address, or both. The grant list counts for
        what is said in private only: a user who joins a room wants to hear it."""
        names = {room, f"{room}/{nick}", jid} - {""}
        if self.block_in_use and names & self.blocked:
            return True
        return private and self.grant_in_use and not names & self.granted


@dataclass(frozen=True, slots=True)
class Change:
    """What a request wants of one list; `in_use` None leaves that as it is. Users are written as the phone wrote them."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    in_use: bool | None = None
    add_groups: tuple[str, ...] = ()
    remove_groups: tuple[str, ...] = ()
    add_names: tuple[ScreenName, ...] = ()
    remove_names: tuple[ScreenName, ...] = ()
    # Contact lists, whose members of now are meant.
    add_lists: tuple[str, ...] = ()
    remove_lists: tuple[str, ...] = ()


def rule_changes(request: BlockEntityRequest) -> tuple[Change, Change]:
    """(block list, grant list). InUse stands inside the list, or beside it in 1.3; both are read in any version."""
    return _change(request.block_list, request.block_list_in_use), _change(request.grant_list, request.grant_list_in_use)


def _change(wish: BlockList | GrantList | None, beside: bool | None) -> Change:
    if wish is None:
        return Change(in_use=beside)
    in_use = wish.in_use if wish.in_use is not None else beside
    add, remove = wish.add_list or AddList(), wish.remove_list or RemoveList()
    return Change(
        _users(wish.add_list),
        _users(wish.remove_list),
        in_use,
        tuple(add.group_id),
        tuple(remove.group_id),
        tuple(add.screen_name),
        tuple(remove.screen_name),
        tuple(add.contact_list),
        tuple(remove.contact_list),
    )


def _users(entities: AddList | RemoveList | None) -> tuple[str, ...]:
    return tuple(each for each in entities.user_id if each.strip()) if entities else ()


def _entities(rules: Rules, members: Iterable[str], spell: Callable[[str], str]) -> EntityList:
    """Users, screen names and groups: those that the phone has named as such."""
    listed = EntityList()
    for each in sorted(members):
        gid = rules.spelled.get(each)
        if gid is None:
            listed.user_id.append(spell(each))
        elif "/" in each:
            listed.screen_name.append(ScreenName(s_name=screen_name(each.partition("/")[2]), group_id=gid))
        else:
            listed.group_id.append(gid)
    return listed


def blocked_list_response(rules: Rules, version: str, spell: Callable[[str], str]) -> GetBlockedListResponse:
    """The answer to GetBlockedList-Request: InUse inside the lists up to 1.2, beside them in 1.3."""
    blocked = _entities(rules, rules.blocked, spell)
    granted = _entities(rules, rules.granted, spell) if rules.granted else None
    use_blocked = rules.block_in_use and bool(rules.blocked)
    if version == "1.3":
        return GetBlockedListResponse(
            block_list=BlockList(entity_list=blocked),
            grant_list=GrantList(entity_list=granted),
            block_list_in_use=use_blocked,
            grant_list_in_use=rules.grant_in_use,
        )
    return GetBlockedListResponse(
        block_list=BlockList(in_use=use_blocked, entity_list=blocked),
        grant_list=GrantList(in_use=rules.grant_in_use, entity_list=granted),
    )
