"""Search: what a request asks for, who meets it, and which hits come next (messages.md 14, flows.md 13). Pure; whom there is to
find is the caller's business. Persons and rooms are bare JIDs here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from onesoup.csp import criteria
from onesoup.csp.codec.binding import TRUE
from onesoup.csp.codec.generated_elements import GroupList, SearchRequest, SearchResponse, SearchResult, User, UserList
from onesoup.csp.criteria import Logic
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.wire import xmltext

MAX_SEARCH_HITS = 200
MAX_CRITERIA, MAX_STRING = 16, 200
# What stands around the hits of an answer, and around each of them, in octets of XML, generously.
_FRAME, _AROUND = 1000, 40

# Which facts about a person each criterion looks at. "name" is what the asking user calls the contact.
FACTS_OF_CRITERION = {
    "USER_ID": ("id",),
    "USER_FIRST_NAME": ("first", "name"),
    "USER_LAST_NAME": ("last", "name"),
    "USER_ALIAS": ("nick", "name"),
    "USER_FRIENDLY_NAME": ("nick", "full", "name"),
    "USER_EMAIL_ADDRESS": ("email",),
    "USER_MOBILE_NUMBER": ("phone", "id"),
    "USER_CITY": ("city",),
    "USER_COUNTRY": ("country",),
}
ONLINE_CRITERION = "USER_ONLINE_STATUS"
# XMPP has no answer to these: beside other criteria they are ignored, alone they find no one (xmpp-mapping.md 9).
UNANSWERABLE_CRITERIA = frozenset(
    {
        "USER_AGE_MIN",
        "USER_AGE_MAX",
        "USER_GENDER",
        "USER_INTENTION",
        "USER_INTERESTS_HOBBIES",
        "USER_MARITAL_STATUS",
    }
)
OWNER, JOINED, AUTOJOIN = "GROUP_USER_ID_OWNER", "GROUP_USER_ID_JOINED", "GROUP_USER_ID_AUTOJOIN"
OF_USERS = frozenset({OWNER, JOINED, AUTOJOIN})
GROUP_ID, GROUP_NAME, GROUP_TOPIC = "GROUP_ID", "GROUP_NAME", "GROUP_TOPIC"
_USERS = FACTS_OF_CRITERION.keys() | {ONLINE_CRITERION} | UNANSWERABLE_CRITERIA
_GROUPS = OF_USERS | {GROUP_ID, GROUP_NAME, GROUP_TOPIC}


@dataclass(frozen=True, slots=True)
class Criterion:
    """`text` is folded, without wv: and percent signs."""

    element: str
    text: str


@dataclass(frozen=True, slots=True)
class SearchWish:
    """`logic` says which criteria must be met: all of them, unless the phone joins them otherwise; None when none of them can be
    answered by anybody. `groups`: rooms are searched, else persons."""

    criteria: tuple[Criterion, ...]
    groups: bool
    logic: Logic | None

    def texts(self, *elements: str) -> list[str]:
        return [each.text for each in self.criteria if each.element in elements]

    def decide(self, verdicts: Sequence[bool | None]) -> bool | None:
        """Whether the wish is met, by whether each criterion is; None: that cannot be told yet."""
        return False if self.logic is None else criteria.evaluate_expression(self.logic, verdicts)

    def facts(self) -> list[dict[str, str]]:
        """What a directory may be asked: for each way to meet the wish, criteria that all must be met."""
        if self.logic is None:
            return []
        ways = [[self.criteria[index] for index in sorted(way)] for way in criteria.alternative_queries(self.logic)]
        return [
            facts for way in ways if (facts := {each.element: each.text for each in way if each.element in FACTS_OF_CRITERION})
        ]


def read_search(request: SearchRequest) -> SearchWish:
    """402 without criteria, with one that is not known, with persons and groups mixed, or joined in a way that makes no sense."""
    if len(request.search_pair_list) > MAX_CRITERIA:
        raise CspError(StatusCode.BAD_PARAMETER, "too many criteria")
    asked: list[Criterion] = []
    places: dict[int, int | None] = {}
    for number, pair in enumerate(request.search_pair_list, 1):
        element = (pair.search_element or "").strip().upper()
        if element not in _USERS and element not in _GROUPS:
            raise CspError(StatusCode.BAD_PARAMETER, "unknown search element")
        text = folded_text((pair.search_string or "")[:MAX_STRING])
        counts = bool(text) and element not in UNANSWERABLE_CRITERIA
        places[number if pair.pair_id is None else pair.pair_id] = len(asked) if counts else None
        if text:
            asked.append(Criterion(element, text))
    if not asked:
        raise CspError(StatusCode.BAD_PARAMETER, "no search criteria")
    groups = asked[0].element in _GROUPS
    if any((each.element in _GROUPS) is not groups for each in asked):
        raise CspError(StatusCode.BAD_PARAMETER, "criteria of persons and of groups")
    counting = tuple(index for index, each in enumerate(asked) if each.element not in UNANSWERABLE_CRITERIA)
    logic: Logic | None = (criteria.AND, counting) if counting else None
    if advanced := (request.advanced_criteria or "").strip():
        logic = criteria.read_expression(advanced, places)
    return SearchWish(tuple(asked), groups, logic)


def folded_text(text: str) -> str:
    """As it is compared: small letters, without scheme, percent signs and wild cards."""
    text = text.strip().lower()
    return unquote(text.removeprefix("wv:")).strip("*").strip()


@dataclass(frozen=True, slots=True)
class SearchPerson:
    """Somebody who may be meant. `facts` is what is known by now; `complete`: more cannot be learned."""

    jid: str
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    online: bool | None = None
    complete: bool = False

    def with_facts(self, more: Mapping[str, Iterable[str]], complete: bool = False) -> "SearchPerson":
        names = self.facts.keys() | more.keys()
        merged = {name: (*self.facts.get(name, ()), *more.get(name, ())) for name in names}
        return replace(self, facts=merged, complete=self.complete or complete)


def person_matches(person: SearchPerson, wish: SearchWish) -> bool | None:
    """Whether somebody is who is meant; None when that cannot be told without knowing more."""
    return wish.decide([_meets(person, each) for each in wish.criteria])


def _meets(person: SearchPerson, criterion: Criterion) -> bool | None:
    element, wanted = criterion.element, criterion.text
    if element in UNANSWERABLE_CRITERIA:
        return None
    if element == ONLINE_CRITERION:
        return person.online is not None and person.online is (wanted in TRUE)
    values = [value for name in FACTS_OF_CRITERION[element] for value in person.facts.get(name, ())]
    if "id" in FACTS_OF_CRITERION[element]:
        values += [person.jid, addresses.local_of(person.jid)]
    if element == "USER_MOBILE_NUMBER":
        wanted = only_digits(wanted)
        found = bool(wanted) and any(wanted in only_digits(value) for value in values)
    else:
        found = any(wanted in value.lower() for value in values)
    return found or (False if person.complete or element == "USER_ID" else None)


def names_room(criterion: Criterion, ids: Iterable[str], name: str | None, topic: str | None) -> bool | None:
    """Whether a room's address (by one of the GroupIDs that mean it), its name or its topic has what a criterion asks for. None
    for what is not known of it."""
    if criterion.element == GROUP_ID:
        return any(criterion.text in unquote(each).lower() for each in ids)
    value = {GROUP_NAME: name, GROUP_TOPIC: topic}[criterion.element]
    return None if value is None else criterion.text in value.lower()


def only_digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


# --- page by page ---


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of one search, and how many of them the phone was given."""

    jids: tuple[str, ...]
    groups: bool = False
    given: int = 0


def page_start(found: Found, index: int | None) -> int:
    """How many hits stand before the page that is asked for. Phones name the last hit that they were given, or the one behind
    it (messages.md 14). 425 beyond the end, except right behind it: that is an empty page."""
    if index is None or index in (found.given, found.given + 1):
        return found.given
    if index > len(found.jids) + 1:
        raise CspError(StatusCode.INVALID_SEARCH_INDEX, "no such index")
    return max(index - 1, 0)


def result_page(names: Iterable[str], limit: int | None, parser: int) -> list[str]:
    """As many of the names as the phone wants and can read, and one at least."""
    taken: list[str] = []
    room = parser - _FRAME
    for name in names:
        room -= xmltext.text_size(name) + _AROUND
        if taken and (len(taken) >= (limit or MAX_SEARCH_HITS) or room < 0):
            break
        taken.append(name)
    return taken


def search_response(search_id: int, found: Found, names: list[str]) -> SearchResponse:
    """`found.given` counts this page already. The index is that of the last hit given."""
    response = SearchResponse(
        search_id=search_id,
        search_findings=len(found.jids),
        completion_flag=found.given >= len(found.jids),
        search_index=max(found.given, 1),
    )
    if names and found.groups:
        response.search_result = SearchResult(group_list=GroupList(group_id=names))
    elif names:
        response.search_result = SearchResult(user_list=UserList(user=[User(user_id=each) for each in names]))
    return response
