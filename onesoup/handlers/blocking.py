"""Block and grant lists (messages.md 11, xmpp-mapping.md 10). The block list lives on the XMPP server; the account's record is
what a phone is told at once, and what holds where the server blocks nobody."""

from collections.abc import Iterable

from onesoup.csp import blocking
from onesoup.csp.blocking import Change, Rules
from onesoup.csp.elements import BlockEntityRequest, DetailedResult, GetBlockedListRequest, Primitive, Result
from onesoup.csp.errors import CspError
from onesoup.csp.transactions import status
from onesoup.handlers.context import Context, spellings
from onesoup.store.blocks import BLOCK, GRANT, Blocks
from onesoup.xmpp import commands


def rules(blocks: Blocks, jid: str) -> Rules:
    """Whom an account hears."""
    members, use = blocks.read(jid)
    return Rules(frozenset(members[BLOCK]), frozenset(members[GRANT]), use.get(BLOCK, True), use.get(GRANT, False))


def get(ctx: Context, _request: GetBlockedListRequest) -> Primitive:
    found = rules(ctx.services.blocks, ctx.session.jid)
    spelled = spellings(ctx.services, ctx.sid, sorted(found.blocked | found.granted))
    return blocking.answer(found, ctx.version, lambda jid: ctx.session.spelled(jid, spelled.get(jid)))


def change(ctx: Context, request: BlockEntityRequest) -> Primitive:
    """Unknown and foreign users are accepted; 201 names what no user is meant by."""
    before = rules(ctx.services.blocks, ctx.session.jid)
    block, grant = blocking.changes(request)
    failed: list[DetailedResult] = []
    _apply(ctx, BLOCK, block, len(before.blocked), failed)
    _apply(ctx, GRANT, grant, len(before.granted), failed)
    _tell_server(ctx, before, rules(ctx.services.blocks, ctx.session.jid))
    answer = status(200)
    if failed:
        answer.result = Result(code=201, detailed_result=failed)
    return answer


def _apply(ctx: Context, kind: str, wish: Change, known: int, failed: list[DetailedResult]) -> None:
    jid, blocks = ctx.session.jid, ctx.services.blocks
    added = _jids(ctx, wish.add, failed)
    if known + len(added) > blocking.MAX_ENTRIES:
        raise CspError(754, "too many on this list")
    if wish.in_use is not None:
        blocks.use(jid, kind, wish.in_use)
    blocks.add(jid, kind, added)
    blocks.remove(jid, kind, _jids(ctx, wish.remove, failed))
    if wish.groups or wish.screen_names:
        failed.append(
            DetailedResult(code=405, description="only users", group_id=list(wish.groups), screen_name=list(wish.screen_names))
        )


def _jids(ctx: Context, users: Iterable[str], failed: list[DetailedResult]) -> list[str]:
    """Bare JIDs; oneself is left out: nobody blocks himself."""
    jids = []
    for user in users:
        try:
            jid = ctx.session.jid_of(user)
        except CspError:
            failed.append(DetailedResult(code=531, user_id=[user]))
            continue
        if jid != ctx.session.jid:
            jids.append(jid)
    return jids


def _tell_server(ctx: Context, before: Rules, after: Rules) -> None:
    """XEP-0191 has no switch: a list that is not in use is not on the server."""
    old = before.blocked if before.block_in_use else frozenset()
    new = after.blocked if after.block_in_use else frozenset()
    if old - new:
        ctx.send(commands.unblock(sorted(old - new)))
    if new - old:
        ctx.send(commands.block(sorted(new - old)))


HANDLERS = {
    GetBlockedListRequest: get,
    BlockEntityRequest: change,
}
