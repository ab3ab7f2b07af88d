"""The account page, step by step: what it stores, what it refuses, and what other sites cannot make it do."""

import re
import time
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from falcon.testing import TestClient

from onesoup.handlers.login import linking
from onesoup.store import records
from onesoup.store.account.accounts import LinkedAccount
from onesoup.store.errors import StoreDown
from tests.handlers.conftest import exchange, new_phone  # noqa: F401
from workers.gateway.web import account, account_number, forms, signed_session, steps
from workers.gateway.web.account import add_account_pages

from .conftest import HTTPS, PEERS
from .person import Person, is_linked, words

ALICE = "alice@example.org"
PATH = signed_session.ACCOUNT_PATH
SIGNED_IN, STRANGER = signed_session.ACCOUNT_COOKIE, signed_session.FORM_COOKIE


@pytest.fixture
def server(holder):
    holder.right = {(ALICE, "right"), ("bob@example.org", "bobs")}
    return holder


@pytest.fixture
def client(app, services, server):
    add_account_pages(app, services, PEERS)
    return TestClient(app)


@pytest.fixture
def person(client):
    return Person(client)


# --- a phone password ---


def test_who_signs_in_gets_a_password_that_is_twelve_presses(person, services):
    page = person.sign_in()
    assert person.path == account.Password.path
    page = person.send()
    assert (page.status_code, person.path) == (200, account.DONE)
    made = services.accounts.find(ALICE).phone_password
    assert re.fullmatch(r"[adgjmptw]{12}", made)
    assert f">{made}<" in page.text
    assert linking.easy_phone_password() != linking.easy_phone_password()


def test_a_reload_makes_no_new_password(person, services, server):
    person.sign_in()
    person.send()
    made, asked = services.accounts.find(ALICE).phone_password, len(server.logins)
    assert made in person.open(account.DONE).text
    assert services.accounts.find(ALICE).phone_password == made
    assert len(server.logins) == asked


def test_the_xmpp_password_is_asked_for_once(person, services):
    person.sign_in()
    assert 'name="password"' not in person.page.text
    person.send()
    person.open(account.OWN_PASSWORD)
    assert 'name="password"' not in person.page.text
    person.send(phone="keypad-77", again="keypad-77")
    assert services.accounts.find(ALICE).password == "right"


def test_a_chosen_password_is_stored_and_shown_to_nobody(person, services):
    person.sign_in()
    person.open(account.OWN_PASSWORD)
    page = person.send(phone="keypad-77", again="keypad-77")
    assert (page.status_code, person.path) == (200, account.DONE)
    assert "keypad-77" not in page.text
    assert ALICE in page.text
    link = services.accounts.find(ALICE)
    assert link == LinkedAccount(ALICE, "right", "keypad-77", "page", "", link.made)


def test_a_password_of_an_earlier_visit_is_not_shown(person, client, services):
    person.sign_in()
    person.send()
    other = Person(client)
    other.sign_in()
    assert other.path == account.Overview.path
    assert services.accounts.find(ALICE).phone_password not in other.open(account.DONE).text


def test_a_password_that_a_log_in_has_stored_meanwhile_is_not_shown(person, services):
    """With remember_password a plain log-in stores the XMPP password as the phone's."""
    person.sign_in()
    person.send()
    services.accounts.link(ALICE, ALICE, "right-one", "right-one", origin="login")
    assert "right-one" not in person.open(account.DONE).text


@pytest.mark.parametrize("address", ["alice", "wv:alice", "ALICE@Example.org", " alice@example.org "])
def test_the_address_is_taken_in_every_spelling(person, services, address):
    person.sign_in(address)
    person.send()
    assert services.accounts.find(ALICE) is not None


def test_what_was_there_is_replaced_and_the_number_stays(person, services):
    services.accounts.link(ALICE, ALICE, "old", "older", number="+358401234567")
    person.sign_in()
    person.open(account.OWN_PASSWORD)
    person.send(phone="keypad-77", again="keypad-77")
    link = services.accounts.find(ALICE)
    assert (link.password, link.phone_password, link.number) == ("right", "keypad-77", "+358401234567")


def test_a_log_in_that_an_admin_lets_stand_for_another_account_stays(person, services):
    services.accounts.link(ALICE, "real@xmpp.example.net", "x", "y")
    assert "operator of this server manages" in words(person.sign_in())
    person.open(account.Password.path)
    assert "manages its log-in" in person.send().text
    person.open(account.FORGET_SURE)
    assert "manages its log-in" in person.send(do="yes").text
    assert services.accounts.find(ALICE).jid == "real@xmpp.example.net"


# --- forgetting and leaving ---


def test_an_account_is_forgotten_when_its_owner_says_so_twice(person, services):
    person.sign_in()
    person.send()
    person.open(account.FORGET)
    person.send(do="yes")
    assert person.path == account.FORGET_SURE
    assert services.accounts.find(ALICE) is not None
    assert "is forgotten here" in person.send(do="yes").text
    assert services.accounts.find(ALICE) is None
    person.open(account.Overview.path)
    assert person.path == PATH, "signed out"


@pytest.mark.parametrize("path", [account.FORGET, account.FORGET_SURE])
@pytest.mark.parametrize("typed", [{}, {"do": "no"}, {"do": ""}])
def test_the_first_button_and_enter_keep_the_account(person, services, path, typed):
    person.sign_in()
    person.send()
    page = person.open(path)
    assert re.findall(r'<button[^>]*value="(\w+)"', page.text) == ["no", "yes"]
    person.send(**typed)
    assert person.path == account.Overview.path
    assert services.accounts.find(ALICE) is not None


def test_whoever_signs_out_is_out_with_every_copy_of_the_cookie(person):
    person.sign_in()
    copy = dict(person.cookies)
    person.send(to=account.Leave.path)
    assert person.path == PATH
    assert SIGNED_IN not in person.cookies
    person.cookies = copy
    person.open(account.Overview.path)
    assert person.path == PATH


# --- refusals ---


@pytest.mark.parametrize(
    ("typed", "told", "field"),
    [
        ({"password": "wr0ng-one"}, "address or the XMPP password is wrong", "password"),
        ({"password": ""}, "address or the XMPP password is wrong", "password"),
        ({"address": "nobody"}, "address or the XMPP password is wrong", "password"),
        ({"address": ""}, "Type your XMPP address", "address"),
        ({"address": "a@elsewhere.org"}, "no accounts with this ending", "address"),
    ],
)
def test_a_refused_sign_in_says_what_to_do_and_keeps_the_address_only(person, typed, told, field):
    page = person.sign_in(**typed)
    assert page.status_code == 400
    assert told in words(page)
    assert SIGNED_IN not in person.cookies
    assert "wr0ng-one" not in page.text
    is_linked(page, field, told)


@pytest.mark.parametrize(
    ("phone", "again", "told", "field"),
    [
        ("keypad-77", "keypad-78", "differ", "again"),
        ("short", "short", "at least 6", "phone"),
        ("x" * 51, "x" * 51, "at most 50", "phone"),
        ("schlüssel", "schlüssel", "accents", "phone"),
        ("two words", "two words", "spaces", "phone"),
        ("secret-right", "secret-right", "must not be your XMPP password", "phone"),
    ],
)
def test_a_refused_phone_password_says_what_is_wrong_with_it(person, server, services, phone, again, told, field):
    server.right.add((ALICE, "secret-right"))
    person.sign_in(password="secret-right")
    person.open(account.OWN_PASSWORD)
    page = person.send(phone=phone, again=again)
    assert page.status_code == 400
    assert phone not in page.text
    is_linked(page, field, told)
    assert services.accounts.find(ALICE) is None


def test_an_error_of_no_field_has_the_focus_itself(person, services):
    person.open()
    services.guard.busy = away
    page = person.send(address=ALICE, password="right")
    assert re.search(r'role="alert" tabindex="-1" autofocus', page.text)
    assert page.text.count(" autofocus") == 1


def test_a_password_that_was_changed_meanwhile_ends_the_visit(person, server, services):
    person.sign_in()
    server.right = {(ALICE, "new")}
    page = person.send()
    assert "Sign in again" in page.text
    assert 'name="password"' in page.text
    assert services.accounts.find(ALICE) is None
    person.open(account.Overview.path)
    assert person.path == PATH


# --- waits ---


def test_guesses_are_stopped_as_a_phone_s_are_and_the_wait_is_named(person, server):
    pages = [person.sign_in(password=f"guess{number}") for number in range(7)]
    assert "password is wrong" in pages[0].text
    assert "Try again in" not in pages[0].text
    assert re.search(r"wrong passwords for this account\. Try again in 1[0-5] seconds", words(pages[4]))
    assert re.search(r"wrong passwords for this account\. Try again in 1[0-5] seconds", words(pages[6]))
    assert len(server.logins) == 5


def test_a_domain_that_has_seen_too_many_wrong_passwords_is_named_with_the_wait(person, server):
    for number in range(10):
        person.sign_in(address=f"user{number}", password=f"guess{number}")
    page = person.sign_in()
    assert "accounts with this ending after the @" in words(page)
    assert "in 60 minutes" in words(page)


def test_so_many_forms_are_taken_from_one_address_and_the_wait_is_named(person, client):
    pages = [person.sign_in(address="") for _ in range(steps.MOST_FORMS + 1)]
    assert "Type your XMPP address" in pages[-2].text
    assert re.search(r"Too many forms came from here\. Try again in (9|10) minutes", words(pages[-1]))
    assert Person(client, HTTPS | {"X-Forwarded-For": "198.51.100.1"}).sign_in().status_code == 200


def test_so_many_steps_are_taken_of_one_account(person):
    person.sign_in()
    person.open(account.OWN_PASSWORD)
    pages = [person.send(phone="a", again="b") for _ in range(steps.MOST_STEPS + 1)]
    assert "at least 6" in pages[-2].text
    assert "Too many forms" in pages[-1].text


# --- other sites, and cookies ---


@pytest.mark.parametrize("theft", ["no cookie", "no token", "another's token", "old token", "later token", "nonsense"])
def test_a_form_of_another_site_does_nothing(person, client, services, server, monkeypatch, theft):
    person.open()
    token = person.token()
    if theft == "no cookie":
        person.cookies = {}
    elif theft == "no token":
        token = ""
    elif theft == "another's token":
        other = Person(client)
        other.open()
        token = other.token()
    elif theft == "nonsense":
        token = "²³.\u00fc"
    else:
        now = time.time() + (4000 if theft == "old token" else -4000)
        monkeypatch.setattr(steps.time, "time", lambda: now)
    person.token = lambda: token
    assert "too old" in person.send(address=ALICE, password="right").text
    assert server.logins == []
    assert SIGNED_IN not in person.cookies


@pytest.mark.parametrize("path", [account.Password.path, account.FORGET_SURE, account.Leave.path])
def test_a_form_of_another_site_does_nothing_for_who_is_signed_in(person, client, services, path):
    services.accounts.link(ALICE, ALICE, "right", "older-77", origin="page")
    person.sign_in()
    stranger = Person(client)
    stranger.open()
    for token in ("", stranger.token(), "1.2"):
        person.token = lambda token=token: token
        assert "too old" in person.send(to=path, do="yes").text
    assert services.accounts.find(ALICE).phone_password == "older-77"
    person.open(account.Overview.path)
    assert person.path == account.Overview.path


@pytest.mark.parametrize("path", [account.Password.path, account.FORGET_SURE, account_number.SEND, "/account/settings/sms"])
def test_whoever_is_not_signed_in_gets_no_step(person, server, path):
    person.open(path)
    assert person.path == PATH
    page = person.send(to=path, do="yes")
    assert (page.status_code, "not signed in any more" in page.text) == (400, True)
    assert server.logins == []


def test_the_cookie_tells_nothing_and_is_for_this_page_alone(person, client):
    person.open()
    answer = person._ask(
        "POST",
        PATH,
        body=urlencode({"token": person.token(), "address": ALICE, "password": "right"}),
        content_type=forms.FORM,
    )
    cookie = answer.cookies[SIGNED_IN]
    assert (cookie.http_only, cookie.secure, cookie.same_site, cookie.path) == (True, True, "Strict", PATH)
    assert "alice" not in cookie.value
    assert "right" not in cookie.value


@pytest.mark.parametrize("change", ["cut", "turned", "of another purpose", "twice", "long", "late", "nonsense"])
def test_a_cookie_that_is_not_ours_signs_nobody_in(person, services, monkeypatch, change):
    person.sign_in()
    value = person.cookies[SIGNED_IN]
    made = {
        "cut": value[:-8],
        "turned": value[:-4] + ("AAAA" if not value.endswith("AAAA") else "BBBB"),
        "of another purpose": signed_session.base64.urlsafe_b64encode(services.ring.seal(b"x", "form")).decode(),
        "twice": f"{value}; {SIGNED_IN}={value}",
        "long": value * 40,
        "late": value,
        "nonsense": "%%%",
    }
    person.cookies[SIGNED_IN] = made[change]
    if change == "late":
        now = time.time() + signed_session.MAX_SECONDS + 1
        monkeypatch.setattr(signed_session.time, "time", lambda: now)
    person.open(account.Overview.path)
    assert person.path == PATH


def test_signing_in_begins_a_visit_that_nobody_knew_before(person, client):
    """Session fixation: what a thief planted counts for nothing after the password was shown."""
    thief = Person(client)
    thief.sign_in("bob@example.org", "bobs")
    planted = thief.cookies[SIGNED_IN]
    person.cookies[SIGNED_IN] = planted
    assert "bob@example.org" in words(person.open())
    person.send(to=account.Leave.path)
    person.sign_in()
    assert person.cookies[SIGNED_IN] != planted
    assert "bob" not in person.open().text


def test_signing_in_elsewhere_ends_the_visit_of_before(person, client):
    person.sign_in()
    Person(client).sign_in()
    person.open(account.Overview.path)
    assert person.path == PATH


def test_it_is_not_cached_framed_or_scripted(person):
    for page in (person.open(), person.sign_in(), person.send()):
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [PATH, account.DONE, account_number.NUMBER, "/account/settings"])
@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-Proto": "http"}])
def test_over_plain_http_there_is_no_form(client, server, headers, path):
    person = Person(client, headers)
    assert person.open(path).status_code == 403
    assert person.token() == ""
    assert person.send(address=ALICE, password="right").status_code == 403
    assert server.logins == []


@pytest.mark.parametrize("host", ['"><script>alert(1)</script>', "evil.example", "a" * 300, "x y"])
def test_a_made_up_host_leads_nobody_away(person, host):
    person.headers["Host"] = host
    person.sign_in()
    page = person.send()
    assert person.went == [account.DONE]
    assert "<script" not in page.text
    assert not re.search(r'(?:href|action)="(?!/|#)', page.text)


def test_what_is_typed_comes_back_as_text_only(person):
    page = person.sign_in(address='"><script>alert(1)</script>')
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


def test_an_account_with_marks_in_its_name_is_text_only(person, server):
    server.right.add(("a<b@example.org", "right"))
    page = person.sign_in(address="a%3cb@example.org")
    assert "<b@" not in page.text


def test_a_form_that_is_too_large_or_no_text_is_refused(person):
    person.open()
    assert person.send(address="x" * 9000).status_code == 413
    answer = person.client.simulate_post(PATH, headers=HTTPS, body=b"\xff", content_type=forms.FORM)
    assert answer.status_code == 400


def test_what_is_posted_and_is_no_form_goes_to_the_phones(app, services, server):
    class Phones:
        def on_post(self, req, resp):
            resp.text = "csp"

    add_account_pages(app, services, PEERS, Phones())
    client = TestClient(app)
    for path in (PATH, account.DONE, account_number.SEND, "/account/settings/sms", "/s/adgj"):
        assert client.simulate_post(path, body=b"x", content_type="application/vnd.wv.csp.wbxml").text == "csp"


def test_a_store_that_is_away_is_told_as_such(person, services):
    person.open()
    services.guard.busy = away
    assert "few minutes" in person.send(address=ALICE, password="right").text
    services.numbers.of = away
    del services.guard.busy
    assert person.sign_in().status_code == 200
    assert person.open(account.Overview.path).status_code == 503


def away(*_: object) -> bool:
    raise StoreDown("away")


# --- the user's phone ---

RAZR = "MOT-V3/0E.41.C3R MIB/2.2.1"


def test_the_menus_are_those_of_the_phone_that_looks(person):
    person.headers["User-Agent"] = RAZR
    person.sign_in()
    page = words(person.send())
    assert "On a Motorola" in page
    assert f"wv:{ALICE}" in page
    assert "NAME@" not in page


def test_the_menus_are_those_of_the_phone_that_is_logged_in(person, services, new_phone, server):  # noqa: F811
    server.right = None
    phone = new_phone(client_id="WV:IMPEC01", agent="Nokia6600/1.0 (3.42.1) SymbianOS/7.0s Series60/2.0")
    phone.log_in(f"wv:{ALICE}", "right")
    services.clients.put(ALICE, "phone", phone.sid)  # as a holder does
    server.right = {(ALICE, "right")}
    person.sign_in()
    assert "On a Nokia S60" in words(person.send())


@pytest.mark.parametrize(("host", "told"), [("127.0.0.1:8080", True), ("localhost", True), ("imps.example.org", False)])
def test_an_address_that_no_phone_reaches_is_named_as_such(person, services, host, told):
    services.policy = replace(services.policy, public_host=host)
    person.sign_in()
    assert ("works on this machine only" in person.send().text) == told


def test_of_an_unknown_phone_all_families_are_named(person):
    person.sign_in()
    page = person.send()
    for family in ("motorola", "sony-ericsson", "nokia-s40"):
        assert f'href="/phones/{family}"' in page.text


# --- the number ---

NUMBER = "+15550100123"


@pytest.fixture
def sms(services):
    """Some process can send SMS."""
    services.policy = replace(services.policy, sms_prefixes=("+1555",))
    services.lines.register("cir:1", 60_000, ["SMS", "SETTINGS"])
    return services


def test_a_number_is_proved_by_a_code(person, sms):
    person.sign_in()
    person.open(account_number.NUMBER)
    page = person.send(number="+1 555 010 0123")
    assert (person.path, NUMBER in page.text) == (account_number.SEND, True)
    assert sms.numbers.next_to_send() is None, "nothing is sent before the button that says so"
    person.send()
    assert person.path == account_number.CODE
    job = records.unpack_command(sms.numbers.next_to_send())
    code = job["text"].rpartition(" ")[2]
    assert (job["number"], job["jid"]) == (NUMBER, ALICE)
    page = person.send(code="no")
    assert page.status_code == 400
    is_linked(page, "code", "not the code")
    assert code not in page.text
    assert "number is yours" in person.send(code=f" {code} ").text
    assert sms.numbers.of(ALICE) == [NUMBER]
    person.open(account_number.CODE)
    assert "No code is waiting" in person.send(code=code).text


def test_a_reload_sends_no_second_sms(person, sms):
    person.sign_in()
    person.open(account_number.NUMBER)
    person.send(number=NUMBER)
    person.send()
    assert sms.numbers.next_to_send() is not None
    person.open(person.path)
    assert sms.numbers.next_to_send() is None


def test_enter_never_sends_an_sms(person, sms):
    """Enter in a field presses the first button of its form. No form with a field has a button that sends one."""
    sms.numbers.learn(ALICE, NUMBER, "code")
    person.sign_in()
    person.send()
    person.open(account_number.NUMBER)
    person.send(number=NUMBER)
    for path in (account_number.NUMBER, account_number.SEND, account_number.CODE, "/account/settings", "/account/settings/way"):
        for form in re.findall(r"<form.*?</form>", person.open(path).text, re.S):
            fields = [kind for kind in re.findall(r'<input[^>]*type="(\w+)"', form) if kind != "hidden"]
            assert not fields or "SMS</button>" not in form
            assert not fields or "by SMS" not in form
    assert sms.numbers.next_to_send() is None
    assert sms.settings_queue.next_to_send() is None


@pytest.mark.parametrize(
    ("number", "told"), [("", "no phone number"), ("++", "no phone number"), ("+447700900123", "no SMS to that number")]
)
def test_a_number_that_gets_no_code(person, sms, number, told):
    person.sign_in()
    person.open(account_number.NUMBER)
    page = person.send(number=number)
    is_linked(page, "number", told)
    assert f'value="{number}"' in page.text


def test_too_many_codes_say_how_long_to_wait(person, sms):
    person.sign_in()
    person.open(account_number.NUMBER)
    person.send(number=NUMBER)
    for _ in range(3):
        person.open(account_number.SEND)
        page = person.send()
    assert re.search(r"Too many codes were asked for\. Try again in 2[34] hours", words(page))


def test_where_no_sms_goes_out_nobody_is_asked_for_a_number(person):
    person.sign_in()
    assert "SMS" not in person.send().text
    assert "SMS" not in person.open(account.Overview.path).text


def test_nothing_that_was_typed_is_logged(person, sms, capsys):
    """But whose account it is."""
    person.sign_in(password="wr0ng-secret-1")
    person.sign_in()
    person.open(account.OWN_PASSWORD)
    person.send(phone="keypad-secret-2", again="keypad-secret-3")
    person.send(phone="keypad-secret-4", again="keypad-secret-4")
    person.open("/account/settings")
    person.send(apn="internet", apn_user="u", apn_password="apn-secret-5")
    told = "".join(capsys.readouterr())
    assert "account-page" in told
    assert "secret" not in told
    steps = [line for line in told.splitlines() if "account-page" in line]
    assert all(ALICE in line for line in steps)
