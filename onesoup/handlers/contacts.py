"""Contact lists over the roster (flows.md 8, xmpp-mapping.md 4). Reads come from the cache and never wait for XMPP; changes
are answered when the XMPP server has taken them."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from onesoup.csp import lists
from onesoup.csp.codec.generated_elements import (
    ContactListIDList,
    ContactListProperties,
    CreateListRequest,
    CreateListResponse,
    DeleteListRequest,
    DetailedResult,
    GetListRequest,
    GetListResponse,
    ListManageRequest,
    ListManageResponse,
    NickList,
    NickName,
    Primitive,
    Result,
)
from onesoup.csp.errors import CspError
from onesoup.csp.lists import ContactList, Item
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.csp.transactions import Table, status
from onesoup.handlers import long_lists, service_contact
from onesoup.handlers.context import Context, spellings
from onesoup.store.account.blocks import GRANT
from onesoup.xmpp import commands

# Contacts that could not be added: code -> addresses as the phone wrote them.
Failed = dict[int, list[str]]


def account_lists(ctx: Context) -> dict[str, ContactList]:
    """All lists of the account, by token."""
    return lists.all_lists(ctx.stored_lists(), ctx.roster().values())


def shown_lists(ctx: Context, again: bool = False) -> dict[str, ContactList]:
    """All lists as the phone sees them, by token; long ones in parts. `again`: measures the parts anew."""
    found = account_lists(ctx)
    cuts = long_lists.list_cuts(ctx, found, again)
    return lists.in_parts(found, cuts) if cuts else found


def address_of_list(ctx: Context, contact_list: ContactList) -> str:
    return list_address(ctx, contact_list.token)


def list_address(ctx: Context, token: str) -> str:
    """The address of one of the user's lists, whether it exists or not."""
    return addresses.list_address(ctx.session.own, addresses.encode_part(token))


def member_jids(ctx: Context, token: str) -> list[str]:
    """The members of a list; [] for one that does not exist."""
    known = {each.token.lower(): each for each in shown_lists(ctx).values()}
    contact_list = known.get(token.lower())
    return [] if contact_list is None else [item.jid for item in lists.list_members(contact_list, ctx.roster().values())]


def list_token(ctx: Context, text: str) -> str:
    """The token in a list's address, which must be below the own user id: else 752."""
    parsed = addresses.parse_address(text)
    if not parsed.resource or len(parsed.resource) > 50:
        raise CspError(StatusCode.INVALID_LIST_PROPERTY, "not the address of a contact list")
    owner = f"{addresses.encode_part(parsed.user)}@{parsed.domain or ctx.session.domain}"
    if parsed.user and ctx.session.jid_of(owner) != ctx.session.jid:
        raise CspError(StatusCode.INVALID_LIST_PROPERTY, "not one of your contact lists")
    return parsed.resource


def find_list(ctx: Context, text: str | None) -> ContactList:
    """The list that an address names, compared ignoring case. 700 when there is none."""
    wanted = list_token(ctx, text or "").lower()
    for token, contact_list in shown_lists(ctx).items():
        if token.lower() == wanted:
            return contact_list
    raise CspError(StatusCode.CONTACT_LIST_DOES_NOT_EXIST, "no such contact list")


def get_contact_lists(ctx: Context, _request: GetListRequest) -> Primitive:
    """All lists. 1.1: the default list in both elements; later versions: only in DefaultContactList (flows.md 8.2)."""
    found = sorted(shown_lists(ctx, again=True).values(), key=lambda each: each.order)
    default = next(each for each in found if each.shown_default)
    quirks = ctx.session.quirks
    others = [address_of_list(ctx, each) for each in found if not each.shown_default]
    if ctx.version == "1.1" and not quirks.default_list_once:
        others.append(address_of_list(ctx, default))
    response = GetListResponse(default_contact_list=address_of_list(ctx, default))
    if ctx.version == "1.3" and not quirks.bare_lists:
        response.contact_list_id_list = ContactListIDList(contact_list=others)
    else:
        response.contact_list = others
    return response


def create_contact_list(ctx: Context, request: CreateListRequest) -> Primitive:
    token = list_token(ctx, request.contact_list or "")
    known = shown_lists(ctx)
    if token.lower() in (each.lower() for each in known):
        raise CspError(StatusCode.CONTACT_LIST_ALREADY_EXISTS, "contact list exists")
    account = account_lists(ctx)
    if len(account) >= lists.MAX_LISTS:
        raise CspError(StatusCode.TOO_MANY_CONTACT_LISTS, "too many contact lists")
    name, default = _properties(request.contact_list_properties)
    name = name or token
    group = "" if token.startswith("~") else lists.free_group(name, token, account.values())
    created = ContactList(token, name, group, order=len(account))
    _store(ctx, created)
    if default and not created.private:
        _make_default(ctx, created)
    failed = _add(ctx, find_list(ctx, request.contact_list), _nicks(request.nick_list))
    if ctx.version == "1.3":
        listed = find_list(ctx, request.contact_list)
        return CreateListResponse(contact_list=request.contact_list, contact_list_properties=long_lists.list_properties(listed))
    return _outcome(failed)


def delete_contact_list(ctx: Context, request: DeleteListRequest) -> Primitive:
    contact_list = find_list(ctx, request.contact_list)
    if contact_list.default:
        raise CspError(StatusCode.INVALID_LIST_PROPERTY, "the default list cannot be deleted")
    _remove(ctx, contact_list, [item.jid for item in lists.list_members(contact_list, ctx.roster().values())])
    # Of a long list in parts, the phone means the part that it sees: the others stay.
    if contact_list.cut is None:
        ctx.services.lists.contacts.remove(ctx.session.jid, [contact_list.token])
        ctx.send(commands.StoreLists())
    ctx.changed()
    return status(StatusCode.SUCCESSFUL)


def manage_contact_list(ctx: Context, request: ListManageRequest) -> Primitive:
    """Adds and removes contacts and changes properties, in this order. Then the list, where the phone wants it."""
    contact_list = find_list(ctx, request.contact_list)
    failed: Failed = {}
    nicks = _nicks(request.add_nick_list)
    changed = False
    if request.add_nick_list is not None:
        changed = True
        failed = _add(ctx, contact_list, nicks)
        if request.authorize_and_grant:
            _grant(ctx, _known_jids(ctx, [text for text, _ in nicks]))
    if request.remove_nick_list is not None:
        changed = True
        _remove(ctx, contact_list, _known_jids(ctx, request.remove_nick_list.user_id))
    if request.contact_list_properties is not None:
        changed = True
        _change_properties(ctx, contact_list, request.contact_list_properties)
    response = ListManageResponse(result=_result(failed, nothing_done=sum(map(len, failed.values())) == len(nicks)))
    # 1.1 has no ReceiveList and always gets the list. A request without any change asks for the list.
    if request.receive_list or (request.receive_list is None and (ctx.version == "1.1" or not changed)):
        contact_list = find_list(ctx, request.contact_list)
        response.nick_list = _nick_list(ctx, contact_list)
        response.contact_list_properties = long_lists.list_properties(contact_list)
    return response


def _nick_list(ctx: Context, contact_list: ContactList) -> NickList:
    items = lists.list_members(contact_list, ctx.roster().values())
    if long_lists.part_too_long(ctx, contact_list, items):
        contact_list = shown_lists(ctx, again=True).get(contact_list.token, contact_list)
        items = lists.list_members(contact_list, ctx.roster().values())
    # Spellings of this request are stored with its answer, so they cannot be read yet.
    spelled = {**spellings(ctx.services, ctx.sid, [item.jid for item in items]), **ctx.effects.spellings}
    session = ctx.session
    return NickList(
        nick_name=[
            NickName(name=item.name or addresses.local_of(item.jid), user_id=session.spelled(item.jid, spelled.get(item.jid)))
            for item in items
        ]
    )


def _nicks(nick_list: object) -> list[tuple[str, str]]:
    """(address, name) of each contact in a NickList or AddNickList."""
    names = getattr(nick_list, "nick_name", None) or []
    found = [(each.user_id or (each.user.user_id if each.user else "") or "", each.name or "") for each in names]
    return found + [(each, "") for each in getattr(nick_list, "user_id", None) or []]


def _properties(properties: ContactListProperties | None) -> tuple[str, bool]:
    values = {(each.name or "").lower(): (each.value or "").strip() for each in (properties.property if properties else [])}
    return values.get("displayname", ""), values.get("default", "").upper() == "T"


def _store(ctx: Context, contact_list: ContactList) -> None:
    ctx.services.lists.contacts.put(ctx.session.jid, [contact_list])
    ctx.send(commands.StoreLists())
    ctx.changed()


def _make_default(ctx: Context, contact_list: ContactList) -> None:
    entries = {each.token: replace(each, default=each.token == contact_list.token) for each in account_lists(ctx).values()}
    ctx.services.lists.contacts.put(ctx.session.jid, entries.values())
    ctx.send(commands.StoreLists())
    ctx.changed()


def _change_properties(ctx: Context, contact_list: ContactList, properties: ContactListProperties) -> None:
    name, default = _properties(properties)
    if contact_list.number:
        raise CspError(StatusCode.INVALID_LIST_PROPERTY, "a part of a longer list cannot be changed")
    if name and name != contact_list.name:
        free = lists.free_group(name, contact_list.token, account_lists(ctx).values()) == name
        group = name if contact_list.group and free else contact_list.group
        for item in ctx.roster().values() if group else []:
            groups = list(dict.fromkeys(group if each == contact_list.group else each for each in item.groups))
            if groups != list(item.groups):
                _set_item(ctx, item.jid, item.name, groups)
        _store(ctx, replace(contact_list, name=name, group=group))
    if default and not contact_list.default and not contact_list.private:
        _make_default(ctx, account_lists(ctx)[contact_list.token])


def _known_jids(ctx: Context, texts: list[str]) -> list[str]:
    """Bare JIDs of these contacts. Texts that are no address are left out."""
    jids = []
    for text in texts:
        with suppress(CspError):
            jids.append(ctx.session.jid_of(text))
    return jids


def _add(ctx: Context, contact_list: ContactList, nicks: list[tuple[str, str]]) -> Failed:
    """Adds contacts one by one; returns those that could not be. Remembers how the phone spells each."""
    failed: Failed = {}
    auto = ctx.services.sessions.contacts.list_subscription(ctx.sid, contact_list.token) if nicks else None
    for text, name in nicks:
        try:
            jid = ctx.session.jid_of(text)
        except CspError:
            failed.setdefault(StatusCode.UNKNOWN_USER, []).append(text)
            continue
        if jid == ctx.session.jid:
            continue
        ctx.effects.spellings[jid] = text.strip() if text.strip()[:3].lower() == "wv:" else f"wv:{text.strip()}"
        try:
            _add_one(ctx, contact_list, jid, name)
        except CspError as error:
            failed.setdefault(error.code, []).append(text)
            continue
        if auto is not None:
            ctx.effects.subscriptions[jid] = auto
            ctx.effects.presence_due.append(jid)
            service_contact.show(ctx, [jid])
    ctx.changed()
    return failed


def _grant(ctx: Context, jids: list[str]) -> None:
    """AuthorizeAndGrant: these users may see the presence without asking, and may write when a grant list is in use
    (xmpp-mapping.md 4)."""
    for jid in jids:
        ctx.send(commands.SendSubscription("subscribed", jid))
    ctx.services.blocks.add(ctx.session.jid, GRANT, jids)


def _add_one(ctx: Context, contact_list: ContactList, jid: str, name: str) -> None:
    if contact_list.private:
        kept = {**contact_list.members, jid: name}
        fresh = find_list(ctx, address_of_list(ctx, contact_list))
        _store(ctx, replace(fresh, members={**fresh.members, **kept}))
        if jid in ctx.roster():
            return
        contact_list = next(each for each in account_lists(ctx).values() if each.default)
    item = ctx.roster().get(jid) or Item(jid)
    default = next(each for each in account_lists(ctx).values() if each.default)
    wanted = lists.with_list(item, contact_list, default.group)
    if wanted != item or (name and name != item.name) or jid not in ctx.roster():
        _set_item(ctx, jid, name or item.name, wanted.groups)
    if item.subscription in ("none", "from") and not item.ask:
        ctx.send(commands.SendSubscription("subscribe", jid))
    long_lists.keep_in_part(ctx, contact_list, jid)


def _set_item(ctx: Context, jid: str, name: str, groups: Iterable[str]) -> None:
    """The contact is in the roster, under this name and in these groups."""
    if not service_contact.keep_item(ctx, Item(jid, name, tuple(groups))):
        ctx.ask(commands.SetRosterItem(jid, name, tuple(groups)))


def _remove(ctx: Context, contact_list: ContactList, jids: list[str]) -> None:
    """Removes contacts from a list. A contact that is on no list any more leaves the roster. Unknown ones are no error."""
    if contact_list.private:
        kept = {jid: name for jid, name in contact_list.members.items() if jid not in jids}
        contact_list = replace(contact_list, members=kept)
        _store(ctx, contact_list)
    known = list(account_lists(ctx).values())
    for jid in jids:
        item = ctx.roster().get(jid)
        if item is None or not _held_by(contact_list, item):
            continue
        kept_item = lists.without_list(item, contact_list, known)
        if kept_item is None:
            if not service_contact.drop_item(ctx, jid):
                ctx.ask(commands.RemoveRosterItem(jid))
            ctx.effects.unsubscribed.append(jid)
        else:
            _set_item(ctx, jid, item.name, kept_item.groups)
    ctx.changed()


def _held_by(contact_list: ContactList, item: Item) -> bool:
    """Whether the list is a reason for the item to be in the roster, as its groups tell."""
    return contact_list.token in item.groups if contact_list.private else lists.belongs_to_list(contact_list, item)


def _result(failed: Failed, nothing_done: bool = False) -> Result:
    """200; 201 that names the failures; when all failed, their code, or 900 for several codes."""
    if not failed:
        return Result(code=StatusCode.SUCCESSFUL)
    details = [DetailedResult(code=code, user_id=users) for code, users in failed.items()]
    code: int = StatusCode.PARTIALLY_SUCCESSFUL
    if nothing_done:
        code = next(iter(failed)) if len(failed) == 1 else StatusCode.MULTIPLE_ERRORS
    return Result(code=code, detailed_result=details)


def _outcome(failed: Failed) -> Primitive:
    answer = status(StatusCode.SUCCESSFUL)
    answer.result = _result(failed)
    return answer


HANDLERS: Table = {
    GetListRequest: get_contact_lists,
    CreateListRequest: create_contact_list,
    DeleteListRequest: delete_contact_list,
    ListManageRequest: manage_contact_list,
}
