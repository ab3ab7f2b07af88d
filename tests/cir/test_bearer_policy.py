"""Which bearer, and when: the table of cir.md 10 as stories of one phone. No clock, no Redis."""

from dataclasses import replace

import pytest

from cir.bearer_policy import Exhausted, Facts, Send, Wait, step
from onesoup.store.wakeup.wakes import WakeTries

S = 1000
BEGAN = 1_000_000


def played(until=3600, kind="m", **known):
    """[(seconds after the wake, bearer)] that go out, the step after each taken at its time, and how it ends."""
    facts = Facts(now=BEGAN, kind=kind, began=BEGAN, tries=WakeTries("w"), **{"lines": False, **known})
    sent = []
    for _ in range(50):
        found = step(facts)
        if isinstance(found, Exhausted):
            return sent, found.tried
        if isinstance(found, Send):
            sent.append(((facts.now - BEGAN) / S, found.bearer))
            facts = replace(facts, tries=found.tries)
        elif found.until > BEGAN + until * S:
            return sent, None
        else:
            facts = replace(facts, now=found.until)
    raise AssertionError("it never ends")


ALL = {"udp": ("SUDP",), "sms": ("WAPSMS",)}


def test_a_phone_with_a_line_gets_datagrams_20_s_later_and_an_sms_after_a_minute():
    sent, tried = played(lines=True, **ALL)
    assert sent == [(20, "SUDP"), (30, "SUDP"), (60, "SUDP"), (60, "WAPSMS"), (960, "WAPSMS")]
    assert tried == ("SUDP", "WAPSMS")


def test_without_a_line_datagrams_go_at_once():
    assert played(udp=("SUDP", "WAPUDP")) == ([(0, "SUDP"), (10, "SUDP"), (40, "SUDP")], ("SUDP",))


def test_without_anything_free_the_sms_goes_after_the_batch():
    """S60 closes its line with its packet connection after 300 s and waits for the SMS."""
    assert played(sms=("WAPSMS",)) == ([(3, "WAPSMS"), (903, "WAPSMS")], ("WAPSMS",))


def test_behind_datagrams_the_sms_waits_a_minute():
    assert [each for each in played(**ALL)[0] if each[1] == "WAPSMS"] == [(60, "WAPSMS"), (960, "WAPSMS")]


def test_presence_is_not_worth_an_sms():
    assert played(kind="p", **ALL)[0] == [(10, "SUDP"), (20, "SUDP"), (50, "SUDP")]
    assert played(kind="p", sms=("WAPSMS",)) == ([], ())


def test_a_phone_with_nothing_but_a_line_is_left_to_the_line():
    assert played(lines=True) == ([], ())


def test_a_phone_that_polls_anyway_is_waited_for():
    polling = {"polls": 3, "last_request": BEGAN - 2 * S, "poll_ms": 10 * S}
    facts = Facts(now=BEGAN, kind="m", began=BEGAN, lines=False, tries=WakeTries("w"), **ALL, **polling)
    assert step(facts) == Wait(BEGAN + 13 * S)
    assert isinstance(step(replace(facts, polls=2)), Send)
    assert isinstance(step(replace(facts, now=BEGAN + 13 * S)), Send)


def test_the_budget_puts_an_sms_off_or_away():
    facts = Facts(now=BEGAN + 5 * S, kind="m", began=BEGAN, lines=False, sms=("SSMS",), tries=WakeTries("w"))
    assert isinstance(step(facts), Send)
    later = replace(facts, tries=WakeTries("w", not_before=BEGAN + 100 * S))
    assert step(later) == Wait(BEGAN + 100 * S)
    assert step(replace(facts, tries=WakeTries("w", given_up=True))) == Exhausted(())


def test_datagrams_of_two_wakes_keep_their_distance():
    facts = Facts(now=BEGAN + S, kind="m", began=BEGAN, lines=False, udp=("SUDP",), tries=WakeTries("w", udp_at=BEGAN - S))
    assert step(facts) == Wait(BEGAN + 4 * S)
    assert step(replace(facts, last_request=BEGAN - 2 * S)) == Wait(BEGAN + 4 * S), "it has not come since"


def test_who_came_and_found_nothing_more_hears_of_the_next_message_at_once():
    facts = Facts(now=BEGAN, kind="m", began=BEGAN, lines=False, udp=("SUDP",), tries=WakeTries("w", udp_at=BEGAN - S))
    assert isinstance(step(replace(facts, last_request=BEGAN - 500)), Send)


def test_who_has_something_in_hand_comes_by_himself():
    facts = Facts(now=BEGAN, kind="m", began=BEGAN, lines=False, udp=("SUDP",), busy=True, last_request=BEGAN - 500)
    assert step(facts) == Wait(BEGAN + 1500)
    late = replace(facts, now=BEGAN + 1500)
    assert isinstance(step(late), Send), "or not"
    assert step(replace(late, tries=WakeTries("w", udp_at=BEGAN - S))) == Wait(BEGAN + 4 * S)


@pytest.mark.parametrize("known", [ALL, {"udp": ("WAPUDP",)}, {"sms": ("SSMS",)}, {}])
@pytest.mark.parametrize("lines", [True, False])
def test_it_always_ends(known, lines):
    assert played(lines=lines, **known)[1] is not None


# --- what the gateway reports of an SMS ---


def after_an_sms(seconds, **known):
    """The step so long after the second and last SMS of a wake."""
    tries = WakeTries("w", sms=2, sms_at=BEGAN, job="j")
    return step(
        Facts(now=BEGAN + seconds * S, kind="m", began=BEGAN - 900 * S, lines=False, sms=("WAPSMS",), tries=tries, **known)
    )


def test_without_reports_the_phone_has_two_minutes_from_when_it_was_sent():
    assert after_an_sms(119) == Wait(BEGAN + 120 * S)
    assert after_an_sms(120) == Exhausted(("WAPSMS",))


def test_a_phone_has_two_minutes_from_when_the_message_was_delivered():
    known = {"report": "delivered", "report_at": BEGAN + 500 * S}
    assert after_an_sms(130, **known) == Wait(BEGAN + 620 * S)
    assert after_an_sms(620, **known) == Exhausted(("WAPSMS",))


def test_a_message_that_waits_for_a_phone_that_is_off_has_its_whole_time():
    known = {"report": "buffered", "report_at": BEGAN + S}
    assert after_an_sms(130, **known) == Wait(BEGAN + 720 * S)
    assert after_an_sms(720, **known) == Exhausted(()), "and says nothing against SMS"


@pytest.mark.parametrize("report", ["failed", "refused"])
def test_a_message_that_never_came_says_nothing_of_the_phone(report):
    assert after_an_sms(120, report=report, report_at=BEGAN + S) == Exhausted(())
