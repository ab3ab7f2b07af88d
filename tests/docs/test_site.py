"""The documentation as a site: it is built without a warning, and asks nobody."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

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
    assert re.search(r"Three rules behind everything:</p>\s*<ol>", shown)
