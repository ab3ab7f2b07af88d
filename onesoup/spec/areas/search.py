"""Cases about search."""

from onesoup.csp.codec.generated_elements import (
    IDList,
    SearchPairList,
    SearchRequest,
    SearchResponse,
    Status,
    StopSearchRequest,
    VerifyIDRequest,
)
from onesoup.phone.addresses import user_key
from onesoup.spec.areas.groups import own_group
from onesoup.spec.areas.marks import ONE, TWO
from onesoup.spec.case import SINCE_1_2, Area, expect
from onesoup.spec.scene import Scene, fresh_word

area = Area("search", "Search", "FundamentalFeat/SearchFunc/SRCH")


def asked(element: str, text: str) -> SearchRequest:
    return SearchRequest(search_pair_list=[SearchPairList(search_element=element, search_string=text)], search_limit=20)


@area.case(
    "user",
    "A search by USER_ID finds the user.",
    "flows.md 13",
    TWO,
    "A phone cannot add somebody whose address it looks up first.",
)
def search_user(scene: Scene) -> None:
    scene.column.friends(scene)
    bob = scene.bob.address
    answer = scene.alice.ask(asked("USER_ID", bob), SearchResponse)
    users = answer.search_result.user_list.user if answer.search_result and answer.search_result.user_list else []
    expect(user_key(bob) in [user_key(each.user_id or "") for each in users], "the user is not found")


@area.case(
    "form",
    "An answer to a search has a SearchID and a CompletionFlag.",
    "flows.md 13",
    ONE,
    "A Nokia S60 fails the whole message.",
)
def form(scene: Scene) -> None:
    answer = scene.alice.ask(asked("USER_ID", scene.alice.address), SearchResponse)
    expect(answer.search_id is not None, "no SearchID")
    expect(answer.completion_flag is not None, "no CompletionFlag")


@area.case(
    "nothing",
    "A search that finds nothing is answered with 0 findings and CompletionFlag T.",
    "flows.md 13",
    TWO,
    "A phone asks for the next page without end.",
)
def nothing(scene: Scene) -> None:
    answer = scene.alice.ask(asked("USER_ID", fresh_word("nobody")), SearchResponse)
    expect(not answer.search_findings, f"SearchFindings {answer.search_findings}")
    expect(answer.completion_flag, "CompletionFlag is not T")


@area.case(
    "own-groups",
    "A search by GROUP_USER_ID_OWNER is answered.",
    "flows.md 7",
    ONE,
    "A Nokia S60 asks at every start; it goes on after an error.",
)
def own_groups(scene: Scene) -> None:
    own_group(scene)
    scene.alice.ask(asked("GROUP_USER_ID_OWNER", scene.alice.address), SearchResponse)


@area.case(
    "stop",
    "StopSearch of a search is answered with 200.",
    "messages.md 14",
    TWO,
    "A phone shows an error when its owner stops.",
    feature="FundamentalFeat/SearchFunc/STSRC",
)
def stop(scene: Scene) -> None:
    answer = scene.alice.ask(asked("USER_ID", scene.alice.address), SearchResponse)
    scene.alice.ask(StopSearchRequest(search_id=answer.search_id), Status)


@area.case(
    "verify",
    "VerifyID of the own address is answered with 200.",
    "messages.md 7",
    TWO,
    "A phone refuses to add contacts that it cannot verify.",
    versions=SINCE_1_2,
    feature="FundamentalFeat/VerifyIDFunc/VRID",
)
def verify(scene: Scene) -> None:
    scene.alice.ask(VerifyIDRequest(id_list=IDList(user_id=[scene.alice.address])), Status)
