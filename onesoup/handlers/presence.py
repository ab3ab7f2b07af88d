"""Presence: subscriptions of this session, questions, and what the phone says of itself (flows.md 9). Everything that is told
comes from the cache that the holder keeps; nothing here waits for XMPP."""

from dataclasses import dataclass

from onesoup.csp import lists, presence
from onesoup.csp.elements import (
    DetailedResult,
    GetPresenceRequest,
    GetPresenceResponse,
    Presence,
    PresenceSubList,
    Primitive,
    Result,
    SubscribePresenceRequest,
    UnsubscribePresenceRequest,
    UpdatePresenceRequest,
    User,
)
from onesoup.csp.errors import CspError
from onesoup.csp.transactions import status
from onesoup.handlers import contacts, records
from onesoup.handlers.authorization import ATTRIBUTES, DEFAULT
from onesoup.handlers.context import Context
from onesoup.xmpp import commands, extras


@dataclass(slots=True)
class Targets:
    """Whom a request means: bare JID -> the phone's spelling ("" when it came from a list), and what it got wrong."""

    jids: dict[str, str]
    lists: list[lists.ContactList]
    bad_users: list[str]
    bad_lists: list[str]


def targets(ctx: Context, request: SubscribePresenceRequest | UnsubscribePresenceRequest | GetPresenceRequest) -> Targets:
    """Every form of every version: User, UserIDList, ContactList, ContactListIDList (flows.md 9.1)."""
    found = Targets({}, [], [], [])
    users = [_user_id(each) for each in request.user]
    users += request.user_id_list.user_id if request.user_id_list else []
    for text in users:
        try:
            jid = ctx.session.jid_of(text)
        except CspError:
            found.bad_users.append(text)
            continue
        found.jids[jid] = text if text[:3].lower() == "wv:" else f"wv:{text}"
    list_ids = list(request.contact_list)
    list_ids += request.contact_list_id_list.contact_list if request.contact_list_id_list else []
    for text in list_ids:
        try:
            contact_list = contacts.find(ctx, text)
        except CspError:
            found.bad_lists.append(text)
            continue
        found.lists.append(contact_list)
        for item in lists.members(contact_list, ctx.roster().values()):
            found.jids.setdefault(item.jid, "")
    return found


def _user_id(user: User) -> str:
    # COMPAT(Android): names a user by a Property in place of UserID.
    if user.user_id is None and user.property is not None:
        return (user.property.value or "").strip()
    return (user.user_id or "").strip()


def subscribe(ctx: Context, request: SubscribePresenceRequest) -> Primitive:
    """200 for all but an unknown list: one bad contact must not cost S60 its whole list. Presence follows at once."""
    found = targets(ctx, request)
    if found.bad_lists and not found.lists and not found.jids:
        raise CspError(700, "no such contact list")
    names = presence.wanted(request.presence_sub_list)
    found.jids.pop(ctx.session.jid, None)  # a phone knows itself
    for jid, spelling in found.jids.items():
        item = ctx.roster().get(jid)
        ctx.effects.sub[jid] = records.pack_wishes(names, sees=item is not None and item.sees)
        if spelling:
            ctx.effects.spell[jid] = spelling
    if request.auto_subscribe:
        for contact_list in found.lists:
            ctx.effects.sub["/" + contact_list.token] = records.pack_wishes(names, sees=False)
    ctx.effects.dirty.extend(found.jids)
    ctx.send(commands.online())
    for jid in found.jids:
        item = ctx.roster().get(jid) or lists.Item(jid)
        if not item.sees and not item.ask:
            ctx.send(commands.subscribe(jid))
    return status(200)


def unsubscribe(ctx: Context, request: UnsubscribePresenceRequest) -> Primitive:
    """Only this session stops being told; the roster subscription stays."""
    found = targets(ctx, request)
    ctx.effects.unsub.extend(found.jids)
    ctx.effects.unsub.extend("/" + each.token for each in found.lists)
    return status(200)


def get_presence(ctx: Context, request: GetPresenceRequest) -> Primitive:
    """200, or 201 that names the malformed ids. Somebody we are not subscribed to is shown as unknown."""
    found = targets(ctx, request)
    wishes = presence.wanted(request.presence_sub_list)
    own = ctx.session.jid
    asked = [jid for jid in found.jids if jid != own]
    cached = ctx.services.sessions.values(ctx.sid, "pres", asked)
    told = []
    for jid in found.jids:
        spelled = ctx.session.spelled(jid, found.jids[jid])
        if jid == own:
            told.append(Presence(user_id=spelled, presence_sub_list=[_own(ctx, wishes)]))
        else:
            record = cached[asked.index(jid)]
            told.append(Presence(user_id=spelled, presence_sub_list=[_contact(ctx, jid, record, wishes)]))
    if asked:
        ctx.send(commands.online())
    details = []
    if found.bad_users:
        details.append(DetailedResult(code=531, user_id=found.bad_users))
    if found.bad_lists:
        details.append(DetailedResult(code=700, contact_list=found.bad_lists if ctx.version != "1.1" else []))
    if details and not told:
        raise CspError(details[0].code or 531, "unknown user or contact list")
    return GetPresenceResponse(result=Result(code=201 if details else 200, detailed_result=details), presence=told)


def _contact(ctx: Context, jid: str, record: bytes | None, wishes: list[str]) -> PresenceSubList:
    shown = records.unpack_shown(record)
    if shown is None:
        item = ctx.roster().get(jid)
        shown = presence.OFFLINE if item is not None and item.sees else presence.UNKNOWN
    return presence.notification(shown, wishes)


def _own(ctx: Context, wishes: list[str]) -> PresenceSubList:
    """What the phone published, and that it is online: it is here, after all."""
    stored = records.unpack_plain(ctx.services.sessions.read(ctx.sid, ["own"])[0], {})
    published = presence.own_list(stored)
    shown = presence.Shown(online=True, availability=presence.published(published).availability, client_type="MOBILE_PHONE")
    mine = presence.notification(shown, wishes)
    for name in presence.ATTRIBUTES:
        value = getattr(published, name)
        if value is not None and name != "online_status" and (not wishes or name in wishes):
            setattr(mine, name, value)
    return mine


def update(ctx: Context, request: UpdatePresenceRequest) -> Primitive:
    """Attributes that are not named stay. One broadcast when what XMPP can show of them changes."""
    new = presence.own_fields(request.presence_sub_list or PresenceSubList(), ctx.version)
    before = records.unpack_plain(ctx.services.sessions.read(ctx.sid, ["own"])[0], {})
    ctx.effects.fields["own"] = records.pack_plain({**before, **new})
    allowed = records.unpack_grant(ctx.services.lists.get(ctx.session.jid, DEFAULT, ATTRIBUTES))[0]
    ctx.send(commands.presence(presence.published(presence.own_list({**before, **new}), allowed)))
    asked = request.presence_sub_list or PresenceSubList()
    if asked.status_mood is not None and (not allowed or "status_mood" in allowed):
        ctx.send(commands.mood(extras.mood_of(presence.value(asked.status_mood))))
    if asked.alias is not None and (not allowed or "alias" in allowed):
        ctx.send(commands.nick(presence.value(asked.alias)))
    return status(200)


HANDLERS = {
    SubscribePresenceRequest: subscribe,
    UnsubscribePresenceRequest: unsubscribe,
    GetPresenceRequest: get_presence,
    UpdatePresenceRequest: update,
}
