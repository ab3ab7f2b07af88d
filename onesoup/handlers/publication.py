"""Which of the phone's own presence is published to XMPP (xmpp-mapping.md 5.1): its attributes, limited by the default
attribute list and by the operator's settings."""

from collections.abc import Collection, Iterator
from typing import Any

from onesoup.csp import places, presence
from onesoup.csp.codec.generated_elements import PresenceSubList
from onesoup.handlers.context import Context
from onesoup.xmpp import commands, published_events
from onesoup.xmpp.commands import Command


def published_attributes(ctx: Context) -> list[str]:
    """The attributes of the default list. [] without one: then all are published except those in NEED_CONSENT."""
    return ctx.services.lists.attributes.default(ctx.session.jid)


def own_presence_fields(ctx: Context) -> dict[str, Any]:
    """The phone's own presence as a record: of this session, or else of the one before."""
    fields = ctx.services.sessions.records.own_presence(ctx.sid)
    if fields is None:
        fields = ctx.services.handsets.own_presence(ctx.session.jid, ctx.session.resource)
    return fields


def own_presence(ctx: Context) -> PresenceSubList | None:
    """As own_presence_fields(); None when the phone has never published anything."""
    fields = own_presence_fields(ctx)
    return presence.own_list(fields) if fields else None


def remember_own_presence(ctx: Context, fields: dict[str, Any]) -> None:
    """Keeps what is still true at the next log-in. Leaves out a picture that is too large."""
    handsets, session = ctx.services.handsets, ctx.session
    kept = presence.lasting_attributes(fields)
    if not handsets.keep_own_presence(session.jid, session.resource, kept):
        kept.pop("status_content", None)
        handsets.keep_own_presence(session.jid, session.resource, kept)


def publish_presence(ctx: Context, shown: PresenceSubList, names: Collection[str], only: Collection[str]) -> None:
    """Sends presence, and what the attributes `names` change apart from it. `only` is the default list."""
    ctx.send(commands.ShowPresence.of(presence.published_presence(shown, only)))
    for command in _beside(ctx, shown, {name for name in names if not only or name in only}, only):
        ctx.send(command)


def republish_presence(ctx: Context, before: Collection[str], after: Collection[str]) -> None:
    """After a change of the default list: withdraws what is no longer published, and sends what is from now on."""
    shown = own_presence(ctx)
    if shown is None:
        return
    said = [name for name in presence.PRESENCE_ATTRIBUTES if getattr(shown, name) is not None]
    hidden = {name for name in said if _may(name, before) and not _may(name, after)}
    opened = {name for name in said if not _may(name, before) and _may(name, after)}
    publish_presence(ctx, shown, opened, after)
    withdrawn = PresenceSubList()
    for name in hidden:
        setattr(withdrawn, name, presence.not_known(name))
    for command in _beside(ctx, withdrawn, hidden - {"contact_info"} - set(places.PLACE_ATTRIBUTES), after):
        ctx.send(command)
    if (
        hidden & set(places.PLACE_ATTRIBUTES)
        and not opened & set(places.PLACE_ATTRIBUTES)
        and ctx.services.policy.publish_location
    ):
        ctx.send(commands.PublishLocation(places.place_of(shown, after)))


def _may(name: str, only: Collection[str]) -> bool:
    if name in NEED_CONSENT:
        return name in only
    return not only or name in only


# Attributes that are published only if the user has named them in the default list.
NEED_CONSENT = frozenset({*places.PLACE_ATTRIBUTES, "contact_info"})


def _beside(ctx: Context, shown: PresenceSubList, names: Collection[str], only: Collection[str]) -> Iterator[Command]:
    """Commands for what is published apart from presence, for these attributes."""
    policy = ctx.services.policy
    if "status_mood" in names:
        yield commands.PublishMood(published_events.mood_of(presence.attribute_text(shown.status_mood)))
    if "alias" in names:
        yield commands.PublishNick(presence.attribute_text(shown.alias))
    if "status_content" in names:
        picture = presence.own_picture(shown)
        if picture is not None:
            yield commands.PublishAvatar(picture)
    if policy.publish_location and any(name in names and name in only for name in places.PLACE_ATTRIBUTES):
        yield commands.PublishLocation(places.place_of(shown, only))
    if policy.publish_contact_info and "contact_info" in names and "contact_info" in only:
        info = shown.contact_info
        text = info.contained_vcard if info is not None and info.qualifier is not False else None
        if text:
            yield commands.PublishContactInfo(text)
