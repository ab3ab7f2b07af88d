"""Sub-commands of `onesoup phone`. Imported with it, so it imports nothing of weight."""

import importlib
from typing import Any

import click

# name -> (module, attribute, help shown in the list)
PHONE_COMMANDS = {"play": ("onesoup.phone.play", "play", "Play a written conversation of a real phone against a server.")}


def phone_command(name: str) -> click.Command:
    module, attribute, _ = PHONE_COMMANDS[name]
    command: click.Command = getattr(importlib.import_module(module), attribute)
    return command


class WithSubcommands(click.Command):
    """A command with others below it. Its own options, some of which are asked for, do not concern those."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args and args[0] in PHONE_COMMANDS:
            command = phone_command(args[0])
            return command.make_context(args[0], args[1:], click.Context(self, parent, info_name), **extra)
        return super().make_context(info_name, args, parent, **extra)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[COMMAND]"]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in PHONE_COMMANDS.items()])
