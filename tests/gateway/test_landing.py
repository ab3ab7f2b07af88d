"""The first page: what it tells a phone, in a form that a phone's browser of 2004 takes."""

import dataclasses
from xml.dom import minidom

import pytest

from workers.gateway.web import rendering
from workers.gateway.web.landing import LandingPage, not_found, port_of

from .conftest import HTTPS, PEERS

RAZR = "MOT-V3/0E.41.C3R MIB/2.2.1 Profile/MIDP-2.0 Configuration/CLDC-1.1"


@pytest.fixture
def landing(app, services):
    services.policy = dataclasses.replace(services.policy, public_host="imps.example.org:8080")
    app.add_route("/", LandingPage(services, PEERS, "/account"))
    app.add_sink(lambda req, resp, **_: not_found(req, resp), "/")


def test_it_says_what_to_type(landing, client):
    page = client.simulate_get("/", headers=HTTPS)
    assert page.status_code == 200
    for word in (
        "http://imps.example.org:8080/",
        "<code>8080</code>",
        "wv:NAME@example.org",
        'href="/account"',
        'href="/phones"',
    ):
        assert word in page.text


def test_it_says_how_the_browser_came(landing, client, capsys):
    page = client.simulate_get("/", headers=HTTPS | {"User-Agent": RAZR})
    assert f"from <code>203.0.113.9</code> as <code>{RAZR}</code>" in page.text


def test_head_has_no_body(landing, client):
    page = client.simulate_head("/", headers=HTTPS)
    assert (page.status_code, page.content) == (200, b"")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/vnd.wap.xhtml+xml, text/vnd.wap.wml", "application/vnd.wap.xhtml+xml; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/xhtml+xml; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("", "text/html; charset=utf-8"),
    ],
)
def test_a_browser_gets_the_type_that_it_lists(landing, client, accept, kind):
    page = client.simulate_get("/", headers=HTTPS | {"Accept": accept})
    assert page.headers["content-type"] == kind
    assert page.headers["vary"] == "Accept"


@pytest.mark.parametrize("model", ["<script>alert(1)</script>", "\"&'>", "\x00\x0b\x1b\ufffe", "x" * 10_000, ""])
def test_whatever_a_browser_is_called_the_page_is_well_formed_and_short(landing, client, model):
    page = client.simulate_get("/", headers=HTTPS, extras={"HTTP_USER_AGENT": model})
    minidom.parseString(page.content)
    assert "<script" not in page.text
    assert len(page.content) <= rendering.MAX_PHONE_PAGE


def test_another_path_is_not_found_in_few_bytes(landing, client):
    page = client.simulate_get("/wp-login.php", headers=HTTPS)
    assert page.status_code == 404
    assert len(page.content) < 4000
    assert "wp-login" not in page.text


def test_every_page_forbids_scripts_frames_and_guessing(landing, client):
    for path in ("/", "/nothing"):
        headers = client.simulate_get(path, headers=HTTPS).headers
        assert "script-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("url", "port"), [("http://imps.example.org/", 80), ("http://10.0.0.1:8080/", 8080), ("http://[::1]/", 80)]
)
def test_the_port_of_an_address(url, port):
    assert port_of(url) == port
