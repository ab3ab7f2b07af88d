"""Walks through all commands: for their reference, and for tests that look at each of them."""

from collections.abc import Iterator
from typing import NamedTuple

import click

from onesoup.phone.subcommands import PHONE_COMMANDS, WithSubcommands, phone_command


class FoundCommand(NamedTuple):
    """A command, with the words by which it is called behind `onesoup`."""

    words: tuple[str, ...]
    command: click.Command
    context: click.Context

    @property
    def name(self) -> str:
        return " ".join(("onesoup", *self.words))

    @property
    def is_group(self) -> bool:
        """Whether it does nothing by itself."""
        return isinstance(self.command, click.Group) and not self.command.invoke_without_command

    @property
    def options(self) -> list[click.Option]:
        """Those that help shows, without --help."""
        return [each for each in self.command.params if isinstance(each, click.Option) and not each.hidden]


def walk_commands(command: click.Command, parent: click.Context | None = None, *words: str) -> Iterator[FoundCommand]:
    """The command itself, then all below it, in the order of its help."""
    context = click.Context(command, info_name=words[-1] if words else "onesoup", parent=parent, show_default=True)
    yield FoundCommand(words, command, context)
    for name, below in _below(command, context):
        yield from walk_commands(below, context, *words, name)


def _below(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, WithSubcommands):
        yield from ((name, phone_command(name)) for name in PHONE_COMMANDS)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield name, below
