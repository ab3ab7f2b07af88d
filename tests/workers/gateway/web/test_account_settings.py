"""Settings for the phone from the account page: by a link, as a file, by SMS, and what of them nobody else gets."""

import re
from dataclasses import replace

import pytest
from falcon.testing import TestClient

from onesoup.handlers import settings_ota
from onesoup.provisioning import wbxml
from onesoup.provisioning.documents import AccessPoint, settings_of
from onesoup.provisioning.signature import Security, sign
from workers.gateway.web import account, account_settings
from workers.gateway.web.account import add_account_pages
from workers.gateway.web.signed_session import ACCOUNT_PATH

from .conftest import HTTPS, PEERS
from .person import ALICE, Person, is_linked, words

NUMBER = "+15550100123"
# A phone's browser comes over plain HTTP, without cookies.
PHONE = {"X-Forwarded-For": "198.51.100.7"}
WAY, LINK, SMS, FILE = (f"{account_settings.SETTINGS}/{name}" for name in ("way", "link", "sms", "file"))


@pytest.fixture
def client(app, services, holder):
    holder.right = {(ALICE, "right")}
    services.policy = replace(services.policy, public_host="imps.example.org:8080", sms_prefixes=("+1555",))
    add_account_pages(app, services, PEERS)
    return TestClient(app)


@pytest.fixture
def person(client):
    """Alice, with a phone password that was just made."""
    person = Person(client)
    person.sign_in()
    person.send()
    assert person.path == account.DONE
    return person


@pytest.fixture
def sms(services):
    services.lines.register("cir:1", 60_000, ["SMS", "SETTINGS"])
    services.numbers.learn(ALICE, NUMBER, "code")
    return services


def link_of(person: Person, **typed: str) -> tuple[str, str]:
    """The path of the link, and the PIN."""
    person.open(account_settings.SETTINGS)
    person.send(**typed)
    assert person.path == WAY
    page = person.send(to=LINK)
    (path,) = re.findall(r"http://imps\.example\.org:8080(/s/[a-z]+)<", page.text)
    (pin,) = re.findall(r">(\d{4})<", page.text)
    return path, pin


def fetch(client: TestClient, path: str, headers: dict[str, str] = PHONE):
    return client.simulate_get(path, headers=headers)


# --- by a link ---


def test_a_phone_gets_its_settings_by_a_short_link_over_plain_http(person, client):
    path, pin = link_of(person)
    answer = fetch(client, path)
    assert answer.status_code == 200
    signature = sign(answer.content, Security.USERPIN, pin)
    assert answer.headers["content-type"] == f"application/vnd.wap.connectivity-wbxml; SEC=1; MAC={signature.mac}"
    found = settings_of(wbxml.decode(answer.content))
    assert {each.services for each in found} == {("IM",), ("PR",)}
    for each in found:
        assert (each.url, each.user_id, each.password, each.access_point) == (
            "http://imps.example.org:8080/",
            f"wv:{ALICE}",
            "",
            None,
        )
    assert re.fullmatch(r"/s/[adgjmptw]{12}", path), "twelve presses of number keys"


def test_the_settings_hold_what_was_asked_for_and_never_the_xmpp_password(person, client, services):
    path, _ = link_of(person, apn="internet", apn_user="web", apn_password="gprs", with_password="yes")
    answer = fetch(client, path)
    (first, _) = settings_of(wbxml.decode(answer.content))
    assert first.access_point == AccessPoint("internet", "internet", "web", "gprs")
    assert first.password == services.accounts.find(ALICE).phone_password
    assert b"right" not in answer.content


def test_a_phone_password_that_was_not_just_made_does_not_go_out(person, client):
    person.open(account.OWN_PASSWORD)
    person.send(phone="keypad-77", again="keypad-77")
    assert "with_password" not in person.open(account_settings.SETTINGS).text
    path, _ = link_of(person, with_password="yes")
    assert b"keypad-77" not in fetch(client, path).content


def test_an_xmpp_password_that_a_log_in_has_stored_meanwhile_does_not_go_out(person, client, services):
    services.accounts.link(ALICE, ALICE, "right-one", "right-one", origin="login")
    path, _ = link_of(person, with_password="yes")
    assert b"right" not in fetch(client, path).content


def test_a_link_is_for_the_first_address_that_opens_it(person, client):
    path, _ = link_of(person)
    assert fetch(client, path).status_code == 200
    assert fetch(client, path).status_code == 200, "a phone may ask twice"
    page = fetch(client, path, PHONE | {"X-Forwarded-For": "203.0.113.66"})
    assert (page.status_code, b"wv:alice" in page.content) == (404, False)


def test_a_link_may_be_typed_in_capitals(person, client):
    path, _ = link_of(person)
    assert fetch(client, path.upper()).status_code == 200


def test_guessing_links_is_limited_by_address(person, client):
    path, _ = link_of(person)
    for _ in range(account_settings.MOST_LINKS):
        assert fetch(client, "/s/adgjmptwadgj").status_code == 404
    assert fetch(client, path).status_code == 404
    assert fetch(client, path, PHONE | {"X-Forwarded-For": "198.51.100.8"}).status_code == 200


@pytest.mark.parametrize("token", ["x" * 5000, "%00", "..%2f..%2fetc", "%f0%9f%98%80"])
def test_what_is_no_link_is_a_page_that_is_not_there(client, token):
    assert fetch(client, f"/s/{token}").status_code == 404


def test_a_reload_makes_no_second_link_and_an_account_few_of_them(person, services, client):
    path, _ = link_of(person)
    assert path in person.open(LINK).text
    for _ in range(settings_ota.LINKS_AN_HOUR):
        person.open(WAY)
        page = person.send(to=LINK)
    assert re.search(r"Too many links were made\. Try again in (59|60) minutes", words(page))
    assert len(list(services.guard._client.scan_iter("settings:*"))) == settings_ota.LINKS_AN_HOUR


def test_a_new_choice_of_settings_shows_no_old_link(person):
    link_of(person)
    person.open(account_settings.SETTINGS)
    person.send(apn="internet")
    person.open(LINK)
    assert person.path == WAY


# --- as a file ---


def test_the_file_has_the_same_bytes_and_is_for_who_is_signed_in(person, client):
    path, _ = link_of(person)
    file = person.open(FILE)
    assert file.content == fetch(client, path).content
    assert file.headers["content-disposition"] == 'attachment; filename="onesoup.prov"'
    assert file.headers["cache-control"] == "no-store"
    assert client.simulate_get(FILE, headers=HTTPS).status_code == 303


# --- by SMS ---


def test_settings_go_to_the_proved_number_and_the_page_shows_the_pin(person, sms):
    person.open(account_settings.SETTINGS)
    page = person.send(apn="internet")
    assert re.search(rf"[2-9] SMS go to {re.escape(NUMBER)}", words(page))
    assert sms.settings_queue.next_to_send() is None
    page = person.send(to=SMS)
    job = sms.settings_queue.next_to_send()
    assert (job.jid, job.number, job.security) == (ALICE, NUMBER, Security.USERPIN)
    (pin,) = re.findall(r">(\d{4})<", page.text)
    assert job.mac == sign(job.document, Security.USERPIN, pin).mac
    assert settings_of(wbxml.decode(job.document))[0].access_point.apn == "internet"
    assert pin in person.open(SMS).text
    assert sms.settings_queue.next_to_send() is None, "a reload sends nothing"


def test_nothing_goes_to_a_number_that_is_not_proved(person, services):
    services.lines.register("cir:1", 60_000, ["SMS", "SETTINGS"])
    person.open(account_settings.SETTINGS)
    page = person.send()
    assert 'action="/account/settings/sms"' not in page.text
    assert 'href="/account/number"' in page.text
    page = person.send(to=SMS, number=NUMBER)
    assert "Confirm it again first" in page.text
    assert services.settings_queue.next_to_send() is None


def test_too_many_settings_say_how_long_to_wait(person, sms):
    person.open(account_settings.SETTINGS)
    person.send()
    for _ in range(4):
        person.open(WAY)
        page = person.send(to=SMS)
    assert re.search(r"Settings were sent too often\. Try again in 2[34] hours", words(page))


def test_where_no_sms_goes_out_there_is_the_link_alone(person):
    person.open(account_settings.SETTINGS)
    assert "SMS" not in person.send().text


# --- refusals ---


@pytest.mark.parametrize(
    ("typed", "told", "field"),
    [
        ({"apn": "x" * 101}, "phones take 100", "apn"),
        ({"apn": "my internet"}, "without spaces", "apn"),
        ({"apn": "internet\x00"}, "without spaces", "apn"),
        ({"apn": "internet", "apn_user": "é"}, "without spaces", "apn_user"),
        ({"apn": "internet", "apn_password": "x" * 51}, "phones take 50", "apn_password"),
        ({"apn_user": "web"}, "name of the access point too", "apn"),
    ],
)
def test_an_access_point_that_phones_would_not_take(person, typed, told, field):
    person.open(account_settings.SETTINGS)
    page = person.send(**typed)
    assert page.status_code == 400
    is_linked(page, field, told)


def test_a_password_of_an_access_point_is_not_shown_again(person):
    person.open(account_settings.SETTINGS)
    person.send(apn="internet", apn_user="web", apn_password="gprs-77")
    page = person.open(account_settings.SETTINGS)
    assert 'value="internet"' in page.text
    assert "gprs-77" not in page.text


def test_a_user_id_that_no_phone_takes_is_refused_with_the_reason(person, holder):
    jid = f"{'a' * 60}@example.org"
    holder.right.add((jid, "right"))
    person.send(to=f"{ACCOUNT_PATH}/leave")
    person.sign_in(jid)
    person.open(account_settings.SETTINGS)
    page = person.send()
    assert (page.status_code, "the user id has 72 characters" in words(page)) == (400, True)
    for path in (WAY, FILE):
        person.open(path)
        assert person.path == account_settings.SETTINGS
    assert person.send(to=LINK).status_code == 400


def test_quotes_in_an_access_point_stay_one_value(person, client):
    path, _ = link_of(person, apn='"/><parm')
    assert settings_of(wbxml.decode(fetch(client, path).content))[0].access_point.apn == '"/><parm'


def test_a_link_that_is_over_says_so(client):
    page = client.simulate_get("/s/adgjmptwadgj")
    assert page.status_code == 404
    assert "This link has expired, or is mistyped" in page.text
