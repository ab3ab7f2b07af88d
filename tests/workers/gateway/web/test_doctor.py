"""/doctor: a phone that fails, and the page that says so; who sees what; and what strangers cannot do with it."""

import re

import gevent
import pytest
from falcon.testing import TestClient

from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    ClientID,
    GetSPInfoRequest,
    KeepAliveRequest,
    LoginRequest,
    LogoutRequest,
    MessageDelivered,
    PollingRequest,
    StopSearchRequest,
)
from onesoup.csp.phone_events import EventKind
from onesoup.handlers.context import Peer
from onesoup.handlers.dispatch import Exchange
from onesoup.handlers.login import throttle
from onesoup.handlers.login.access import end_session
from onesoup.store.errors import StoreDown
from onesoup.store.session.inbox import Inbox, RedeliveryPolicy
from onesoup.wire import codec
from tests.handlers.conftest import Phone, exchange, new_phone  # noqa: F401
from workers.gateway import phone_notes
from workers.gateway.app import CspResource, PhonesAndPages
from workers.gateway.phone_notes import PhoneNotes
from workers.gateway.web import doctor
from workers.gateway.web.account import add_account_pages
from workers.gateway.web.doctor import DOCTOR_PATH, SIGN_IN, add_doctor_page
from workers.gateway.web.pages import Pages
from workers.gateway.web.steps import MOST_FORMS

from .conftest import HTTPS, PEERS
from .person import ALICE, Person, words

BOB = "bob@example.org"
RAZR = "MOT-V3/0E.41"
# Where the browser of the tests is (HTTPS of conftest.py), and a carrier.
HOME, CARRIER = "203.0.113.9", "198.51.100.20"


@pytest.fixture
def notes(services):
    return PhoneNotes(services)


@pytest.fixture
def exchange(services, holder, notes):  # noqa: F811
    holder.right = {(ALICE, "right"), (BOB, "bobs")}
    return Exchange(services, notes)


@pytest.fixture
def client(app, services, exchange, notes):
    resource = CspResource(exchange, PEERS, 65536, notes=notes)
    pages = Pages(services, PEERS, "/account", DOCTOR_PATH, notes)
    app.add_route("/", PhonesAndPages(resource, pages.show))
    add_account_pages(app, services, PEERS, resource, DOCTOR_PATH)
    add_doctor_page(app, services, PEERS, resource)
    app.add_sink(lambda req, resp, **_: resource.on_post(req, resp) if req.method == "POST" else pages.show(req, resp), "/")
    return TestClient(app)


@pytest.fixture
def look(client, notes):
    """What the page says to somebody, after what waits was written."""

    def look(address=ALICE, password="right", **headers):
        notes.flush()
        person = Person(client, HTTPS | headers)
        person.open("/account/doctor")
        assert person.path == SIGN_IN
        person.send(address=address, password=password)
        assert person.path == DOCTOR_PATH
        return words(person.page)

    return look


@pytest.fixture
def razr(new_phone):  # noqa: F811
    return new_phone(agent=RAZR, address=CARRIER, version="1.1")


def begin(phone, user="wv:alice", *schemas):
    """The first half of a log-in with a digest."""
    return phone.ask(LoginRequest(user_id=user, client_id=ClientID(url="x"), digest_schema=list(schemas), session_cookie="c"))


# --- a phone that fails, and the page that says so ---


def test_a_wrong_domain(razr, look):
    razr.log_in("wv:alice@example.com")
    told = look()
    assert "The phone asks for wv:alice@example.com; this server serves example.org." in told
    assert "End it with @example.org" in told


def test_a_phone_that_offers_only_md5(razr, look, services):
    assert begin(razr, "wv:alice", "MD5").nonce
    told = look()
    assert "Your phone sends its password only in a scrambled form (MD5), and no phone password is stored for it." in told
    assert "Choose a phone password, and type that one into the phone. Choose a phone password" in told
    services.accounts.link(ALICE, ALICE, "right", "adgjmptwadgj")
    assert "scrambled" not in look()


def test_a_wrong_password_with_how_often_and_since_when(razr, look):
    for guess in ("one", "two", "three"):
        razr.log_in("wv:alice", guess)
    assert re.search(r"Wrong: Wrong password\. 3 times, first just now, last just now", look())


def test_a_lock_with_its_length(razr, look, client, notes):
    person = Person(client)
    person.open(SIGN_IN)
    person.send(address=ALICE, password="right")
    for guess in range(8):
        razr.log_in("wv:alice", f"guess {guess}")
    notes.flush()
    person.open(DOCTOR_PATH)
    told = words(person.page)
    assert re.search(
        r"The log-in was refused for now\. There were too many wrong passwords for this account\. Try again in \d+", told
    )


def test_a_phone_that_logs_in_and_what_it_asks(razr, look, services, notes):
    razr.log_in("wv:alice", "wrong")
    razr.log_in("wv:alice", "right")
    services.clients.put(ALICE, "res", razr.sid)
    razr.ask(KeepAliveRequest())
    for _ in range(3):
        razr.post(razr.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    told = look()
    assert "Fine: The phone logged in. (It speaks CSP 1.1 in XML.)" in told
    assert "Before the phone logged in Wrong password." in told
    assert "Logged in now Motorola. Last heard: just now." in told
    assert "KeepAlive-Request answered (200)" in told
    assert "It has looked" not in told, "polls are told only from the first look on"
    razr.post(razr.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    assert "It has looked for messages 4 times." in look()


def test_a_request_that_fails_is_told_by_name_and_code(razr, look):
    razr.log_in("wv:alice", "right")
    razr.ask(StopSearchRequest(search_id=77))
    assert re.search(r"StopSearch-Request (was refused, with code|is something)", look())


def poll(phone):
    return phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest())))


def on_its_way(phone):
    """What a phone may still send when it has logged out: a poll, an acknowledgement, the log-out again under another id."""
    poll(phone)
    phone.post(phone.message(Transaction(Mode.RESPONSE, "s1", MessageDelivered(message_id="m1"))))
    phone.ask(LogoutRequest())


def test_what_was_on_its_way_at_a_log_out_is_no_fault(new_phone, look, notes, services):  # noqa: F811
    """Seen where the owner looks: a phone at home, under whose address what names no account is shown."""
    phone = new_phone(agent=RAZR, address=HOME)
    for _ in range(2):
        phone.log_in("wv:alice", "right")
        phone.ask(LogoutRequest())
        on_its_way(phone)
    other_worker = Exchange(services, notes_there := PhoneNotes(services))
    phone.exchange = other_worker
    on_its_way(phone)
    notes_there.flush()
    told = look()
    assert "Fine: The phone logged in." in told
    assert "Logout-Request answered (200)" in told
    assert "session that is over" not in told
    assert "604" not in told


def test_a_phone_that_goes_on_long_after_its_log_out_is_told_of(new_phone, look, notes, monkeypatch):  # noqa: F811
    phone = new_phone(agent=RAZR, address=HOME)
    phone.log_in("wv:alice", "right")
    phone.ask(LogoutRequest())
    clock = notes._clock
    notes._clock = lambda: clock() + phone_notes.AFTER_LOGOUT_SECONDS + 5
    poll(phone)
    assert "The phone used a session that is over." in look()


def test_a_session_that_the_server_ended_is_told_of(new_phone, look, services):  # noqa: F811
    phone = new_phone(agent=RAZR, address=HOME)
    phone.log_in("wv:alice", "right")
    end_session(services.sessions, phone.sid)
    poll(phone)
    assert "The phone used a session that is over." in look()


def test_messages_that_are_never_acknowledged(razr, look, holder, services):
    services.inbox = Inbox(services.phone_requests._client, RedeliveryPolicy(repeat_ms=1))
    razr.log_in("wv:alice", "right")
    services.clients.put(ALICE, "res", razr.sid)
    holder.says(razr.sid, BOB, "hello")
    for _ in range(3):
        razr.post(razr.message(Transaction(Mode.REQUEST, None, PollingRequest())))
        gevent.sleep(0.005)
    assert "never acknowledged what it was handed" in look()


def test_a_gateway_that_changes_what_the_phone_sends(client, look):
    via = HTTPS | {"Via": "1.1 wap.carrier.example", "User-Agent": RAZR}
    client.simulate_post("/", body=b"a=1", headers=via | {"Content-Type": "text/html"})
    client.simulate_get("/", headers=via)
    told = look()
    assert "What arrived is no request of a chat client (text/html)." in told
    assert "through a WAP gateway or proxy that calls itself 1.1 wap.carrier.example" in told
    assert "Choose an Internet access point (APN) for the chat client" in told


@pytest.mark.parametrize(
    ("headers", "body", "says"),
    [
        ({"Content-Encoding": "gzip"}, b"x", "was compressed on its way"),
        ({}, b"x" * 70_000, "was longer than this server takes"),
        ({"Content-Type": "application/vnd.wv.csp.wbxml"}, b"\x03\x10\x6a\x00\xff", "cannot be read"),
    ],
)
def test_a_body_that_nobody_can_read(client, look, headers, body, says):
    client.simulate_post("/", body=body, headers=HTTPS | headers)
    assert says in look()


def test_a_browser_that_came_and_a_chat_client_that_did_not(client, look):
    assert "Nothing has come from the chat client of your phone" in look()
    client.simulate_get("/", headers=HTTPS | {"User-Agent": RAZR})
    told = look()
    assert "The browser of a Motorola reached this server: fine." in told
    assert "its chat client did not" in told


# --- who sees what ---


def test_each_sees_the_own_account_only(new_phone, look):  # noqa: F811
    at_home = new_phone(agent="SonyEricssonK800i", address=HOME)
    at_home.log_in("wv:bob", "bobs")
    at_home.ask(KeepAliveRequest())
    told = look()
    assert "bob" not in told
    assert "SonyEricsson" not in told
    assert "KeepAlive" not in told
    assert "SonyEricsson" in look("bob@example.org", "bobs")


def test_failed_log_ins_of_others_at_the_same_address_are_a_number(new_phone, look):  # noqa: F811
    at_home = new_phone(agent="SonyEricssonK800i", address=HOME)
    for guess in range(2):
        at_home.log_in("wv:carol", f"guess {guess}")
    told = look()
    assert "2 log-ins under other user IDs failed" in told
    assert "carol" not in told
    assert "SonyEricsson" not in told
    elsewhere = look(**{"X-Forwarded-For": "192.0.2.1"})
    assert "under other user IDs" not in elsewhere


def test_an_address_that_was_made_up_shows_nothing_of_that_address(client, new_phone, look):  # noqa: F811
    """The proxy appends the true address; what stands before it was written by the client."""
    client.simulate_get("/", headers=HTTPS | {"X-Forwarded-For": "192.0.2.50", "User-Agent": "Nokia6230i"})
    assert "Nokia6230i" not in look(**{"X-Forwarded-For": "192.0.2.50, 203.0.113.9"})
    assert "Nokia6230i" in look(**{"X-Forwarded-For": "192.0.2.50"})


def test_a_log_in_of_a_wrong_domain_is_shown_to_nobody_else(razr, look):
    razr.address = HOME
    razr.log_in("wv:alice@example.com")
    assert "example.com" in look()
    assert "example.com" not in look(BOB, "bobs")


def test_neither_texts_nor_passwords_nor_addresses_nor_sessions_are_kept(razr, notes, services):
    razr.log_in("wv:alice", "s3cret-guess")
    razr.log_in("wv:alice", "right")
    notes.flush()
    client = services.phone_requests._client
    kept = b"".join(key + b"".join(client.hvals(key)) for key in client.keys("phone:*")) + b"".join(
        client.zrange("phones-seen", 0, -1)
    )
    assert b"Login-Request" in kept
    for secret in ("s3cret-guess", "right", CARRIER, razr.sid, "c00kie", "Razr V3"):
        assert secret.encode() not in kept, secret


def test_markup_in_what_a_phone_sends_stays_text(client, new_phone, look):  # noqa: F811
    hostile = "<script>alert(1)</script>"
    phone = new_phone(agent=hostile, address=HOME)
    phone.log_in(f"wv:alice@{hostile}")
    phone.log_in("wv:alice", "wrong")
    client.simulate_get(f"/%3Cb%3E{'x' * 500}", headers=HTTPS | {"User-Agent": hostile, "Via": f"1.1 {hostile}"})
    client.simulate_post("/", body=b"x", headers=HTTPS | {"Content-Type": f"text/{hostile}"})
    assert hostile in look(), "as text"
    page = Person(client)
    page.open("/account/doctor")
    page.send(address=ALICE, password="right")
    assert "<script" not in page.page.text
    assert "&lt;script&gt;" in page.page.text
    assert "<b>x" not in page.page.text


# --- the page ---


def test_it_renews_itself_for_ten_minutes_and_can_be_stopped(client, exchange, monkeypatch):
    person = Person(client)
    person.open("/account/doctor")
    person.send(address=ALICE, password="right")

    def renews():
        found = re.search(r'http-equiv="refresh" content="5; url=(/account/doctor\?until=\d+)"', person.page.text)
        return found and found.group(1)

    first = renews()
    assert first
    person.open(first)
    assert renews() == first, "the end does not move"
    for odd in ("0", "99999999999", "x", "-1", "1" * 400, "1&until=2", "%C2%B2"):
        person.open(f"/account/doctor?until={odd}")
        assert person.page.status_code == 200
        assert renews() is None
    now = doctor.time.time()
    monkeypatch.setattr(doctor.time, "time", lambda: now + 601)
    person.open(first)
    assert "/account/doctor/sign-in" in person.path or renews() is None


@pytest.mark.parametrize("path", ["/doctor", "/Doctor", "/doctor/", "/DOCTOR//", "/Account/Doctor/"])
def test_it_is_found_however_its_path_is_typed(client, path):
    page = client.simulate_get(path, headers=HTTPS)
    assert (page.status_code, page.headers["location"]) == (302, "/account/doctor")


def test_pages_lead_to_it(client, exchange, services):
    for path in ("/", "/phones/motorola"):
        assert 'href="/doctor"' in client.simulate_get(path, headers=HTTPS).text
    person = Person(client)
    person.sign_in()
    person.send()
    assert person.path == "/account/done"
    assert 'href="/account/doctor"' in person.page.text
    person.open("/account/overview")
    assert 'href="/account/doctor"' in person.page.text


def test_without_it_nothing_leads_to_it(app, services, exchange):
    pages = Pages(services, PEERS, "/account")
    add_account_pages(app, services, PEERS)
    app.add_sink(lambda req, resp, **_: pages.show(req, resp), "/")
    client = TestClient(app)
    assert client.simulate_get("/doctor", headers=HTTPS).status_code == 404
    for path in ("/", "/phones/motorola", "/account"):
        assert "doctor" not in client.simulate_get(path, headers=HTTPS).text


def test_it_has_the_headers_of_every_page_and_is_served_over_https_only(client):
    page = client.simulate_get("/account/doctor/sign-in", headers=HTTPS)
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert client.simulate_get("/account/doctor", headers={"X-Forwarded-For": HOME}).status_code == 403


def test_guessing_passwords_here_ends_as_on_the_account_page(client, exchange):
    person = Person(client)
    person.open(SIGN_IN)
    for guess in range(MOST_FORMS + 1):
        person.send(address=ALICE, password=f"guess {guess}")
        assert person.page.status_code == 400
    assert "Try again in" in words(person.page)
    assert person.send(address=ALICE, password="right").status_code == 400


def test_a_form_of_another_site_signs_nobody_in(client, exchange):
    page = client.simulate_post(
        SIGN_IN,
        body="address=alice%40example.org&password=right&token=made-up",
        headers=HTTPS,
        content_type="application/x-www-form-urlencoded",
    )
    assert page.status_code == 400
    assert "onesoup-account" not in page.cookies


def test_a_phone_may_post_there(client, exchange, new_phone):  # noqa: F811
    phone = new_phone()
    raw = codec.encode(envelope.document_from_message(phone.message(Transaction(Mode.REQUEST, "1", GetSPInfoRequest()))))
    page = client.simulate_post(DOCTOR_PATH, body=raw, content_type="application/vnd.wv.csp.xml", headers=HTTPS)
    assert b"GetSPInfo-Response" in page.content


# --- notes ---


class Away:
    """The store of a Redis that is away."""

    def __getattr__(self, name):
        def away(*_, **__):
            raise StoreDown("away")

        return away


def test_when_redis_is_away_nothing_fails_and_nothing_is_forgotten(razr, notes, services, look):
    store = services.phone_requests
    razr.log_in("wv:alice", "wrong")
    away = Away()
    away.of_account, away.of_address = store.of_account, store.of_address
    services.phone_requests = away
    razr.log_in("wv:alice", "wrong again")
    with pytest.raises(StoreDown):
        notes.flush()
    services.phone_requests = store
    assert "Wrong password. 2 times" in look()


def test_a_poll_costs_no_round_trip(razr, notes, services, monkeypatch):
    razr.log_in("wv:alice", "right")
    notes.flush()
    monkeypatch.setattr(services, "phone_requests", Away())
    for _ in range(50):
        razr.post(razr.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    assert notes._waiting == {}
    assert notes._polls[razr.sid][0] == 50


def test_a_flood_waits_in_little_memory(services, notes):
    for number in range(5000):
        peer = Peer(address=f"198.51.{number // 250}.{number % 250}", user_agent="x" * 9000, via="v" * 9000)
        notes.opened(peer, "/" * 9000)
        notes.unreadable(peer, "y" * 9000, 1, "z" * 9000)
    assert len(notes._waiting) == phone_notes.MOST_WAITING
    assert all(len(str(event)) < 700 for _, event in notes._waiting.values())


def test_sessions_that_are_made_up_are_one_event_and_remembered_ones_are_few(new_phone, notes, services, monkeypatch):  # noqa: F811
    monkeypatch.setattr(phone_notes, "MOST_COUNTED", 5)
    monkeypatch.setattr(phone_notes, "MOST_OVER", 4)
    for number in range(12):
        phone = new_phone(address=HOME, sid=f"00made-up-{number}")
        phone.ask(KeepAliveRequest())
        notes._count_poll(f"sid {number}")
    assert [event.times for _, event in notes._waiting.values()] == [1, 1, 1, 1, 8]
    assert len(notes._polls) == 5
    (at,) = {event.at for _, event in notes._waiting.values()}
    notes.flush()
    store = services.phone_requests
    assert [(each.name, each.times) for each in store.of(store.of_address(at), int(notes._clock()))] == [
        ("KeepAlive-Request", 12)
    ]
    assert notes._over == set()


def test_a_kind_of_request_is_noted_once_a_session_and_each_failure(razr, notes):
    razr.log_in("wv:alice", "right")
    notes.flush()
    for _ in range(5):
        razr.ask(KeepAliveRequest())
    assert [(event.name, event.times) for _, event in notes._waiting.values()] == [("KeepAlive-Request", 1)]
    for _ in range(3):
        razr.ask(StopSearchRequest(search_id=77))
    assert max(event.times for _, event in notes._waiting.values()) == 3


def test_what_names_no_account_is_kept_by_address_alone(client, services, notes):
    client.simulate_get("/", headers=HTTPS | {"User-Agent": RAZR})
    notes.flush()
    store = services.phone_requests
    who = store.of_address(throttle.address_key(services, Peer(address=HOME)))
    (event,) = store.of(who, int(doctor.time.time()))
    assert (event.kind, event.name, event.agent, event.account) == (EventKind.PAGE, "/", RAZR, "")


def test_a_health_check_is_no_request_of_a_phone(look, notes):
    notes.unreadable(Peer(address=HOME), "unreadable", 0, "")
    notes.flush()
    assert "nothing in it" not in look()
    notes.unreadable(Peer(address=HOME, user_agent=RAZR), "unreadable", 0, "")
    notes.flush()
    assert "nothing in it" in look()
