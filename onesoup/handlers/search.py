"""Search in what the session knows: the roster. S60 asks for its own groups at each log-in and must get an answer at once
(flows.md 13). Directories of the XMPP side and groups are not searched yet."""

from onesoup.csp import addresses
from onesoup.csp.elements import (
    Primitive,
    SearchPairList,
    SearchRequest,
    SearchResponse,
    SearchResult,
    StopSearchRequest,
    User,
    UserList,
)
from onesoup.csp.errors import CspError
from onesoup.csp.lists import Item
from onesoup.csp.transactions import status
from onesoup.handlers.context import Context, spellings

# A search is answered whole, so its id names nothing that is kept. It must be a decimal number.
SEARCH_ID = 1
MAX_FOUND = 200


def search(ctx: Context, request: SearchRequest) -> Primitive:
    """All hits in one answer. 402 without criteria, 424 for a search that is to go on: none ever does."""
    if request.search_id is not None and not request.search_pair_list:
        raise CspError(424, "that search is over")
    if not request.search_pair_list:
        raise CspError(402, "no search criteria")
    found = _hits(ctx, request.search_pair_list)
    shown = found[: min(request.search_limit or MAX_FOUND, MAX_FOUND)]
    response = SearchResponse(
        search_id=SEARCH_ID, search_findings=len(found), completion_flag=True, search_index=max(len(shown), 1)
    )
    if shown:
        spelled = spellings(ctx.services, ctx.sid, shown)
        users = [User(user_id=ctx.session.spelled(jid, spelled.get(jid))) for jid in shown]
        response.search_result = SearchResult(user_list=UserList(user=users))
    return response


def _hits(ctx: Context, pairs: list[SearchPairList]) -> list[str]:
    """Bare JIDs that meet all criteria. Criteria on groups, and those that no roster can answer, meet nobody."""
    items = [item for item in ctx.roster().values() if item.shown]
    return sorted(item.jid for item in items if all(_meets(pair, item) for pair in pairs))


def _meets(pair: SearchPairList, item: Item) -> bool:
    wanted = (pair.search_string or "").strip().lower()
    element = (pair.search_element or "").strip().upper()
    if element == "USER_ID":
        return wanted.removeprefix("wv:") in addresses.from_jid(item.jid).removeprefix("wv:").lower()
    if element in ("USER_ALIAS", "USER_FRIENDLY_NAME", "USER_FIRST_NAME", "USER_LAST_NAME"):
        return bool(wanted) and wanted in item.name.lower()
    return False


def stop(_ctx: Context, _request: StopSearchRequest) -> Primitive:
    return status(200)


HANDLERS = {SearchRequest: search, StopSearchRequest: stop}
