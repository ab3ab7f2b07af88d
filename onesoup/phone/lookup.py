"""What a phone asks about people: who there is, and what they say of themselves. Functions over the engine's phone."""

from collections.abc import Mapping

from onesoup.csp.codec.generated_elements import (
    GetPublicProfileRequest,
    GetPublicProfileResponse,
    Property,
    PublicProfile,
    SearchPairList,
    SearchRequest,
    SearchResponse,
    Status,
    StopSearchRequest,
    UpdatePublicProfileRequest,
)
from onesoup.csp.status import StatusCode
from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError, Refused

# What is asked for a word, one after the other: a server meets all criteria of one search or none.
NAME_CRITERIA = ("USER_ID", "USER_ALIAS", "USER_FIRST_NAME", "USER_LAST_NAME")
SEARCH_PAGE_SIZE, MAX_SEARCH_PAGES = 20, 10

# What people type -> the property.
PROPERTY_OF_WORD = {
    "name": "PP_FRIENDLY_NAME",
    "text": "PP_FREE_TEXT",
    "city": "PP_CITY",
    "country": "PP_COUNTRY",
    "gender": "PP_GENDER",
    "marital": "PP_MARITAL_STATUS",
    "intention": "PP_INTENTION",
    "interests": "PP_INTERESTS",
}


def find(phone: Phone, word: str) -> list[str]:
    """The addresses of everybody who may be meant by a name, an address, a number or a mail address."""
    elements: tuple[str, ...] = ("USER_MOBILE_NUMBER",) if word.strip("+ 0123456789") == "" else NAME_CRITERIA
    if "@" in word and not word.lower().startswith("wv:"):
        elements = ("USER_ID", "USER_EMAIL_ADDRESS")
    found: dict[str, None] = {}
    for element in elements:
        found.update(dict.fromkeys(search(phone, {element: word})))
    return list(found)


def search(phone: Phone, criteria: Mapping[str, str]) -> list[str]:
    """All hits of one search, page by page."""
    pairs = [SearchPairList(element, text) for element, text in criteria.items()]
    answer = _good(phone, SearchRequest(search_pair_list=pairs, search_limit=SEARCH_PAGE_SIZE))
    found = _users(answer)
    for _ in range(MAX_SEARCH_PAGES):
        if answer.completion_flag:
            break
        next_index = (answer.search_index or 0) + 1
        answer = _good(phone, SearchRequest(search_id=answer.search_id, search_index=next_index, search_limit=SEARCH_PAGE_SIZE))
        found += _users(answer)
    phone.request(StopSearchRequest(search_id=answer.search_id))
    return found


def _good(phone: Phone, request: SearchRequest) -> SearchResponse:
    answer = phone.request(request)
    if not isinstance(answer, SearchResponse):
        raise refusal(answer, "Search")
    return answer


def _users(answer: SearchResponse) -> list[str]:
    users = answer.search_result.user_list if answer.search_result else None
    return [each.user_id for each in users.user if each.user_id] if users else []


def profile(phone: Phone, user: str) -> dict[str, str]:
    """What somebody says of himself, by property."""
    answer = phone.request(GetPublicProfileRequest(user_id=[user]))
    if not isinstance(answer, GetPublicProfileResponse) or (answer.result and answer.result.code != StatusCode.SUCCESSFUL):
        raise refusal(answer, "GetPublicProfile")
    return {each.name or "": each.value or "" for found in answer.public_profile for each in found.property}


def change_profile(phone: Phone, values: Mapping[str, str], clear: bool = False) -> None:
    properties = [Property(name=name, value=value) for name, value in values.items()]
    request = UpdatePublicProfileRequest(
        clear_public_profile=clear or None,
        public_profile=PublicProfile(user_id=phone.address, property=properties) if values else None,
    )
    answer = phone.request(request)
    if not isinstance(answer, Status) or not answer.result or answer.result.code != StatusCode.SUCCESSFUL:
        raise refusal(answer, "UpdatePublicProfile")


def refusal(answer: object, what: str) -> PhoneError:
    result = getattr(answer, "result", None)
    if result is None or result.code is None:
        return PhoneError(f"an answer to {what} that no phone understands")
    return Refused(result.code, result.description or "", what)
