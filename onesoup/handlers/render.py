"""Renders stored items as server transactions for phones: NewMessage, DeliveryReport, PresenceNotification, invitations, notices
of groups and of the operator. One renderer for each kind of item."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from onesoup.csp import announcements, groups, messages, notices, presence, short_addresses
from onesoup.csp.codec.generated_elements import (
    DeliveryReportRequest,
    Group,
    GroupChangeNotice,
    InviteResponse,
    InviteUserRequest,
    LeaveGroupResponse,
    MessageInfo,
    Presence,
    PresenceAuthRequest,
    PresenceNotificationRequest,
    PresenceSubList,
    Primitive,
    Recipient,
    Result,
    ScreenName,
    Sender,
    User,
)
from onesoup.csp.presence import Picture, Shown
from onesoup.csp.session import Session
from onesoup.csp.text import addresses
from onesoup.csp.text.emoji import readable
from onesoup.store import records
from onesoup.store.session.inbox import InboxItem, PhoneContact

# Attributes that a PresenceAuth-Request names to the phone's user (xmpp-mapping.md 5.3).
PRESENCE_NEWS = ("online_status", "user_availability", "status_text", "alias", "client_info")


Pictures = Mapping[str, Picture]


# Prefixes of the ids of messages whose group has its own delivery method.
OWN_WAY = {"n.": "N", "p.": "P"}


def item_primitive(
    item: InboxItem,
    version: str,
    plain_emoji: bool = False,
    pictures: Callable[[Iterable[str]], Pictures] = lambda _: {},
) -> Primitive:
    """The primitive of an item, in the version of the request that it answers. `pictures` looks up the pictures that presence
    names, if the phone wants them. Notes the short addresses that it has in `item.aliases`."""
    session = records.known_session(item.record)
    content = _full_primitive(item, session, version, plain_emoji, pictures)
    item.aliases = short_addresses.shorten(content, session)
    return content


def _full_primitive(
    item: InboxItem, session: Session, version: str, plain_emoji: bool, pictures: Callable[[Iterable[str]], Pictures]
) -> Primitive:
    if item.payload is None:
        return _presence(item, session, pictures)
    fields = records.unpack_event(item.payload)
    if plain_emoji and "body" in fields:
        fields["body"] = readable(fields["body"])
    return _KINDS[fields["k"]](fields, session, item, version)


def _presence(item: InboxItem, session: Session, pictures: Callable[[Iterable[str]], Pictures]) -> Primitive:
    states = [(contact, *_state(contact)) for contact in item.contacts]
    named = [shown.picture for _, shown, wishes in states if shown.picture and presence.wants_attribute(wishes, "status_content")]
    images = pictures(named) if named else {}
    told = []
    for contact, shown, wishes in states:
        sub_list = presence.presence_notification(shown, wishes, images.get(shown.picture))
        told.append(Presence(user_id=session.spelled(contact.jid, contact.spelling), presence_sub_list=[sub_list]))
    return PresenceNotificationRequest(presence=told)


def _state(contact: PhoneContact) -> tuple[Shown, Sequence[str]]:
    wishes, sees = records.unpack_wishes(contact.subscription)
    return records.unpack_shown(contact.presence) or (presence.OFFLINE_PRESENCE if sees else presence.UNKNOWN_PRESENCE), wishes


def _text(fields: Mapping[str, Any], session: Session, item: InboxItem, _version: str) -> Primitive:
    caps = records.unpack_caps(item.caps)
    text = messages.fitting_text(records.text_of(fields), caps)
    if OWN_WAY.get(text.id[:2], caps.delivery) == "N":
        return messages.message_notification(text, session, item.spelling)
    return messages.new_message(text, session, item.spelling)


def _announce(fields: Mapping[str, Any], session: Session, item: InboxItem, version: str) -> Primitive:
    """A text of a server: SystemMessage where the phone knows that, otherwise a message from the server."""
    if announcements.takes_system_messages(session) and records.unpack_caps(item.caps).delivery != "N":
        return announcements.system_message(fields["id"], fields["body"], bool(fields.get("asks")))
    return _text(fields, session, item, version)


def _auth(fields: Mapping[str, Any], session: Session, item: InboxItem, _version: str) -> Primitive:
    """A user asks to see the presence. The phone answers later with PresenceAuth-User."""
    asker = session.spelled(fields["from"], item.spelling)
    if notices.AUTHORIZATION_NOTICE in session.notices:
        return notices.authorization(asker)
    asked = PresenceSubList()
    for name in PRESENCE_NEWS:
        setattr(asked, name, presence.empty_attribute(name))
    return PresenceAuthRequest(user_id=asker, presence_sub_list=asked)


def _lists(fields: Mapping[str, Any], session: Session, _item: InboxItem, _version: str) -> Primitive:
    """Another client of the account has changed these lists."""
    tokens = [addresses.encode_part(each) for each in fields["tokens"]]
    return notices.lists_changed([addresses.list_address(session.own, each) for each in tokens])


def _reported(fields: Mapping[str, Any], session: Session, item: InboxItem) -> Recipient:
    """The recipient of a message: a user, or an occupant of a group (room/nick)."""
    room, slash, nick = fields["from"].partition("/")
    if not slash:
        return Recipient(user=[User(user_id=session.spelled(room, item.spelling))])
    return Recipient(
        group=[Group(screen_name=ScreenName(s_name=groups.screen_name(nick), group_id=item.spelling or groups.group_id(room)))]
    )


def _report(fields: Mapping[str, Any], session: Session, item: InboxItem, version: str) -> Primitive:
    """A message arrived, or could not be delivered: Result says which (flows.md 6.4). DeliveryTime from 1.2 on."""
    info = MessageInfo(
        message_id=fields["id"],
        content_type="text/plain",
        content_size=0,
        recipient=_reported(fields, session, item),
        sender=Sender(user=User(user_id=session.own)),
    )
    time = None if version == "1.1" else messages.timestamp(fields["t"])
    return DeliveryReportRequest(result=Result(code=fields["code"]), delivery_time=time, message_info=info)


def _members(told: list[list[str]], session: Session) -> list[groups.Member]:
    return [groups.Member(nick, session.spelled(jid) if jid else "") for nick, jid in told]


def _notice(fields: Mapping[str, Any], session: Session, item: InboxItem, version: str) -> Primitive:
    """What has changed in a group."""
    gid, flat = item.spelling or fields["gid"], session.quirks.flat_members
    came, gone = _members(fields["joined"], session), _members(fields["left"], session)
    return GroupChangeNotice(
        group_id=gid,
        joined=groups.joined_members(came, gid, version, flat) if came else None,
        left=groups.left_members(gone, gid, flat) if gone else None,
        group_properties=groups.group_properties(fields["about"], version) if fields["about"] else None,
        own_properties=groups.own_properties(fields["own"]) if fields["own"] else None,
    )


def _left(fields: Mapping[str, Any], _session: Session, item: InboxItem, _version: str) -> Primitive:
    """The phone was removed from a group."""
    return LeaveGroupResponse(group_id=item.spelling or fields["gid"], result=Result(code=fields["code"]))


def _invite(fields: Mapping[str, Any], session: Session, item: InboxItem, version: str) -> Primitive:
    """A user invites ours into a group. An inviter who is known only to the room is shown by screen name, not as a user."""
    gid = item.spelling or fields["gid"]
    if fields["nick"]:
        sender = Sender(
            group=Group(screen_name=ScreenName(s_name=groups.screen_name(fields["nick"]), group_id=fields.get("via") or gid))
        )
    elif fields.get("room"):
        sender = Sender(group=Group(group_id=gid))
    else:
        sender = Sender(user=User(user_id=session.spelled(fields["from"])))
    return InviteUserRequest(
        invite_id=fields["id"],
        invite_type="GR",
        sender=sender,
        recipient=Recipient(user=[User(user_id=session.own)]) if version == "1.3" else None,
        group_id=gid,
        invite_note=fields["note"] or None,
        validity=fields["seconds"],
    )


def _invited(fields: Mapping[str, Any], session: Session, item: InboxItem, version: str) -> Primitive:
    """An invited user has accepted or declined."""
    who = User(user_id=session.spelled(fields["from"], item.spelling))
    note = fields["note"] or None
    return InviteResponse(
        invite_id=fields["id"],
        acceptance=fields["yes"],
        sender=Sender(user=who),
        recipient=Recipient(user=[User(user_id=session.own)]) if version == "1.3" else None,
        response_note=note if version != "1.3" else None,
        invite_note=note if version == "1.3" else None,
    )


_KINDS: dict[str, Callable[[Mapping[str, Any], Session, InboxItem, str], Primitive]] = {
    "text": _text,
    "announce": _announce,
    "auth": _auth,
    "lists": _lists,
    "report": _report,
    "notice": _notice,
    "left": _left,
    "invite": _invite,
    "invited": _invited,
}
