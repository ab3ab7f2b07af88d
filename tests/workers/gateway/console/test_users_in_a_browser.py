"""The pages about users in a real Chromium: no faults of axe-core, nothing wider than the screen, keyboard, the live trace."""

import json
import os
import time
from functools import partial
from typing import ClassVar

import gevent
import pytest

from onesoup.csp.history_events import HistoryEvent, HistoryKind
from onesoup.handlers.login import reasons
from onesoup.operators import trace
from onesoup.operators.operator import note_action
from onesoup.store.account.offline_inbox import OfflineInbox
from onesoup.store.console_access import ConsoleRole
from onesoup.store.history import History, HistoryNote
from onesoup.store.traces import Traces
from tests.support.browser import served
from tests.support.in_redis import living_session
from tests.support.peer import WITHIN

from .test_console_in_a_browser import LOOKS, LookedAt

ALICE = "alice@example.org"
LONG = f"a.name.that.goes.on.and.on.{'x' * 60}@a-domain-that-is-long.example.org"


@pytest.fixture
def make_console(make_console):
    return partial(make_console, domain="example.org", country_code="49")


@pytest.fixture
def pages(console, browser, client, monkeypatch):
    monkeypatch.setattr(trace, "TRACING_STARTS_SECONDS", 0.0)
    for number, jid in enumerate((ALICE, ALICE, LONG, "bob@example.org", "+491701234567@example.org")):
        handset = ("nokia-s60", "android-imps", "sonyericsson-a200", "unknown", "motorola")[number]
        living_session(client, jid, f"0{number}one", "10.0.0.7", "+491701234567", handset=handset, encoding="wbxml")
    OfflineInbox(client).keep(ALICE, {"m1": b"x"})
    note_action(client, "carol(root)@gateway-1.example.org", "kick", ALICE, sessions=["0badcafe", "deadbeef"])
    with served(console) as url:
        page = browser.page()
        yield UsersLookedAt(page, url)
        page.close()


class UsersLookedAt(LookedAt):
    """Many pages are looked at, which share one style sheet: each once narrow and once wide."""

    looks: ClassVar = LOOKS if os.environ.get("ONESOUP_SCREENSHOTS") else [(360, True), (1280, False)]


def until(pages, words):
    end = time.monotonic() + WITHIN
    while words not in pages.text():
        assert time.monotonic() < end, pages.text()
        gevent.sleep(0.02)


def test_looking_for_a_user_and_ending_a_session(pages, tokens):
    pages.log_in(tokens[ConsoleRole.OPERATOR])
    assert pages.open("/console/users") == 200
    pages.look("users")
    pages.page.fill("#q", "ali")
    pages.page.press("Enter", 13, "\r")
    assert pages.page.loaded() == 200
    pages.look("users-found")
    pages.open("/console/users?q=alice")
    assert pages.page.click("tbody th a") == 200
    pages.look("user")
    assert pages.page.click("section p a.button") == 200
    pages.look("user-ask")
    assert pages.page.click("button[value=kick]") == 200
    assert f"ended 2 sessions of {ALICE}" in pages.text()


def test_announcing_and_the_audit_log(pages, tokens):
    pages.log_in(tokens[ConsoleRole.OPERATOR])
    pages.open("/console/announce")
    pages.look("announce")
    pages.page.fill("#text", "Maintenance from 2 to 3 o'clock.\nAll messages are kept.")
    assert pages.page.click("main button") == 200
    pages.look("announce-ask")
    assert pages.page.click("button[value=announce]") == 200
    assert "Told 5 sessions." in pages.text()
    pages.open("/console/audit")
    pages.look("audit")


def test_the_live_trace_is_shown_row_by_row(pages, client, tokens):
    pages.log_in(tokens[ConsoleRole.READER])
    pages.open(f"/console/users/one?who={ALICE}")
    pages.page.evaluate("document.querySelector('#trace-start').focus()")
    pages.page.press("Enter", 13, "\r")
    until(pages, f"following {ALICE}, 2 sessions")
    event = {
        "at": 1796023305.25,
        "role": "web",
        "what": "request",
        "sid": "0badcafe",
        "asks": ["7:Polling-Request"],
        "gets": [],
        "ms": 3,
    }
    Traces(client).tell(ALICE, json.dumps(event).encode())
    until(pages, "asks=7:Polling-Request")
    Traces(client).tell(ALICE, json.dumps(event | {"what": "<b>stanza</b>", "asks": None, "size": 120}).encode())
    until(pages, "<b>stanza</b>")
    assert "asks=null" not in pages.text()
    first = "document.querySelector('#trace-events tbody tr').innerText"
    assert "size=120" in pages.page.evaluate(first)
    pages.look("trace")
    pages.page.evaluate("document.querySelector('#trace-stop').click()")
    until(pages, "Stopped.")


def test_blocking_somebody(pages, tokens):
    pages.log_in(tokens[ConsoleRole.OPERATOR])
    pages.open(f"/console/users/one?who={ALICE}")
    assert pages.page.click("a[href*='/console/blocks?what=user']") == 200
    pages.look("blocks")
    pages.page.fill("#reason", "sends the same message to everybody")
    pages.page.fill("#span", "2d")
    pages.page.press("Enter", 13, "\r")
    assert pages.page.loaded() == 200
    pages.look("blocks-ask")
    assert pages.page.click("button[value=block]") == 200
    assert f"Blocked user {ALICE}" in pages.text()
    assert pages.page.click("tbody td a") == 200
    pages.open(f"/console/users/one?who={ALICE}")
    pages.look("user-blocked")


def test_the_history_of_a_user(pages, client, ring, tokens):
    now, store = int(time.time()), History(client, ring, 86_400)
    known = {"user": ALICE, "address": "192.0.2.7", "number": "+491701234567", "handset": "s60", "csp": "1.2"}
    store.add([HistoryNote(HistoryEvent(HistoryKind.LOGIN, now - 600, now - 600, session="0badcafe", code=200, **known))], now)
    failed = HistoryEvent(HistoryKind.FAILURE, now, now, times=3, code=401, scheme="MD5", reason=reasons.NOT_LINKED, **known)
    store.add([HistoryNote(failed)], now)
    pages.log_in(tokens[ConsoleRole.READER])
    pages.open(f"/console/users/history?who={ALICE}")
    assert "The last log-in failed" in pages.text()
    pages.look("history")


def test_without_scripts_the_command_stands_in_for_the_trace(pages, tokens):
    pages.log_in(tokens[ConsoleRole.OPERATOR])
    pages.page.call("Emulation.setScriptExecutionDisabled", value=True)
    pages.open(f"/console/users/one?who={ALICE}")
    shot = pages.page.call("DOM.getDocument", depth=-1)
    assert f"onesoup trace {ALICE}" in json.dumps(shot)
    assert "needs JavaScript" in json.dumps(shot)
