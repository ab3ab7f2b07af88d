"""Whoever follows a link or a citation arrives."""

import re
from pathlib import Path

import pytest

from tests.support.pages import ROOT, anchors, files, links, pages

PROTOCOL = ROOT / "docs" / "protocol"
# "flows.md 4.2", "flows.md 4.2 and 5", "`ota.md` 3": pages of docs/protocol, cited with their sections.
CITATION = re.compile(
    r"\b(flows|messages|wire|cir|xmpp-mapping|xmpp-holder|handsets|ota)\.md`?(?:\]\([^)]*\))?,?(?: sections?)? "
    r"((?:\d+(?:\.\d+)?(?:, | and | to )?)+)"
)
SOURCES = ("*.py", "*.md", "*.tsv", "*.toml", "*.yaml", "*.lua", "*.conf")


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_its_anchor_exist(page):
    assert [link for link in links(page.read_text(encoding="utf-8")) if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in anchors(target.read_text(encoding="utf-8"))


def test_a_link_into_nothing_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n## Twice\n\n## Twice\n\n```\n# no heading\n```\n", encoding="utf-8")
    assert [leads_somewhere(page, link) for link in ("#twice", "#twice-1", "page.md#a-page", ".")] == [True] * 4
    assert [leads_somewhere(page, link) for link in ("#twice-2", "other.md", "#no-heading")] == [False] * 3


def test_every_section_of_the_protocol_pages_that_is_cited_exists():
    sections = {
        page.name: set(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", page.read_text(), re.MULTILINE)) for page in PROTOCOL.glob("*.md")
    }
    cited = [
        (str(path.relative_to(ROOT)), f"{found[1]}.md", number)
        for path in files(*SOURCES)
        if not path.is_relative_to(ROOT / "tests" / "vectors")
        for found in CITATION.finditer(path.read_text(encoding="utf-8"))
        for number in re.findall(r"\d+(?:\.\d+)?", found[2])
    ]
    assert len(cited) > 200
    assert [each for each in cited if each[2] not in sections[each[1]]] == []


def test_every_file_that_a_page_names_exists():
    """Files between backticks, from the top of the repository. NAME stands for whatever somebody calls it."""
    named = re.compile(r"`((?:docs|deploy|tests|tools|onesoup|workers|cir|tables|scripts|bench)/[\w./@-]+)`")
    missing = [
        (str(page.relative_to(ROOT)), name)
        for page in pages()
        for name in named.findall(page.read_text(encoding="utf-8"))
        if "NAME" not in name and not (ROOT / name).exists() and not list(ROOT.glob(f"{name}-*"))
    ]
    # A page tells its reader to make this one.
    assert [each for each in missing if each[1] != "scripts/captured/nokia-6230i.yaml"] == []
