"""Hooks of mkdocs.yml: pages that stand outside of docs/, links that lead there, and titles in the place of file names.

The pages are written for whoever reads the repository, so their links name files in it. On the site a link to a page leads to the
page, a link to another file to a copy of it below `source/`, and a link to a directory to a list of its files."""

import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
# Pages outside of docs/, and where the site has them.
ELSEWHERE = {
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changes.md",
    "CODE_OF_CONDUCT.md": "conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "report-a-hole.md",
    "deploy/compose/README.md": "containers.md",
    "scripts/README.md": "conversations.md",
}
FOUND_AT = {page: path for path, page in ELSEWHERE.items()}
# Directories that pages link to: their files are listed.
LISTED = ("tables", "scripts", "docs/protocol/examples")
# This one has over a thousand files; its table of contents does.
INSTEAD = {"tests/vectors": "tests/vectors/index.tsv"}

_LINK = re.compile(r"(\]\()([^)\s]+)(\))")
# A page named as a file, such as `docs/cir.md` or `flows.md`, that is no link yet.
_NAMED = re.compile(r"(?<!\[)`((?:docs/)?[\w./-]+\.md)`(?!\])")
# A link whose text is the name of a file.
_TO_FILE = re.compile(r"\[`?[\w./-]+\.md`?\]\(([^)\s#:]+\.md)(#[^)\s]*)?\)")
# A block of which a test runs the commands has a name behind its language; MkDocs would not know it for a block.
_FENCE_NAME = re.compile(r"^( *```[a-z]+) [a-z -]+$", re.MULTILINE)
# GitHub sees a list right behind a line of a paragraph; MkDocs wants an empty line before it.
_LIST_BEHIND_TEXT = re.compile(r"^((?![ \t]|- |\* |\d+\. |\||#|>|<).*\S.*\n)(?=- |\* |1\. )", re.MULTILINE)
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
_COLUMN = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
_CELL = re.compile(r"<td\b")
_TAG = re.compile(r"<[^>]+>")
_FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2 *$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that stand elsewhere, lists of files, and the files themselves."""
    for path, page in ELSEWHERE.items():
        files.append(File.generated(config, page, content=(ROOT / path).read_text(encoding="utf-8")))
    for directory in LISTED:
        found = sorted(each for each in (ROOT / directory).iterdir() if each.is_file() and each.suffix != ".md")
        rows = "".join(f"- [{each.name}](/{directory}/{each.name})\n" for each in found)
        files.append(File.generated(config, _list_of(directory), content=f"# {directory}\n\n{rows}"))
        for each in found:
            files.append(_copy(config, each))
    for name in INSTEAD.values():
        files.append(_copy(config, ROOT / name))
    return files


def _copy(config: MkDocsConfig, path: Path) -> File:
    return File.generated(config, f"source/{path.relative_to(ROOT).as_posix()}", abs_src_path=str(path))


def _list_of(directory: str) -> str:
    return f"source/{directory}.md"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with links that lead to where things are on the site."""
    markdown = _FENCE_NAME.sub(r"\1", markdown)
    here = page.file.src_uri
    origin = PurePosixPath(FOUND_AT.get(here, f"docs/{here}"))

    def linked(match: re.Match[str]) -> str:
        target, hash_, anchor = match[2].partition("#")
        if re.match(r"[a-z]+:", match[2]) or not target:
            return match[0]
        place = _place(_path(origin, target), files)
        return f"{match[1]}{_relative(here, place)}{hash_}{anchor}{match[3]}" if place else match[0]

    def named(match: re.Match[str]) -> str:
        for path in (match[1], _path(origin, match[1])):
            place = _place(path, files)
            if place and place != here:
                return f"[`{PurePosixPath(match[1]).name}`]({_relative(here, place)})"
        return match[0]

    def titled(match: re.Match[str]) -> str:
        place = os.path.normpath(PurePosixPath(here).parent / match[1])
        found = files.get_file_from_path(place)
        # Of the protocol, people name a file and a section: `flows.md` 1.3.
        if not found or place.startswith("protocol/"):
            return match[0]
        return f"[{_title(found)}]({match[1]}{match[2] or ''})"

    def changed(text: str) -> str:
        text = _LINK.sub(linked, _NAMED.sub(named, text))
        return _LIST_BEHIND_TEXT.sub(r"\1\n", _TO_FILE.sub(titled, text))

    return _outside_code(markdown, changed)


def _title(file: File) -> str:
    """What the page calls itself: its first heading."""
    heading = re.search(r"^# (.+)$", file.content_string, re.MULTILINE)
    return heading[1] if heading else PurePosixPath(file.src_uri).name


def _path(origin: PurePosixPath, target: str) -> str:
    """The path in the repository of what `origin` calls `target`; one that begins with a stroke counts from the top."""
    return target.strip("/") if target.startswith("/") else os.path.normpath(origin.parent / target)


def _place(path: str, files: Files) -> str:
    """Where the site has a file or directory of the repository; "" for nowhere."""
    path = INSTEAD.get(path, path)
    within = path.removeprefix("docs/") if path.startswith("docs/") else ""
    for place in (ELSEWHERE.get(path, ""), within, f"source/{path}", _list_of(path)):
        if place and files.get_file_from_path(place):
            return place
    return ""


def _relative(here: str, place: str) -> str:
    return os.path.relpath(place, PurePosixPath(here).parent)


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Fenced blocks stay as they are."""
    done, end = [], 0
    for block in _FENCE.finditer(text):
        done += [change(text[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*done, change(text[end:])])


def on_page_content(html: str, **_: Any) -> str:
    """The page with tables whose cells name their column: a phone shows each row as a block (docs/site.css)."""
    return _TABLE.sub(lambda found: _with_columns(found[0]), html)


def _with_columns(table: str) -> str:
    """The first cell of a row says what the row is about, and needs no name."""
    names = [_TAG.sub("", each).strip().replace('"', "&quot;") for each in _COLUMN.findall(table)]

    def row(found: re.Match[str]) -> str:
        columns = iter(["", *names[1:]])
        return _CELL.sub(lambda _: f'<td data-label="{name}"' if (name := next(columns, "")) else "<td", found[0])

    return _ROW.sub(row, table)


def on_post_page(output: str, **_: Any) -> str:
    """The search dialog has a name. No page names another host for a style, a script or a picture."""
    output = output.replace('role="dialog"', 'role="dialog" aria-label="Search"')
    outside = re.findall(r"<(?:link|script|img)[^>]+(?:href|src)=\"?(?:https?:)?//[^\s\">]+", output)
    if outside:
        raise ValueError(f"a page asks somebody else: {outside[0]}")
    return output
