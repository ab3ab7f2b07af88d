"""Invitations (messages.md 12, xmpp-mapping.md 8): sends those of the phone as XMPP invitations, and the phone's answers to
those of others. An invitation is kept with the account until it ends."""

import time
from collections.abc import Callable
from dataclasses import replace

from onesoup.csp import invitations
from onesoup.csp.codec.generated_elements import (
    CancelInviteRequest,
    DetailedResult,
    InviteRequest,
    InviteUserResponse,
    Primitive,
    Recipient,
    Result,
    ScreenName,
    Status,
)
from onesoup.csp.errors import CspError
from onesoup.csp.groups import Room, screen_name
from onesoup.csp.invitations import Invitation
from onesoup.csp.lists import list_members
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import status
from onesoup.handlers import contacts
from onesoup.handlers.context import Context
from onesoup.handlers.groups import properties
from onesoup.handlers.groups.rooms import administrators, joined_rooms, occupants, room_of, spelled_group_id
from onesoup.runtime.ids import ordered_id, token
from onesoup.xmpp import commands, room_requests, rooms
from onesoup.xmpp import invitations as stanzas
from onesoup.xmpp.commands import Command

MAX_INVITE_ID, MAX_INVITE_NOTE, MAX_INVITED = 100, 400, 200
# Text of an invitation to talk that has none: XMPP has no such invitation, so it becomes a message.
COME_AND_TALK = "Would you like to talk?"


def invite(ctx: Context, request: InviteRequest) -> Primitive:
    """Sends an invitation. 201 names users who could not be invited; 501 for types without a counterpart in XMPP."""
    kind = (request.invite_type or "").strip().upper()
    if kind in invitations.UNSUPPORTED_INVITATION_TYPES:
        raise CspError(StatusCode.NOT_IMPLEMENTED, "XMPP has no invitations of that type")
    if kind not in invitations.INVITATION_TYPES:
        raise CspError(StatusCode.BAD_PARAMETER, "unknown InviteType")
    invite_id = (request.invite_id or "").strip()
    if not invite_id or len(invite_id) > MAX_INVITE_ID:
        raise CspError(StatusCode.BAD_PARAMETER, "an InviteID has 1 to 100 characters")
    room, inside = _group(ctx, request) if kind in ("GR", "GM") else ("", None)
    jids, failed = _recipients(ctx, request.recipient or Recipient(), room)
    if kind == "GM":
        jids = _made_members(ctx, room, jids, failed)
    if not jids:
        raise _nobody(failed)
    mark = token(12)
    for command in _sent(kind, request, room, inside, jids, mark):
        ctx.send(command)
    until = int(time.time()) + invitations.validity_seconds(request.validity, kind)
    sent = Invitation(kind, room, until=until, invited=tuple(jids), mark=mark)
    ctx.services.invites.sent.put(ctx.session.jid, invite_id, sent)
    return (
        status(StatusCode.SUCCESSFUL)
        if not failed
        else Status(result=Result(code=StatusCode.PARTIALLY_SUCCESSFUL, detailed_result=failed))
    )


def _group(ctx: Context, request: InviteRequest) -> tuple[str, Room | None]:
    name = request.screen_name
    gid = request.group_id or (name.group_id if name is not None else None)
    here = joined_rooms(ctx)
    room = room_of(ctx, gid, here)
    ctx.effects.spellings[room] = spelled_group_id(gid or "")
    return room, here.get(room)


def _recipients(ctx: Context, recipient: Recipient, room: str) -> tuple[list[str], list[DetailedResult]]:
    """Bare JIDs of users, of the members of lists, and of those in the group whose addresses it shows."""
    to: dict[str, None] = {}
    users: dict[int, list[str]] = {}
    names: list[ScreenName] = []
    lists: list[str] = []
    for user in recipient.user:
        try:
            jid = ctx.session.jid_of(user.user_id or "")
            if jid in ctx.service_contacts:
                raise CspError(StatusCode.UNKNOWN_USER, "the service contact cannot be invited")
            to[jid] = None
        except CspError as error:
            users.setdefault(error.code, []).append(user.user_id or "")
    for text in recipient.contact_list:
        try:
            to.update((item.jid, None) for item in list_members(contacts.find_list(ctx, text), ctx.roster().values()))
        except CspError:
            lists.append(text)
    present = {screen_name(each.nick): each.jid for each in occupants(ctx, room)} if recipient.group and room else {}
    for group in recipient.group:
        name = group.screen_name or ScreenName(group_id=group.group_id)
        occupant = present.get(screen_name(name.s_name or ""))
        if occupant:
            to[occupant] = None
        else:
            names.append(name)
    failed = [DetailedResult(code=code, user_id=who) for code, who in users.items()]
    failed += (
        [DetailedResult(code=StatusCode.CONTACT_LIST_DOES_NOT_EXIST, contact_list=lists if ctx.version != "1.1" else [])]
        if lists
        else []
    )
    failed += [DetailedResult(code=StatusCode.UNKNOWN_USER, screen_name=names)] if names else []
    if len(to) > MAX_INVITED:
        raise CspError(StatusCode.BAD_PARAMETER, "too many at once")
    return list(to), failed


def _nobody(failed: list[DetailedResult]) -> CspError:
    found = {each.code for each in failed}
    return CspError(
        found.pop() or StatusCode.BAD_PARAMETER
        if len(found) == 1
        else StatusCode.MULTIPLE_ERRORS
        if found
        else StatusCode.BAD_PARAMETER,
        "nobody can be invited",
    )


def _made_members(ctx: Context, room: str, jids: list[str], failed: list[DetailedResult]) -> list[str]:
    """Makes users members of the room, for an invitation to become one. 816 when the user may not."""
    more = administrators(ctx, room)
    made, others = [jid for jid in jids if jid in more], [jid for jid in jids if jid not in more]
    replies = ctx.query(*[room_requests.set_affiliation(room, jid, "member") for jid in others])
    for jid, reply in zip(others, replies, strict=True):
        if reply.error:
            code = rooms.command_code(reply.error, who=True)
            failed.append(DetailedResult(code=code, user_id=[ctx.session.spelled(jid)]))
        else:
            made.append(jid)
    return made


def _sent(kind: str, request: InviteRequest, room: str, inside: Room | None, jids: list[str], mark: str) -> list[Command]:
    """The stanzas for each invited user."""
    note = (request.invite_note or "").strip()[:MAX_INVITE_NOTE]
    if kind in ("GR", "GM"):
        write = stanzas.direct_invitation if inside is None else stanzas.mediated_invitation
        return [commands.SendStanza(write(room, jid, note, invitations.stanza_id(mark, jid))) for jid in jids]
    if kind == "PR":
        return [commands.SendStanza(stanzas.ask_presence(jid, note, token(16))) for jid in jids]
    urls = [each.strip() for each in request.url_list.url if each.strip()] if request.url_list else []
    if kind == "SC":
        if not urls:
            raise CspError(StatusCode.BAD_REQUEST, "the shared link is missing")
        return [commands.SendStanza(stanzas.links(jid, note, urls, token(16))) for jid in jids]
    return [commands.SendMessage(ordered_id(time.time()), jid, note or COME_AND_TALK, receipt=False) for jid in jids]


# --- what the phone says to those of others ---


def answer_invitation(ctx: Context, request: InviteUserResponse) -> Primitive:
    """Accepts or declines an invitation. 423 for one that is unknown or over. After accepting, the phone joins by itself."""
    invite_id = request.invite_id or ""
    found = ctx.services.invites.received.get(ctx.session.jid, invite_id)
    if found is None or found.until < time.time():
        raise CspError(StatusCode.INVALID_INVITATION_ID, "unknown invitation")
    if request.acceptance:
        # The invitation is kept: the join needs its password.
        _accept(ctx, found, request)
    else:
        note = (request.response_note or "").strip()[:MAX_INVITE_NOTE]
        if found.mediated:
            inviter = f"{found.room}/{found.nick}" if found.nick else found.who
            ctx.send(commands.SendStanza(stanzas.decline_invitation(found.room, inviter, note, token(16))))
        ctx.services.invites.received.remove(ctx.session.jid, invite_id)
    return status(StatusCode.SUCCESSFUL)


def _accept(ctx: Context, found: Invitation, request: InviteUserResponse) -> None:
    """Notes that the invitation was accepted. If the phone does not join by itself, it is joined after a while."""
    ctx.services.invites.received.put(ctx.session.jid, request.invite_id or "", replace(found, answered=True))
    name = request.screen_name.s_name if request.screen_name is not None else None
    nick = (name or properties.own_alias(ctx) or ctx.session.jid.partition("@")[0]).strip()
    ctx.send(commands.JoinRoomLater(found.room, found.gid, nick, password=found.password))


def cancel_invitation(ctx: Context, request: CancelInviteRequest) -> Primitive:
    """Forgets an invitation: XMPP cannot withdraw it. 423 for one that is not known."""
    invite_id = (request.invite_id or "").strip()
    if ctx.services.invites.sent.get(ctx.session.jid, invite_id) is None:
        raise CspError(StatusCode.INVALID_INVITATION_ID, "unknown invitation")
    ctx.services.invites.sent.remove(ctx.session.jid, invite_id)
    return status(StatusCode.SUCCESSFUL)


HANDLERS: dict[type[Primitive], Callable[..., Primitive]] = {
    InviteRequest: invite,
    InviteUserResponse: answer_invitation,
    CancelInviteRequest: cancel_invitation,
}
