"""The first page: what it tells a phone, in a form that a phone's browser of 2004 takes."""

import dataclasses
import subprocess
from shutil import which
from xml.dom import minidom

import pytest

from workers.gateway.client_address import PeerReader
from workers.gateway.web import rendering
from workers.gateway.web.pages import Pages

from .conftest import HTTPS, PEERS

RAZR = "MOT-V3/0E.41.C3R MIB/2.2.1 Profile/MIDP-2.0 Configuration/CLDC-1.1"
WAP_1 = "text/vnd.wap.wml, application/vnd.wap.wmlscriptc, image/vnd.wap.wbmp, */*"


def serve(app, services, peers=PEERS, account="/account"):
    pages = Pages(services, peers, account, f"{account}/doctor" if account else "")
    app.add_sink(lambda req, resp, **_: pages.show(req, resp), "/")


@pytest.fixture
def landing(app, storeless):
    storeless.policy = dataclasses.replace(storeless.policy, public_host="imps.example.org:8080")
    serve(app, storeless)


def test_it_says_what_to_type(landing, client):
    page = client.simulate_get("/", headers=HTTPS)
    assert page.status_code == 200
    for word in (
        "http://imps.example.org:8080/",
        "<code>8080</code>",
        "wv:NAME@example.org",
        'href="/account"',
        'href="/phones"',
        'href="/phones/access-point"',
    ):
        assert word in page.text


@pytest.mark.parametrize(
    ("public_host", "host", "url"),
    [
        ("imps.example.org", "10.0.0.7:8080", "http://imps.example.org:8080/"),
        ("imps.example.org", "10.0.0.7", "http://imps.example.org/"),
        ("imps.example.org", "10.0.0.7:80", "http://imps.example.org/"),
        ("imps.example.org:9999", "10.0.0.7:8080", "http://imps.example.org:9999/"),
        ("imps.example.org", "[2001:db8::7]:8080", "http://imps.example.org:8080/"),
        ("", "[2001:db8::7]:8080", "http://[2001:db8::7]:8080/"),
        ("", "[2001:db8::7]", "http://[2001:db8::7]/"),
    ],
)
def test_a_public_host_keeps_the_port_that_the_browser_used(app, storeless, client, public_host, host, url):
    storeless.policy = dataclasses.replace(storeless.policy, public_host=public_host)
    serve(app, storeless)
    assert url in client.simulate_get("/", headers={"Host": host, "X-Forwarded-Proto": "http"}).text


def test_without_an_account_page_there_is_no_link_to_it(app, storeless, client):
    serve(app, storeless, account="")
    assert "/account" not in client.simulate_get("/").text
    assert client.simulate_get("/account/").status_code == 404


@pytest.mark.parametrize("path", ["/Account", "/account/", "/ACCOUNT//"])
def test_the_account_page_is_found_however_its_path_is_typed(landing, client, path):
    page = client.simulate_get(path)
    assert (page.status_code, page.headers["location"], page.content) == (302, "/account", b"")


def test_it_says_how_the_browser_came_and_which_page_is_for_it(landing, client):
    page = client.simulate_get("/", headers=HTTPS | {"User-Agent": RAZR})
    assert f"from <code>203.0.113.9</code> as <code>{RAZR}</code>" in page.text
    assert 'Motorola: <a href="/phones/motorola">set it up</a>' in page.text


def test_a_browser_that_nobody_knows_gets_no_family(landing, client):
    page = client.simulate_get("/", headers=HTTPS | {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})
    assert "If this is the phone" in page.text
    assert 'href="/phones/' not in page.text.replace("/phones/access-point", "")


def test_it_says_that_a_wap_gateway_stands_between(landing, client):
    page = client.simulate_get("/", headers=HTTPS | {"Via": "1.1 wapgw7.operator.example (Jataayu 3)"})
    assert "through a gateway or proxy: <code>1.1 wapgw7.operator.example (Jataayu 3)</code>" in page.text
    assert "through a gateway" not in client.simulate_get("/", headers=HTTPS).text


def test_a_proxy_that_is_not_ours_is_one_between(app, storeless, client):
    serve(app, storeless, PeerReader())
    assert "a proxy without a name" in client.simulate_get("/", headers={"X-Forwarded-For": "10.1.1.1"}).text


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"])
def test_an_address_that_no_phone_reaches_is_told(app, storeless, client, host):
    serve(app, storeless, PeerReader())
    assert "works on this computer only" in client.simulate_get("/", headers={"Host": host}).text
    assert "works on this computer only" not in client.simulate_get("/", headers={"Host": "imps.example.org"}).text


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("imps.example.com", "http://imps.example.com/"),
        ("imps.example.com:80", "http://imps.example.com/"),
        ("192.0.2.7:8080", "http://192.0.2.7:8080/"),
        ("[2001:db8::7]:8080", "http://[2001:db8::7]:8080/"),
        ('"><script>alert(1)</script>', "http://example.org/"),
        ("a b", "http://example.org/"),
        ("evil.example/x?", "http://example.org/"),
        ("user@evil.example", "http://example.org/"),
        ("x" * 5000, "http://example.org/"),
        ("\x00", "http://example.org/"),
    ],
)
def test_the_address_is_that_of_the_request_when_it_can_be_one(app, storeless, client, host, url):
    serve(app, storeless, PeerReader())
    page = client.simulate_get("/", headers={"Host": host})
    assert f"<dt>Server</dt><dd><code>{url}</code></dd>" in page.text
    assert "<script" not in page.text


def test_behind_a_proxy_phones_come_to_its_port_for_plain_http(app, storeless, client):
    serve(app, storeless)
    plain = HTTPS | {"X-Forwarded-Proto": "http"}
    assert (
        "http://imps.example.com:8081/</code>" in client.simulate_get("/", headers=plain | {"Host": "imps.example.com:8081"}).text
    )
    assert "http://imps.example.com/</code>" in client.simulate_get("/", headers=HTTPS | {"Host": "imps.example.com:8443"}).text
    assert "http://[2001:db8::7]/</code>" in client.simulate_get("/", headers=HTTPS | {"Host": "[2001:db8::7]:443"}).text


def test_the_domain_is_that_of_a_log_in_at_this_host(app, storeless, client):
    storeless.policy = dataclasses.replace(storeless.policy, by_place={"imps.example.net": "example.net"})
    serve(app, storeless)
    assert "wv:NAME@example.net" in client.simulate_get("/", headers=HTTPS | {"Host": "imps.example.net"}).text


@pytest.mark.parametrize(
    ("domains", "told"),
    [({"example.org", "b.example", "a.example"}, "Here also: a.example, b.example."), ({"any"}, "other XMPP servers work too")],
)
def test_other_domains_are_named(app, storeless, client, domains, told):
    storeless.policy = dataclasses.replace(storeless.policy, domains=frozenset(domains))
    serve(app, storeless)
    assert told in client.simulate_get("/").text


def test_head_has_no_body(landing, client):
    for path, status in (("/", 200), ("/phones", 200), ("/phones/motorola", 200), ("/nothing", 404)):
        page = client.simulate_head(path, headers=HTTPS)
        assert (page.status_code, page.content) == (status, b"")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/vnd.wap.xhtml+xml, text/vnd.wap.wml", "application/vnd.wap.xhtml+xml; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/xhtml+xml; charset=utf-8"),
        ("text/html, text/vnd.wap.wml", "text/html; charset=utf-8"),
        (WAP_1, "text/vnd.wap.wml; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("", "text/html; charset=utf-8"),
    ],
)
def test_a_browser_gets_the_type_that_it_lists(landing, client, accept, kind):
    page = client.simulate_get("/", headers=HTTPS | {"Accept": accept})
    assert page.headers["content-type"] == kind
    assert page.headers["vary"] == "Accept"


def test_a_browser_of_wap_1_gets_one_small_card(landing, client, tmp_path):
    for path in ("/", "/phones", "/phones/nokia-s60"):
        page = client.simulate_get(
            path, headers=HTTPS | {"Accept": WAP_1, "Via": "WTP/1.1 gw$1 (Kannel/1.4.5)", "Host": "x" * 200}
        )
        assert page.headers["content-type"].startswith("text/vnd.wap.wml")
        assert "wv:NAME@example.org" in page.text
        assert "gw$$1" in page.text  # a single one would be a variable
        assert len(page.content) <= 1400
        minidom.parseString(page.content)
    if which("xml2wbxml"):  # as the gateway on its way to the phone does
        (tmp_path / "card.wml").write_bytes(page.content)
        subprocess.run(["xml2wbxml", "-o", tmp_path / "card.wmlc", tmp_path / "card.wml"], check=True, capture_output=True)
        assert 100 < (tmp_path / "card.wmlc").stat().st_size <= 1400


@pytest.mark.parametrize("model", ["<script>alert(1)</script>", "\"&'>", "\x00\x0b\x1b\ufffe", "x" * 10_000, ""])
@pytest.mark.parametrize("accept", ["*/*", "application/xhtml+xml", WAP_1])
def test_whatever_a_browser_is_called_the_page_is_well_formed_and_short(landing, client, model, accept):
    extras = {"HTTP_USER_AGENT": model, "HTTP_VIA": model, "HTTP_X_FORWARDED_FOR": model}
    page = client.simulate_get("/", headers={"Accept": accept}, extras=extras)
    minidom.parseString(page.content)
    assert "<script" not in page.text
    assert len(page.content) <= (1400 if accept == WAP_1 else rendering.MAX_PHONE_PAGE)


@pytest.mark.parametrize(
    "path",
    ["/wp-login.php", "/phones/toaster", "/phones/nokia-s60/x", "/phonesx", "/%00", "/" + "a" * 9000, "/phones/" + "a/" * 99],
)
def test_another_path_is_not_found_in_few_bytes(landing, client, path):
    page = client.simulate_get(path, headers=HTTPS)
    assert page.status_code == 404
    assert len(page.content) < 4000
    assert path[1:9] not in page.text.replace('href="/phones', "")
    assert page.headers["cache-control"] == "no-store"


def test_every_page_forbids_scripts_frames_and_guessing(landing, client):
    for path in ("/", "/phones", "/phones/access-point", "/phones/samsung", "/nothing"):
        headers = client.simulate_get(path, headers=HTTPS).headers
        assert "script-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_first_page_is_nobody_elses(landing, client):
    assert client.simulate_get("/", headers=HTTPS).headers["cache-control"] == "no-store"
