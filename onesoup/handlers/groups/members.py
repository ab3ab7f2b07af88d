"""Who belongs to a group, who may do what in it, and who is kept out (messages.md 13, xmpp-mapping.md 7)."""

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
    People,
    administrators,
    change,
    good,
    in_lists,
    joined,
    named,
    occupants,
    outcome,
    room_of,
)
from onesoup.xmpp import rooms
from onesoup.xmpp.rooms import RoomRequest

# What rooms say of a nick that is not there, when somebody is to be put out.
GONE = ("item-not-found", "not-acceptable")


def get(ctx: Context, request: GetGroupMembersRequest) -> Primitive:
    """By the room's own lists; where it keeps those to itself, whoever is there and can be seen. 816 when that is nobody."""
    room = room_of(ctx, request.group_id)
    asked = [rooms.ask_affiliated(room, each) for each in ("owner", "admin", "member")]
    replies = ctx.query(*asked, rooms.ask_role(room, "moderator"))
    if any(reply.error == "remote-server-timeout" for reply in replies):
        raise BackendError(StatusCode.TIMEOUT, "the group does not answer")
    if all(reply.error for reply in replies):
        levels = _seen(ctx, room, replies[0].error)
    else:
        owners, admins, people, mods = [[] if reply.error else rooms.read_admin(reply.payload) for reply in replies]
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
    """As many as the phone can read at once, or in segments."""
    return members if ctx.segmented else fitting_members(members, "", ctx.caps.parser)


def _seen(ctx: Context, room: str, refusal: str) -> dict[str, str]:
    levels = {each.jid: each.level for each in occupants(ctx, room) if each.jid} if room in joined(ctx) else {}
    if not [jid for jid in levels if jid != ctx.session.jid]:
        raise CspError(rooms.command_code(refusal), "the group does not say")
    return levels


def add(ctx: Context, request: AddGroupMembersRequest) -> Primitive:
    """Whoever is more than a member already stays what he is."""
    room = room_of(ctx, request.group_id)
    people = _somebody(named(ctx, room, *in_lists(request.user_list, request.user_id_list)))
    more = administrators(ctx, room)
    rest = People([each for each in people.found if each[1] not in more], people.failed)
    change(ctx, rest, _affiliation(room, "member"))
    return outcome(people, ctx.version)


def remove(ctx: Context, request: RemoveGroupMembersRequest) -> Primitive:
    """They are members no more, and whoever of them is in the group is put out: 200 means that they are gone."""
    room = room_of(ctx, request.group_id)
    people = _somebody(named(ctx, room, *in_lists(request.user_list, request.user_id_list)))
    if room in joined(ctx):
        _remove_from_inside(ctx, room, people)
    else:
        _remove_from_outside(ctx, room, people)
    return outcome(people, ctx.version)


def _remove_from_inside(ctx: Context, room: str, people: People) -> None:
    """Whose address the room hides is put out by name; to be a member, too, he would need one."""
    present = occupants(ctx, room)
    hidden = {each.nick for each in present if not each.jid and each.affiliation == "none"}
    named_well = [each for each in people.found if each[1] or each[2] not in hidden]
    change(ctx, People(named_well, people.failed), _affiliation(room, "none"))
    nicks = [
        (who, each.nick)
        for who, jid, nick in people.working
        for each in present
        if (each.jid == jid if jid else each.nick == nick)
    ]
    replies = ctx.query(*[rooms.give_role(room, nick, "none") for _, nick in nicks])
    for (who, _), reply in zip(nicks, replies, strict=True):
        if reply.error and reply.error not in GONE:
            people.fail(rooms.command_code(reply.error), who)


def _remove_from_outside(ctx: Context, room: str, people: People) -> None:
    """A room for members puts out who is none any more. Any other only puts out whom it rejects, and only those who are in it
    can put out somebody without that: he is rejected for a moment."""
    if not rooms.read_info(good(ctx.query(rooms.ask_info(room))[0]).payload).members_only:
        change(ctx, people, _affiliation(room, "outcast"))
    change(ctx, People(people.working, people.failed), _affiliation(room, "none"))


def _affiliation(room: str, affiliation: str) -> Callable[[str, str], RoomRequest | None]:
    return lambda jid, _nick: rooms.affiliate(room, jid, affiliation) if jid else None


def _somebody(people: People) -> People:
    if not people.found and not people.failed:
        raise CspError(StatusCode.BAD_PARAMETER, "nobody is named")
    return people


def access(ctx: Context, request: MemberAccessRequest) -> Primitive:
    """Administrators and members by affiliation, moderators by the role that those who are there have."""
    room = room_of(ctx, request.group_id)
    lists = (
        (ADMIN_LEVEL, request.admin.user_list if request.admin else None),
        (MOD_LEVEL, request.mod.user_list if request.mod else None),
        (USER_LEVEL, request.users.user_list if request.users else None),
        (USER_LEVEL, request.user_list),
    )
    everybody = People([], {})
    for level, people in [(level, named(ctx, room, *in_lists(users))) for level, users in lists]:
        _give(ctx, room, people, level)
        everybody.found += people.found
        for code, who in people.failed.items():
            everybody.failed.setdefault(code, []).extend(who)
    return outcome(_somebody(everybody), ctx.version)


def _give(ctx: Context, room: str, people: People, level: str) -> None:
    """A moderator must be there, and an administrator have an address: 816, before anything is changed for them. Whoever is not
    there can at least be a member."""

    def affiliation(jid: str, _nick: str) -> RoomRequest | None:
        return rooms.affiliate(room, jid, "admin" if level == ADMIN_LEVEL else "member")

    def role(_jid: str, nick: str) -> RoomRequest | None:
        return rooms.give_role(room, nick, "moderator" if level == MOD_LEVEL else "participant")

    for who, jid, nick in list(people.found):
        if not (jid if level == ADMIN_LEVEL else nick or level == USER_LEVEL):
            people.fail(StatusCode.INSUFFICIENT_GROUP_PRIVILEGES, who)
    change(ctx, People([each for each in people.working if each[1]], people.failed), affiliation)
    if level != ADMIN_LEVEL:
        change(ctx, People([each for each in people.working if each[2]], people.failed), role)


def reject(ctx: Context, request: RejectListRequest) -> Primitive:
    """The list as it is then; 201 names those with whom it did not work. Whoever is to come off it and is not on it stays what he
    is in the group."""
    room = room_of(ctx, request.group_id)
    people = People([], {})
    wishes = ((request.add_list, "outcast"), (request.remove_list, "none"))
    for some, affiliation in [(_listed(ctx, room, wish), affiliation) for wish, affiliation in wishes if wish is not None]:
        if affiliation == "none":
            listed = {jid for jid, _ in _outcasts(ctx, room)}
            _reject(ctx, room, People([each for each in some.found if each[1] in listed], some.failed), affiliation)
        else:
            _reject(ctx, room, some, affiliation)
        people.found += some.found
        for code, who in some.failed.items():
            people.failed.setdefault(code, []).extend(who)
    if people.failed:
        return outcome(people, ctx.version)
    jids = sorted(jid for jid, _ in _outcasts(ctx, room) if jid)
    known = spellings(ctx.services, ctx.sid, jids)
    told = _readable(ctx, [Member("", ctx.session.spelled(jid, known.get(jid))) for jid in jids])
    return RejectListResponse(user_list=UserList(user=[User(user_id=each.user) for each in told]))


def _outcasts(ctx: Context, room: str) -> list[tuple[str, str]]:
    return rooms.read_admin(good(ctx.query(rooms.ask_affiliated(room, "outcast"))[0]).payload)


def _listed(ctx: Context, room: str, wish: AddList | RemoveList) -> People:
    return named(ctx, room, wish.user_id, wish.screen_name)


def _reject(ctx: Context, room: str, people: People, affiliation: str) -> None:
    """A screen name whose address the room hides can only be put out."""
    hidden = [(who, nick) for who, jid, nick in people.found if not jid]
    change(ctx, people, _affiliation(room, affiliation))
    if affiliation == "outcast":
        ctx.query(*[rooms.give_role(room, nick, "none") for who, nick in hidden if isinstance(who, ScreenName)])


HANDLERS: Table = {
    GetGroupMembersRequest: get,
    AddGroupMembersRequest: add,
    RemoveGroupMembersRequest: remove,
    MemberAccessRequest: access,
    RejectListRequest: reject,
}
