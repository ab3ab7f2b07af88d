"""Presence: subscriptions of this session, GetPresence, and the phone's own presence (flows.md 9). Answers come from the
holder's cache. Only for vCards and pictures that a phone asks for by name does a request wait for XMPP, for a few seconds at
most."""

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
from onesoup.handlers.context import Context, contact_pictures
from onesoup.handlers.publication import (
    own_presence,
    own_presence_fields,
    publish_presence,
    published_attributes,
    remember_own_presence,
)
from onesoup.store.session.contacts import Subscription
from onesoup.xmpp import commands
from onesoup.xmpp.answers import ContactDetails

# How many contacts of one request are looked up, for how long, and what is left for the answer.
MAX_LOOKUPS, PRESENCE_LOOKUP_SECONDS, LOOKUP_SPARE_SECONDS = 10, 4.0, 1.0
# Most presence subscriptions that one request sends: they wait in the outbox, which is bounded.
MAX_SUBSCRIPTION_REQUESTS = 50


@dataclass(slots=True)
class PresenceTargets:
    """The contacts that a request means. `jids`: bare JID -> the phone's spelling, "" when it came from a list."""

    jids: dict[str, str]
    lists: list[lists.ContactList]
    bad_users: list[str]
    bad_lists: list[str]


def presence_targets(
    ctx: Context, request: SubscribePresenceRequest | UnsubscribePresenceRequest | GetPresenceRequest
) -> PresenceTargets:
    """Reads every form of every version: User, UserIDList, ContactList, ContactListIDList (flows.md 9.1)."""
    found = PresenceTargets({}, [], [], [])
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
            contact_list = contacts.find_list(ctx, text)
        except CspError:
            found.bad_lists.append(text)
            continue
        found.lists.append(contact_list)
        for item in lists.list_members(contact_list, ctx.roster().values()):
            found.jids.setdefault(item.jid, "")
    return found


def _user_id(user: User) -> str:
    # COMPAT(Android): names a user by a Property in place of UserID.
    if user.user_id is None and user.property is not None:
        return (user.property.value or "").strip()
    return (user.user_id or "").strip()


def subscribe_presence(ctx: Context, request: SubscribePresenceRequest) -> Primitive:
    """200 unless the only list is unknown: one bad contact must not cost S60 its whole list. Presence follows at once."""
    found = presence_targets(ctx, request)
    if found.bad_lists and not found.lists and not found.jids:
        raise CspError(StatusCode.CONTACT_LIST_DOES_NOT_EXIST, "no such contact list")
    names = presence.wanted_attributes(request.presence_sub_list)
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
    ctx.send(commands.GoOnline(interests=True))
    items = [ctx.roster().get(jid) or lists.Item(jid) for jid in found.jids]
    # Contacts that the phone names come first. Of a long list of users who never agreed, not all are asked at every log-in.
    strangers = sorted((each for each in items if not each.sees and not each.ask), key=lambda each: not found.jids[each.jid])
    for item in strangers[:MAX_SUBSCRIPTION_REQUESTS]:
        ctx.send(commands.SendSubscription("subscribe", item.jid))
    return status(StatusCode.SUCCESSFUL)


def _weigh(ctx: Context, names: list[str]) -> None:
    """Puts fewer contacts into one notification when the attributes take much room."""
    form = capabilities.picture_form(ctx.caps)
    at_once = capabilities.contacts_at_once(ctx.caps, presence.contact_bytes(names, form.octets if form else 0))
    if at_once < capabilities.contacts_at_once(ctx.caps):
        now = ctx.services.sessions.records.contacts_at_once(ctx.sid)
        ctx.effects.update.contacts_at_once = min(at_once, now) if now is not None else at_once


def unsubscribe_presence(ctx: Context, request: UnsubscribePresenceRequest) -> Primitive:
    """Ends presence notifications for this session. The roster subscription stays."""
    found = presence_targets(ctx, request)
    ctx.effects.unsubscribed.extend(found.jids)
    ctx.effects.unsubscribed_lists.extend(each.token for each in found.lists)
    ctx.send(commands.GoOnline(interests=True))
    return status(StatusCode.SUCCESSFUL)


def get_presence(ctx: Context, request: GetPresenceRequest) -> Primitive:
    """200, or 201 that names malformed ids. Contacts without a subscription are shown as unknown."""
    found = presence_targets(ctx, request)
    wishes = presence.wanted_attributes(request.presence_sub_list)
    asked = [jid for jid in found.jids if jid != ctx.session.jid]
    known = ctx.services.sessions.contacts.presence(ctx.sid, asked)
    cards, images = _looked_up(ctx, known, wishes)
    told = []
    # Online contacts come first: what the phone cannot read is cut at the end.
    for jid in sorted(found.jids, key=lambda each: not _online(known.get(each))):
        if jid == ctx.session.jid:
            sub_list = _own(ctx, wishes)
        else:
            shown = known[jid] or (presence.OFFLINE_PRESENCE if _sees(ctx, jid) else presence.UNKNOWN_PRESENCE)
            sub_list = presence.presence_notification(shown, wishes, images.get(jid))
            if cards.get(jid):
                sub_list.contact_info = ContactInfo(True, contained_vcard=cards[jid])
        told.append(Presence(user_id=ctx.session.spelled(jid, found.jids[jid]), presence_sub_list=[sub_list]))
    if asked:
        ctx.send(commands.GoOnline(asked=tuple(presence.asked_for(wishes))))
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
    """vCards and pictures of contacts, for a phone that asks for them by name. What does not arrive in time is left out."""
    cards = list(known)[:MAX_LOOKUPS] if "contact_info" in wishes else []
    wanted: dict[str, str] = {}
    if "status_content" in wishes:
        wanted = {jid: shown.picture for jid, shown in known.items() if shown is not None and shown.picture}
    missing = [jid for jid in known if jid not in wanted][:MAX_LOOKUPS] if "status_content" in wishes else []
    found: Mapping[str, str] = {}
    if cards or missing:
        within = min(PRESENCE_LOOKUP_SECONDS, ctx.deadline - time.monotonic() - LOOKUP_SPARE_SECONDS)
        try:
            look_up = commands.LookUpContacts(tuple(cards), tuple(missing), max(within, 0.0))
            answer = ctx.ask(look_up, ContactDetails)
        except (BackendError, CspError):
            answer = ContactDetails()
        found = answer.cards
        wanted |= answer.pictures
    images = contact_pictures(ctx.services, wanted.values())
    return found, {jid: images[name] for jid, name in wanted.items() if name in images}


def _own(ctx: Context, wishes: list[str]) -> PresenceSubList:
    """The phone's own published presence, always online."""
    said = own_presence(ctx) or PresenceSubList()
    shown = presence.Shown(online=True, availability=presence.published_presence(said).availability, client_type="MOBILE_PHONE")
    mine = presence.presence_notification(shown, wishes)
    for name in presence.PRESENCE_ATTRIBUTES:
        value = getattr(said, name)
        if value is not None and name != "online_status" and (not wishes or name in wishes):
            setattr(mine, name, value)
    content = mine.status_content
    if (
        content is not None
        and len(content.direct_content or "")
        > ctx.caps.parser - capabilities.MAX_ENVELOPE_BYTES - presence.CONTACT_WITH_PLACE_BYTES
    ):
        mine.status_content = None  # it was not too large to be sent, but it is to be read
    return mine


def update_presence(ctx: Context, request: UpdatePresenceRequest) -> Primitive:
    """Attributes that are not named stay. One broadcast when what XMPP can show of them changes."""
    new = presence.own_fields(request.presence_sub_list or PresenceSubList(), ctx.version)
    merged = {**own_presence_fields(ctx), **new}
    ctx.effects.update.own_presence = merged
    if presence.lasting_attributes(new):
        remember_own_presence(ctx, merged)
    publish_presence(ctx, presence.own_list(merged), new, published_attributes(ctx))
    return status(StatusCode.SUCCESSFUL)


HANDLERS: Table = {
    SubscribePresenceRequest: subscribe_presence,
    UnsubscribePresenceRequest: unsubscribe_presence,
    GetPresenceRequest: get_presence,
    UpdatePresenceRequest: update_presence,
}
