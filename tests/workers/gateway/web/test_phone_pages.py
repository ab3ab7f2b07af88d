"""`/phones`: a page for each family, with this server's values in it, in a form that a phone's browser of 2004 takes."""

import dataclasses
import re
from xml.dom import minidom

import pytest

from onesoup.guide.phones import guide
from tests.support import xhtml
from workers.gateway.client_address import PeerReader
from workers.gateway.web import phones, rendering

from .conftest import HTTPS
from .test_landing import serve

PATHS = ["/phones", "/phones/access-point", *(f"/phones/{family.id}" for family in guide().families)]
MOBILE = "application/vnd.wap.xhtml+xml"
KINDS = [MOBILE, "application/xhtml+xml", "text/html"]


@pytest.fixture
def pages(app, storeless):
    storeless.policy = dataclasses.replace(storeless.policy, public_host="imps.example.net:8080")
    serve(app, storeless)


def words(page):
    return " ".join(re.sub("<[^>]*>", " ", page.text.partition("<body>")[2]).split())


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_short_and_has_no_placeholder_left(pages, client, path):
    page = client.simulate_get(path, headers=HTTPS)
    assert page.status_code == 200
    assert len(page.content) <= rendering.MAX_PHONE_PAGE
    minidom.parseString(page.content)
    assert not re.search(r"[{}]", words(page))
    assert "http://imps.example.net:8080/" in page.text
    assert "&lt;" not in page.text  # markup that was escaped once too often


@pytest.mark.parametrize("path", ["/", "/nothing", *PATHS])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.skipif(bool(xhtml.missing()), reason=xhtml.missing() or "-")
def test_a_page_is_valid(pages, client, path, kind):
    page = client.simulate_get(path, headers=HTTPS | {"Accept": kind})
    assert page.headers["content-type"].startswith(kind)
    assert xhtml.faults(page.content) == []
    assert (' lang="en"' in page.text) == (kind == "text/html")  # XHTML MP knows xml:lang alone


@pytest.mark.skipif(bool(xhtml.missing()), reason=xhtml.missing() or "-")
def test_a_page_that_is_not_valid_is_found():
    page = b'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>%s</body></html>'
    assert xhtml.faults(page % b"<p>text</p>") == []
    for wrong in (b"text", b"<p><ul></ul></p>", b"<p><button>x</button></p>", b"<p onclick='x()'>x</p>", b"<p>&nbsp</p>"):
        assert xhtml.faults(page % wrong)


def test_the_pages_are_called_as_whoever_reads_them_calls_them(pages, client):
    shown = words(client.simulate_get("/phones/access-point", headers=HTTPS))
    assert "cannot open this page" in shown.replace("&#39;", "'")
    assert "on port 8080" in shown
    assert "the page about access points" in words(client.simulate_get("/phones/motorola", headers=HTTPS))


def test_who_does_not_find_the_model_is_told_how_to_choose(pages, client):
    assert guide().unlisted in words(client.simulate_get("/phones", headers=HTTPS))


def test_every_family_is_reached_from_the_first_page(pages, client):
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path not in seen and path not in ("/account", "/doctor"):
            seen.add(path)
            page = client.simulate_get(path, headers=HTTPS)
            assert page.status_code == 200, path
            waiting += re.findall('href="([^"]*)"', page.text)
    assert seen == {"/", *PATHS}


@pytest.mark.parametrize("family", guide().families, ids=lambda family: family.id)
def test_a_family_has_its_menus_fields_and_problems(pages, client, family):
    page = client.simulate_get(f"/phones/{family.id}", headers=HTTPS)
    shown = words(page).replace("&#39;", "'").replace("&gt;", ">")
    for menu in family.menus:
        assert menu.goal in shown
        assert menu.steps[-1].partition("{")[0] in shown
    for field in family.fields:
        assert field.label in shown
    for problem in family.problems:
        assert problem.shows in shown
    for basis in (family.basis.protocol, family.basis.menu, family.basis.ota):
        assert basis.words in shown


@pytest.mark.parametrize("path", ["/phones/", "/PHONES", "/Phones//", "//phones", "/Phones/Nokia-S60/", "/phones/ACCESS-POINT"])
def test_upper_case_and_strokes_make_no_difference(pages, client, path):
    assert client.simulate_get(path, headers=HTTPS).status_code == 200


def test_a_page_may_be_kept_for_the_host_that_it_names(app, storeless, client):
    serve(app, storeless, PeerReader())
    texts = {}
    for host in ("one.example", "two.example", "one.example"):
        page = client.simulate_get("/phones/motorola", headers={"Host": host})
        assert page.headers["cache-control"] == "public, max-age=300"
        assert page.headers["vary"] == "Accept, Host"
        assert f"http://{host}/" in page.text
        texts.setdefault(host, page.text)
        assert texts[host] == page.text


def test_however_many_hosts_are_named_few_pages_are_kept(app, storeless, client):
    serve(app, storeless, PeerReader())
    for number in range(200):
        client.simulate_get("/phones", headers={"Host": f"h{number}.example"})
    assert phones._page.cache_info().currsize <= 64
