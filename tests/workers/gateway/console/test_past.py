"""The history in the console: why somebody could not log in, of a user, a number or an address."""

import html
import time
from functools import partial

import pytest

from onesoup.csp.history_events import HistoryEvent, HistoryKind
from onesoup.handlers.login import reasons
from onesoup.store.audit import AuditLog
from onesoup.store.history import History, HistoryNote

ALICE, HOME, NUMBER = "alice@example.org", "192.0.2.7", "+491701234567"


@pytest.fixture
def make_console(make_console):
    return partial(make_console, domain="example.org", country_code="49")


@pytest.fixture
def happened(client, ring):
    """happened(kind, seconds ago, ...) is kept."""

    def keep(kind, ago, **more):
        now = int(time.time())
        event = HistoryEvent(kind, now - ago, now - ago, user=ALICE, address=HOME, number=NUMBER, **more)
        History(client, ring, 86_400).add([HistoryNote(event)], now)

    return keep


@pytest.fixture
def locked_out(happened):
    happened(HistoryKind.LOGIN, 600, session="1ece70f2", handset="s60", csp="1.2", code=200)
    happened(HistoryKind.FAILURE, 60, code=401, scheme="MD5", handset="s60", reason=reasons.NOT_LINKED)


@pytest.mark.parametrize("who", [ALICE, "alice", "wv:Alice", NUMBER, "0170 1234567", HOME])
def test_why_a_user_could_not_log_in_is_said_with_what_to_do(operator, locked_out, who):
    page = operator.client.simulate_get("/console/users/history", params={"who": who}, cookies=operator.cookies)
    told = html.unescape(page.text)
    assert "The last log-in failed" in told
    assert "a phone sent a digest, and the user has no phone password (401)" in told
    assert f"<code>onesoup accounts add {ALICE}</code>" in told
    assert "session <code>1ece70f2</code>" in told
    assert "onesoup history " in told


def test_after_a_log_in_that_worked_there_is_nothing_to_do(operator, locked_out, happened):
    assert "To do:" in operator.open(f"/console/users/history?who={ALICE}").text
    happened(HistoryKind.LOGIN, 0, session="2ace70f2", handset="s60", csp="1.2", code=200)
    page = operator.open(f"/console/users/history?who={ALICE}").text
    assert "The last log-in worked" in page
    assert "Last failure" in page
    assert "To do:" not in page


def test_who_looked_is_noted_and_of_a_number_the_last_digits_only(reader, client, locked_out):
    for who in (ALICE, HOME, "%2B491701234567"):
        reader.open(f"/console/users/history?who={who}")
    noted = AuditLog(client).last(3)
    assert [(each.what, each.whom) for each in noted] == [("history", "***567"), ("history", HOME), ("history", ALICE)]
    assert all(each.by.startswith("read-only@") for each in noted)


def test_the_pages_of_users_lead_there(operator, locked_out):
    assert 'href="/console/users/history?who=alice%40example.org"' in operator.open("/console/users/one?who=alice").text
    assert 'href="/console/users/history?who=192.0.2.7"' in operator.open("/console/users?q=192.0.2.7").text
    assert 'href="/console/users/history?who=%2B491701234567"' in operator.open("/console/users?q=0170+1234567").text
    not_logged_in = operator.open("/console/users?q=alice").text
    assert "Could alice@example.org not log in?" in not_logged_in
    assert 'href="/console/users/history?who=alice%40example.org"' in not_logged_in


def test_what_nobody_knows_and_what_is_nobody_is_told(operator):
    assert "Nothing is known." in operator.open("/console/users/history?who=bob").text
    for who in ("", "%2B12", "sip:x%40y"):
        assert 'role="alert"' in operator.open(f"/console/users/history?who={who}").text


def test_names_that_are_markup_are_text(operator, happened):
    happened(HistoryKind.FAILURE, 60, code=409, reason="<b>x</b>", handset="<script>alert(1)</script>")
    page = operator.open(f"/console/users/history?who={ALICE}")
    assert "<b>x" not in page.text
    assert "<script>alert" not in page.text


class TestWithoutHistory:
    @pytest.fixture
    def make_console(self, make_console):
        return partial(make_console, history_hours=0)

    def test_it_says_which_setting_keeps_nothing(self, operator):
        assert "history_hours is 0" in operator.open(f"/console/users/history?who={ALICE}").text
