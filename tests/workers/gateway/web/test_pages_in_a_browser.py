"""The pages for phones in a real Chromium: axe-core finds no serious fault, nothing is wider than the screen, light or dark."""

import pytest

from tests.support.browser import served

from .test_landing import serve
from .test_phone_pages import PATHS


@pytest.fixture
def url(app, storeless):
    serve(app, storeless)
    with served(app) as url:
        yield url


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_can_be_read_by_everybody(browser, url, dark):
    page = browser.page()
    for path in ("/", "/nothing", *PATHS):
        status = page.open(url + path)
        assert status == (404 if path == "/nothing" else 200)
        for width in (176, 360, 1280):
            page.look(width, dark=dark)
            assert page.sideways() <= 0, (path, width)
        assert page.faults() == [], path
    page.close()


def test_the_style_sheet_is_let_in_and_nothing_else_runs(browser, url):
    page = browser.page()
    page.open(url)
    assert page.evaluate("getComputedStyle(document.body).fontFamily") == "sans-serif"
    page.look(360, dark=True)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 25, 23)"
    page.evaluate(
        "var s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.appendChild(s); null"
    )
    assert page.evaluate("window.ran") is None
    page.close()


def test_a_phone_of_2004_sees_the_link_to_its_family(browser, url):
    page = browser.page(176, 208, agent="Nokia6230i/2.0 (03.80) Profile/MIDP-2.0 Configuration/CLDC-1.1")
    page.open(url)
    assert page.click("a[href='/phones/nokia-s40']") == 200
    assert page.evaluate("document.title") == "Nokia S40"
    page.close()
