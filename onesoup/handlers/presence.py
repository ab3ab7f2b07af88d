"""Presence: subscriptions of this session, questions, and what the phone says of itself (flows.md 9). What is told comes from
the cache that the holder keeps. Only for vCards and pictures that a phone asks for by name does it wait for XMPP, and never
long: without an answer they are not known."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from onesoup.csp import capabilities, lists, presence
from onesoup.csp.codec.generated_elements import (
    ContactInfo,
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
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Table, status
from onesoup.handlers import contacts
from onesoup.handlers.context import Context, pictures
from onesoup.handlers.publication import allowed, own, own_fields, publish, remember
from onesoup.store.session.contacts import Subscription
from onesoup.xmpp import commands

# How many contacts of one request are looked up, and for how long.
MOST_LOOKED, LOOK_SECONDS, SPARE_SECONDS = 10, 4.0, 1.0
# How many contacts one request may ask for their presence: the requests wait in the outbox, which has an end.
MOST_ASKED = 50


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
        raise CspError(StatusCode.CONTACT_LIST_DOES_NOT_EXIST, "no such contact list")
    names = presence.wanted(request.presence_sub_list)
    found.jids.pop(ctx.session.jid, None)  # a phone knows itself
    for jid, spelling in found.jids.items():
        item = ctx.roster().get(jid)
        ctx.effects.subscriptions[jid] = Subscription(names, visible=item is not None and item.sees)
        if spelling:
            ctx.effects.spellings[jid] = spelling
    if request.auto_subscribe:
        for contact_list in found.lists:
            ctx.effects.list_subscriptions[contact_list.token] = Subscription(names, visible=False)
    ctx.effects.presence_due.extend(found.jids)
    _weigh(ctx, names)
    ctx.send(commands.online(interests=True))
    items = [ctx.roster().get(jid) or lists.Item(jid) for jid in found.jids]
    # Whom the phone names comes first. Of a long list of people who never agreed not all are asked at every log-in.
    strangers = sorted((each for each in items if not each.sees and not each.ask), key=lambda each: not found.jids[each.jid])
    for item in strangers[:MOST_ASKED]:
        ctx.send(commands.subscribe(item.jid))
    return status(StatusCode.SUCCESSFUL)


def _weigh(ctx: Context, names: list[str]) -> None:
    """Attributes that take much room: fewer contacts go into one notification."""
    form = capabilities.picture_form(ctx.caps)
    at_once = capabilities.contacts_at_once(ctx.caps, presence.weight(names, form.octets if form else 0))
    if at_once < capabilities.contacts_at_once(ctx.caps):
        now = ctx.services.sessions.records.contacts_at_once(ctx.sid)
        ctx.effects.update.contacts_at_once = min(at_once, now) if now is not None else at_once


def unsubscribe(ctx: Context, request: UnsubscribePresenceRequest) -> Primitive:
    """Only this session stops being told; the roster subscription stays."""
    found = targets(ctx, request)
    ctx.effects.unsubscribed.extend(found.jids)
    ctx.effects.unsubscribed_lists.extend(each.token for each in found.lists)
    ctx.send(commands.online(interests=True))
    return status(StatusCode.SUCCESSFUL)


def get_presence(ctx: Context, request: GetPresenceRequest) -> Primitive:
    """200, or 201 that names the malformed ids. Somebody we are not subscribed to is shown as unknown."""
    found = targets(ctx, request)
    wishes = presence.wanted(request.presence_sub_list)
    asked = [jid for jid in found.jids if jid != ctx.session.jid]
    known = ctx.services.sessions.contacts.presence(ctx.sid, asked)
    cards, images = _looked_up(ctx, known, wishes)
    told = []
    # Those who are there come first: what the phone cannot read is left out at the end.
    for jid in sorted(found.jids, key=lambda each: not _online(known.get(each))):
        if jid == ctx.session.jid:
            sub_list = _own(ctx, wishes)
        else:
            shown = known[jid] or (presence.OFFLINE if _sees(ctx, jid) else presence.UNKNOWN)
            sub_list = presence.notification(shown, wishes, images.get(jid))
            if cards.get(jid):
                sub_list.contact_info = ContactInfo(True, contained_vcard=cards[jid])
        told.append(Presence(user_id=ctx.session.spelled(jid, found.jids[jid]), presence_sub_list=[sub_list]))
    if asked:
        ctx.send(commands.online(asked=presence.asked_for(wishes)))
    details = []
    if found.bad_users:
        details.append(DetailedResult(code=StatusCode.UNKNOWN_USER, user_id=found.bad_users))
    if found.bad_lists:
        details.append(
            DetailedResult(
                code=StatusCode.CONTACT_LIST_DOES_NOT_EXIST, contact_list=found.bad_lists if ctx.version != "1.1" else []
            )
        )
    if details and not told:
        raise CspError(details[0].code or StatusCode.UNKNOWN_USER, "unknown user or contact list")
    return GetPresenceResponse(
        result=Result(code=StatusCode.PARTIALLY_SUCCESSFUL if details else StatusCode.SUCCESSFUL, detailed_result=details),
        presence=told,
    )


def _online(shown: presence.Shown | None) -> bool:
    return shown is not None and shown.online


def _sees(ctx: Context, jid: str) -> bool:
    item = ctx.roster().get(jid)
    return item is not None and item.sees


def _looked_up(
    ctx: Context, known: Mapping[str, presence.Shown | None], wishes: Collection[str]
) -> tuple[Mapping[str, str], Mapping[str, presence.Picture]]:
    """vCards and pictures of contacts, for a phone that asks for them by name; what does not come in time is not known."""
    cards = list(known)[:MOST_LOOKED] if "contact_info" in wishes else []
    wanted: dict[str, str] = {}
    if "status_content" in wishes:
        wanted = {jid: shown.picture for jid, shown in known.items() if shown is not None and shown.picture}
    missing = [jid for jid in known if jid not in wanted][:MOST_LOOKED] if "status_content" in wishes else []
    found: Mapping[str, str] = {}
    if cards or missing:
        within = min(LOOK_SECONDS, ctx.deadline - time.monotonic() - SPARE_SECONDS)
        try:
            answer = ctx.ask(commands.look(cards, missing, max(within, 0.0)))
        except (BackendError, CspError):
            answer = {}
        found = _texts(answer.get("cards"))
        wanted |= _texts(answer.get("pictures"))
    images = pictures(ctx.services, wanted.values())
    return found, {jid: images[name] for jid, name in wanted.items() if name in images}


def _texts(value: object) -> dict[str, str]:
    return {str(jid): str(text) for jid, text in value.items()} if isinstance(value, dict) else {}


def _own(ctx: Context, wishes: list[str]) -> PresenceSubList:
    """What the phone published, and that it is online: it is here, after all."""
    said = own(ctx) or PresenceSubList()
    shown = presence.Shown(online=True, availability=presence.published(said).availability, client_type="MOBILE_PHONE")
    mine = presence.notification(shown, wishes)
    for name in presence.ATTRIBUTES:
        value = getattr(said, name)
        if value is not None and name != "online_status" and (not wishes or name in wishes):
            setattr(mine, name, value)
    content = mine.status_content
    if content is not None and len(content.direct_content or "") > ctx.caps.parser - capabilities.ENVELOPE - presence.WITH_PLACE:
        mine.status_content = None  # it was not too large to be sent, but it is to be read
    return mine


def update(ctx: Context, request: UpdatePresenceRequest) -> Primitive:
    """Attributes that are not named stay. One broadcast when what XMPP can show of them changes."""
    new = presence.own_fields(request.presence_sub_list or PresenceSubList(), ctx.version)
    merged = {**own_fields(ctx), **new}
    ctx.effects.update.own_presence = merged
    if presence.lasting(new):
        remember(ctx, merged)
    publish(ctx, presence.own_list(merged), new, allowed(ctx))
    return status(StatusCode.SUCCESSFUL)


HANDLERS: Table = {
    SubscribePresenceRequest: subscribe,
    UnsubscribePresenceRequest: unsubscribe,
    GetPresenceRequest: get_presence,
    UpdatePresenceRequest: update,
}
