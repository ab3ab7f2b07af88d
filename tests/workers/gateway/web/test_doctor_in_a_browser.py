"""/doctor in a real Chromium, with keys alone: no faults of axe-core, nothing wider than the screen, light and dark; it renews
itself, and stops when it is told to."""

import time
from dataclasses import replace

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import ClientID, KeepAliveRequest, LoginRequest, PollingRequest
from onesoup.handlers.context import Peer
from onesoup.handlers.dispatch import Exchange
from tests.handlers.conftest import Phone
from tests.support.browser import served
from workers.gateway.client_address import PeerReader
from workers.gateway.phone_notes import PhoneNotes
from workers.gateway.web import doctor
from workers.gateway.web.account import add_account_pages
from workers.gateway.web.doctor import DOCTOR_PATH, SIGN_IN, add_doctor_page

from .person import ALICE
from .test_account_in_a_browser import Looked

RAZR = "MOT-V3/0E.41.C3R MIB/2.2.1 Profile/MIDP-2.0"
# A page that renews itself can be stopped with its first link (WCAG 2.2.1); axe-core does not look for that.
RENEWS = "meta-refresh"


class LookedAtLive(Looked):
    """As Looked, of a page that renews itself."""

    def step(self, name: str, path: str) -> None:
        faults = self.page.faults
        self.page.faults = lambda *grave: [each for each in faults(*grave) if f" {RENEWS} " not in each]
        super().step(name, path)
        self.page.faults = faults


@pytest.fixture
def notes(services):
    return PhoneNotes(services)


@pytest.fixture
def looked(app, services, holder, notes, browser, monkeypatch):
    monkeypatch.setattr(doctor, "RENEW_SECONDS", 60)  # the page stays while it is looked at
    holder.right = {(ALICE, "right")}
    services.policy = replace(services.policy, public_host="imps.example.org")
    add_account_pages(app, services, PeerReader(), doctor=DOCTOR_PATH)
    add_doctor_page(app, services, PeerReader())
    with served(app) as url:
        page = browser.page()
        yield LookedAtLive(page, url)
        page.close()


@pytest.fixture
def razr(services, notes, holder):
    return Phone(Exchange(services, notes), agent=RAZR, address="198.51.100.20", version="1.1")


def fail(razr, notes):
    """A phone that fails in every way that there is a word for."""
    razr.log_in("wv:alice@example.com")
    razr.ask(LoginRequest(user_id="wv:alice", client_id=ClientID(url="x"), digest_schema=["MD5"], session_cookie="c"))
    for guess in range(3):
        razr.log_in("wv:alice", f"guess {guess}")
    here = Peer(address="127.0.0.1", user_agent=RAZR, via="1.1 wap-gateway-with-a-long-name.carrier.example:8080 (Nokia WAP 4)")
    notes.unreadable(here, "unreadable", 400, "application/x-something-that-is-quite-long-here")
    notes.opened(here, "/")
    razr.address = "127.0.0.1"
    razr.log_in("wv:somebody-else", "x")
    notes.flush()


def test_signing_in_and_reading_with_keys_alone(looked, razr, notes, services):
    fail(razr, notes)
    looked.page.open(f"{looked.url}/account/doctor")
    looked.step("doctor-sign-in", SIGN_IN)
    looked.tab_in("address", ALICE)
    looked.tab_in("password", "wrong")
    assert looked.enter() == 400
    assert looked.focus() == "password"
    looked.page.call("Input.insertText", text="right")
    assert looked.enter() == 200
    looked.step("doctor-live", DOCTOR_PATH)
    looked.tab_to("Stop that")
    assert looked.enter() == 200
    looked.step("doctor-stopped", DOCTOR_PATH)
    assert looked.page.faults() == [], "a page at rest has no fault at all"
    said = looked.page.evaluate("document.body.innerText")
    for words in (
        "The phone asks for wv:alice@example.com; this server serves example.org.",
        "Your phone sends its password only in a scrambled form (MD5)",
        "Wrong password. 3 times",
        "through a WAP gateway or proxy that calls itself 1.1 wap-gateway",
        "1 log-in under other user IDs failed",
    ):
        assert words in said
    looked.tab_to("Choose a phone password")
    assert looked.enter() == 200
    assert looked.page.evaluate("location.pathname") == "/account/password"


def test_what_comes_is_seen_without_a_press(looked, razr, notes, services, monkeypatch):
    looked.page.open(f"{looked.url}/account/doctor")
    looked.tab_in("address", ALICE)
    looked.tab_in("password", "right")
    looked.enter()
    monkeypatch.setattr(doctor, "RENEW_SECONDS", 1)  # not before: the page would go while it is looked at
    looked.page.open(f"{looked.url}{DOCTOR_PATH}")
    razr.log_in("wv:alice", "right")
    services.clients.put(ALICE, "res", razr.sid)
    razr.ask(KeepAliveRequest())
    for _ in range(4):
        razr.post(razr.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    notes.flush()
    end = time.monotonic() + 60
    while "The phone logged in" not in looked.page.evaluate("document.body?.innerText ?? ''"):
        assert time.monotonic() < end
        looked.page.loaded()
    looked.page.open(f"{looked.url}{DOCTOR_PATH}?until=0")
    looked.step("doctor-logged-in", DOCTOR_PATH)
