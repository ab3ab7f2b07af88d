"""What a page tells its reader to type exists: settings, and commands with their options."""

import re
from pathlib import Path

import click
import pytest

from onesoup.commands.main import main as onesoup
from onesoup.commands.tree import FoundCommand, walk_commands
from onesoup.settings.declare import ENV_PREFIX
from onesoup.settings.variables import OTHER_VARIABLES, known_variables
from tests.support.pages import ROOT, code_lines, pages

COMMANDS = {found.words: found for found in walk_commands(onesoup)}
CALL = re.compile(r"\s*(?:\$ |# )?(?:sudo (?:-u \S+ )?)?(?:[A-Z_]+=\S+ )*(?:\S*/)?onesoup (?P<words>[a-z-].*)$")
# Not called: what `make run` says at its end.
SAID = {"onesoup ready"}


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_that_a_page_names_exists(page):
    assert unknown_settings(page.read_text(encoding="utf-8")) == []


def test_a_setting_that_nobody_reads_is_seen():
    assert unknown_settings("`ONESOUP_DOMAIN`, `ONESOUP_DOMAN`, `ONESOUP_BENCH_X`, `ONESOUP_...`") == ["ONESOUP_DOMAN"]


def unknown_settings(text: str) -> list[str]:
    known = known_variables() | {ENV_PREFIX + name for name in OTHER_VARIABLES}
    open_ended = tuple(name for name in known if name.endswith("_"))
    named = set(re.findall(rf"\b{ENV_PREFIX}[A-Z0-9_]+", text))
    return sorted(name for name in named if name not in known and not name.startswith(open_ended))


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists_with_its_options(page):
    assert mistakes(page) == []


def test_commands_are_looked_for_where_they_stand():
    assert sum(1 for page in pages() for line in code_lines(page.read_text(encoding="utf-8")) if CALL.match(line)) > 100


def test_a_wrong_command_and_a_wrong_option_are_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("`onesoup hello`, `onesoup accounts nobody`\n\n    .venv/bin/onesoup phone --users alice\n", encoding="utf-8")
    assert len(mistakes(page)) == 3


def mistakes(page: Path) -> list[str]:
    calls = (CALL.match(line) for line in code_lines(page.read_text(encoding="utf-8")) if line not in SAID)
    return [found[0] for found in calls if found and not is_right(found["words"])]


def is_right(words: str) -> bool:
    given, path = words.split(), ()
    while given and (*path, given[0]) in COMMANDS:
        path = (*path, given.pop(0))
    if not path or path not in COMMANDS:
        return False
    found = COMMANDS[path]
    if found.is_group and given and re.fullmatch(r"[a-z-]+", given[0]) and not given[0].startswith("-"):
        return False
    own = re.split(r" [|;&>] | \| ", " ".join(given))[0]
    return set(re.findall(r"(?<!\S)\[?(--[a-z][a-z-]*)", own)) <= options_of(found)


def options_of(found: FoundCommand) -> set[str]:
    options = (each for each in found.command.params if isinstance(each, click.Option))
    return {"--help"} | {name for each in options for name in (*each.opts, *each.secondary_opts)}
