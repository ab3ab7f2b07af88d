#!/usr/bin/env python3
"""Writes docs/commands.md, the reference of all commands, from the commands themselves. usage: make_commands.py [--check]"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from generated import write_or_check

from onesoup.commands.exit_codes import EXIT_CODES
from onesoup.commands.main import main as onesoup
from onesoup.commands.tree import FoundCommand, walk_commands

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"

HEAD = """\
# Commands

This page lists every command of `onesoup`, as `--help` shows it (`tools/make_commands.py` makes the page).
[Which command does what](operation/commands.md) lists the commands by task.

Commands read the same settings as the processes, from the environment and `ONESOUP_CONFIG`. Results go to standard output,
everything else to standard error. `--json` prints one JSON object per line. Existing names in it do not change; later versions
may add names. Times are ISO 8601 in UTC, durations are in seconds.

## Exit status

| status | meaning |
| --- | --- |
"""


def page() -> str:
    rows = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    found = list(walk_commands(onesoup))[1:]
    listed = "".join(f"| [`{each.name}`](#{_anchor(each)}) | {_first(each)} |\n" for each in found if not each.is_group)
    told = "".join("\n" + "\n".join(_section(each)) + "\n" for each in found)
    return f"{HEAD}{rows}\n## All of them\n\n| command | does |\n| --- | --- |\n{listed}{told}"


def _section(found: FoundCommand) -> Iterator[str]:
    yield f"{'#' * (1 + len(found.words))} {found.name}"
    yield from ("", *_help(found))
    if found.is_group:
        return
    yield from ("", "```", f"{found.name} {' '.join(found.command.collect_usage_pieces(found.context))}", "```")
    records = [record for option in found.options if (record := _record(found, option))]
    if records:
        yield from ("", "| option | meaning |", "| --- | --- |")
        yield from (f"| `{_cell(names)}` | {_cell(told)} |" for names, told in records)


def _record(found: FoundCommand, option: click.Option) -> tuple[str, str] | None:
    """Names and help. The default is added, unless the help says it already, or it is the empty text."""
    found.context.show_default = "default:" not in (option.help or "").lower() and option.default != ""
    return option.get_help_record(found.context)


def _help(found: FoundCommand) -> Iterator[str]:
    """Its paragraphs. One that stands under \\b is an example, and shown as it is."""
    for number, part in enumerate(inspect.cleandoc(found.command.help or "").split("\n\n")):
        if number:
            yield ""
        if part.startswith("\b\n"):
            yield from ("```", *part.removeprefix("\b\n").splitlines(), "```")
        else:
            yield from part.splitlines()


def _first(found: FoundCommand) -> str:
    return _cell(" ".join(inspect.cleandoc(found.command.help or "").split("\n\n")[0].split()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _anchor(found: FoundCommand) -> str:
    return found.name.replace(" ", "-")


def files() -> dict[Path, str]:
    return {PAGE: page()}


if __name__ == "__main__":
    sys.exit(write_or_check(files()))
