"""Groups: made, entered, left, ended, and who is in them (messages.md 13, xmpp-mapping.md 7). A group is an XMPP room."""

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
from onesoup.handlers.groups.rooms import good, inside, joined, kept, members, occupants, room_of, spelled
from onesoup.runtime.ids import token
from onesoup.xmpp import commands, room_service, rooms
from onesoup.xmpp.rooms import About

MAX_NICK = 50
# Names that are tried when the phone has not chosen one.
OTHERS = ("", "_2", "_3")


# --- in ---


def join(ctx: Context, request: JoinGroupRequest) -> Primitive:
    """Who is there, if the phone asks, and the room's description. A room that is not there is not made: 800."""
    here = joined(ctx)
    room, gid = room_of(ctx, request.group_id, here), spelled(request.group_id or "")
    reply = ctx.query(rooms.ask_info(room))[0]
    if reply.error and room not in here:
        raise CspError(rooms.join_code(reply.error), "no such group" if reply.error == "item-not-found" else "")
    about = rooms.read_info(reply.payload)
    before = kept(ctx, room, gid)
    settled = properties.with_own(before, request.own_properties)
    answer = _enter(ctx, room, gid, request.screen_name, settled, bool(request.subscribe_notification), about)
    if settled != before:
        properties.store(ctx, room, settled)
    ctx.effects.spellings[room] = gid
    present = [each for each in occupants(ctx, room) if each.nick != answer["nick"]] if request.joined_request else []
    return _joined(ctx, members(ctx, present, gid), gid, str(answer["nick"]), bool(request.joined_request), about.description)


def _joined(ctx: Context, told: list[groups.Member], gid: str, nick: str, list_them: bool, welcome: str) -> JoinGroupResponse:
    """The forms of the versions (flows.md 11)."""
    flat = ctx.session.quirks.flat_members
    response = JoinGroupResponse(welcome_note=groups.note(welcome))
    if ctx.version == "1.3":
        response.screen_name = ScreenName(s_name=nick, group_id=gid)
    if not list_them:
        return response
    if flat or ctx.version == "1.2":
        response.user_map_list = groups.user_map_list(told, flat)
    elif ctx.version == "1.1":
        response.user_list = groups.user_list(told, gid)
    else:
        response.joined = groups.joined(told, gid, ctx.version, flat)
    return response


def _enter(
    ctx: Context, room: str, gid: str, screen_name: ScreenName | None, settled: KeptProperties, notice: bool, about: About
) -> dict[str, object]:
    """With the name that the phone has chosen, or one that nobody has."""
    chosen = (screen_name.s_name or "").strip() if screen_name is not None else ""
    nicks = [chosen] if chosen else [_own_nick(ctx, settled) + each for each in OTHERS]
    if len(nicks[0]) > MAX_NICK or any(ord(char) < 32 for char in nicks[0]):
        raise CspError(StatusCode.BAD_PARAMETER, "no such screen name is possible")
    delivery, length = _method(ctx, room, gid)
    command = commands.join(
        room,
        gid,
        nicks[0],
        notice=notice,
        private=settled.private,
        password=_password(ctx, room),
        history=ctx.services.policy.group_history,
        characters=ctx.caps.accepted,
        about=room_service.told(about),
        delivery=delivery,
        length=length,
    )
    for nick in nicks:
        try:
            return ctx.ask({**command, "nick": nick})
        except CspError as error:
            if error.code != StatusCode.SCREEN_NAME_ALREADY_IN_USE or nick == nicks[-1]:
                raise
    raise BackendError(StatusCode.INTERNAL_ERROR, "no name")


def _method(ctx: Context, room: str, gid: str) -> tuple[str, int]:
    """How the phone wants messages of this group, by whichever of its names it has said so."""
    methods = messages.group_methods(ctx)
    domain = room_service.domain_of(ctx.services.groups, ctx.session.domain, addresses.domain_of(room))
    names = (gid, groups.group_id(room), room_service.group_id(room, domain))
    return next((methods[name] for each in names if (name := messages.group_name(ctx, each)) in methods), ("", 0))


def _own_nick(ctx: Context, settled: KeptProperties) -> str:
    if settled.nick:
        return settled.nick
    alias = properties.alias(ctx)
    return (alias or ctx.session.jid.partition("@")[0])[:MAX_NICK]


def _password(ctx: Context, room: str) -> str:
    """From an invitation into the room."""
    invitations = ctx.services.invites.received.all(ctx.session.jid).values()
    return next((each.password for each in invitations if each.room == room and each.password), "")


# --- made and ended ---


def create(ctx: Context, request: CreateGroupRequest) -> Primitive:
    """A new room, configured. 801 when it is there already, 806 for properties that cannot be."""
    wishes = request.group_properties or GroupProperties()
    values, welcome = groups.read(wishes.property), properties.welcome(wishes)
    name = groups.parse(request.group_id)
    if name.owner and name.domain in (None, ctx.session.domain) and name.owner not in _own_names(ctx):
        raise CspError(StatusCode.INVALID_GROUP_PROPERTIES, "a group of somebody else")
    room, gid = room_of(ctx, request.group_id), spelled(request.group_id or "")
    _must_be_new(ctx, room)
    settled = properties.with_own(kept(ctx, room, gid), request.own_properties)
    entered = _enter(ctx, room, gid, request.screen_name, settled, bool(request.subscribe_notification), About())
    if not entered.get("new"):
        go(ctx, room)
        raise CspError(StatusCode.GROUP_ALREADY_EXISTS, "group exists")
    if request.join_group is False:
        values["AutoDelete"] = "F"  # nobody is in it, so that it would be gone at once
    _configure_new(ctx, room, bool(name.owner), values, welcome)
    ctx.effects.spellings[room] = gid
    properties.store(ctx, room, KeptProperties(gid, str(entered["nick"]), True, settled.auto, settled.show_id, settled.private))
    if values.get("Topic"):
        ctx.send(commands.stanza(rooms.topic(room, token(16), values["Topic"])))
        ctx.services.groups.keep_topic(room, values["Topic"])  # the phone may be out before the room tells it
    if request.join_group is False:
        go(ctx, room)
    return status(StatusCode.SUCCESSFUL)


def _own_names(ctx: Context) -> set[str]:
    """The user part of the account, and of the log-in id, which may be linked to another account."""
    return {addresses.fold(addresses.local_of(ctx.session.jid)), addresses.fold(addresses.parse(ctx.session.own).user)}


def _must_be_new(ctx: Context, room: str) -> None:
    reply = ctx.query(rooms.ask_info(room))[0]
    if not reply.error:
        raise CspError(StatusCode.GROUP_ALREADY_EXISTS, "group exists")
    if reply.error != "item-not-found":
        raise CspError(rooms.command_code(reply.error), reply.error)


def _configure_new(ctx: Context, room: str, private: bool, values: dict[str, str], welcome: str | None) -> None:
    """The room stays when everybody has left, unless the phone wants that it goes; a private one is not listed."""
    wishes = {"AutoDelete": "F", "Searchable": "F" if private else "T", **values}
    try:
        form = good(ctx.query(rooms.ask_config(room))[0])
        filled = rooms.fill(form.payload, wishes, welcome)
        good(ctx.query(rooms.configure(room, filled or {}))[0])
    except (CspError, BackendError):
        # A room without configuration would lock everybody out: better none at all.
        ctx.send(commands.destroy(room))
        raise


def delete(ctx: Context, request: DeleteGroupRequest) -> Primitive:
    """816 for whoever does not own it."""
    room = room_of(ctx, request.group_id)
    reply = ctx.ask(commands.destroy(room))
    if reply["error"]:
        raise CspError(rooms.command_code(str(reply["error"])), str(reply["error"]))
    ctx.services.groups.remove(ctx.session.jid, room)
    return status(StatusCode.SUCCESSFUL)


# --- out ---


def leave(ctx: Context, request: LeaveGroupRequest) -> Primitive:
    """808 in the answer's own Result when the group is not joined. The group is always named: a phone may leave several at a
    time."""
    try:
        room, _ = inside(ctx, request.group_id)
        go(ctx, room)
    except (CspError, BackendError) as error:
        return LeaveGroupResponse(group_id=request.group_id, result=status(error.code, error.description).result)
    return LeaveGroupResponse(group_id=request.group_id, result=result())


def go(ctx: Context, room: str) -> None:
    """Leaves a joined room."""
    left = ctx.ask(commands.leave(room))
    # By itself, so that the server gets it whatever happens to the stream now.
    ctx.send(commands.stanza(rooms.leave(room, str(left["nick"]))))


# --- who is there, and what is told of it ---


def joined_users(ctx: Context, request: GetJoinedUsersRequest) -> Primitive:
    """By level for whoever administrates the group, as one list for others. Nothing of the kind is in 1.1."""
    if ctx.version == "1.1":
        raise CspError(StatusCode.NOT_IMPLEMENTED, "not in CSP 1.1")
    room, own = inside(ctx, request.group_id)
    told = members(ctx, occupants(ctx, room), own.gid)
    flat = ctx.session.quirks.flat_members
    if rooms.level(own.role, own.affiliation) == groups.ADMIN and not flat:
        return GetJoinedUsersResponse(admin_map_list=groups.admin_map_list(told))
    return GetJoinedUsersResponse(user_map_list=groups.user_map_list(told, flat))


def notices(ctx: Context, request: SubscribeGroupNoticeRequest) -> Primitive:
    """G: whether changes are told; S: from now on; U: no more."""
    kind = (request.subscribe_type or "").strip().upper()
    if kind not in ("G", "S", "U"):
        raise CspError(StatusCode.BAD_PARAMETER, "SubscribeType is G, S or U")
    room, own = inside(ctx, request.group_id)
    if kind == "G":
        return SubscribeGroupNoticeResponse(value="T" if own.notice else "F")
    ctx.ask(commands.room_settings(room, notice=kind == "S"))
    return status(StatusCode.SUCCESSFUL)


HANDLERS: Table = {
    CreateGroupRequest: create,
    DeleteGroupRequest: delete,
    JoinGroupRequest: join,
    LeaveGroupRequest: leave,
    GetJoinedUsersRequest: joined_users,
    SubscribeGroupNoticeRequest: notices,
}
