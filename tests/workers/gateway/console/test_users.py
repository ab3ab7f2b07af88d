"""Users in the console: the search, one user, the end of sessions, announcements, the audit log; and what is refused."""

import html
import shlex
from functools import partial

import gevent
import pytest

from onesoup.observability.logs import short
from onesoup.operators.operator import note_action
from onesoup.store.account.offline_inbox import OfflineInbox
from onesoup.store.audit import AuditLog
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.session_records import SessionRecords
from tests.support.in_redis import living_session
from workers.gateway.console import acting, users

from .visitor import Visitor

ALICE, BOB = "alice@example.org", "bob@example.org"


@pytest.fixture
def make_console(make_console):
    return partial(make_console, domain="example.org", country_code="49")


@pytest.fixture
def opened(client):
    return partial(living_session, client)


def lives(client, sid):
    return GatewaySessionStore(client).lives(sid)


def words(page):
    """The text of a page, without tags."""
    return html.unescape(page.text)


def test_nobody_is_logged_in(operator):
    assert "Nobody is logged in." in operator.open("/console/users").text


def test_all_sessions_are_on_pages(operator, opened, monkeypatch):
    monkeypatch.setattr(users, "SESSIONS_ON_PAGE", 2)
    names = {opened(f"u{number}@example.org", f"0{number}one") for number in range(3)}
    first = operator.open("/console/users")
    second = operator.open("/console/users?from=2.0")
    assert 'href="/console/users?from=2.0"' in first.text
    assert "More sessions" not in second.text
    shown = [{name for name in names if name in page.text} for page in (first, second)]
    assert [len(each) for each in shown] == [2, 1]
    assert shown[0] | shown[1] == names


@pytest.mark.parametrize("place", ["x", "1", "1.", "-1.0", "1.99999999999", "٣.٣", "9999.1", ""])
def test_a_page_that_is_none_is_no_error(operator, opened, place):
    opened(ALICE, "00one")
    assert operator.client.simulate_get("/console/users", params={"from": place}, cookies=operator.cookies).status_code == 200


@pytest.mark.parametrize("asked", ["alice", "wv:ALICE@example.org", "10.0.0.7", "0170 1234567", "lice", short("00one")])
def test_a_user_is_found_and_leads_to_a_page_of_its_own(operator, opened, asked):
    opened(ALICE, "00one", "10.0.0.7", "+491701234567", handset="s60")
    opened(BOB, "01two")
    page = operator.client.simulate_get("/console/users", params={"q": asked}, cookies=operator.cookies)
    assert 'href="/console/users/one?who=alice%40example.org"' in page.text
    assert BOB not in page.text
    assert f"onesoup sessions --find {shlex.quote(asked)}" in words(page)
    if not asked.startswith("0170"):  # who does not know the number is not told
        assert "1701234567" not in page.text


def test_who_is_not_logged_in_still_has_a_page(operator, client):
    OfflineInbox(client).keep(BOB, {"m1": b"hello", "m2": b"again"})
    assert 'href="/console/users/one?who=bob%40example.org"' in operator.open("/console/users?q=bob").text
    page = operator.open(f"/console/users/one?who={BOB}")
    assert "Not logged in." in page.text
    assert "2 messages</strong> of ended sessions wait for the next log-in" in page.text
    assert "hello" not in page.text


def test_what_is_no_question_is_told(operator):
    assert "write 1 to 200 letters" in operator.open(f"/console/users?q={'x' * 300}").text
    assert "No session is like that." in operator.open("/console/users?q=sip:x%40y").text
    assert "not a wv: address" in operator.open("/console/users/one?who=sip:x").text
    assert operator.open("/console/users/one").status_code == 200


def test_a_search_that_has_no_time_says_so(operator, opened, monkeypatch):
    monkeypatch.setattr("onesoup.operators.search.SESSIONS_IN_BATCH", 1)
    monkeypatch.setattr(users, "search_sessions", partial(users.search_sessions, seconds=0.0))
    opened(ALICE, "00one")
    assert "before all sessions had been looked at" in operator.open("/console/users?q=nobody").text


def test_names_that_are_markup_are_text(operator, opened):
    opened("<b>x@example.org", "00one", handset="<script>alert(1)</script>")
    for path in ("/console/users", "/console/users?q=%3Cb%3E", "/console/users/one?who=%3Cb%3Ex%40example.org"):
        page = operator.open(path)
        assert "<b>x" not in page.text
        assert "<script>alert" not in page.text


# --- the end of sessions ---


def test_one_session_is_ended_after_a_question(operator, client, opened):
    one, two = opened(ALICE, "00one"), opened(ALICE, "01two")
    page = operator.open(f"/console/users/one?who={ALICE}")
    assert f"ask=kick&amp;session={one}" in page.text
    page = operator.open(f"/console/users/one?who={ALICE}&ask=kick&session={one}")
    assert f"End session {one} of {ALICE}?" in words(page)
    assert f"onesoup kick {one}" in page.text
    assert lives(client, "00one")  # looking changes nothing
    page = operator.send("/console/users/one", who=ALICE, session=one, action="kick")
    assert f"ended 1 session of {ALICE}" in page.text
    assert two in page.text
    assert (lives(client, "00one"), lives(client, "01two")) == (False, True)
    (entry, _) = AuditLog(client).last(9)
    assert (entry.what, entry.whom, entry.more) == ("kick", ALICE, f"sessions={one}")
    assert entry.by.startswith("operator@127.0.0.1 ")


def test_all_sessions_of_a_user_are_ended(operator, client, opened):
    opened(ALICE, "00one"), opened(ALICE, "01two"), opened(BOB, "02three")
    page = operator.open(f"/console/users/one?who={ALICE}&ask=kick")
    assert f"End all 2 sessions of {ALICE}?" in words(page)
    assert f"onesoup kick {ALICE}" in page.text
    page = operator.send("/console/users/one", who=ALICE, action="kick")
    assert f"ended 2 sessions of {ALICE}" in page.text
    assert [lives(client, sid) for sid in ("00one", "01two", "02three")] == [False, False, True]


def test_what_is_gone_meanwhile_is_told(operator, client, opened):
    one = opened(ALICE, "00one")
    operator.open(f"/console/users/one?who={ALICE}&ask=kick&session={one}")
    operator.send("/console/users/one", who=ALICE, session=one, action="kick")
    page = operator.send("/console/users/one", who=ALICE, session=one, action="kick")
    assert page.status_code == 400
    assert "is not logged in" in page.text
    assert "There is no such session any more" in operator.open(f"/console/users/one?who={ALICE}&ask=kick&session={one}").text


def test_who_may_only_look_ends_nothing(reader, client, opened):
    opened(ALICE, "00one")
    page = reader.open(f"/console/users/one?who={ALICE}&ask=kick")
    assert "ask=kick" not in page.text
    assert 'value="kick"' not in page.text
    assert reader.send("/console/users/one", who=ALICE, action="kick").status_code == 403
    assert lives(client, "00one")


def test_a_form_without_its_token_ends_nothing(operator, client, opened):
    opened(ALICE, "00one")
    assert operator.send("/console/users/one", who=ALICE, action="kick", token="0.x").status_code == 403
    assert operator.send("/console/users/one", {"Origin": "http://evil.example"}, who=ALICE, action="kick").status_code == 403
    assert lives(client, "00one")


# --- announcements ---


def told(client, sid):
    return client.llen(f"q:{{{sid}}}")


def test_an_announcement_is_shown_before_it_is_sent(operator, client, opened):
    for number, jid in enumerate((ALICE, BOB)):
        opened(jid, f"0{number}one")
    operator.open("/console/announce")
    page = operator.send("/console/announce", text="Maintenance & more", to="everybody", name="", action="look at it")
    assert "Maintenance &amp; more" in page.text
    assert "To everybody who is logged in: 2 sessions." in page.text
    assert "onesoup announce 'Maintenance & more'" in words(page)
    assert told(client, "00one") == 0
    page = operator.send("/console/announce", text="Maintenance & more", to="everybody", name="", action="announce")
    assert "Told 2 sessions." in page.text
    assert (told(client, "00one"), told(client, "01one")) == (1, 1)
    entry = AuditLog(client).last(1)[0]
    assert (entry.what, entry.more) == ("announce", "letters=18 told=2")
    assert "Maintenance" not in str(AuditLog(client).last(9))


@pytest.mark.parametrize(
    ("to", "name", "count", "shown"),
    [
        ("user", "wv:alice", 1, f"{ALICE}, who has 1 session."),
        ("domain", "Example.ORG", 2, "everybody of example.org."),
        ("domain", "other.example", 0, "everybody of other.example."),
    ],
)
def test_an_announcement_may_be_for_some(operator, client, opened, to, name, count, shown):
    opened(ALICE, "00one"), opened(BOB, "01two")
    operator.open("/console/announce")
    page = operator.send("/console/announce", text="hello", to=to, name=name, action="look at it")
    assert f"To {shown}" in page.text
    assert f"onesoup announce hello --{to} {name}" in page.text
    page = operator.send("/console/announce", text="hello", to=to, name=name, action="announce")
    assert f"Told {count} session" in page.text


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": " "}, "There is no text."),
        ({"text": "x" * 1001}, "1000 are the most"),
        ({"text": "x", "to": "domain"}, "Say for whom"),
        ({"text": "x", "to": "everybody", "name": "alice"}, "Say for whom"),
        ({"text": "x", "to": "all", "name": "alice"}, "Say for whom"),
        ({"text": "x", "to": "user", "name": "sip:x"}, "not a wv: address"),
    ],
)
@pytest.mark.parametrize("action", ["look at it", "announce"])
def test_what_cannot_be_announced_is_told_and_nothing_typed_is_lost(operator, client, opened, fields, reason, action):
    opened(ALICE, "00one")
    operator.open("/console/announce")
    page = operator.send("/console/announce", action=action, **fields)
    assert page.status_code == 400
    assert reason in page.text
    assert "Send this?" not in page.text
    if fields["text"].strip():
        assert f">{fields['text']}</textarea>" in page.text
    assert told(client, "00one") == 0


def test_who_may_only_look_announces_nothing(reader, client, opened):
    opened(ALICE, "00one")
    assert "textarea" not in reader.open("/console/announce").text
    page = reader.open("/console")
    for action in ("look at it", "announce"):
        page = reader.send("/console/announce", text="hello", to="everybody", action=action)
        assert page.status_code == 403
        assert "Send this?" not in page.text
    assert told(client, "00one") == 0


def test_a_long_announcement_goes_on_behind_the_page(operator, client, opened, monkeypatch):
    monkeypatch.setattr(acting, "DEED_WAIT_SECONDS", 0.0)
    go_on, described = gevent.event.Event(), SessionRecords.described
    monkeypatch.setattr(SessionRecords, "described", lambda *args: go_on.wait(60) and described(*args))
    opened(ALICE, "00one")
    operator.open("/console/announce")
    page = operator.send("/console/announce", text="hello", to="everybody", action="announce")
    assert "Told 0 sessions so far. It goes on" in page.text
    assert AuditLog(client).last(1)[0].more == "letters=5 so_far=0"
    go_on.set()
    with gevent.Timeout(60):
        while AuditLog(client).last(1)[0].more != "letters=5 told=1":
            gevent.sleep(0.01)


# --- the audit log ---


def test_the_audit_log_is_shown_page_by_page(operator, client):
    for number in range(60):
        note_action(client, "carol@desk", "kick", f"u{number}@example.org")
    first, second = operator.open("/console/audit"), operator.open("/console/audit?from=50")
    assert "u59@example.org" in first.text
    assert "u5@example.org" not in first.text
    assert "u5@example.org" in second.text
    assert 'href="/console/audit?from=50"' in first.text
    assert 'href="/console/audit?from=0"' in second.text
    assert 'href="/console/users/one?who=u59%40example.org"' in first.text


@pytest.mark.parametrize("start", ["x", "-1", "999999999", "²"])
def test_a_page_of_the_audit_log_that_is_none_is_no_error(operator, start):
    assert operator.client.simulate_get("/console/audit", params={"from": start}, cookies=operator.cookies).status_code == 200


@pytest.mark.parametrize("path", ["users", "users/one", "users/trace", "announce", "audit"])
def test_without_a_log_in_nothing_is_shown(console, opened, path):
    opened(ALICE, "00one")
    page = Visitor(console).open(f"/console/{path}?who={ALICE}")
    assert page.status_code == 303
    assert ALICE not in page.text
