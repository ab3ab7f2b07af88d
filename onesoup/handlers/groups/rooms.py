"""Helpers for all group handlers: which room a GroupID means, which rooms are joined, who is in them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from onesoup.csp import groups
from onesoup.csp.codec.generated_elements import DetailedResult, Primitive, Result, ScreenName, Status, UserIDList, UserList
from onesoup.csp.errors import CspError
from onesoup.csp.groups import KeptProperties, Member, Room
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import status
from onesoup.handlers.context import Context, GatewayServices, spellings
from onesoup.xmpp import room_requests, room_service, rooms
from onesoup.xmpp.room_requests import RoomReply, RoomRequest

MAX_PEOPLE_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Occupant:
    nick: str
    jid: str
    role: str
    affiliation: str

    @property
    def level(self) -> str:
        return rooms.privilege_level(self.role, self.affiliation)


def spelled_group_id(text: str) -> str:
    """A GroupID of the phone, in the form in which it is sent back."""
    text = text.strip()
    return text if text[:3].lower() == "wv:" else f"wv:{text}"


def joined_rooms(ctx: Context) -> dict[str, Room]:
    """The joined rooms, by bare JID."""
    return ctx.services.sessions.rooms.joined(ctx.sid)


def room_of(ctx: Context, gid: str | None, inside: dict[str, Room] | None = None) -> str:
    """The room that a GroupID means. 405 without a room service, 516 for a foreign domain without one, BackendError while that
    is not known. A GroupID from an invitation needs no look-up."""
    name = groups.parse_group_id(gid)
    for jid, room in (joined_rooms(ctx) if inside is None else inside).items():
        if groups.same_group_id(room.gid, gid or ""):
            return jid
    for invitation in ctx.services.invites.received.all(ctx.session.jid).values():
        if groups.same_group_id(invitation.gid, gid or ""):
            return invitation.room
    domain = name.domain or ctx.session.domain
    found = room_service_of(ctx, domain)
    if not found:
        raise CspError(
            StatusCode.SERVICE_NOT_SUPPORTED if domain == ctx.session.domain else StatusCode.DOMAIN_NOT_SUPPORTED,
            "no groups in that domain",
        )
    return f"{name.local}@{found}"


def room_service_of(ctx: Context, domain: str) -> str:
    """The room service of a domain; "" when it has none. Only definite answers of the domain are cached."""
    kept = ctx.services.groups.service(domain)
    if kept is None:
        kept = room_service.find_room_service(ctx.query, domain)
        ctx.services.groups.keep_service(domain, kept)
    return kept


def joined_room(ctx: Context, gid: str | None) -> tuple[str, Room]:
    """A joined room. 808 when it is not joined."""
    here = joined_rooms(ctx)
    jid = find_joined_room(ctx, gid, here)
    return jid, here[jid]


def find_joined_room(ctx: Context, gid: str | None, here: dict[str, Room]) -> str:
    """The joined room that a GroupID means, without asking a server. 808 when it means none of them."""
    name = groups.parse_group_id(gid)
    for jid, room in here.items():
        if groups.same_group_id(room.gid, gid or ""):
            return jid
    domain = name.domain or ctx.session.domain
    services = {domain, ctx.services.groups.service(domain)} if here else set()
    for jid in here:
        local, _, service_ = jid.rpartition("@")
        if local == name.local and service_ in services:
            return jid
    raise CspError(StatusCode.GROUP_IS_NOT_JOINED, "group is not joined")


def occupants(ctx: Context, room: str) -> list[Occupant]:
    """The occupants of a joined room, by nick."""
    here = [Occupant(*each[1:]) for each in ctx.services.sessions.rooms.occupants(ctx.sid) if each.room == room]
    return sorted(here, key=lambda each: each.nick.lower())


def occupant_nick(ctx: Context, room: str, name: ScreenName) -> str:
    """The nick of the occupant of a joined room whom a phone calls so; "" for nobody."""
    wanted = groups.screen_name(name.s_name or "")
    return next((each.nick for each in occupants(ctx, room) if wanted and groups.screen_name(each.nick) == wanted), "")


def known_occupants(ctx: Context) -> list[Occupant]:
    """The occupants of all joined rooms whose address is visible."""
    found = [Occupant(*each[1:]) for each in ctx.services.sessions.rooms.occupants(ctx.sid) if each.jid]
    return sorted(found, key=lambda each: each.nick.lower())


def shown_members(ctx: Context, present: Sequence[Occupant], gid: str) -> list[Member]:
    """Occupants in the phone's spelling: as many as it can read, or all when it reads segments. A longer answer would be
    refused, and the phone would not learn that it has joined."""
    known = spellings(ctx.services, ctx.sid, [each.jid for each in present if each.jid])
    found = [
        Member(each.nick, ctx.session.spelled(each.jid, known.get(each.jid)) if each.jid else "", each.level) for each in present
    ]
    return found if ctx.segmented else groups.fitting_members(found, gid, ctx.caps.parser)


def kept_properties(ctx: Context, room: str, gid: str) -> KeptProperties:
    return ctx.services.groups.settings(ctx.session.jid, room, gid)


def keep_properties(ctx: Context, room: str, settled: KeptProperties) -> None:
    ctx.services.groups.keep_settings(ctx.session.jid, room, settled)


def all_kept_properties(services: GatewayServices, jid: str) -> dict[str, KeptProperties]:
    """The user's own properties in all rooms, by room."""
    return services.groups.all_settings(jid)


def checked_reply(reply: RoomReply) -> RoomReply:
    """The reply. CspError with the right code when it is a refusal."""
    if reply.error:
        raise CspError(rooms.command_code(reply.error), reply.error)
    return reply


# --- lists of people ---


@dataclass(slots=True)
class NamedPeople:
    """The users that a request names. `found`: as the request spells them, bare JID, and nick of those who are present; both
    may be ""."""

    found: "list[tuple[str | ScreenName, str, str]]"
    failed: dict[int, "list[str | ScreenName]"]

    def fail(self, code: int, who: "str | ScreenName") -> None:
        self.failed.setdefault(code, []).append(who)

    @property
    def working(self) -> "list[tuple[str | ScreenName, str, str]]":
        """Those for whom nothing has failed."""
        failed = [each for who in self.failed.values() for each in who]
        return [each for each in self.found if each[0] not in failed]


def named_people(ctx: Context, room: str, user_ids: Iterable[str], screen_names: Iterable[ScreenName]) -> NamedPeople:
    """Users by address, occupants by screen name. 531 for what is neither."""
    people = NamedPeople([], {})
    present = occupants(ctx, room)
    by_jid, by_nick = {each.jid: each for each in present if each.jid}, {groups.screen_name(each.nick): each for each in present}
    for text in user_ids:
        try:
            jid = ctx.session.jid_of(text)
        except CspError:
            people.fail(StatusCode.UNKNOWN_USER, text)
            continue
        people.found.append((text, jid, by_jid[jid].nick if jid in by_jid else ""))
    for name in screen_names:
        there = by_nick.get(groups.screen_name(name.s_name or ""))
        if there is None:
            people.fail(StatusCode.UNKNOWN_USER, name)
        else:
            people.found.append((name, there.jid, there.nick))
    if len(people.found) > MAX_PEOPLE_AT_ONCE:
        raise CspError(StatusCode.BAD_PARAMETER, "too many at once")
    return people


def names_in_lists(*lists: UserList | UserIDList | None) -> tuple[list[str], list[ScreenName]]:
    """(user ids, screen names) of the lists that a version may use."""
    users, names = [], []
    for each in lists:
        if isinstance(each, UserIDList):
            users += each.user_id
        elif each is not None:
            users += [user.user_id or "" for user in each.user]
            names += each.screen_name
    return users, names


def administrators(ctx: Context, room: str) -> set[str]:
    """Users with more than membership, as far as the room tells: to make them members would take that away."""
    replies = ctx.query(*[room_requests.ask_affiliated(room, each) for each in rooms.ADMIN_AFFILIATIONS])
    return {jid for reply in replies if not reply.error for jid, _ in room_requests.read_admin_items(reply.payload) if jid}


def change_each(ctx: Context, people: NamedPeople, request: Callable[[str, str], RoomRequest | None]) -> None:
    """Sends one request for each of them; failures are counted. 816 where `request` returns None."""
    asked = []
    for who, jid, nick in people.found:
        wish = request(jid, nick)
        if wish is None:
            people.fail(StatusCode.INSUFFICIENT_GROUP_PRIVILEGES, who)
        else:
            asked.append((who, wish))
    for (who, _), reply in zip(asked, ctx.query(*[wish for _, wish in asked]), strict=True):
        if reply.error:
            people.fail(rooms.command_code(reply.error, who=True), who)


def people_result(people: NamedPeople, version: str) -> Primitive:
    """200, 201 with those who failed, or the one code with which all failed."""
    if not people.failed:
        return status(StatusCode.SUCCESSFUL)
    served = people.working
    if not served and len(people.failed) == 1:
        raise CspError(next(iter(people.failed)), "no user could be served")
    details = [
        DetailedResult(
            code=code,
            user_id=[each for each in who if isinstance(each, str)],
            screen_name=[each for each in who if isinstance(each, ScreenName)],
        )
        for code, who in people.failed.items()
    ]
    return Status(
        result=Result(code=StatusCode.PARTIALLY_SUCCESSFUL if served else StatusCode.MULTIPLE_ERRORS, detailed_result=details)
    )
