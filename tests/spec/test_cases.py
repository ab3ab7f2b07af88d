"""The table of cases: what each rests on is there, and nothing stands twice."""

import re
from collections import Counter
from pathlib import Path

import pytest

from onesoup.spec.areas import ALL_CASES, AREAS
from onesoup.spec.case import Case
from onesoup.spec.run import chosen_cases
from onesoup.spec.standing import STANDING_RULES

PAGES = Path(__file__).resolve().parents[2] / "docs" / "protocol"


def sections(page: str) -> set[str]:
    """The numbers of a page's headings."""
    return set(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", (PAGES / page).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.id)
def test_a_case_rests_on_a_section_that_is_there(case: Case) -> None:
    assert case.section in sections(case.page)


def test_no_id_stands_twice() -> None:
    assert [name for name, count in Counter(case.id for case in ALL_CASES).items() if count > 1] == []


def test_every_area_has_cases_of_its_own_name() -> None:
    assert all(area.cases and all(case.area == area.name for case in area.cases) for area in AREAS)


def test_what_people_read_is_a_sentence() -> None:
    texts = [text for case in ALL_CASES for text in (case.asks, case.breaks)]
    assert [text for text in texts if not (text[0].isupper() and text.endswith("."))] == []


def test_every_rule_for_all_answers_has_its_case() -> None:
    assert {case.id for case in ALL_CASES if case.standing} == set(STANDING_RULES)


def test_a_part_of_an_id_chooses_all_that_begin_with_it() -> None:
    chosen = {case.id for case in chosen_cases(["session.login", "lists/get"])}
    assert chosen == {case.id for case in ALL_CASES if case.id.startswith("session.login.") or case.id == "lists.get"}
    with pytest.raises(KeyError):
        chosen_cases(["session.log"])
