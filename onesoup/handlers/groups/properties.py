"""What a group is like, and what the user has settled for it (messages.md 13). The room's configuration is the truth for the
first; the second is kept with the account, and AutoJoin as a bookmark for all clients too."""

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
from onesoup.csp.messages import decoded
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Table, status
from onesoup.handlers.context import Context
from onesoup.handlers.groups.rooms import good, joined, keep, kept, room_of, spelled
from onesoup.runtime.ids import token
from onesoup.xmpp import commands, rooms
from onesoup.xmpp.rooms import About, Bookmark

MAX_WELCOME = 2000


def get(ctx: Context, request: GetGroupPropsRequest) -> Primitive:
    """Both blocks always: the 1.2 client's tables ask for the own one."""
    here = joined(ctx)
    room = room_of(ctx, request.group_id, here)
    info, marks = ctx.query(rooms.ask_info(room), rooms.ask_bookmarks())
    about = rooms.read_info(good(info).payload)
    values = rooms.properties(about, bool(groups.parse(request.group_id).owner))
    own = here.get(room)
    if own is not None and own.topic:
        values["Topic"] = own.topic
    settled = kept(ctx, room, spelled(request.group_id or ""))
    mark = rooms.read_bookmarks(marks.payload).get(room)
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
        values["PrivilegeLevel"] = rooms.level(room.role, room.affiliation)
        values["IsMember"] = _truth(room.affiliation in ("member", *rooms.ADMINS))
    return values


def _truth(value: bool) -> str:
    return "T" if value else "F"


def change(ctx: Context, request: SetGroupPropsRequest) -> Primitive:
    """The topic is a message, the rest the owner's form. 816 for whoever may not, 806 for what cannot be."""
    here = joined(ctx)
    room = room_of(ctx, request.group_id, here)
    wishes = request.group_properties or GroupProperties()
    values, text = groups.read(wishes.property), welcome(wishes)
    before = kept(ctx, room, spelled(request.group_id or ""))
    after = with_own(before, request.own_properties)
    topic = values.pop("Topic", None)
    if topic is not None:
        _may_change_topic(ctx, room, here.get(room))
    if values or text is not None:
        form = good(ctx.query(rooms.ask_config(room))[0])
        filled = rooms.fill(form.payload, values, text)
        if filled is None:
            raise CspError(StatusCode.INVALID_GROUP_PROPERTIES, "the group cannot be configured")
        good(ctx.query(rooms.configure(room, filled))[0])
    if topic is not None:
        ctx.send(commands.stanza(rooms.topic(room, token(16), topic)))
    if after != before:
        store(ctx, room, after)
    return status(StatusCode.SUCCESSFUL)


def _may_change_topic(ctx: Context, jid: str, room: Room | None) -> None:
    if room is None:
        raise CspError(StatusCode.GROUP_IS_NOT_JOINED, "group is not joined")
    about: About = rooms.read_info(good(ctx.query(rooms.ask_info(jid))[0]).payload)
    if not rooms.may_change_topic(about, room.role):
        raise CspError(StatusCode.INSUFFICIENT_GROUP_PRIVILEGES, "only moderators change the topic")


def welcome(wishes: GroupProperties) -> str | None:
    """The text of a WelcomeNote; None when there is none. 415 for what is no text."""
    note = wishes.welcome_note
    if note is None:
        return None
    kind = (note.content_type or "text/plain").partition(";")
    if not kind[0].strip().lower().startswith("text/"):
        raise CspError(StatusCode.UNSUPPORTED_MEDIA_TYPE, "a welcome note is a text")
    text = note.content_data or ""
    if (note.content_encoding or "").strip().upper() == "BASE64":
        text = decoded(text, kind[2])
    return text[:MAX_WELCOME]


def alias(ctx: Context) -> str:
    """The name under which the user shows himself."""
    own = ctx.services.sessions.records.own_presence(ctx.sid) or {}
    plain = own.get("alias")
    values = [child[1] for child in plain[2] if child[0] == "PresenceValue"] if plain else []
    return values[0].strip() if values else ""


# --- what the user has settled ---


def with_own(before: KeptProperties, own: OwnProperties | None) -> KeptProperties:
    """What was settled, with the wishes of a request. 806 for what does not exist."""
    values = groups.read(own.property, groups.OWN_NAMES) if own is not None else {}
    names = {"AutoJoin": "auto", "ShowID": "show_id", "PrivateMessaging": "private"}
    return replace(before, **{names[name]: value == "T" for name, value in values.items()})  # type: ignore[arg-type]


def store(ctx: Context, room: str, settled: KeptProperties) -> None:
    """With the account; AutoJoin for all clients of the user, and private messages for the room as it is joined now."""
    before, inside = kept(ctx, room, settled.gid), joined(ctx).get(room)
    if inside is not None and not settled.nick:
        settled = replace(settled, nick=inside.nick)
    keep(ctx, room, settled)
    if settled.auto != before.auto:
        _bookmark(ctx, Bookmark(room, settled.nick, settled.auto))
    if settled.private != before.private and inside is not None:
        ctx.ask(commands.room_settings(room, private=settled.private))


def _bookmark(ctx: Context, mark: Bookmark) -> None:
    """In the way of the server; on one that has neither way, the account's record alone has it."""
    if not ctx.query(rooms.bookmark(mark))[0].error:
        return
    old = ctx.query(rooms.ask_old_bookmarks())[0]
    if not old.error:
        ctx.query(rooms.old_bookmark(old.payload, mark))


HANDLERS: Table = {GetGroupPropsRequest: get, SetGroupPropsRequest: change}
