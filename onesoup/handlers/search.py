"""Search for users and rooms (flows.md 13, xmpp-mapping.md 9): in the user's contacts, the directory of the domain, vCards and
rooms.

S60 searches its own groups at each log-in: that is answered from Redis, at once, and never with an error."""

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache

from onesoup.csp import groups, search
from onesoup.csp.codec.generated_elements import Primitive, SearchRequest, StopSearchRequest
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.search import Found, SearchPerson, SearchWish
from onesoup.csp.service_contact import SERVICE_NAME, service_address
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.csp.transactions import Table, status
from onesoup.handlers.context import Context, spellings
from onesoup.handlers.groups import rooms
from onesoup.handlers.groups.rooms import all_kept_properties
from onesoup.xmpp import commands, room_service
from onesoup.xmpp.answers import DirectoryHits, EntityInfos, Profiles, RoomList
from onesoup.xmpp.bookmarks import Bookmark, ask_bookmarks, read_bookmarks

# Most vCards that one search reads, and most rooms whose topic it asks for.
MAX_SEARCH_VCARDS, MAX_SEARCH_TOPICS = 20, 20
# Most queries that one search sends to the directory, their time, and what is kept of the request's time for the answer.
MAX_DIRECTORY_QUERIES = 3
DIRECTORY_SECONDS, SEARCH_ANSWER_SECONDS = 5.0, 0.7


def search_or_next(ctx: Context, request: SearchRequest) -> Primitive:
    """The first page of a new search, or the next page of a running one."""
    if request.search_pair_list or request.search_id is None:
        wish = search.read_search(request)
        jids = _rooms(ctx, wish) if wish.groups else _people(ctx, wish)
        found = Found(tuple(jids[: search.MAX_SEARCH_HITS]), wish.groups)
        return _page(ctx, 1 + secrets.randbelow(2**31 - 1), found, 0, request.search_limit)
    kept = ctx.services.searches.get(ctx.sid, request.search_id)
    if kept is None:
        raise CspError(StatusCode.INVALID_SEARCH_ID, "the search has ended")
    found = Found(*kept)
    return _page(ctx, request.search_id, found, search.page_start(found, request.search_index), request.search_limit)


def stop_search(ctx: Context, request: StopSearchRequest) -> Primitive:
    if request.search_id is None or not ctx.services.searches.drop(ctx.sid, request.search_id):
        raise CspError(StatusCode.INVALID_SEARCH_ID, "no such search")
    return status(StatusCode.SUCCESSFUL)


def _page(ctx: Context, search_id: int, found: Found, start: int, limit: int | None) -> Primitive:
    rest = found.jids[start:]
    names = search.result_page(_names(ctx, found, rest), limit, ctx.caps.parser)
    found = replace(found, given=start + len(names))
    ctx.services.searches.put(ctx.sid, search_id, found.jids, found.groups, found.given)
    return search.search_response(search_id, found, names)


def _names(ctx: Context, found: Found, jids: tuple[str, ...]) -> list[str]:
    if found.groups:
        id_of = _group_ids(ctx)
        return [id_of(jid) for jid in jids]
    spelled = spellings(ctx.services, ctx.sid, list(jids))
    return [ctx.session.spelled(jid, spelled.get(jid)) for jid in jids]


# --- persons ---


def _people(ctx: Context, wish: SearchWish) -> list[str]:
    """Bare JIDs, contacts first. 535 when none was found and the directory did not answer."""
    if wish.logic is None:
        return []
    people = _contacts(ctx, wish)
    for jid in {service_address(ctx.services.policy.service_contact, ctx.session.jid)} - {"", *people}:
        people[jid] = SearchPerson(jid, {"name": (SERVICE_NAME,)}, online=True, complete=True)
    late = _directory(ctx, wish, people)
    _named(ctx, wish, people)
    _present(ctx, people)
    verdicts = {jid: search.person_matches(person, wish) for jid, person in people.items()}
    undecided = [jid for jid, verdict in verdicts.items() if verdict is None][:MAX_SEARCH_VCARDS]
    for jid, facts in _cards(ctx, undecided).items():
        verdicts[jid] = search.person_matches(people[jid].with_facts(facts, complete=True), wish)
    hits = [jid for jid, verdict in verdicts.items() if verdict]
    if late and not hits:
        raise CspError(StatusCode.SEARCH_TIMED_OUT, "the directory does not answer")
    return hits


def _present(ctx: Context, people: dict[str, SearchPerson]) -> None:
    """Adds occupants of the joined groups whose address is visible, by screen name."""
    for each in rooms.known_occupants(ctx):
        if each.jid == ctx.session.jid:
            continue
        person = people.get(each.jid, SearchPerson(each.jid, online=True, complete=True))
        people[each.jid] = person.with_facts({"nick": [each.nick]})


def _contacts(ctx: Context, wish: SearchWish) -> dict[str, SearchPerson]:
    items = sorted((item for item in ctx.roster().values() if item.shown), key=lambda each: (each.name or each.jid).lower())
    online: Mapping[str, bool | None] = {}
    if wish.texts(search.ONLINE_CRITERION):
        shown = ctx.services.sessions.contacts.presence(ctx.sid, [item.jid for item in items])
        online = {jid: each.online if each is not None and each.known else None for jid, each in shown.items()}
    return {item.jid: SearchPerson(item.jid, {"name": (item.name,)}, online.get(item.jid)) for item in items}


def _directory(ctx: Context, wish: SearchWish, people: dict[str, SearchPerson]) -> bool:
    """Adds users that the directory of the domain finds. True when it did not answer."""
    late = False
    for wanted in wish.facts()[:MAX_DIRECTORY_QUERIES]:
        try:
            answer = ctx.ask(commands.SearchDirectory(wanted, min(DIRECTORY_SECONDS, _left(ctx))), DirectoryHits)
        except (BackendError, CspError):
            return True
        late = late or answer.late
        for jid, facts in answer.found:
            people[jid] = people.get(jid, SearchPerson(jid)).with_facts(facts)
    return late


def _named(ctx: Context, wish: SearchWish, people: dict[str, SearchPerson]) -> None:
    """Adds users whose full address is searched, in a served domain, whether a directory knows them or not."""
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
        answer = ctx.ask(commands.FetchProfiles(tuple(jids), _left(ctx)), Profiles)
    except (BackendError, CspError):
        return {}
    return {jid: card.facts for jid, card in answer.cards.items()}


def _left(ctx: Context) -> float:
    return max(ctx.deadline - time.monotonic() - SEARCH_ANSWER_SECONDS, 0.1)


# --- rooms ---


def owned_rooms(ctx: Context) -> set[str]:
    """Rooms that this account has created through the gateway, or that the session is in as an owner."""
    made = {room for room, each in all_kept_properties(ctx.services, ctx.session.jid).items() if each.created}
    return made | {jid for jid, room in rooms.joined_rooms(ctx).items() if room.affiliation == "owner"}


def entered_rooms(ctx: Context) -> set[str]:
    """Rooms that this session is in."""
    return set(rooms.joined_rooms(ctx))


def autojoined_rooms(ctx: Context) -> set[str]:
    """Rooms that the account joins after each log-in, by its own properties and by bookmarks of its other clients."""
    marks: dict[str, Bookmark] = {}
    with suppress(BackendError, CspError):
        marks = read_bookmarks(ctx.query(ask_bookmarks())[0].payload)
    mine = all_kept_properties(ctx.services, ctx.session.jid)
    auto = {room: each.auto for room, each in mine.items()} | {room: mark.auto for room, mark in marks.items()}
    return {room for room, is_auto in auto.items() if is_auto}


_OF_ONESELF = {search.OWNER: owned_rooms, search.JOINED: entered_rooms, search.AUTOJOIN: autojoined_rooms}


def _group_ids(ctx: Context) -> Callable[[str], str]:
    """A function from room to GroupID: as the phone has named it, in this session or an earlier one."""
    named = {room: each.gid for room, each in all_kept_properties(ctx.services, ctx.session.jid).items() if each.gid}
    named |= {room: each.gid for room, each in rooms.joined_rooms(ctx).items()}
    domain_of = cache(lambda service: room_service.domain_of(ctx.services.groups, ctx.session.domain, service))
    return lambda room: named.get(room) or room_service.group_id(room, domain_of(addresses.domain_of(room)))


def _rooms(ctx: Context, wish: SearchWish) -> list[str]:
    """Room JIDs. Rooms of other users are not known. The domain's room list is fetched only when it matters."""
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
    open_ = sorted(jid for jid, verdict in found.items() if verdict is None)[:MAX_SEARCH_TOPICS]
    topics = _topics(ctx, open_) if open_ and wish.texts(search.GROUP_TOPIC) else {}
    return sorted(jid for jid in candidates if found[jid] or (jid in topics and wish.decide(verdicts(jid, names, topics))))


def _is_self(ctx: Context, text: str) -> bool:
    try:
        return ctx.session.jid_of(text) == ctx.session.jid
    except CspError:
        return False


def _listed(ctx: Context) -> dict[str, str]:
    """Room -> name, for rooms that the domain lists. A room without a name gets the local part of its address."""
    try:
        answer = ctx.ask(commands.ListRooms(min(DIRECTORY_SECONDS, _left(ctx))), RoomList)
    except BackendError:
        raise CspError(StatusCode.SEARCH_TIMED_OUT, "the rooms cannot be listed now") from None
    return {jid: name or addresses.local_of(jid) for jid, name in answer.rooms}


def _topics(ctx: Context, jids: list[str]) -> dict[str, str]:
    """Topics of rooms, from the rooms and from joined occupancy."""
    told = ctx.ask(commands.AskInfo(tuple(jids), _left(ctx)), EntityInfos)
    inside = {jid: room.topic or "" for jid, room in rooms.joined_rooms(ctx).items()}
    return {jid: f"{each.topic}\n{inside.get(jid, '')}".strip() for jid, each in told.info.items()}


HANDLERS: Table = {SearchRequest: search_or_next, StopSearchRequest: stop_search}
