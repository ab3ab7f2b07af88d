"""The link that opens the account page of a demo over plain HTTP: signed, once, for fifteen minutes."""

import base64
import time

import falcon
import pytest
from falcon.testing import TestClient

from onesoup.runtime.ports import free_port
from onesoup.store.account.page_links import LINK_SECONDS, PASS_SECONDS, PageLinks, new_link
from onesoup.store.redis.client import connect
from workers.gateway.client_address import PeerReader
from workers.gateway.web.demo_link import LINK_PATH, PASS_COOKIE, DemoLink, LinkedPeers

STRANGER = {"Host": "203.0.113.7:8080"}


class Page:
    """Stands for the account page: says whether it is served."""

    def __init__(self, peers):
        self._peers = peers

    def on_get(self, req, resp):
        resp.status = falcon.HTTP_200 if self._peers.private(req) else falcon.HTTP_403


@pytest.fixture
def links(services):
    return PageLinks(services.sessions._client, services.ring)


def browser(links, proxies=()):
    app = falcon.App()
    link = DemoLink(links, PeerReader(proxies))
    app.add_route("/account", Page(LinkedPeers(links, proxies)))
    app.add_sink(lambda req, resp, **_: link.serve(req, resp), LINK_PATH)
    return TestClient(app, headers=STRANGER)


def follow(client, link, now=None):
    return client.simulate_get(LINK_PATH, query_string=f"key={link}", remote_addr="198.51.100.4")


def look(client, given="", **more):
    return client.simulate_get("/account", cookies={PASS_COOKIE: given} if given else None, remote_addr="198.51.100.4", **more)


def test_who_follows_the_link_is_let_in_and_nobody_else(links):
    client = browser(links)
    assert look(client).status_code == 403
    answer = follow(client, new_link(links._ring, time.time()))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    cookie = answer.cookies[PASS_COOKIE]
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/account")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert look(client, cookie.value).status_code == 200
    assert look(client).status_code == 403


def test_a_link_works_once_and_a_mere_look_does_not_use_it_up(links):
    client, link = browser(links), new_link(links._ring, time.time())
    assert client.simulate_head(LINK_PATH, query_string=f"key={link}").status_code == 200
    assert follow(client, link).status_code == 303
    again = follow(client, link)
    assert (again.status_code, PASS_COOKIE in again.cookies) == (403, False)
    assert "onesoup demo link" in again.text


def test_a_link_and_a_pass_run_out(links):
    link = new_link(links._ring, 1000.0)
    assert links.use(link, 1000.0 + LINK_SECONDS + 1) == ""
    given = links.use(link, 1000.0 + LINK_SECONDS)
    assert links.admits(given, 1000.0 + LINK_SECONDS + PASS_SECONDS)
    assert not links.admits(given, 1000.0 + LINK_SECONDS + PASS_SECONDS + 1)


def test_what_we_have_not_signed_for_this_is_refused(links):
    now = time.time()
    link = new_link(links._ring, now)
    given = links.use(new_link(links._ring, now), now)
    later = _later(link)
    for forged in (
        later,
        link[:-2] + "__",
        link[:-1],
        f"{link}x",
        given,
        "",
        "A" * 30,
        "=" * 30,
        "\N{SNOWMAN}" * 30,
        "1" * 10_000,
    ):
        assert links.use(forged, now) == ""
        assert follow(browser(links), forged).status_code == 403
    for forged in (link, later, given[:-1], "x" * 5000):
        assert not links.admits(forged, now)


def _later(text):
    """The same link with another time."""
    plain = base64.urlsafe_b64decode(text + "==")
    moved = (int.from_bytes(plain[:4], "big") + 1000).to_bytes(4, "big") + plain[4:]
    return base64.urlsafe_b64encode(moved).decode().rstrip("=")


def test_a_link_is_not_used_up_while_redis_is_away(links):
    link = new_link(links._ring, time.time())
    away = browser(PageLinks(connect(f"redis://127.0.0.1:{free_port()}/0"), links._ring))
    answer = follow(away, link)
    assert (answer.status_code, PASS_COOKIE in answer.cookies) == (503, False)
    assert follow(browser(links), link).status_code == 303


def test_a_proxy_of_ours_can_have_https_and_needs_it(links):
    client = browser(links, ["198.51.100.4"])
    given = follow(client, new_link(links._ring, time.time())).cookies[PASS_COOKIE].value
    assert look(client, given).status_code == 403
    assert look(client, given, headers={"X-Forwarded-Proto": "https"}).status_code == 200
