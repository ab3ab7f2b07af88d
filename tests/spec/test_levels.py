"""Levels, by results that are made here."""

from dataclasses import replace

import pytest

from onesoup.spec.areas import ALL_CASES
from onesoup.spec.case import CaseLevel, Outcome
from onesoup.spec.column import CaseResult
from onesoup.spec.levels import level_states
from onesoup.wire.document import Encoding

CASE = ALL_CASES[0]


def states(*results: tuple[str, CaseLevel, Outcome]) -> dict[str, bool | None]:
    rows = [CaseResult(replace(CASE, level=level), version, Encoding.XML, outcome) for version, level, outcome in results]
    return {each.name: each.reached for each in level_states(rows)}


GOOD_CHAT = ("1.1", CaseLevel.CHAT, Outcome.PASSED)


@pytest.mark.parametrize(
    ("more", "chat", "complete"),
    [
        (("1.1", CaseLevel.COMPLETE, Outcome.PASSED), True, True),
        (("1.1", CaseLevel.COMPLETE, Outcome.FAILED), True, False),
        (("1.1", CaseLevel.COMPLETE, Outcome.NOT_OFFERED), True, False),
        (("1.1", CaseLevel.COMPLETE, Outcome.NOT_RUN), True, False),
        (("1.1", CaseLevel.OPTIONAL, Outcome.NOT_OFFERED), True, True),
        (("1.1", CaseLevel.OPTIONAL, Outcome.FAILED), True, False),
        (("1.1", CaseLevel.CHAT, Outcome.FAILED), False, False),
        (("1.1", CaseLevel.CHAT, Outcome.NOT_OFFERED), False, False),
    ],
)
def test_what_a_level_asks_for(more: tuple[str, CaseLevel, Outcome], chat: bool, complete: bool) -> None:
    assert states(GOOD_CHAT, more) == {"chat": chat, "1.1": complete, "1.2": None, "1.3": None}


def test_a_version_that_is_not_offered_does_not_keep_phones_of_another_from_chatting() -> None:
    found = states(GOOD_CHAT, ("1.3", CaseLevel.CHAT, Outcome.NOT_OFFERED))
    assert (found["chat"], found["1.1"], found["1.3"]) == (True, True, False)


def test_a_server_that_offers_no_version_reaches_nothing() -> None:
    assert states(("1.1", CaseLevel.CHAT, Outcome.NOT_OFFERED))["chat"] is False
