"""Creates, joins (and under which screen name, when that is taken), leaves and deletes groups, and lists who is in them
(messages.md 13, xmpp-mapping.md 7). A group is an XMPP room."""

from dataclasses import replace

from onesoup.csp import groups
from onesoup.csp.access import result
from onesoup.csp.codec.generated_elements import (
    CreateGroupRequest,
    DeleteGroupRequest,
    GetJoinedUsersRequest,
    GetJoinedUsersResponse,
    GroupProperties,
    JoinGroupRequest,
    JoinGroupResponse,
    LeaveGroupRequest,
    LeaveGroupResponse,
    Primitive,
    ScreenName,
    SubscribeGroupNoticeRequest,
    SubscribeGroupNoticeResponse,
)
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.groups import KeptProperties
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.csp.transactions import Table, status
from onesoup.handlers import messages
from onesoup.handlers.context import Context
from onesoup.handlers.groups import properties
from onesoup.handlers.groups.rooms import (
    checked_reply,
    joined_room,
    joined_rooms,
    kept_properties,
    occupants,
    room_of,
    shown_members,
    spelled_group_id,
)
from onesoup.runtime.ids import token
from onesoup.xmpp import commands, room_requests, room_service, room_settings, rooms
from onesoup.xmpp.answers import RoomJoined, RoomLeft, ServerReply
from onesoup.xmpp.room_settings import RoomInfo

MAX_SCREEN_NAME = 50
# Suffixes of the names that are tried when the phone has not chosen one.
NICK_SUFFIXES = ("", "_2", "_3")


# --- in ---


def join_group(ctx: Context, request: JoinGroupRequest) -> Primitive:
    """Enters a room. The answer lists occupants, if the phone asks, and the room's description. A room that does not exist is
    not created: 800."""
    here = joined_rooms(ctx)
    room, gid = room_of(ctx, request.group_id, here), spelled_group_id(request.group_id or "")
    reply = ctx.query(room_requests.ask_info(room))[0]
    if reply.error and room not in here:
        raise CspError(rooms.join_code(reply.error), "no such group" if reply.error == "item-not-found" else "")
    about = room_settings.read_room_info(reply.payload)
    before = kept_properties(ctx, room, gid)
    settled = properties.with_own_properties(before, request.own_properties)
    answer = _enter(ctx, room, gid, request.screen_name, settled, bool(request.subscribe_notification), about)
    if settled != before:
        properties.store_own_properties(ctx, room, settled)
    ctx.effects.spellings[room] = gid
    present = [each for each in occupants(ctx, room) if each.nick != answer.nick] if request.joined_request else []
    return _joined(ctx, shown_members(ctx, present, gid), gid, answer.nick, bool(request.joined_request), about.description)


def _joined(ctx: Context, told: list[groups.Member], gid: str, nick: str, list_them: bool, welcome: str) -> JoinGroupResponse:
    """The answer, in the form of the version (flows.md 11)."""
    flat = ctx.session.quirks.flat_members
    response = JoinGroupResponse(welcome_note=groups.note_result(welcome))
    if ctx.version == "1.3":
        response.screen_name = ScreenName(s_name=groups.screen_name(nick), group_id=gid)
    if not list_them:
        return response
    if flat or ctx.version == "1.2":
        response.user_map_list = groups.user_map_list(told, flat)
    elif ctx.version == "1.1":
        response.user_list = groups.user_list(told, gid)
    else:
        response.joined = groups.joined_members(told, gid, ctx.version, flat)
    return response


def _enter(
    ctx: Context, room: str, gid: str, screen_name: ScreenName | None, settled: KeptProperties, notice: bool, about: RoomInfo
) -> RoomJoined:
    """Enters a room under the name that the phone has chosen, or else under a free one."""
    chosen = (screen_name.s_name or "").strip() if screen_name is not None else ""
    nicks = [chosen] if chosen else [_own_nick(ctx, settled) + each for each in NICK_SUFFIXES]
    if len(nicks[0]) > MAX_SCREEN_NAME or any(ord(char) < 32 for char in nicks[0]):
        raise CspError(StatusCode.BAD_PARAMETER, "the screen name cannot be used")
    delivery, length = _method(ctx, room, gid)
    command = commands.JoinRoom(
        room,
        gid,
        nicks[0],
        notice=notice,
        private=settled.private,
        password=_password(ctx, room),
        history=ctx.services.policy.group_history,
        characters=ctx.caps.accepted,
        about=room_service.notified_properties(about),
        delivery=delivery,
        length=length,
    )
    for nick in nicks:
        try:
            return ctx.ask(replace(command, nick=nick), RoomJoined)
        except CspError as error:
            if error.code != StatusCode.SCREEN_NAME_ALREADY_IN_USE or nick == nicks[-1]:
                raise
    raise BackendError(StatusCode.INTERNAL_ERROR, "no name")


def _method(ctx: Context, room: str, gid: str) -> tuple[str, int]:
    """How the phone wants messages of this group delivered, by any name under which it has set that."""
    methods = messages.group_methods(ctx)
    domain = room_service.domain_of(ctx.services.groups, ctx.session.domain, addresses.domain_of(room))
    names = (gid, groups.group_id(room), room_service.group_id(room, domain))
    return next((methods[name] for each in names if (name := messages.group_name(ctx, each)) in methods), ("", 0))


def _own_nick(ctx: Context, settled: KeptProperties) -> str:
    if settled.nick:
        return settled.nick
    alias = properties.own_alias(ctx)
    return (alias or ctx.session.jid.partition("@")[0])[:MAX_SCREEN_NAME]


def _password(ctx: Context, room: str) -> str:
    """The password of the room, from an invitation; "" without one."""
    invitations = ctx.services.invites.received.all(ctx.session.jid).values()
    return next((each.password for each in invitations if each.room == room and each.password), "")


# --- made and ended ---


def create_group(ctx: Context, request: CreateGroupRequest) -> Primitive:
    """Creates and configures a room. 801 when it exists already, 806 for properties that are not possible."""
    wishes = request.group_properties or GroupProperties()
    values, welcome = groups.read_properties(wishes.property), properties.welcome_text(wishes)
    name = groups.parse_group_id(request.group_id)
    if name.owner and name.domain in (None, ctx.session.domain) and name.owner not in _own_names(ctx):
        raise CspError(StatusCode.INVALID_GROUP_PROPERTIES, "the group belongs to somebody else")
    room, gid = room_of(ctx, request.group_id), spelled_group_id(request.group_id or "")
    _must_be_new(ctx, room)
    settled = properties.with_own_properties(kept_properties(ctx, room, gid), request.own_properties)
    entered = _enter(ctx, room, gid, request.screen_name, settled, bool(request.subscribe_notification), RoomInfo())
    if not entered.new:
        leave_room(ctx, room)
        raise CspError(StatusCode.GROUP_ALREADY_EXISTS, "group exists")
    if request.join_group is False:
        values["AutoDelete"] = "F"  # it is empty, so it would be destroyed at once
    _configure_new(ctx, room, bool(name.owner), values, welcome)
    ctx.effects.spellings[room] = gid
    properties.store_own_properties(
        ctx, room, KeptProperties(gid, entered.nick, True, settled.auto, settled.show_id, settled.private)
    )
    if values.get("Topic"):
        ctx.send(commands.SendStanza(room_requests.set_topic(room, token(16), values["Topic"])))
        ctx.services.groups.keep_topic(room, values["Topic"])  # the phone may be out before the room tells it
    if request.join_group is False:
        leave_room(ctx, room)
    return status(StatusCode.SUCCESSFUL)


def _own_names(ctx: Context) -> set[str]:
    """The user part of the account, and of the log-in id, which may be linked to another account."""
    return {addresses.fold(addresses.local_of(ctx.session.jid)), addresses.fold(addresses.parse_address(ctx.session.own).user)}


def _must_be_new(ctx: Context, room: str) -> None:
    reply = ctx.query(room_requests.ask_info(room))[0]
    if not reply.error:
        raise CspError(StatusCode.GROUP_ALREADY_EXISTS, "group exists")
    if reply.error != "item-not-found":
        raise CspError(rooms.command_code(reply.error), reply.error)


def _configure_new(ctx: Context, room: str, private: bool, values: dict[str, str], welcome: str | None) -> None:
    """Configures a new room. It stays when all have left, unless the phone wants otherwise; a private one is not listed."""
    wishes = {"AutoDelete": "F", "Searchable": "F" if private else "T", **values}
    try:
        form = checked_reply(ctx.query(room_requests.ask_config(room))[0])
        filled = room_settings.fill_config_form(form.payload, wishes, welcome)
        checked_reply(ctx.query(room_requests.submit_config(room, filled or {}))[0])
    except (CspError, BackendError):
        # A room that is not configured stays locked for all: it is destroyed.
        ctx.send(commands.DestroyRoom(room))
        raise


def delete_group(ctx: Context, request: DeleteGroupRequest) -> Primitive:
    """Destroys a room. 816 for a user who does not own it."""
    room = room_of(ctx, request.group_id)
    reply = ctx.ask(commands.DestroyRoom(room), ServerReply)
    if reply.error:
        raise CspError(rooms.command_code(reply.error), reply.error)
    ctx.services.groups.remove(ctx.session.jid, room)
    return status(StatusCode.SUCCESSFUL)


# --- out ---


def leave_group(ctx: Context, request: LeaveGroupRequest) -> Primitive:
    """Leaves a room. 808 in the answer's own Result when it is not joined. The answer names the group: a phone may leave
    several at once."""
    try:
        room, _ = joined_room(ctx, request.group_id)
        leave_room(ctx, room)
    except (CspError, BackendError) as error:
        return LeaveGroupResponse(group_id=request.group_id, result=status(error.code, error.description).result)
    return LeaveGroupResponse(group_id=request.group_id, result=result())


def leave_room(ctx: Context, room: str) -> None:
    """Leaves a joined room."""
    left = ctx.ask(commands.LeaveRoom(room), RoomLeft)
    # As a command of its own: the server gets it even if the stream breaks now.
    ctx.send(commands.SendStanza(room_requests.leave_room(room, left.nick)))


# --- who is there, and what is told of it ---


def get_joined_users(ctx: Context, request: GetJoinedUsersRequest) -> Primitive:
    """Occupants: by level for an administrator of the group, as one list for others. CSP 1.1 has no such request."""
    if ctx.version == "1.1":
        raise CspError(StatusCode.NOT_IMPLEMENTED, "not in CSP 1.1")
    room, own = joined_room(ctx, request.group_id)
    told = shown_members(ctx, occupants(ctx, room), own.gid)
    flat = ctx.session.quirks.flat_members
    if rooms.privilege_level(own.role, own.affiliation) == groups.ADMIN_LEVEL and not flat:
        return GetJoinedUsersResponse(admin_map_list=groups.admin_map_list(told))
    return GetJoinedUsersResponse(user_map_list=groups.user_map_list(told, flat))


def subscribe_group_notices(ctx: Context, request: SubscribeGroupNoticeRequest) -> Primitive:
    """SubscribeType G asks whether changes are notified, S subscribes, U unsubscribes."""
    kind = (request.subscribe_type or "").strip().upper()
    if kind not in ("G", "S", "U"):
        raise CspError(StatusCode.BAD_PARAMETER, "SubscribeType is G, S or U")
    room, own = joined_room(ctx, request.group_id)
    if kind == "G":
        return SubscribeGroupNoticeResponse(value="T" if own.notice else "F")
    ctx.ask(commands.ChangeRoomSettings(room, notice=kind == "S"))
    return status(StatusCode.SUCCESSFUL)


HANDLERS: Table = {
    CreateGroupRequest: create_group,
    DeleteGroupRequest: delete_group,
    JoinGroupRequest: join_group,
    LeaveGroupRequest: leave_group,
    GetJoinedUsersRequest: get_joined_users,
    SubscribeGroupNoticeRequest: subscribe_group_notices,
}
