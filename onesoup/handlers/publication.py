"""What of the phone's own presence goes out to XMPP (xmpp-mapping.md 5.1): decided by its attributes, by the default attribute
list, which says what is published at all, and by the operator's settings."""

from collections.abc import Collection, Iterator
from typing import Any

from onesoup.csp import places, presence
from onesoup.csp.codec.generated_elements import PresenceSubList
from onesoup.handlers.context import Context
from onesoup.xmpp import commands, extras
from onesoup.xmpp.commands import Command


def allowed(ctx: Context) -> list[str]:
    """The attributes of the default list; [] without one, and then everything but what needs its word goes out."""
    return ctx.services.lists.attributes.default(ctx.session.jid)


def own_fields(ctx: Context) -> dict[str, Any]:
    """What the phone has said of itself, in the form of a record: in this session, else what it had said before."""
    fields = ctx.services.sessions.records.own_presence(ctx.sid)
    if fields is None:
        fields = ctx.services.handsets.own_presence(ctx.session.jid, ctx.session.resource)
    return fields


def own(ctx: Context) -> PresenceSubList | None:
    """As own_fields(); None when it has never said anything."""
    fields = own_fields(ctx)
    return presence.own_list(fields) if fields else None


def remember(ctx: Context, fields: dict[str, Any]) -> None:
    """What of this holds at the next log-in is kept for that; without the picture where it is too much."""
    handsets, session = ctx.services.handsets, ctx.session
    kept = presence.lasting(fields)
    if not handsets.keep_own_presence(session.jid, session.resource, kept):
        kept.pop("status_content", None)
        handsets.keep_own_presence(session.jid, session.resource, kept)


def publish(ctx: Context, shown: PresenceSubList, names: Collection[str], only: Collection[str]) -> None:
    """Presence, and what else the attributes named now say. `only` is the default list."""
    ctx.send(commands.presence(presence.published(shown, only)))
    for command in _beside(ctx, shown, {name for name in names if not only or name in only}, only):
        ctx.send(command)


def republish(ctx: Context, before: Collection[str], after: Collection[str]) -> None:
    """The default list has changed: what must not be seen any more is taken back, what may be seen now goes out."""
    shown = own(ctx)
    if shown is None:
        return
    said = [name for name in presence.ATTRIBUTES if getattr(shown, name) is not None]
    hidden = {name for name in said if _may(name, before) and not _may(name, after)}
    opened = {name for name in said if not _may(name, before) and _may(name, after)}
    publish(ctx, shown, opened, after)
    withdrawn = PresenceSubList()
    for name in hidden:
        setattr(withdrawn, name, presence.not_known(name))
    for command in _beside(ctx, withdrawn, hidden - {"contact_info"} - set(places.ATTRIBUTES), after):
        ctx.send(command)
    if hidden & set(places.ATTRIBUTES) and not opened & set(places.ATTRIBUTES) and ctx.services.policy.publish_location:
        ctx.send(commands.place(places.place_of(shown, after)))


def _may(name: str, only: Collection[str]) -> bool:
    if name in NEEDS_WORD:
        return name in only
    return not only or name in only


# Nobody finds these of the user on XMPP unless the user has said so, by naming them in the default list.
NEEDS_WORD = frozenset({*places.ATTRIBUTES, "contact_info"})


def _beside(ctx: Context, shown: PresenceSubList, names: Collection[str], only: Collection[str]) -> Iterator[Command]:
    """What is published apart from presence, of the attributes named."""
    policy = ctx.services.policy
    if "status_mood" in names:
        yield commands.mood(extras.mood_of(presence.value(shown.status_mood)))
    if "alias" in names:
        yield commands.nick(presence.value(shown.alias))
    if "status_content" in names:
        picture = presence.own_picture(shown)
        if picture is not None:
            yield commands.avatar(picture)
    if policy.publish_location and any(name in names and name in only for name in places.ATTRIBUTES):
        yield commands.place(places.place_of(shown, only))
    if policy.publish_contact_info and "contact_info" in names and "contact_info" in only:
        info = shown.contact_info
        text = info.contained_vcard if info is not None and info.qualifier is not False else None
        if text:
            yield commands.card(text)
