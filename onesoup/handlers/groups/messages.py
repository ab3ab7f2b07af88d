"""Recipients of messages into groups, and to an occupant by screen name (xmpp-mapping.md 6.1)."""

from onesoup.csp.codec.generated_elements import DetailedResult, Group, ScreenName
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.handlers.context import Context
from onesoup.handlers.groups.rooms import find_joined_room, joined_rooms, occupant_nick


def group_recipients(ctx: Context, named: list[Group]) -> tuple[dict[str, str], list[DetailedResult]]:
    """Room, or room/nick -> GroupID; and the recipients that cannot be served. 808 for a group that is not joined."""
    to: dict[str, str] = {}
    failed: dict[int, list[Group]] = {}
    inside = joined_rooms(ctx)
    for each in named:
        try:
            gid = (each.screen_name.group_id if each.screen_name is not None else None) or each.group_id
            room = find_joined_room(ctx, gid, inside)
            nick = occupant_nick(ctx, room, each.screen_name) if each.screen_name is not None else ""
            if each.screen_name is not None and not nick:
                raise CspError(StatusCode.UNKNOWN_USER, "nobody of that name")
            to[f"{room}/{nick}" if nick else room] = inside[room].gid
        except CspError as error:
            failed.setdefault(error.code, []).append(each)
    return to, [_detail(code, who) for code, who in failed.items()]


def _detail(code: int, who: list[Group]) -> DetailedResult:
    names = [each.screen_name for each in who if isinstance(each.screen_name, ScreenName)]
    return DetailedResult(code=code, group_id=[each.group_id for each in who if each.group_id], screen_name=names)
