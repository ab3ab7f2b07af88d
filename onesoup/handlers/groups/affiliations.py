"""Members of a group, their rights, and users who are kept out (messages.md 13, xmpp-mapping.md 7)."""

from collections.abc import Callable

from onesoup.csp.codec.generated_elements import (
    AddGroupMembersRequest,
    AddList,
    Admin,
    GetGroupMembersRequest,
    GetGroupMembersResponse,
    MemberAccessRequest,
    Mod,
    Primitive,
    RejectListRequest,
    RejectListResponse,
    RemoveGroupMembersRequest,
    RemoveList,
    ScreenName,
    User,
    UserList,
    Users,
)
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.groups import ADMIN_LEVEL, MOD_LEVEL, USER_LEVEL, Member, fitting_members
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Table
from onesoup.handlers.context import Context, spellings
from onesoup.handlers.groups.rooms import (
    NamedPeople,
    administrators,
    change_each,
    checked_reply,
    joined_rooms,
    named_people,
    names_in_lists,
    occupants,
    people_result,
    room_of,
)
from onesoup.xmpp import room_requests, room_settings, rooms
from onesoup.xmpp.room_requests import RoomRequest

# Errors of rooms for a nick that is not there.
NOT_THERE_ERRORS = ("item-not-found", "not-acceptable")


def get_members(ctx: Context, request: GetGroupMembersRequest) -> Primitive:
    """Members by the room's own lists. Where the room hides those: the occupants with visible addresses, 816 when there are
    none."""
    room = room_of(ctx, request.group_id)
    asked = [room_requests.ask_affiliated(room, each) for each in ("owner", "admin", "member")]
    replies = ctx.query(*asked, room_requests.ask_role(room, "moderator"))
    if any(reply.error == "remote-server-timeout" for reply in replies):
        raise BackendError(StatusCode.TIMEOUT, "the group does not answer")
    if all(reply.error for reply in replies):
        levels = _seen(ctx, room, replies[0].error)
    else:
        owners, admins, people, mods = [[] if reply.error else room_requests.read_admin_items(reply.payload) for reply in replies]
        levels = {jid: ADMIN_LEVEL for jid, _ in (*owners, *admins) if jid}
        levels |= {jid: MOD_LEVEL for jid, _ in mods if jid and jid not in levels}
        levels |= {jid: USER_LEVEL for jid, _ in people if jid and jid not in levels}
    known = spellings(ctx.services, ctx.sid, list(levels))
    everybody = [Member("", ctx.session.spelled(jid, known.get(jid)), level) for jid, level in sorted(levels.items())]
    told = _readable(ctx, everybody)

    def listed(level: str) -> UserList:
        return UserList(user=[User(user_id=each.user) for each in told if each.level == level])

    response = GetGroupMembersResponse(admin=Admin(user_list=listed(ADMIN_LEVEL)), mod=Mod(user_list=listed(MOD_LEVEL)))
    if ctx.version == "1.3":
        response.user_list = listed(USER_LEVEL)
    else:
        response.users = Users(user_list=listed(USER_LEVEL))
    return response


def _readable(ctx: Context, members: list[Member]) -> list[Member]:
    """As many as the phone can read in one answer, or in segments."""
    return members if ctx.segmented else fitting_members(members, "", ctx.caps.parser)


def _seen(ctx: Context, room: str, refusal: str) -> dict[str, str]:
    levels = {each.jid: each.level for each in occupants(ctx, room) if each.jid} if room in joined_rooms(ctx) else {}
    if not [jid for jid in levels if jid != ctx.session.jid]:
        raise CspError(rooms.command_code(refusal), "the group does not list its members")
    return levels


def add_members(ctx: Context, request: AddGroupMembersRequest) -> Primitive:
    """Makes users members. Users with a higher affiliation keep it."""
    room = room_of(ctx, request.group_id)
    people = _somebody(named_people(ctx, room, *names_in_lists(request.user_list, request.user_id_list)))
    more = administrators(ctx, room)
    rest = NamedPeople([each for each in people.found if each[1] not in more], people.failed)
    change_each(ctx, rest, _affiliation(room, "member"))
    return people_result(people, ctx.version)


def remove_members(ctx: Context, request: RemoveGroupMembersRequest) -> Primitive:
    """Takes membership away and removes the users from the room: after 200 they are gone."""
    room = room_of(ctx, request.group_id)
    people = _somebody(named_people(ctx, room, *names_in_lists(request.user_list, request.user_id_list)))
    if room in joined_rooms(ctx):
        _remove_from_inside(ctx, room, people)
    else:
        _remove_from_outside(ctx, room, people)
    return people_result(people, ctx.version)


def _remove_from_inside(ctx: Context, room: str, people: NamedPeople) -> None:
    """Removes occupants whose address the room hides by their nick. Without an address they cannot be members."""
    present = occupants(ctx, room)
    hidden = {each.nick for each in present if not each.jid and each.affiliation == "none"}
    named_well = [each for each in people.found if each[1] or each[2] not in hidden]
    change_each(ctx, NamedPeople(named_well, people.failed), _affiliation(room, "none"))
    nicks = [
        (who, each.nick)
        for who, jid, nick in people.working
        for each in present
        if (each.jid == jid if jid else each.nick == nick)
    ]
    replies = ctx.query(*[room_requests.set_role(room, nick, "none") for _, nick in nicks])
    for (who, _), reply in zip(nicks, replies, strict=True):
        if reply.error and reply.error not in NOT_THERE_ERRORS:
            people.fail(rooms.command_code(reply.error), who)


def _remove_from_outside(ctx: Context, room: str, people: NamedPeople) -> None:
    """A members-only room removes users who are no longer members. Any other room removes only outcasts, or those whom an
    occupant kicks: the users become outcasts for a moment."""
    if not room_settings.read_room_info(checked_reply(ctx.query(room_requests.ask_info(room))[0]).payload).members_only:
        change_each(ctx, people, _affiliation(room, "outcast"))
    change_each(ctx, NamedPeople(people.working, people.failed), _affiliation(room, "none"))


def _affiliation(room: str, affiliation: str) -> Callable[[str, str], RoomRequest | None]:
    return lambda jid, _nick: room_requests.set_affiliation(room, jid, affiliation) if jid else None


def _somebody(people: NamedPeople) -> NamedPeople:
    if not people.found and not people.failed:
        raise CspError(StatusCode.BAD_PARAMETER, "nobody is named")
    return people


def change_member_access(ctx: Context, request: MemberAccessRequest) -> Primitive:
    """Administrators and members by affiliation, moderators by the role of present occupants."""
    room = room_of(ctx, request.group_id)
    lists = (
        (ADMIN_LEVEL, request.admin.user_list if request.admin else None),
        (MOD_LEVEL, request.mod.user_list if request.mod else None),
        (USER_LEVEL, request.users.user_list if request.users else None),
        (USER_LEVEL, request.user_list),
    )
    everybody = NamedPeople([], {})
    for level, people in [(level, named_people(ctx, room, *names_in_lists(users))) for level, users in lists]:
        _give(ctx, room, people, level)
        everybody.found += people.found
        for code, who in people.failed.items():
            everybody.failed.setdefault(code, []).extend(who)
    return people_result(_somebody(everybody), ctx.version)


def _give(ctx: Context, room: str, people: NamedPeople, level: str) -> None:
    """Sets the level. A moderator must be present and an administrator must have an address: otherwise 816, before anything is
    changed. A user who is not present can at least become a member."""

    def affiliation(jid: str, _nick: str) -> RoomRequest | None:
        return room_requests.set_affiliation(room, jid, "admin" if level == ADMIN_LEVEL else "member")

    def role(_jid: str, nick: str) -> RoomRequest | None:
        return room_requests.set_role(room, nick, "moderator" if level == MOD_LEVEL else "participant")

    for who, jid, nick in list(people.found):
        if not (jid if level == ADMIN_LEVEL else nick or level == USER_LEVEL):
            people.fail(StatusCode.INSUFFICIENT_GROUP_PRIVILEGES, who)
    change_each(ctx, NamedPeople([each for each in people.working if each[1]], people.failed), affiliation)
    if level != ADMIN_LEVEL:
        change_each(ctx, NamedPeople([each for each in people.working if each[2]], people.failed), role)


def change_reject_list(ctx: Context, request: RejectListRequest) -> Primitive:
    """The list after the change; 201 names users for whom it failed. A user who is to be taken off the list and is not on it
    keeps his affiliation."""
    room = room_of(ctx, request.group_id)
    people = NamedPeople([], {})
    wishes = ((request.add_list, "outcast"), (request.remove_list, "none"))
    for some, affiliation in [(_listed(ctx, room, wish), affiliation) for wish, affiliation in wishes if wish is not None]:
        if affiliation == "none":
            listed = {jid for jid, _ in _outcasts(ctx, room)}
            _reject(ctx, room, NamedPeople([each for each in some.found if each[1] in listed], some.failed), affiliation)
        else:
            _reject(ctx, room, some, affiliation)
        people.found += some.found
        for code, who in some.failed.items():
            people.failed.setdefault(code, []).extend(who)
    if people.failed:
        return people_result(people, ctx.version)
    jids = sorted(jid for jid, _ in _outcasts(ctx, room) if jid)
    known = spellings(ctx.services, ctx.sid, jids)
    told = _readable(ctx, [Member("", ctx.session.spelled(jid, known.get(jid))) for jid in jids])
    return RejectListResponse(user_list=UserList(user=[User(user_id=each.user) for each in told]))


def _outcasts(ctx: Context, room: str) -> list[tuple[str, str]]:
    return room_requests.read_admin_items(checked_reply(ctx.query(room_requests.ask_affiliated(room, "outcast"))[0]).payload)


def _listed(ctx: Context, room: str, wish: AddList | RemoveList) -> NamedPeople:
    return named_people(ctx, room, wish.user_id, wish.screen_name)


def _reject(ctx: Context, room: str, people: NamedPeople, affiliation: str) -> None:
    """Changes the list. A screen name whose address the room hides can only be kicked."""
    hidden = [(who, nick) for who, jid, nick in people.found if not jid]
    change_each(ctx, people, _affiliation(room, affiliation))
    if affiliation == "outcast":
        ctx.query(*[room_requests.set_role(room, nick, "none") for who, nick in hidden if isinstance(who, ScreenName)])


HANDLERS: Table = {
    GetGroupMembersRequest: get_members,
    AddGroupMembersRequest: add_members,
    RemoveGroupMembersRequest: remove_members,
    MemberAccessRequest: change_member_access,
    RejectListRequest: change_reject_list,
}
