"""Who is let in to the console, and what a post must have before anything is done."""

import time

import falcon
import pytest

from onesoup.settings import Settings
from onesoup.store.audit import AuditLog
from onesoup.store.console_access import IDLE_SECONDS, TRIES_OF_ADDRESS, ConsoleRole
from onesoup.store.errors import StoreDown
from workers.gateway.console import serving
from workers.gateway.console.pages import ActionProblem, ConsoleAction, ConsolePage, ConsoleSite
from workers.gateway.console.serving import CONSOLE_COOKIE, LOGIN_PATH, PageResource

from .visitor import Visitor


@pytest.fixture
def done(console, client, ring) -> list[str]:
    """A page with one action for operators and one for all; what they have done."""
    done: list[str] = []

    def act(page, visit):
        if visit.typed("who") == "nobody":
            raise ActionProblem("there is no nobody")
        done.append(visit.typed("who"))
        return f"done to {visit.typed('who')}"

    class Tried(ConsolePage):
        path, title, template = "/console/tried", "Tried", "base.html"
        actions = (
            ConsoleAction("poke", "onesoup poke WHO", act, whom=lambda visit: visit.typed("who")),
            ConsoleAction("wave", "onesoup wave WHO", act, role=ConsoleRole.READER),
        )

    site = ConsoleSite.of(Settings(), client, ring, ())
    console.add_route(Tried.path, PageResource(site, Tried(site)))
    return done


def test_who_is_not_logged_in_is_led_to_the_log_in_and_back(console, tokens):
    visitor = Visitor(console)
    page = visitor.open("/console/leave")
    assert (page.status_code, page.headers["location"]) == (303, f"{LOGIN_PATH}?to=%2Fconsole%2Fleave")
    page = visitor.log_in(tokens[ConsoleRole.OPERATOR], page.headers["location"])
    assert (page.status_code, page.headers["location"]) == (303, "/console/leave")


def test_a_log_in_leads_to_no_other_site(console, tokens):
    page = Visitor(console).log_in(tokens[ConsoleRole.OPERATOR], f"{LOGIN_PATH}?to=//evil.example/console")
    assert page.headers["location"] == "/console"


def test_the_cookie_is_kept_from_scripts_and_other_sites(operator, console, tokens):
    visitor = Visitor(console)
    cookie = visitor.log_in(tokens[ConsoleRole.OPERATOR]).cookies[CONSOLE_COOKIE]
    assert (cookie.http_only, cookie.same_site, cookie.path, cookie.secure) == (True, "Strict", "/console", False)


def test_behind_a_proxy_with_https_the_cookie_is_for_https_only(make_console, tokens):
    visitor = Visitor(make_console(trusted_proxies=("127.0.0.1",), console_hosts=("ops.example.org",)))
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", "Host": "ops.example.org"}
    page = visitor.log_in(tokens[ConsoleRole.OPERATOR], **told, Origin="https://ops.example.org")
    assert (page.status_code, page.cookies[CONSOLE_COOKIE].secure) == (303, True)
    assert visitor.open(**told).status_code == 200
    assert visitor.open(**(told | {"X-Forwarded-Proto": "http"})).status_code == 403


def test_no_page_is_kept_and_nothing_is_loaded_from_elsewhere(operator):
    for path, status in (("/console", 200), (LOGIN_PATH, 200), ("/console/nothing", 404)):
        page = operator.open(path)
        assert page.status_code == status
        assert page.headers["cache-control"] == "no-store"
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert "<style" not in page.text
        assert "style=" not in page.text
        assert "http://" not in page.text
        assert "https://" not in page.text


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "console.example.org"])
def test_a_name_that_is_not_ours_gets_nothing(operator, host):
    """DNS rebinding: a page elsewhere lets its own name lead to this port."""
    page = operator.open(Host=host)
    assert page.status_code == 421
    assert "Processes" not in page.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:9471"])
def test_localhost_and_addresses_are_ours(operator, host):
    assert operator.open(Host=host).status_code == 200


def test_plain_http_is_for_the_loopback_and_for_networks_that_are_named(make_console, tokens):
    visitor = Visitor(make_console())
    assert visitor.client.simulate_get("/console", remote_addr="10.8.0.7").status_code == 403
    assert visitor.open(**{"X-Forwarded-For": "203.0.113.9"}).status_code == 403  # a proxy that nobody has named
    named = Visitor(make_console(console_from=("10.8.0.0/24",)))
    assert named.client.simulate_get("/console", remote_addr="10.8.0.7").status_code == 303
    assert named.client.simulate_get("/console", remote_addr="10.9.0.7").status_code == 403


def test_wrong_tokens_are_limited_for_an_address(console, access, tokens):
    visitor = Visitor(console)
    assert {visitor.log_in(f"wrong {number}").status_code for number in range(TRIES_OF_ADDRESS)} == {403}
    page = visitor.log_in(tokens[ConsoleRole.OPERATOR])
    assert page.status_code == 429
    assert CONSOLE_COOKIE not in visitor.cookies
    access.forget_tries()
    assert visitor.log_in(tokens[ConsoleRole.OPERATOR]).status_code == 303


def test_a_good_token_does_not_count_as_an_attempt(console, tokens):
    for _ in range(TRIES_OF_ADDRESS + 1):
        assert Visitor(console).log_in(tokens[ConsoleRole.READER]).status_code == 303


def test_a_log_in_needs_the_token_of_its_form(console, tokens):
    visitor = Visitor(console)
    visitor.open(LOGIN_PATH)
    for token in ("", "1.abc", Visitor(console).open(LOGIN_PATH) and visitor.form_token()[:-1] + "x"):
        assert visitor.send(LOGIN_PATH, access=tokens[ConsoleRole.OPERATOR], token=token).status_code == 403
    assert CONSOLE_COOKIE not in visitor.cookies


def test_an_action_is_done_and_noted(operator, done, client):
    operator.open("/console/tried")
    page = operator.send("/console/tried", action="poke", who="alice")
    assert page.status_code == 200
    assert "done to alice" in page.text
    assert done == ["alice"]
    entry, login = AuditLog(client).last(2)
    assert (entry.by, entry.what, entry.whom) == ("operator@127.0.0.1 (console)", "poke", "alice")
    assert (login.by, login.what) == ("operator@127.0.0.1 (console)", "console log-in")


def test_a_read_only_session_looks_and_does_nothing(reader, done, client):
    assert reader.open("/console/tried").status_code == 200
    before = len(AuditLog(client).last(10))
    assert reader.send("/console/tried", action="poke", who="alice").status_code == 403
    assert done == []
    assert len(AuditLog(client).last(10)) == before
    assert reader.send("/console/tried", action="wave", who="bob").status_code == 200
    assert done == ["bob"]


def test_a_post_without_the_token_of_the_form_does_nothing(operator, reader, done):
    operator.open("/console/tried")
    reader.open("/console/tried")
    for token in ("", "x", "1.2", reader.form_token()):
        page = operator.send("/console/tried", action="poke", who="alice", token=token)
        assert page.status_code == 403
        operator.open("/console/tried")
    assert done == []


@pytest.mark.parametrize(
    "told",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8000"},  # another program on the operator's machine
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
def test_a_post_of_another_page_does_nothing(operator, done, told):
    operator.open("/console/tried")
    assert operator.send("/console/tried", told, action="poke", who="alice").status_code in (403, 421)
    assert done == []


def test_what_a_page_does_not_list_is_refused(operator, done):
    for path, fields in (("/console/tried", {"action": "burn"}), ("/console/tried", {}), ("/console", {"action": "poke"})):
        operator.open(path)
        assert operator.send(path, who="alice", **fields).status_code == 404
    assert operator.client.simulate_delete("/console/tried", cookies=operator.cookies).status_code == 405
    assert done == []


def test_a_body_that_is_no_form_is_refused(operator, done):
    operator.open("/console/tried")
    assert operator.send("/console/tried", action="poke", who="x" * 10_000).status_code == 413
    operator.open("/console/tried")
    assert operator.send("/console/tried", {"Content-Type": "text/plain"}, action="poke").status_code == 415
    assert done == []


def test_an_action_that_cannot_be_done_says_why_and_is_not_noted(operator, done, client):
    operator.open("/console/tried")
    page = operator.send("/console/tried", action="poke", who="nobody")
    assert page.status_code == 400
    assert "there is no nobody" in page.text
    assert AuditLog(client).last(1)[0].what == "console log-in"


def test_logging_out_ends_the_session(operator):
    cookies = dict(operator.cookies)
    operator.open()
    assert "logged out" in operator.send("/console/leave", action="console log-out").text
    operator.cookies = cookies  # a copy that somebody has kept
    assert operator.open().status_code == 303


def test_a_session_ends_when_nobody_uses_it(operator, monkeypatch):
    now = time.time()
    monkeypatch.setattr(serving.time, "time", lambda: now + IDLE_SECONDS + 1)
    assert operator.open().status_code == 303
    assert operator.open(**{"X-Console-Renewal": "1"}).status_code == 401


def test_a_new_token_and_end_close_sessions(operator, reader, access, ring):
    access.new_token(ring, ConsoleRole.OPERATOR, time.time())
    assert operator.open().status_code == 303
    assert reader.open().status_code == 200
    assert access.end_all() == 2
    assert reader.open().status_code == 303


def test_a_cookie_that_a_browser_sends_twice_or_that_is_none_lets_nobody_in(operator, console):
    secret = operator.cookies[CONSOLE_COOKIE]
    for cookie in (f"{CONSOLE_COOKIE}={secret}; {CONSOLE_COOKIE}=x", f"{CONSOLE_COOKIE}={secret}x", f"{CONSOLE_COOKIE}="):
        page = operator.client.simulate_get("/console", headers={"Cookie": cookie})
        assert page.status_code == 303


def test_while_redis_is_away_the_page_names_it(operator, monkeypatch):
    def away(*_, **__):
        raise StoreDown("NOREPLICAS")

    monkeypatch.setattr("onesoup.store.console_access.ConsoleAccess.find", away)
    page = operator.open()
    assert page.status_code == 503
    assert "NOREPLICAS" in page.text
    assert "onesoup redis check" in page.text


def test_a_bug_shows_nothing_of_itself(operator, console, client, ring):
    class Broken(ConsolePage):
        path, title, template = "/console/broken", "Broken", "overview.html"

        def values(self, visit):
            raise RuntimeError("hunter2")

    site = ConsoleSite.of(Settings(), client, ring, ())
    console.add_route(Broken.path, PageResource(site, Broken(site)))
    page = operator.open(Broken.path)
    assert page.status == falcon.HTTP_500
    assert "hunter2" not in page.text


def test_static_files_are_kept_under_their_digest_only(operator):
    page = operator.open()
    url = page.text.partition('href="/console/static/')[2].partition('"')[0]
    assert "immutable" in operator.open(f"/console/static/{url}").headers["cache-control"]
    assert operator.open("/console/static/console.css?v=old").headers["cache-control"] == "no-store"
    for path in ("..%2fapp.py", "nothing.css", "%2e%2e"):
        assert operator.open(f"/console/static/{path}").status_code == 404
