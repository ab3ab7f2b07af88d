"""The documentation as a site: it is built without a warning, and asks nobody."""

import mimetypes
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.browser import served
from tests.support.pages import ROOT

# What loads something. A link that a reader may click is no request.
LOADED = re.compile(r"<(?:link|script|img|iframe)\b[^>]*?\b(?:href|src)=[\"']?((?:https?:)?//[^\s\"'>]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", directory]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory


def test_the_site_has_a_page_for_each_door(site):
    shown = (site / "index.html").read_text(encoding="utf-8")
    assert [
        door for door in ("I have a phone", "I run XMPP or a network", "I write code", "I am curious") if door not in shown
    ] == []


def test_no_page_asks_another_host(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 50
    assert {found for page in pages for found in LOADED.findall(page.read_text(encoding="utf-8"))} == set()
    styles = "".join(each.read_text(encoding="utf-8") for each in site.rglob("*.css"))
    assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", styles) == []


def test_a_link_that_leaves_docs_leads_to_a_copy(site):
    assert "source/tables/status-codes.tsv" in (site / "protocol" / "flows.html").read_text(encoding="utf-8")
    assert (site / "source" / "tables" / "status-codes.tsv").read_bytes() == (ROOT / "tables" / "status-codes.tsv").read_bytes()
    assert (site / "containers.html").exists()


def test_a_list_right_behind_a_line_of_text_is_a_list(site):
    shown = (site / "protocol" / "xmpp-mapping.html").read_text(encoding="utf-8")
    assert re.search(r"Three rules hold everywhere:</p>\s*<ol>", shown)


def test_a_cell_names_its_column_for_narrow_screens(site):
    shown = (site / "phones.html").read_text(encoding="utf-8")
    row = re.search(r"<tr>\s*<td>Service not available</td>(.*?)</tr>", shown, re.DOTALL)[1]
    assert re.findall(r'<td data-label="?([^">]*)"?>', row) == ["because", "do", "known"]


def test_the_search_dialog_has_a_name(site):
    assert re.search(r'role="?dialog"? aria-label="?Search', (site / "index.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def url(site):
    """The site, served to a browser."""

    def serve(environ, start_response):
        path = site / environ["PATH_INFO"].lstrip("/")
        if not path.is_file():
            start_response("404 Not Found", [])
            return [b""]
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        start_response("200 OK", [("Content-Type", kind)])
        return [path.read_bytes()]

    with served(serve) as place:
        yield place


@pytest.mark.parametrize(("width", "dark"), [(360, False), (360, True), (1280, False), (1280, True)])
@pytest.mark.parametrize("name", ["index", "phones", "demo"])
def test_a_page_is_read_on_a_phone_and_on_a_screen(browser, url, name, width, dark):
    page = browser.page(width=width, dark=dark)
    assert page.open(f"{url}/{name}.html") == 200
    assert page.faults() == []
    assert page.sideways() == 0
    page.close()


def test_on_a_phone_nothing_of_a_table_or_a_command_is_cut_off(browser, url):
    page = browser.page(width=360)
    for name in ("phones", "install"):
        page.open(f"{url}/{name}.html")
        wide = "[...document.querySelectorAll('.md-typeset td, .md-typeset pre > code')]"
        assert page.evaluate(f"{wide}.length") > 0
        assert page.evaluate(f"{wide}.filter((each) => each.getBoundingClientRect().right > innerWidth).length") == 0
        assert page.evaluate(f"{wide}.filter((each) => each.scrollWidth > each.clientWidth + 1).length") == 0
    page.close()


def test_a_link_to_a_file_shows_the_title_of_the_page(site):
    shown = (site / "install.html").read_text(encoding="utf-8")
    assert re.search(r'<a href="?containers.html"?[^>]*>[^<]*[Cc]ontainer[^<]*</a>', shown)
    assert "README.md</" not in shown
