"""Criteria, who meets them, pages; and the pairs of 1.3, of which several stand in one list."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp import criteria, search
from onesoup.csp.codec.binding import read_primitive
from onesoup.csp.codec.generated_elements import SearchPairList, SearchRequest
from onesoup.csp.errors import CspError
from onesoup.csp.search import Found, SearchPerson
from onesoup.wire.tree import Element


def wish(**criteria):
    return search.read_search(SearchRequest(search_pair_list=[SearchPairList(name, text) for name, text in criteria.items()]))


BEN = SearchPerson("ben.li@example.org", {"name": ("Benny",)}).with_facts(
    {"first": ["Ben"], "city": ["Oslo"], "phone": ["+47 22 33"]}
)


@pytest.mark.parametrize(
    ("criteria", "verdict"),
    [
        ({"USER_ID": "wv:Ben.Li@EXAMPLE.org"}, True),
        ({"USER_ID": "%62en*"}, True),
        ({"USER_ID": "carol"}, False),
        ({"USER_ALIAS": "NNY"}, True),
        ({"USER_FIRST_NAME": "ben", "USER_CITY": "oslo"}, True),
        ({"USER_FIRST_NAME": "ben", "USER_CITY": "bergen"}, None),
        ({"USER_FIRST_NAME": "ben", "USER_ID": "carol", "USER_CITY": "bergen"}, False),
        ({"USER_MOBILE_NUMBER": "2233"}, True),
        ({"USER_MOBILE_NUMBER": "no digits"}, None),
        ({"USER_LAST_NAME": "li"}, None),
        ({"USER_ONLINE_STATUS": "T"}, False),
        ({"USER_GENDER": "M", "USER_CITY": "oslo"}, True),
    ],
)
def test_all_criteria_count_and_what_is_not_known_is_not_denied(criteria, verdict):
    assert search.person_matches(BEN, wish(**criteria)) is verdict


def test_once_everything_is_known_a_criterion_is_met_or_not():
    asked = wish(USER_CITY="bergen")
    assert search.person_matches(BEN.with_facts({}, complete=True), asked) is False
    assert search.person_matches(BEN.with_facts({"city": ["Bergen"]}, complete=True), asked) is True


@pytest.mark.parametrize(
    ("online", "text", "verdict"), [(True, "T", True), (False, "T", False), (False, "F", True), (None, "F", False)]
)
def test_who_is_online_is_told_only_where_it_is_known(online, text, verdict):
    assert search.person_matches(SearchPerson("x@y", {}, online), wish(USER_ONLINE_STATUS=text)) is verdict


def test_what_nobody_can_answer_alone_finds_nobody():
    assert wish(USER_GENDER="F", USER_AGE_MIN="30").logic is None
    assert wish(USER_GENDER="F", USER_CITY="x").logic is not None


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (SearchRequest(), 402),
        (SearchRequest(search_pair_list=[SearchPairList("USER_ID", " ")]), 402),
        (SearchRequest(search_pair_list=[SearchPairList("USER_SHOE", "44")]), 402),
        (SearchRequest(search_pair_list=[SearchPairList(None, "44")]), 402),
        (SearchRequest(search_pair_list=[SearchPairList("USER_ID", "a"), SearchPairList("GROUP_ID", "a")]), 402),
        (SearchRequest(search_pair_list=[SearchPairList("USER_ID", "a")] * 17), 402),
        (SearchRequest(search_pair_list=[SearchPairList("USER_ID", "a")], advanced_criteria="1 OR 2"), 402),
        (SearchRequest(advanced_criteria="1"), 402),
    ],
)
def test_criteria_that_make_no_search_are_refused(request_, code):
    with pytest.raises(CspError) as error:
        search.read_search(request_)
    assert error.value.code == code


def test_several_pairs_in_one_list_are_several_criteria():
    pairs = [
        ("SearchElement", "USER_ID"),
        ("SearchString", "a"),
        ("PairID", "1"),
        ("SearchElement", "USER_CITY"),
        ("SearchString", "b"),
    ]
    inside = Element("SearchPairList", "", [Element(name, text) for name, text in pairs])
    request = read_primitive(Element("Search-Request", "", [inside, Element("SearchLimit", "3")]))
    assert request == SearchRequest(
        search_pair_list=[SearchPairList("USER_ID", "a", 1), SearchPairList("USER_CITY", "b")], search_limit=3
    )


# --- joined otherwise than by "and" ---


def joined(text, *pairs):
    made = [SearchPairList(element, string, number) for number, (element, string) in enumerate(pairs, 7)]
    return search.read_search(SearchRequest(search_pair_list=made, advanced_criteria=text))


CITY, ALIAS, CAROL, GENDER = ("USER_CITY", "oslo"), ("USER_ALIAS", "zoe"), ("USER_ID", "carol"), ("USER_GENDER", "M")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("7", True),
        ("7 AND 9", False),
        ("7 or 9", True),
        ("7 AND NOT 9", True),
        ("!(7|9)", False),
        ("(8 OR 9) && 7", None),
        ("9 AND 8 OR 7", True),
        ("10 AND 7", True),
        ("NOT 10", False),
        ("10 OR 9", False),
    ],
)
def test_pairs_are_joined_as_the_phone_says(text, verdict):
    """7: met; 8: not known; 9: not met; 10: nobody could know, so that it does not count."""
    assert search.person_matches(BEN, joined(text, CITY, ALIAS, CAROL, GENDER)) is verdict


@pytest.mark.parametrize(
    "text", ["AND", "7 8", "(7", "7)", "7 AND", "NOT", "3", "7 XOR 8", "7; 8", "(" * 40 + "7" + ")" * 40, "7 OR " * 200 + "7"]
)
def test_what_joins_nothing_is_refused(text):
    with pytest.raises(CspError) as error:
        joined(text, CITY, ALIAS)
    assert error.value.code == 402


def test_pairs_without_an_id_go_by_their_place():
    asked = SearchRequest(search_pair_list=[SearchPairList(*CITY), SearchPairList(*CAROL)], advanced_criteria="1 AND NOT 2")
    assert search.person_matches(BEN, search.read_search(asked)) is True


def test_a_directory_is_asked_once_for_each_way_to_meet_the_criteria():
    assert joined("7 AND (8 OR 9)", CITY, ALIAS, CAROL).facts() == [
        {"USER_CITY": "oslo", "USER_ALIAS": "zoe"},
        {"USER_CITY": "oslo", "USER_ID": "carol"},
    ]
    assert joined("NOT 7 AND 8", CITY, ALIAS).facts() == [{"USER_ALIAS": "zoe"}]
    assert joined("NOT 7", CITY).facts() == []


_LOGIC = st.recursive(
    st.integers(1, 5).map(str),
    lambda inner: st.one_of(
        inner.map(lambda each: f"NOT ({each})"),
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"),
    ),
    max_leaves=8,
)


@given(_LOGIC, st.lists(st.booleans(), min_size=5, max_size=5))
def test_an_expression_means_what_it_means_in_python(text, values):
    logic = criteria.read_expression(text, {number: number - 1 for number in range(1, 6)})
    named = {f"p{number}": value for number, value in enumerate(values, 1)}
    expected = eval(re.sub(r"(\d)", r"p\1", text).lower(), {}, named)
    assert criteria.evaluate_expression(logic, values) is expected
    if expected:
        # Whoever meets it is among those of one of the ways, if it has as few as are looked at.
        ways = criteria.alternative_queries(logic)
        assert len(ways) == criteria.MOST_WAYS or any(all(values[index] for index in way) for way in ways)


# --- pages ---


@given(st.integers(0, 30), st.integers(1, 7), st.booleans())
def test_every_hit_comes_once_whichever_index_a_phone_counts_with(total, limit, behind):
    found, seen = Found(tuple(f"p{n}" for n in range(total))), []
    index = None
    for _ in range(total + 1):
        start = search.page_start(found, index)
        names = search.result_page(found.jids[start:], limit, 131_072)
        found = Found(found.jids, False, start + len(names))
        seen += names
        answer = search.search_response(7, found, names)
        assert answer.search_findings == total
        if answer.completion_flag:
            break
        index = answer.search_index + behind
    assert seen == list(found.jids)


def test_a_page_behind_the_end_is_empty_and_one_further_on_an_error():
    found = Found(("a", "b", "c"), given=2)
    assert search.page_start(found, 4) == 3
    assert search.page_start(found, 1) == 0
    with pytest.raises(CspError) as error:
        search.page_start(found, 5)
    assert error.value.code == 425


def test_a_page_fits_the_phone_and_is_never_without_end():
    names = [f"wv:somebody{n}@example.org" for n in range(200)]
    assert 1 < len(search.result_page(names, None, 3000)) < 40
    assert len(search.result_page(names, None, 0)) == 1
    assert search.result_page([], 5, 3000) == []
