"""Search for persons and rooms (flows.md 13, xmpp-mapping.md 9): one's own contacts, the directory of the domain, vCards, rooms.

S60 asks for its own groups at each log-in: that is answered from what is kept here, at once, and never with an error."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from onesoup.csp import addresses, search
from onesoup.csp.elements import Primitive, SearchRequest, StopSearchRequest
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.search import Found, Person, Wish
from onesoup.csp.transactions import status
from onesoup.handlers import records
from onesoup.handlers.context import Context, spellings
from onesoup.handlers.rooms import settled
from onesoup.xmpp import commands

# Of those whom only a vCard can tell, so many vCards are looked at; of rooms whose topic is wanted, so many rooms.
MOST_CARDS, MOST_TOPICS = 20, 20
# The directory has this long; what is left of the request's time is for vCards and the answer.
DIRECTORY_SECONDS, REST_SECONDS = 5.0, 0.7


def run(ctx: Context, request: SearchRequest) -> Primitive:
    """The first hits of a new search, or the next ones of one that was begun."""
    if request.search_pair_list or request.search_id is None:
        wish = search.read(request)
        jids = _rooms(ctx, wish) if wish.groups else _people(ctx, wish)
        found = Found(tuple(jids[: search.MOST_FOUND]), wish.groups)
        return _page(ctx, 1 + secrets.randbelow(2**31 - 1), found, 0, request.search_limit)
    kept = ctx.services.searches.get(ctx.sid, request.search_id)
    if kept is None:
        raise CspError(424, "that search is over")
    found = Found(*kept)
    return _page(ctx, request.search_id, found, search.begins(found, request.search_index), request.search_limit)


def stop(ctx: Context, request: StopSearchRequest) -> Primitive:
    if request.search_id is None or not ctx.services.searches.drop(ctx.sid, request.search_id):
        raise CspError(424, "no such search")
    return status(200)


def _page(ctx: Context, search_id: int, found: Found, start: int, limit: int | None) -> Primitive:
    rest = found.jids[start:]
    names = search.page(_names(ctx, found, rest), limit, ctx.caps.parser)
    found = replace(found, given=start + len(names))
    ctx.services.searches.put(ctx.sid, search_id, found.jids, found.groups, found.given)
    return search.answer(search_id, found, names)


def _names(ctx: Context, found: Found, jids: tuple[str, ...]) -> list[str]:
    if found.groups:
        return [addresses.from_room(jid, ctx.session.domain) for jid in jids]
    spelled = spellings(ctx.services, ctx.sid, list(jids))
    return [ctx.session.spelled(jid, spelled.get(jid)) for jid in jids]


# --- persons ---


def _people(ctx: Context, wish: Wish) -> list[str]:
    """Bare JIDs, contacts first. 535 when nobody was found and somebody could not be asked."""
    if wish.hopeless:
        return []
    people = _contacts(ctx, wish)
    late = _directory(ctx, wish, people)
    _named(ctx, wish, people)
    verdicts = {jid: search.meets(person, wish) for jid, person in people.items()}
    undecided = [jid for jid, verdict in verdicts.items() if verdict is None][:MOST_CARDS]
    for jid, facts in _cards(ctx, undecided).items():
        verdicts[jid] = search.meets(people[jid].with_facts(facts, complete=True), wish)
    hits = [jid for jid, verdict in verdicts.items() if verdict]
    if late and not hits:
        raise CspError(535, "the directory does not answer")
    return hits


def _contacts(ctx: Context, wish: Wish) -> dict[str, Person]:
    items = sorted((item for item in ctx.roster().values() if item.shown), key=lambda each: (each.name or each.jid).lower())
    online: Mapping[str, bool | None] = {}
    if wish.text(search.ONLINE) is not None:
        records_ = ctx.services.sessions.values(ctx.sid, "pres", [item.jid for item in items])
        shown = {item.jid: records.unpack_shown(record) for item, record in zip(items, records_, strict=True)}
        online = {jid: each.online if each is not None and each.known else None for jid, each in shown.items()}
    return {item.jid: Person(item.jid, {"name": (item.name,)}, online.get(item.jid)) for item in items}


def _directory(ctx: Context, wish: Wish, people: dict[str, Person]) -> bool:
    """Adds whom the directory of the domain finds. True when it could not be asked."""
    wanted = {each.element: each.text for each in wish.criteria if each.element in search.FACTS}
    if not wanted:
        return False
    try:
        answer = ctx.ask(commands.find(wanted, min(DIRECTORY_SECONDS, _left(ctx))))
    except (BackendError, CspError):
        return True
    for jid, facts in _pairs(answer.get("found")):
        people[jid] = people.get(jid, Person(jid)).with_facts(facts)
    return bool(answer.get("late"))


def _named(ctx: Context, wish: Wish, people: dict[str, Person]) -> None:
    """Who is named in full by a domain that is served here is somebody, whether a directory knows him or not."""
    text = wish.text("USER_ID") or ""
    try:
        jid = ctx.session.jid_of(text) if "@" in text else ""
    except CspError:
        return
    known = {addresses.domain_of(each) for each in (*people, ctx.session.jid)} | ctx.services.policy.domains
    if jid and addresses.domain_of(jid) in known:
        people.setdefault(jid, Person(jid))


def _cards(ctx: Context, jids: list[str]) -> dict[str, Mapping[str, list[str]]]:
    if not jids or _left(ctx) < 0.2:
        return {}
    try:
        answer: Any = ctx.ask(commands.cards(jids, _left(ctx)))
    except (BackendError, CspError):
        return {}
    return {jid: card[2] for jid, card in answer.get("cards", {}).items()}


def _left(ctx: Context) -> float:
    return max(ctx.deadline - time.monotonic() - REST_SECONDS, 0.1)


def _pairs(found: Any) -> list[tuple[str, Mapping[str, list[str]]]]:
    return [(jid, facts) for jid, facts in found or ()]


# --- rooms ---


def created(ctx: Context) -> set[str]:
    """Rooms that this account has made through the gateway."""
    return {room for room, each in settled(ctx.services, ctx.session.jid).items() if each.created}


def joined(ctx: Context) -> set[str]:
    """Rooms that this session is in."""
    return {jid.decode() for jid in ctx.services.sessions.hash(ctx.sid, "rooms")}


def kept(ctx: Context) -> set[str]:
    """Rooms that the account is in after each log-in, as its phones have settled it."""
    return {room for room, each in settled(ctx.services, ctx.session.jid).items() if each.auto}


_OF_ONESELF = {search.OWNER: created, search.JOINED: joined, search.AUTOJOIN: kept}


def _rooms(ctx: Context, wish: Wish) -> list[str]:
    """Room JIDs. Whose rooms somebody else has is not known: none."""
    found: set[str] | None = None
    for element, rooms in _OF_ONESELF.items():
        if (text := wish.text(element)) is not None:
            its = rooms(ctx) if _is_self(ctx, text) else set()
            found = its if found is None else found & its
    if found is None or (found and any(each.element not in search.OF_USERS for each in wish.criteria)):
        public = _public(ctx, wish)
        found = public if found is None else found & public
    return sorted(found)


def _is_self(ctx: Context, text: str) -> bool:
    try:
        return ctx.session.jid_of(text) == ctx.session.jid
    except CspError:
        return False


def _public(ctx: Context, wish: Wish) -> set[str]:
    """Rooms that the domain lists, by id, name and topic."""
    try:
        answer: Any = ctx.ask(commands.rooms(min(DIRECTORY_SECONDS, _left(ctx))))
    except BackendError:
        raise CspError(535, "the rooms cannot be listed now") from None
    rooms: dict[str, str] = dict(answer.get("rooms", ()))
    if (text := wish.text(search.GROUP_ID)) is not None:
        rooms = {jid: name for jid, name in rooms.items() if text in addresses.from_room(jid, ctx.session.domain).lower()}
    if (text := wish.text(search.GROUP_NAME)) is not None:
        rooms = {jid: name for jid, name in rooms.items() if text in (name or addresses.local_of(jid)).lower()}
    if (text := wish.text(search.GROUP_TOPIC)) is not None and rooms:
        told: Any = ctx.ask(commands.ask_info(sorted(rooms)[:MOST_TOPICS], _left(ctx)))
        rooms = {jid: rooms[jid] for jid, (_, topic) in told.get("info", {}).items() if text in topic.lower()}
    return set(rooms)


HANDLERS = {SearchRequest: run, StopSearchRequest: stop}
