"""Every command says its own name, what it does, and fits into 80 columns."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from onesoup.commands.main import main
from onesoup.phone.subcommands import PHONE_COMMANDS, WithSubcommands


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """The words of each command, groups included."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, *path, name)
    elif isinstance(command, WithSubcommands):
        yield from ((*path, name) for name in PHONE_COMMANDS)


PATHS = list(commands(main))


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_says_the_name_of_its_command(path: tuple[str, ...]) -> None:
    found = CliRunner().invoke(main, [*path, "--help"], prog_name="onesoup")
    assert found.exit_code == 0, found.output
    usage, *rest = found.output.splitlines()
    assert usage.startswith(" ".join(("Usage: onesoup", *path, "[OPTIONS]")))
    assert any(line.strip() for line in rest)
    assert max(map(len, found.output.splitlines())) <= 80


def test_an_error_of_the_command_line_names_the_command_too() -> None:
    found = CliRunner().invoke(main, ["phone", "play", "--no-such"], prog_name="onesoup")
    assert found.exit_code == 2
    assert "Usage: onesoup phone play" in found.output
    assert "'onesoup phone play --help'" in found.output


def test_all_commands_are_looked_at() -> None:
    assert {("wire", "decode"), ("phone", "play"), ("ota", "show"), ("record",)} <= set(PATHS)
