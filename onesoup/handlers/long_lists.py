"""Contact lists that are too long for one answer. They are cut into further lists, "Friends 2" and so on, once in a session,
so that each contact stays where the phone has seen it."""

import time
from collections.abc import Mapping
from dataclasses import replace

import structlog

from onesoup.csp import fitting, lists
from onesoup.csp.codec.generated_elements import ContactListProperties, GetListResponse, Property
from onesoup.csp.lists import ContactList, Cut, Item
from onesoup.csp.text import addresses
from onesoup.handlers import segments, system
from onesoup.handlers.context import Context
from onesoup.observability.logs import short
from onesoup.runtime.ids import ordered_id
from onesoup.wire import codec

log = structlog.get_logger()

# Most bytes of an entry and of an answer, besides their texts.
LIST_ENTRY_BYTES, LIST_FRAME_BYTES = 80, 3000
# Most contacts that stay in the part into which the phone put them. Beyond that the oldest go where their names belong.
MAX_PLACED_CONTACTS = 500


def list_cuts(ctx: Context, whole: Mapping[str, ContactList], again: bool = False) -> Mapping[str, Cut]:
    """How the phone's lists are cut, by token. `again`: the parts are measured, and cut anew when they have become too long."""
    if _fits(ctx):
        return {}
    if ctx.cuts is None:
        made_for, found = ctx.services.sessions.records.list_cuts(ctx.sid)
        ctx.cuts = found if made_for == _made_for(ctx) else None
    clash = any(part in whole for each in (ctx.cuts or {}).values() for part in each.tokens[1:])
    if ctx.cuts is None or again or clash:
        _keep(ctx, _cut(ctx, whole, ctx.cuts or {}))
    return ctx.cuts or {}


def _fits(ctx: Context) -> bool:
    """Whether all contacts together would fit into one list, as they nearly always do."""
    roster, room = ctx.roster(), _room(ctx)
    if len(roster) * LIST_ENTRY_BYTES > room:
        return False
    texts = sum(len(item.name) + 2 * len(jid) for jid, item in roster.items())
    return texts * fitting.MAX_CHARACTER_BYTES + len(roster) * LIST_ENTRY_BYTES + LIST_FRAME_BYTES <= room


def _room(ctx: Context) -> int:
    """Bytes of the longest answer."""
    return segments.max_segmented_bytes(ctx) or ctx.caps.parser


def _made_for(ctx: Context) -> str:
    return f"{_room(ctx)} {ctx.encoding} {ctx.version}"


def _keep(ctx: Context, found: Mapping[str, Cut]) -> None:
    if found == ctx.cuts:
        return
    ctx.cuts = found
    ctx.effects.update.list_cuts = _made_for(ctx), found


def _cut(ctx: Context, whole: Mapping[str, ContactList], known: Mapping[str, Cut]) -> dict[str, Cut]:
    spelled = ctx.services.sessions.contacts.all_spellings(ctx.sid)
    spare = _most_lists(ctx) - len(whole)
    taken = {token.lower() for token in whole}
    found: dict[str, Cut] = {}
    left = 0
    for token, each in sorted(whole.items(), key=lambda entry: not entry[1].default):
        if each.private:
            continue
        measure = fitting.Members(ctx.version, ctx.encoding, list_properties(each))
        octets = _Octets(ctx, measure, spelled)
        room = _room(ctx) - measure.frame
        items = lists.list_members(each, ctx.roster().values())
        cut = known.get(token)
        if cut is None or taken.intersection(cut.tokens[1:]) or not _good(cut, items, octets, room):
            cut = lists.cut_list(token, items, octets, room, spare + 1, taken)
        if cut is not None:
            found[token] = cut
            taken.update(each.lower() for each in cut.tokens)
            spare -= len(cut.tokens) - 1
            left += sum(cut.place(item) < 0 for item in items)
    if left:
        _tell(ctx, left)
    return found


class _Octets:
    """Counts the bytes that one contact takes in an answer."""

    def __init__(self, ctx: Context, measure: fitting.Members, spelled: Mapping[str, str]) -> None:
        self._session, self._measure, self._spelled = ctx.session, measure, spelled

    def __call__(self, item: Item) -> int:
        address = self._session.spelled(item.jid, self._spelled.get(item.jid))
        return self._measure.octets(item.name or addresses.local_of(item.jid), address)


def _good(cut: Cut, items: list[Item], octets: _Octets, room: int) -> bool:
    """Whether every part still fits and the whole list does not."""
    parts = [0] * len(cut.tokens)
    for item in items:
        if (number := cut.place(item)) >= 0:
            parts[number] += octets(item)
    return max(parts) <= room < sum(parts)


def _most_lists(ctx: Context) -> int:
    """How many lists the phone can be told of, by the longest list address."""
    address = addresses.list_address(ctx.session.own, "x" * 50)
    frame = fitting.document_bytes_around(GetListResponse(default_contact_list=address), ctx.version, ctx.encoding)
    each = (
        fitting.document_bytes_around(GetListResponse([address], default_contact_list=address), ctx.version, ctx.encoding) - frame
    )
    return max((_room(ctx) - frame - codec.encoded_size(address, ctx.encoding) - LIST_FRAME_BYTES // 10) // max(each, 1), 1)


def list_properties(contact_list: ContactList) -> ContactListProperties:
    """The ContactListProperties of a list."""
    return ContactListProperties(
        property=[
            Property(name="DisplayName", value=contact_list.name or contact_list.token),
            Property(name="Default", value="T" if contact_list.shown_default else "F"),
        ]
    )


def part_too_long(ctx: Context, contact_list: ContactList, items: list[Item]) -> bool:
    """Whether a part has grown beyond what the phone reads."""
    if contact_list.cut is None:
        return False
    measure = fitting.Members(ctx.version, ctx.encoding, list_properties(contact_list))
    octets = _Octets(ctx, measure, ctx.services.sessions.contacts.all_spellings(ctx.sid))
    return sum(map(octets, items)) > _room(ctx) - measure.frame


def keep_in_part(ctx: Context, contact_list: ContactList, jid: str) -> None:
    """Keeps a contact in the part into which the phone has put it."""
    if contact_list.cut is None or ctx.cuts is None:
        return
    (token, *_) = contact_list.cut.tokens
    cut = ctx.cuts[token]
    placed = {**cut.placed, jid: contact_list.number}
    newest = dict(list(placed.items())[-MAX_PLACED_CONTACTS:])
    _keep(ctx, {**ctx.cuts, token: replace(cut, placed=newest)})


# --- those who are in none ---

# For how many handsets of an account it is remembered that they were told.
MAX_TOLD_HANDSETS = 20


def _tell(ctx: Context, left: int) -> None:
    """Tells each handset once that some contacts cannot be shown on it."""
    log.info("contacts-left-out", sid=short(ctx.sid), left=left)
    name, jid = f"lists {ctx.session.resource}", ctx.session.jid
    notices = ctx.services.lists.notices
    told = notices.all(jid)
    if name in told:
        return
    if len(told) >= MAX_TOLD_HANDSETS:
        notices.remove(jid, told)
    text = f"Your contact list is too long for this phone. {left} contacts are not shown."
    if system.queue_announcement(ctx.services.announcements, ctx.sid, ctx.session, ordered_id(time.time()), text):
        notices.add(jid, name)
