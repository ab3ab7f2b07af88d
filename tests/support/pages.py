"""The pages of the documentation as they lie in the repository: their links, headings, code and names."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_FENCED = re.compile(r"^( *)(```|~~~).*?^\1\2 *$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)(?: \"[^\"]*\")?\)")


def pages() -> list[Path]:
    """README, docs/ and the other pages. The changelog names what was; `docs/adr` says what was decided then."""
    found = sorted(path for path in files("*.md") if path.name != "CHANGELOG.md" and "adr" not in path.parts)
    assert len(found) > 20
    return found


def files(*patterns: str) -> list[Path]:
    """The files of the repository, those too that are not committed yet; every kind without a pattern."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    shown = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for each in shown.splitlines() if (path := ROOT / each).is_file()]


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", without_blocks(text))


def without_blocks(text: str) -> str:
    return _FENCED.sub("", text)


def links(text: str) -> list[str]:
    """Where the links of a page lead that stay in the repository."""
    return [link for link in _LINK.findall(without_code(text)) if not re.match(r"[a-z]+:", link)]


def anchors(text: str) -> set[str]:
    """The anchors of its headings, as GitHub makes them; those that HTML in the page names, too."""
    found: set[str] = set(re.findall(r"<a id=\"([^\"]+)\"", text))
    for title in re.findall(r"^#+ (.*)$", without_blocks(text), re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).strip().replace(" ", "-")
        same = sum(1 for each in found if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", each))
        found.add(f"{anchor}-{same}" if anchor in found else anchor)
    return found


def code_lines(text: str) -> Iterator[str]:
    """What stands as code in a page: words between backticks, lines of blocks, indented lines."""
    yield from re.findall(r"`([^`\n]+)`", without_blocks(text))
    for block in _FENCED.finditer(text):
        yield from block[0].splitlines()[1:-1]
    yield from re.findall(r"^    (.*)$", text, re.MULTILINE)
