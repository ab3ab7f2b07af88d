"""Block and grant lists (messages.md 11, xmpp-mapping.md 10). The block list lives on the XMPP server; the account's record is
what a phone is told at once, and what holds where the server blocks nobody."""

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


def get(ctx: Context, _request: GetBlockedListRequest) -> Primitive:
    found = ctx.services.blocks.rules(ctx.session.jid)
    spelled = spellings(ctx.services, ctx.sid, sorted(found.blocked | found.granted))
    return blocking.blocked_list_response(found, ctx.version, lambda jid: ctx.session.spelled(jid, spelled.get(jid)))


def change(ctx: Context, request: BlockEntityRequest) -> Primitive:
    """Unknown and foreign users are accepted; 201 names what no user is meant by."""
    before = ctx.services.blocks.rules(ctx.session.jid)
    block, grant = blocking.rule_changes(request)
    for wish, known in ((block, before.blocked), (grant, before.granted)):
        more = len(wish.add) + len(_members(ctx, wish.add_lists, [])) + len(wish.add_groups) + len(wish.add_names)
        if len(known) + more > blocking.MAX_ENTRIES:
            raise CspError(StatusCode.TOO_MANY_CONTACTS, "too many on this list")
    failed: list[DetailedResult] = []
    _apply(ctx, BLOCK, block, failed)
    _apply(ctx, GRANT, grant, failed)
    _tell_server(ctx, before, ctx.services.blocks.rules(ctx.session.jid))
    answer = status(StatusCode.SUCCESSFUL)
    if failed:
        answer.result = Result(code=StatusCode.PARTIALLY_SUCCESSFUL, detailed_result=failed)
    return answer


def _apply(ctx: Context, kind: str, wish: Change, failed: list[DetailedResult]) -> None:
    jid, blocks = ctx.session.jid, ctx.services.blocks
    added = [*_jids(ctx, wish.add, failed), *_members(ctx, wish.add_lists, failed)]
    added += _rooms(ctx, kind, wish.add_groups, wish.add_names, failed)
    if wish.in_use is not None:
        blocks.use(jid, kind, wish.in_use)
    blocks.add(jid, kind, added)
    gone = [*_jids(ctx, wish.remove, failed), *_members(ctx, wish.remove_lists, failed)]
    gone += _rooms(ctx, "", wish.remove_groups, wish.remove_names, failed)
    blocks.remove(jid, kind, gone)


def _rooms(ctx: Context, kind: str, gids: Iterable[str], names: Iterable[ScreenName], failed: list[DetailedResult]) -> list[str]:
    """Rooms, and room/nick of screen names. A group that is to be blocked is left first: from then on it is silent."""
    found: dict[str, str] = {}
    for gid in gids:
        try:
            room = rooms.room_of(ctx, gid)
            found[room] = rooms.spelled(gid)
            if kind == BLOCK and room in rooms.joined(ctx):
                groups.go(ctx, room)
        except (CspError, BackendError) as error:
            failed.append(DetailedResult(code=error.code, group_id=[gid]))
    for name in names:
        try:
            room = rooms.room_of(ctx, name.group_id)
            found[f"{room}/{name.s_name or ''}"] = rooms.spelled(name.group_id or "")
        except (CspError, BackendError) as error:
            failed.append(DetailedResult(code=error.code, screen_name=[name]))
    if kind:
        ctx.services.blocks.spell(ctx.session.jid, found)
    return list(found)


def _jids(ctx: Context, users: Iterable[str], failed: list[DetailedResult]) -> list[str]:
    """Bare JIDs; oneself is left out: nobody blocks himself."""
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
    """Bare JIDs of those who are in these contact lists now. 700 for a list that is not there."""
    jids: list[str] = []
    for name in names:
        try:
            jids += [item.jid for item in lists.list_members(contacts.find(ctx, name), ctx.roster().values())]
        except CspError:
            failed.append(
                DetailedResult(code=StatusCode.CONTACT_LIST_DOES_NOT_EXIST, contact_list=[name] if ctx.version != "1.1" else [])
            )
    return jids


def _tell_server(ctx: Context, before: Rules, after: Rules) -> None:
    """XEP-0191 has no switch: a list that is not in use is not on the server."""
    # Screen names are the gateway's own business: few servers block a single occupant.
    old = {each for each in before.blocked if "/" not in each} if before.block_in_use else set()
    new = {each for each in after.blocked if "/" not in each} if after.block_in_use else set()
    if old - new:
        ctx.send(commands.unblock(sorted(old - new)))
    if new - old:
        ctx.send(commands.block(sorted(new - old)))


HANDLERS: Table = {
    GetBlockedListRequest: get,
    BlockEntityRequest: change,
}
