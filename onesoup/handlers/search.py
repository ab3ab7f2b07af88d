"""Search for persons and rooms (flows.md 13, xmpp-mapping.md 9): one's own contacts, the directory of the domain, vCards, rooms.

S60 asks for its own groups at each log-in: that is answered from what is kept here, at once, and never with an error."""

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

from onesoup.csp import groups, search
from onesoup.csp.codec.generated_elements import Primitive, SearchRequest, StopSearchRequest
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.search import Found, SearchPerson, SearchWish
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.csp.transactions import Table, status
from onesoup.handlers.context import Context, spellings
from onesoup.handlers.groups import rooms
from onesoup.handlers.groups.rooms import settled
from onesoup.xmpp import commands, room_service
from onesoup.xmpp.rooms import Bookmark, ask_bookmarks, read_bookmarks

# Of those whom only a vCard can tell, so many vCards are looked at; of rooms whose topic is wanted, so many rooms.
MOST_CARDS, MOST_TOPICS = 20, 20
# The directory has this long; what is left of the request's time is for vCards and the answer.
# A search that can be met in several ways asks the directory for so many of them.
MOST_QUESTIONS = 3
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
        raise CspError(StatusCode.INVALID_SEARCH_ID, "that search is over")
    found = Found(*kept)
    return _page(ctx, request.search_id, found, search.begins(found, request.search_index), request.search_limit)


def stop(ctx: Context, request: StopSearchRequest) -> Primitive:
    if request.search_id is None or not ctx.services.searches.drop(ctx.sid, request.search_id):
        raise CspError(StatusCode.INVALID_SEARCH_ID, "no such search")
    return status(StatusCode.SUCCESSFUL)


def _page(ctx: Context, search_id: int, found: Found, start: int, limit: int | None) -> Primitive:
    rest = found.jids[start:]
    names = search.page(_names(ctx, found, rest), limit, ctx.caps.parser)
    found = replace(found, given=start + len(names))
    ctx.services.searches.put(ctx.sid, search_id, found.jids, found.groups, found.given)
    return search.answer(search_id, found, names)


def _names(ctx: Context, found: Found, jids: tuple[str, ...]) -> list[str]:
    if found.groups:
        id_of = _group_ids(ctx)
        return [id_of(jid) for jid in jids]
    spelled = spellings(ctx.services, ctx.sid, list(jids))
    return [ctx.session.spelled(jid, spelled.get(jid)) for jid in jids]


# --- persons ---


def _people(ctx: Context, wish: SearchWish) -> list[str]:
    """Bare JIDs, contacts first. 535 when nobody was found and somebody could not be asked."""
    if wish.logic is None:
        return []
    people = _contacts(ctx, wish)
    late = _directory(ctx, wish, people)
    _named(ctx, wish, people)
    _present(ctx, people)
    verdicts = {jid: search.meets(person, wish) for jid, person in people.items()}
    undecided = [jid for jid, verdict in verdicts.items() if verdict is None][:MOST_CARDS]
    for jid, facts in _cards(ctx, undecided).items():
        verdicts[jid] = search.meets(people[jid].with_facts(facts, complete=True), wish)
    hits = [jid for jid, verdict in verdicts.items() if verdict]
    if late and not hits:
        raise CspError(StatusCode.SEARCH_TIMED_OUT, "the directory does not answer")
    return hits


def _present(ctx: Context, people: dict[str, SearchPerson]) -> None:
    """Adds whoever is in the groups that the phone is in and shows an address, by screen name. More is not asked of them."""
    for each in rooms.everybody(ctx):
        if each.jid == ctx.session.jid:
            continue
        person = people.get(each.jid, SearchPerson(each.jid, online=True, complete=True))
        people[each.jid] = person.with_facts({"nick": [each.nick]})


def _contacts(ctx: Context, wish: SearchWish) -> dict[str, SearchPerson]:
    items = sorted((item for item in ctx.roster().values() if item.shown), key=lambda each: (each.name or each.jid).lower())
    online: Mapping[str, bool | None] = {}
    if wish.texts(search.ONLINE):
        shown = ctx.services.sessions.contacts.presence(ctx.sid, [item.jid for item in items])
        online = {jid: each.online if each is not None and each.known else None for jid, each in shown.items()}
    return {item.jid: SearchPerson(item.jid, {"name": (item.name,)}, online.get(item.jid)) for item in items}


def _directory(ctx: Context, wish: SearchWish, people: dict[str, SearchPerson]) -> bool:
    """Adds whom the directory of the domain finds. True when it could not be asked."""
    late = False
    for wanted in wish.facts()[:MOST_QUESTIONS]:
        try:
            answer = ctx.ask(commands.find(wanted, min(DIRECTORY_SECONDS, _left(ctx))))
        except (BackendError, CspError):
            return True
        late = late or bool(answer.get("late"))
        for jid, facts in _pairs(answer.get("found")):
            people[jid] = people.get(jid, SearchPerson(jid)).with_facts(facts)
    return late


def _named(ctx: Context, wish: SearchWish, people: dict[str, SearchPerson]) -> None:
    """Who is named in full by a domain that is served here is somebody, whether a directory knows him or not."""
    known = {addresses.domain_of(each) for each in (*people, ctx.session.jid)} | ctx.services.policy.domains
    for text in wish.texts("USER_ID"):
        try:
            jid = ctx.session.jid_of(text) if "@" in text else ""
        except CspError:
            continue
        if jid and addresses.domain_of(jid) in known:
            people.setdefault(jid, SearchPerson(jid))


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


def owned(ctx: Context) -> set[str]:
    """Rooms that this account has made through the gateway, or that the session is in as an owner."""
    made = {room for room, each in settled(ctx.services, ctx.session.jid).items() if each.created}
    return made | {jid for jid, room in rooms.joined(ctx).items() if room.affiliation == "owner"}


def joined(ctx: Context) -> set[str]:
    """Rooms that this session is in."""
    return set(rooms.joined(ctx))


def kept(ctx: Context) -> set[str]:
    """Rooms that the account is in after each log-in: as its phones have settled it, and its other clients with bookmarks."""
    marks: dict[str, Bookmark] = {}
    with suppress(BackendError, CspError):
        marks = read_bookmarks(ctx.query(ask_bookmarks())[0].payload)
    mine = settled(ctx.services, ctx.session.jid)
    auto = {room: each.auto for room, each in mine.items()} | {room: mark.auto for room, mark in marks.items()}
    return {room for room, is_auto in auto.items() if is_auto}


_OF_ONESELF = {search.OWNER: owned, search.JOINED: joined, search.AUTOJOIN: kept}


def _group_ids(ctx: Context) -> Callable[[str], str]:
    """How the phone is told of a room: as it has named it itself, in this session or an earlier one."""
    named = {room: each.gid for room, each in settled(ctx.services, ctx.session.jid).items() if each.gid}
    named |= {room: each.gid for room, each in rooms.joined(ctx).items()}
    domain_of = cache(lambda service: room_service.domain_of(ctx.services.groups, ctx.session.domain, service))
    return lambda room: named.get(room) or room_service.group_id(room, domain_of(addresses.domain_of(room)))


def _rooms(ctx: Context, wish: SearchWish) -> list[str]:
    """Room JIDs. Whose rooms somebody else has is not known: none. Only if it matters, somebody is asked what rooms there are."""
    if wish.logic is None:
        return []
    own = {
        index: _OF_ONESELF[each.element](ctx) if _is_self(ctx, each.text) else set()
        for index, each in enumerate(wish.criteria)
        if each.element in search.OF_USERS
    }

    id_of = _group_ids(ctx)

    def verdicts(jid: str, names: Mapping[str, str], topics: Mapping[str, str]) -> list[bool | None]:
        ids = (id_of(jid), groups.group_id(jid))
        return [
            jid in own[index] if index in own else search.names_room(each, ids, names.get(jid), topics.get(jid))
            for index, each in enumerate(wish.criteria)
        ]

    candidates = set().union(*own.values())
    unknown = wish.decide([False if index in own else None for index in range(len(wish.criteria))]) is not False
    names = _listed(ctx) if unknown or any(wish.decide(verdicts(jid, {}, {})) is None for jid in candidates) else {}
    if unknown:
        candidates |= names.keys()
    found = {jid: wish.decide(verdicts(jid, names, {})) for jid in candidates}
    open_ = sorted(jid for jid, verdict in found.items() if verdict is None)[:MOST_TOPICS]
    topics = _topics(ctx, open_) if open_ and wish.texts(search.GROUP_TOPIC) else {}
    return sorted(jid for jid in candidates if found[jid] or (jid in topics and wish.decide(verdicts(jid, names, topics))))


def _is_self(ctx: Context, text: str) -> bool:
    try:
        return ctx.session.jid_of(text) == ctx.session.jid
    except CspError:
        return False


def _listed(ctx: Context) -> dict[str, str]:
    """Room -> name of those that the domain lists. A room without a name goes by its address."""
    try:
        answer: Any = ctx.ask(commands.rooms(min(DIRECTORY_SECONDS, _left(ctx))))
    except BackendError:
        raise CspError(StatusCode.SEARCH_TIMED_OUT, "the rooms cannot be listed now") from None
    return {jid: name or addresses.local_of(jid) for jid, name in answer.get("rooms", ())}


def _topics(ctx: Context, jids: list[str]) -> dict[str, str]:
    """What rooms are about, as far as they or those in them have told it."""
    told: Any = ctx.ask(commands.ask_info(jids, _left(ctx)))
    inside = {jid: room.topic or "" for jid, room in rooms.joined(ctx).items()}
    return {jid: f"{topic}\n{inside.get(jid, '')}".strip() for jid, (_, topic) in told.get("info", {}).items()}


HANDLERS: Table = {SearchRequest: run, StopSearchRequest: stop}
