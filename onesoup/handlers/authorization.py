"""Who may see the user's presence: answers to requests, grants in advance, watchers (flows.md 9.2 and 9.3, xmpp-mapping.md
5.3)."""

from onesoup.csp import presence
from onesoup.csp.codec.generated_elements import (
    CancelAuthRequest,
    CreateAttributeListRequest,
    DefaultAttributeList,
    DeleteAttributeListRequest,
    GetAttributeListRequest,
    GetAttributeListResponse,
    GetReactiveAuthStatusRequest,
    GetReactiveAuthStatusResponse,
    GetWatcherListRequest,
    GetWatcherListResponse,
    Presence,
    PresenceAuthUser,
    Primitive,
    ReactiveAuthStatus,
    ReactiveAuthStatusList,
    Result,
    User,
    Watcher,
)
from onesoup.csp.lists import Item
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Table, status
from onesoup.handlers import contacts
from onesoup.handlers.context import Context, spellings
from onesoup.handlers.publication import republish_presence
from onesoup.store.account.lists import DEFAULT_TARGET, LIST_TARGET, USER_TARGET, AttributeList
from onesoup.xmpp import commands


def decide_presence_request(ctx: Context, request: PresenceAuthUser) -> Primitive:
    """The user's answer to a presence request, maybe days later. 200 also when there was no request."""
    jid = ctx.session.jid_of(request.user_id or "")
    if request.acceptance:
        ctx.send(commands.SendSubscription("subscribed", jid))
        item = ctx.roster().get(jid)
        if "@" not in jid and not (item is not None and (item.sees or item.ask)):
            # A bridge to another network becomes a contact. COMPAT(Prosody 0.12, slidge): the bridge probes while the user still
            # thinks, which withdraws its request, and the answer alone would be kept for a later one.
            ctx.send(commands.SendSubscription("subscribe", jid))
    else:
        _refuse(ctx, jid)
    ctx.services.lists.pending.remove(ctx.session.jid, [jid])
    return status(StatusCode.SUCCESSFUL)


def cancel_authorization(ctx: Context, request: CancelAuthRequest) -> Primitive:
    _refuse(ctx, ctx.session.jid_of(request.user_id or ""))
    return status(StatusCode.SUCCESSFUL)


def _refuse(ctx: Context, jid: str, granted: bool = False) -> None:
    """Revokes a grant or refuses a request. `granted`: the grant was ours, in advance, and the server's push of it may still
    come."""
    ctx.send(commands.SendSubscription("unsubscribed", jid))
    item = ctx.roster().get(jid)
    if granted if item is None else not item.shown:
        # COMPAT(Prosody 0.12): a grant in advance outlives "unsubscribed"; it goes with the roster item made for it alone.
        ctx.send(commands.RemoveRosterItem(jid))


def get_reactive_status(ctx: Context, request: GetReactiveAuthStatusRequest) -> Primitive:
    """GRANTED for users who see our presence, PENDING for those who asked, DENIED for others. Without names: all that are
    known."""
    pending = ctx.services.lists.pending.all(ctx.session.jid)
    granted = {item.jid for item in ctx.roster().values() if _watches(item)}
    asked = {ctx.session.jid_of(each): each for each in request.user_id}
    jids = list(asked) or sorted(granted | pending)
    spelled = spellings(ctx.services, ctx.sid, jids)
    states = [
        ReactiveAuthStatus(
            user_id=asked.get(jid) or ctx.session.spelled(jid, spelled.get(jid)),
            reactive_auth_state="GRANTED" if jid in granted else "PENDING" if jid in pending else "DENIED",
        )
        for jid in jids
    ]
    return GetReactiveAuthStatusResponse(reactive_auth_status_list=ReactiveAuthStatusList(reactive_auth_status=states))


def get_watchers(ctx: Context, request: GetWatcherListRequest) -> Primitive:
    """All users who see our presence. 1.1: users; 1.2: with a status; 1.3: with a count."""
    jids = sorted(item.jid for item in ctx.roster().values() if _watches(item))
    total = len(jids)
    if request.max_watcher_list is not None:
        jids = jids[: request.max_watcher_list]
    spelled = spellings(ctx.services, ctx.sid, jids)
    names = [ctx.session.spelled(jid, spelled.get(jid)) for jid in jids]
    if ctx.version == "1.1":
        return GetWatcherListResponse(user=[User(user_id=each) for each in names])
    if ctx.version == "1.2":
        users = [Watcher(user=User(user_id=each), watcher_status="CURRENT_SUBSCRIBER") for each in names]
        return GetWatcherListResponse(watcher=users)
    seen = [Watcher(user_id=each, watcher_status="CURRENT_SUBSCRIBER") for each in names]
    return GetWatcherListResponse(watcher=seen, watcher_count=total)


def _watching(ctx: Context, jid: str) -> bool:
    item = ctx.roster().get(jid)
    return item is not None and _watches(item)


def _watches(item: Item) -> bool:
    return item.subscription in ("from", "both")


# --- attribute lists ---

# What a target has that has none.
NO_LIST = AttributeList([], [])


def create_attribute_list(ctx: Context, request: CreateAttributeListRequest) -> Primitive:
    """Stores an attribute list with the account. A list for named users grants them our presence in advance; the default list
    approves no user, it only says what is published at all."""
    names = presence.wanted_attributes(request.presence_sub_list)
    known = ctx.services.lists.attributes.all(ctx.session.jid)
    entries = {}
    for target in _targets(ctx, request):
        new = [jid for jid in _users(ctx, [target]) if not _watching(ctx, jid)]
        for jid in new:
            ctx.send(commands.SendSubscription("subscribed", jid))
        entries[target] = AttributeList(names, new or known.get(target, NO_LIST).granted)
    if request.default_list:
        entries[DEFAULT_TARGET] = AttributeList(names, [])
        republish_presence(ctx, known.get(DEFAULT_TARGET, NO_LIST).attributes, names)
    ctx.services.lists.attributes.put(ctx.session.jid, entries)
    return status(StatusCode.SUCCESSFUL)


def delete_attribute_list(ctx: Context, request: DeleteAttributeListRequest) -> Primitive:
    """Deletes attribute lists. Revokes only grants that came from such a list."""
    known = ctx.services.lists.attributes.all(ctx.session.jid)
    names = [each for each in _targets(ctx, request) if each in known]
    for name in names:
        for jid in known[name].granted:
            _refuse(ctx, jid, granted=True)
    if request.default_list:
        names.append(DEFAULT_TARGET)
        republish_presence(ctx, known.get(DEFAULT_TARGET, NO_LIST).attributes, [])
    ctx.services.lists.attributes.remove(ctx.session.jid, names)
    return status(StatusCode.SUCCESSFUL)


def get_attribute_list(ctx: Context, request: GetAttributeListRequest) -> Primitive:
    """The attribute lists of the named users and lists; all lists when none is named."""
    known = ctx.services.lists.attributes.all(ctx.session.jid)
    names = _targets(ctx, request)
    everything = not names and not request.default_list
    response = GetAttributeListResponse(result=Result(code=StatusCode.SUCCESSFUL))
    if (request.default_list or everything) and DEFAULT_TARGET in known:
        response.default_attribute_list = DefaultAttributeList(
            presence_sub_list=[presence.attribute_request(known[DEFAULT_TARGET].attributes)]
        )
    for name in names or (sorted(known) if everything else ()):
        if name in known and name != DEFAULT_TARGET:
            response.presence.append(_shown(ctx, name, known[name]))
    return response


def _shown(ctx: Context, name: str, attribute_list: AttributeList) -> Presence:
    shown = Presence(presence_sub_list=[presence.attribute_request(attribute_list.attributes)])
    if name.startswith(USER_TARGET):
        shown.user_id = ctx.session.spelled(name.removeprefix(USER_TARGET))
    else:
        shown.contact_list = contacts.list_address(ctx, name.removeprefix(LIST_TARGET))
    return shown


def _targets(
    ctx: Context, request: CreateAttributeListRequest | DeleteAttributeListRequest | GetAttributeListRequest
) -> list[str]:
    """Names of the records that a request means, in every form of every version."""
    if isinstance(request, GetAttributeListRequest):
        users = [each.user_id or "" for each in request.user]
    else:
        users = list(request.user_id)
    users += request.user_id_list.user_id if request.user_id_list else []
    list_ids = list(request.contact_list)
    list_ids += request.contact_list_id_list.contact_list if request.contact_list_id_list else []
    return [USER_TARGET + ctx.session.jid_of(each) for each in users] + [
        LIST_TARGET + contacts.list_token(ctx, each) for each in list_ids
    ]


def _users(ctx: Context, names: list[str]) -> list[str]:
    """Bare JIDs behind record names: users, and members of contact lists."""
    jids = [name.removeprefix(USER_TARGET) for name in names if name.startswith(USER_TARGET)]
    for name in names:
        token = name.removeprefix(LIST_TARGET)
        if name.startswith(LIST_TARGET) and not token.startswith("~"):
            jids += contacts.member_jids(ctx, token)
    return list(dict.fromkeys(jids))


HANDLERS: Table = {
    PresenceAuthUser: decide_presence_request,
    CancelAuthRequest: cancel_authorization,
    GetReactiveAuthStatusRequest: get_reactive_status,
    GetWatcherListRequest: get_watchers,
    CreateAttributeListRequest: create_attribute_list,
    DeleteAttributeListRequest: delete_attribute_list,
    GetAttributeListRequest: get_attribute_list,
}
