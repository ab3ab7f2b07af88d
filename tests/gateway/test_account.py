"""The page on which people choose a phone password: what it stores, what it refuses, and what other sites cannot make it do."""

import re
import time
from dataclasses import replace
from urllib.parse import urlencode

import falcon
import pytest
from falcon.testing import TestClient

from onesoup.handlers.login import linking
from onesoup.store import records
from onesoup.store.account.accounts import LinkedAccount
from onesoup.store.errors import StoreDown
from workers.gateway import account_page
from workers.gateway.account_page import AccountPage
from workers.gateway.client_address import Peers

ALICE = "alice@example.org"
PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


class Browser:
    """Fills in the form as a person would: it opens the page first, and keeps the cookie."""

    def __init__(self, client: TestClient, headers: dict[str, str] = PROXY) -> None:
        self.client, self.headers = client, headers

    def open(self):
        self.page = self.client.simulate_get(account_page.PATH, headers=self.headers)
        self.cookie = self.page.cookies.get(account_page.COOKIE)
        found = re.search(r'name="token" value="([^"]+)"', self.page.text)
        self.token = found.group(1) if found else ""
        return self.page

    def send(self, **fields: str):
        self.open()
        return self.post(**fields)

    def post(self, **fields: str):
        form = {"token": self.token, "address": ALICE, "password": "right", "phone": "", "again": "", "do": "choose"} | fields
        headers = self.headers | ({"Cookie": f"{account_page.COOKIE}={self.cookie.value}"} if self.cookie else {})
        return self.client.simulate_post(account_page.PATH, headers=headers, body=urlencode(form), content_type=account_page.FORM)


@pytest.fixture
def server(holder):
    holder.right = {(ALICE, "right"), ("bob@example.org", "bobs")}
    return holder


@pytest.fixture
def client(services, server):
    app = falcon.App()
    # The test client calls itself 127.0.0.1; here that is the proxy.
    app.add_route(account_page.PATH, AccountPage(services, Peers(["127.0.0.1"])))
    return TestClient(app)


@pytest.fixture
def browser(client):
    return Browser(client)


def test_a_chosen_password_is_stored_and_shown_to_nobody(browser, services):
    done = browser.send(phone="keypad-77", again="keypad-77")
    assert done.status_code == 200
    assert "keypad-77" not in done.text
    assert ALICE in done.text
    assert services.accounts.find(ALICE) == LinkedAccount(
        ALICE, "right", "keypad-77", "page", "", services.accounts.find(ALICE).made
    )


def test_one_is_made_for_who_chooses_none(browser, services):
    done = browser.send()
    made = services.accounts.find(ALICE).phone_password
    assert f"<code>{made}</code>" in done.text
    assert re.fullmatch(r"[a-hjkmnp-z2-9]{9}", made)
    assert linking.easy_password() != linking.easy_password()


@pytest.mark.parametrize("address", ["alice", "wv:alice", "ALICE@Example.org", " alice@example.org "])
def test_the_address_is_taken_in_every_spelling(browser, services, address):
    assert browser.send(address=address).status_code == 200
    assert services.accounts.find(ALICE) is not None


def test_what_was_there_is_replaced_and_the_number_stays(browser, services):
    services.accounts.link(ALICE, ALICE, "old", "older", number="+358401234567")
    browser.send(phone="keypad-77", again="keypad-77")
    link = services.accounts.find(ALICE)
    assert (link.password, link.phone_password, link.number) == ("right", "keypad-77", "+358401234567")


def test_an_account_is_forgotten_when_its_owner_says_so(browser, services):
    browser.send()
    assert "is forgotten" in browser.send(do="forget").text
    assert services.accounts.find(ALICE) is None
    assert "Nothing was stored" in browser.send(do="forget").text


def test_a_log_in_that_an_admin_lets_stand_for_another_account_stays(browser, services):
    services.accounts.link(ALICE, "real@xmpp.example.net", "x", "y")
    assert "managed by the operator" in browser.send().text
    assert "managed by the operator" in browser.send(do="forget").text
    assert services.accounts.find(ALICE).jid == "real@xmpp.example.net"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"password": "wr0ng-one"}, "address or the XMPP password is wrong"),
        ({"password": ""}, "address or the XMPP password is wrong"),
        ({"address": "nobody"}, "address or the XMPP password is wrong"),
        ({"address": "wv:"}, "address or the XMPP password is wrong"),
        ({"address": "a@elsewhere.org"}, "does not serve that domain"),
        ({"phone": "keypad-77", "again": "keypad-78"}, "differ"),
        ({"phone": "short", "again": "short"}, "at least 6"),
        ({"phone": "x" * 51, "again": "x" * 51}, "at most 50"),
        ({"phone": "schlüssel", "again": "schlüssel"}, "accents"),
        ({"phone": "two words", "again": "two words"}, "blanks"),
        ({"phone": "secret-right", "again": "secret-right", "password": "secret-right"}, "must not be your XMPP password"),
    ],
)
def test_a_refusal_says_what_to_do_and_keeps_the_address_only(browser, services, fields, told):
    page = browser.send(**fields)
    assert page.status_code == 400
    assert told in page.text
    for name in ("password", "phone"):
        assert not fields.get(name) or fields[name] not in page.text
    assert services.accounts.find(ALICE) is None


def test_what_is_typed_comes_back_as_text_only(browser):
    page = browser.send(address='"><script>alert(1)</script>')
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


@pytest.mark.parametrize("theft", ["no cookie", "no token", "another's token", "old token", "later token", "nonsense"])
def test_a_form_of_another_site_does_nothing(browser, client, services, server, monkeypatch, theft):
    browser.open()
    if theft == "no cookie":
        browser.cookie = None
    elif theft == "no token":
        browser.token = ""
    elif theft == "another's token":
        other = Browser(client)
        other.open()
        browser.token = other.token
    elif theft == "nonsense":
        browser.token = "²³.\u00fc"
    else:
        shift = 4000 if theft == "old token" else -4000
        now = time.time() + shift
        monkeypatch.setattr(account_page.time, "time", lambda: now)
    assert "too old" in browser.post().text
    assert server.logins == []
    assert services.accounts.find(ALICE) is None


def test_guesses_are_stopped_as_a_phone_s_are(browser, server):
    pages = [browser.send(password=f"guess{number}") for number in range(7)]
    assert "password is wrong" in pages[0].text
    assert "Please try again in a few minutes" in pages[6].text
    assert len(server.logins) == 5


def test_so_many_forms_are_taken_from_one_address(browser, server):
    pages = [browser.send(phone="a", again="b") for _ in range(account_page.MOST_FORMS + 1)]
    assert "differ" in pages[-2].text
    assert "few minutes" in pages[-1].text
    assert "Saved" in Browser(browser.client, PROXY | {"X-Forwarded-For": "198.51.100.1"}).send().text


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-Proto": "http"}])
def test_over_plain_http_there_is_no_form(client, server, headers):
    browser = Browser(client, headers)
    assert browser.open().status_code == 403
    assert browser.token == ""
    assert browser.post().status_code == 403
    assert server.logins == []


def test_it_is_not_cached_framed_or_scripted(browser):
    page = browser.open()
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert (browser.cookie.http_only, browser.cookie.secure, browser.cookie.same_site) == (True, True, "Strict")


def test_a_form_that_is_too_large_or_no_text_is_refused(browser):
    browser.open()
    assert browser.post(address="x" * 9000).status_code == 413
    answer = browser.client.simulate_post(account_page.PATH, headers=PROXY, body=b"\xff", content_type=account_page.FORM)
    assert answer.status_code == 400


def test_a_store_that_is_away_is_told_as_such(browser, redis, services):
    browser.open()
    services.guard.busy = away
    assert "few minutes" in browser.post().text


def away(*_: object) -> bool:
    raise StoreDown("away")


# --- the number ---

NUMBER = "+15550100123"


@pytest.fixture
def sms(services):
    """Some process can send SMS."""
    services.policy = replace(services.policy, sms_prefixes=("+1555",))
    services.lines.register("cir:1", 60_000, ["SMS"])
    return services


def test_a_number_is_proved_by_a_code(browser, sms):
    assert "Type it below" in browser.send(do="send-code", number="+1 555 010 0123").text
    job = records.unpack_command(sms.numbers.next_to_send())
    code = job["text"].rpartition(" ")[2]
    assert (job["number"], job["jid"]) == (NUMBER, ALICE)
    page = browser.send(do="confirm", code="no")
    assert (page.status_code, "not the code" in page.text) == (400, True)
    assert code not in page.text
    assert "The number is yours" in browser.send(do="confirm", code=f" {code} ").text
    assert sms.numbers.of(ALICE) == [NUMBER]
    assert "No code is waiting" in browser.send(do="confirm", code=code).text


@pytest.mark.parametrize(("number", "told"), [("", "no phone number"), ("+447700900123", "no SMS to that number")])
def test_a_number_that_gets_no_code(browser, sms, number, told):
    page = browser.send(do="send-code", number=number)
    assert told in page.text
    assert f'value="{number}"' in page.text


def test_nobody_sends_codes_for_an_account_without_its_password(browser, sms):
    assert "password is wrong" in browser.send(do="send-code", number=NUMBER, password="wr0ng-one").text
    assert sms.numbers.next_to_send() is None


def test_where_no_sms_goes_out_nobody_is_asked_for_a_number(browser):
    assert "SMS" not in browser.open().text
