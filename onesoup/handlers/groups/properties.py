"""Properties of a group, and the user's own properties in it (messages.md 13). The room's configuration holds the first. The
second are kept with the account, and AutoJoin as a bookmark for all clients too."""

from dataclasses import replace

from onesoup.csp import groups
from onesoup.csp.codec.generated_elements import (
    GetGroupPropsRequest,
    GetGroupPropsResponse,
    GroupProperties,
    OwnProperties,
    Primitive,
    SetGroupPropsRequest,
)
from onesoup.csp.errors import CspError
from onesoup.csp.groups import KeptProperties, Room
from onesoup.csp.messages import decode_text
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Table, status
from onesoup.handlers.context import Context
from onesoup.handlers.groups.rooms import checked_reply, joined_rooms, keep_properties, kept_properties, room_of, spelled_group_id
from onesoup.runtime.ids import token
from onesoup.xmpp import bookmarks, commands, room_requests, room_settings, rooms
from onesoup.xmpp.bookmarks import Bookmark
from onesoup.xmpp.room_settings import RoomInfo

MAX_WELCOME_LENGTH = 2000


def get_group_properties(ctx: Context, request: GetGroupPropsRequest) -> Primitive:
    """Both blocks, always: 1.2 clients expect the user's own one."""
    here = joined_rooms(ctx)
    room = room_of(ctx, request.group_id, here)
    info, marks = ctx.query(room_requests.ask_info(room), bookmarks.ask_bookmarks())
    about = room_settings.read_room_info(checked_reply(info).payload)
    values = room_settings.group_properties(about, bool(groups.parse_group_id(request.group_id).owner))
    own = here.get(room)
    if own is not None and own.topic:
        values["Topic"] = own.topic
    settled = kept_properties(ctx, room, spelled_group_id(request.group_id or ""))
    mark = bookmarks.read_bookmarks(marks.payload).get(room)
    auto = mark.auto if mark is not None else settled.auto
    return GetGroupPropsResponse(
        group_properties=groups.group_properties(values, ctx.version, about.description),
        own_properties=groups.own_properties(_own(own, replace(settled, auto=auto))),
    )


def _own(room: Room | None, settled: KeptProperties) -> dict[str, str]:
    values = {
        "AutoJoin": _truth(settled.auto),
        "ShowID": _truth(settled.show_id),
        "PrivateMessaging": _truth(settled.private),
    }
    if room is not None:
        values["PrivilegeLevel"] = rooms.privilege_level(room.role, room.affiliation)
        values["IsMember"] = _truth(room.affiliation in ("member", *rooms.ADMIN_AFFILIATIONS))
    return values


def _truth(value: bool) -> str:
    return "T" if value else "F"


def set_group_properties(ctx: Context, request: SetGroupPropsRequest) -> Primitive:
    """Sends the topic as a message and the rest as the owner's form. 816 for users who may not, 806 for impossible values."""
    here = joined_rooms(ctx)
    room = room_of(ctx, request.group_id, here)
    wishes = request.group_properties or GroupProperties()
    values, text = groups.read_properties(wishes.property), welcome_text(wishes)
    before = kept_properties(ctx, room, spelled_group_id(request.group_id or ""))
    after = with_own_properties(before, request.own_properties)
    topic = values.pop("Topic", None)
    if topic is not None:
        _may_change_topic(ctx, room, here.get(room))
    if values or text is not None:
        form = checked_reply(ctx.query(room_requests.ask_config(room))[0])
        filled = room_settings.fill_config_form(form.payload, values, text)
        if filled is None:
            raise CspError(StatusCode.INVALID_GROUP_PROPERTIES, "the group cannot be configured")
        checked_reply(ctx.query(room_requests.submit_config(room, filled))[0])
    if topic is not None:
        ctx.send(commands.SendStanza(room_requests.set_topic(room, token(16), topic)))
    if after != before:
        store_own_properties(ctx, room, after)
    return status(StatusCode.SUCCESSFUL)


def _may_change_topic(ctx: Context, jid: str, room: Room | None) -> None:
    if room is None:
        raise CspError(StatusCode.GROUP_IS_NOT_JOINED, "group is not joined")
    about: RoomInfo = room_settings.read_room_info(checked_reply(ctx.query(room_requests.ask_info(jid))[0]).payload)
    if not room_settings.may_change_topic(about, room.role):
        raise CspError(StatusCode.INSUFFICIENT_GROUP_PRIVILEGES, "only moderators change the topic")


def welcome_text(wishes: GroupProperties) -> str | None:
    """The text of a WelcomeNote; None without one. 415 when it is no text."""
    note = wishes.welcome_note
    if note is None:
        return None
    kind = (note.content_type or "text/plain").partition(";")
    if not kind[0].strip().lower().startswith("text/"):
        raise CspError(StatusCode.UNSUPPORTED_MEDIA_TYPE, "a welcome note is a text")
    text = note.content_data or ""
    if (note.content_encoding or "").strip().upper() == "BASE64":
        text = decode_text(text, kind[2])
    return text[:MAX_WELCOME_LENGTH]


def own_alias(ctx: Context) -> str:
    """The user's public alias."""
    own = ctx.services.sessions.records.own_presence(ctx.sid) or {}
    plain = own.get("alias")
    values = [child[1] for child in plain[2] if child[0] == "PresenceValue"] if plain else []
    return values[0].strip() if values else ""


# --- what the user has settled ---


def with_own_properties(before: KeptProperties, own: OwnProperties | None) -> KeptProperties:
    """The kept properties with the changes of a request. 806 for unknown ones."""
    values = groups.read_properties(own.property, groups.OWN_NAMES) if own is not None else {}
    names = {"AutoJoin": "auto", "ShowID": "show_id", "PrivateMessaging": "private"}
    return replace(before, **{names[name]: value == "T" for name, value in values.items()})  # type: ignore[arg-type]


def store_own_properties(ctx: Context, room: str, settled: KeptProperties) -> None:
    """Stores them with the account; AutoJoin for all clients of the user, private messages for the joined room."""
    before, inside = kept_properties(ctx, room, settled.gid), joined_rooms(ctx).get(room)
    if inside is not None and not settled.nick:
        settled = replace(settled, nick=inside.nick)
    keep_properties(ctx, room, settled)
    if settled.auto != before.auto:
        _bookmark(ctx, Bookmark(room, settled.nick, settled.auto))
    if settled.private != before.private and inside is not None:
        ctx.ask(commands.ChangeRoomSettings(room, private=settled.private))


def _bookmark(ctx: Context, mark: Bookmark) -> None:
    """Sets a bookmark in either form that the server knows. Where it knows none, only the account's record has it."""
    if not ctx.query(bookmarks.publish_bookmark(mark))[0].error:
        return
    old = ctx.query(bookmarks.ask_old_bookmarks())[0]
    if not old.error:
        ctx.query(bookmarks.store_old_bookmark(old.payload, mark))


HANDLERS: Table = {GetGroupPropsRequest: get_group_properties, SetGroupPropsRequest: set_group_properties}
