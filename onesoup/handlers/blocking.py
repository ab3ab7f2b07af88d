"""Block and grant lists (messages.md 11, xmpp-mapping.md 10). The block list lives on the XMPP server. The account's record
answers phones at once, and applies where the server cannot block."""

from collections.abc import Iterable

from onesoup.csp import blocking, lists
from onesoup.csp.blocking import Change, Rules
from onesoup.csp.codec.generated_elements import (
    BlockEntityRequest,
    DetailedResult,
    GetBlockedListRequest,
    Primitive,
    Result,
    ScreenName,
)
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Table, status
from onesoup.handlers import contacts
from onesoup.handlers.context import Context, spellings
from onesoup.handlers.groups import groups, rooms
from onesoup.store.account.blocks import BLOCK, GRANT
from onesoup.xmpp import commands


def get_block_list(ctx: Context, _request: GetBlockedListRequest) -> Primitive:
    found = ctx.services.blocks.rules(ctx.session.jid)
    spelled = spellings(ctx.services, ctx.sid, sorted(found.blocked | found.granted))
    return blocking.blocked_list_response(found, ctx.version, lambda jid: ctx.session.spelled(jid, spelled.get(jid)))


def change_block_list(ctx: Context, request: BlockEntityRequest) -> Primitive:
    """Accepts unknown and foreign users. 201 names entries that are no user."""
    before = ctx.services.blocks.rules(ctx.session.jid)
    block, grant = blocking.rule_changes(request)
    for wish, known in ((block, before.blocked), (grant, before.granted)):
        more = len(wish.add) + len(_members(ctx, wish.add_lists, [])) + len(wish.add_groups) + len(wish.add_names)
        if len(known) + more > blocking.MAX_ENTRIES:
            raise CspError(StatusCode.TOO_MANY_CONTACTS, "too many on this list")
    failed: list[DetailedResult] = []
    added, gone = _apply(ctx, BLOCK, block, failed)
    _apply(ctx, GRANT, grant, failed)
    _tell_server(ctx, before, ctx.services.blocks.rules(ctx.session.jid), added, gone)
    answer = status(StatusCode.SUCCESSFUL)
    if failed:
        answer.result = Result(code=StatusCode.PARTIALLY_SUCCESSFUL, detailed_result=failed)
    return answer


def _apply(ctx: Context, kind: str, wish: Change, failed: list[DetailedResult]) -> tuple[list[str], list[str]]:
    """Changes the account's record. Returns whom the phone wants on the list, and whom off it."""
    jid, blocks = ctx.session.jid, ctx.services.blocks
    added = [*_jids(ctx, wish.add, failed), *_members(ctx, wish.add_lists, failed)]
    added += _rooms(ctx, kind, wish.add_groups, wish.add_names, failed)
    if wish.in_use is not None:
        blocks.use(jid, kind, wish.in_use)
    blocks.add(jid, kind, added)
    gone = [*_jids(ctx, wish.remove, failed), *_members(ctx, wish.remove_lists, failed)]
    gone += _rooms(ctx, "", wish.remove_groups, wish.remove_names, failed)
    blocks.remove(jid, kind, gone)
    return added, gone


def _rooms(ctx: Context, kind: str, gids: Iterable[str], names: Iterable[ScreenName], failed: list[DetailedResult]) -> list[str]:
    """Rooms, and room/nick of screen names. A group that is to be blocked is left first: from then on it sends nothing."""
    found: dict[str, str] = {}
    for gid in gids:
        try:
            room = rooms.room_of(ctx, gid)
            found[room] = rooms.spelled_group_id(gid)
            if kind == BLOCK and room in rooms.joined_rooms(ctx):
                groups.leave_room(ctx, room)
        except (CspError, BackendError) as error:
            failed.append(DetailedResult(code=error.code, group_id=[gid]))
    for name in names:
        try:
            room = rooms.room_of(ctx, name.group_id)
            nick = rooms.occupant_nick(ctx, room, name) or name.s_name or ""
            found[f"{room}/{nick}"] = rooms.spelled_group_id(name.group_id or "")
        except (CspError, BackendError) as error:
            failed.append(DetailedResult(code=error.code, screen_name=[name]))
    if kind:
        ctx.services.blocks.spell(ctx.session.jid, found)
    return list(found)


def _jids(ctx: Context, users: Iterable[str], failed: list[DetailedResult]) -> list[str]:
    """Bare JIDs. The user's own is left out."""
    jids = []
    for user in users:
        try:
            jid = ctx.session.jid_of(user)
        except CspError:
            failed.append(DetailedResult(code=StatusCode.UNKNOWN_USER, user_id=[user]))
            continue
        if jid != ctx.session.jid:
            jids.append(jid)
    return jids


def _members(ctx: Context, names: Iterable[str], failed: list[DetailedResult]) -> list[str]:
    """Bare JIDs of the present members of contact lists. 700 for a list that does not exist."""
    jids: list[str] = []
    for name in names:
        try:
            jids += [item.jid for item in lists.list_members(contacts.find_list(ctx, name), ctx.roster().values())]
        except CspError:
            failed.append(
                DetailedResult(code=StatusCode.CONTACT_LIST_DOES_NOT_EXIST, contact_list=[name] if ctx.version != "1.1" else [])
            )
    return jids


def _tell_server(ctx: Context, before: Rules, after: Rules, added: Iterable[str], gone: Iterable[str]) -> None:
    """Updates the server's block list. XEP-0191 has no switch: a list that is not in use is not on the server.

    Whom the phone names, the server is told of in any case. The record may say something else for a moment: pushes of the
    server about earlier changes, which are on their way, still alter it."""
    old = _users(before.blocked) if before.block_in_use else set()
    new = _users(after.blocked) if after.block_in_use else set()
    asked_in, asked_out = (_users(added), _users(gone)) if after.block_in_use else (set(), set())
    unblock = (old - new - asked_in) | asked_out
    block = (new - old | asked_in) - asked_out
    if unblock:
        ctx.send(commands.Unblock(tuple(sorted(unblock))))
    if block:
        ctx.send(commands.Block(tuple(sorted(block))))


def _users(blocked: Iterable[str]) -> set[str]:
    """Without screen names, which stay in the gateway: few servers can block a single occupant."""
    return {each for each in blocked if "/" not in each}


HANDLERS: Table = {
    GetBlockedListRequest: get_block_list,
    BlockEntityRequest: change_block_list,
}
