"""Block and grant lists: what a request changes, how an answer is written in each version, and who is heard (messages.md 11).
Users are bare JIDs here."""

from collections.abc import Callable
from dataclasses import dataclass

from onesoup.csp.elements import (
    AddList,
    BlockEntityRequest,
    BlockList,
    EntityList,
    GetBlockedListResponse,
    GrantList,
    RemoveList,
    ScreenName,
)

MAX_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Rules:
    """Whom an account hears. A block list is in use until the phone says otherwise, a grant list is not."""

    blocked: frozenset[str] = frozenset()
    granted: frozenset[str] = frozenset()
    block_in_use: bool = True
    grant_in_use: bool = False

    def refuse(self, jid: str) -> bool:
        """Blocking wins where both lists are in use."""
        if self.block_in_use and jid in self.blocked:
            return True
        return self.grant_in_use and jid not in self.granted


@dataclass(frozen=True, slots=True)
class Change:
    """What a request wants of one list; `in_use` None leaves that as it is. Users are written as the phone wrote them."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    in_use: bool | None = None
    # Groups are left rather than blocked, and a screen name means somebody only inside one.
    groups: tuple[str, ...] = ()
    screen_names: tuple[ScreenName, ...] = ()


def changes(request: BlockEntityRequest) -> tuple[Change, Change]:
    """(block list, grant list). InUse stands inside the list, or beside it in 1.3; both are read in any version."""
    return _change(request.block_list, request.block_list_in_use), _change(request.grant_list, request.grant_list_in_use)


def _change(wish: BlockList | GrantList | None, beside: bool | None) -> Change:
    if wish is None:
        return Change(in_use=beside)
    in_use = wish.in_use if wish.in_use is not None else beside
    named = [each for each in (wish.add_list, wish.remove_list) if each is not None]
    return Change(
        _users(wish.add_list),
        _users(wish.remove_list),
        in_use,
        tuple(group for each in named for group in each.group_id),
        tuple(name for each in named for name in each.screen_name),
    )


def _users(entities: AddList | RemoveList | None) -> tuple[str, ...]:
    return tuple(each for each in entities.user_id if each.strip()) if entities else ()


def answer(rules: Rules, version: str, spell: Callable[[str], str]) -> GetBlockedListResponse:
    """The answer to GetBlockedList-Request: InUse inside the lists up to 1.2, beside them in 1.3."""
    blocked = EntityList(user_id=[spell(jid) for jid in sorted(rules.blocked)])
    granted = EntityList(user_id=[spell(jid) for jid in sorted(rules.granted)]) if rules.granted else None
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
