"""The `onesoup` command. Each group of commands lives beside what it drives; here they are only gathered.

Imports happen inside the commands: `onesoup wire decode` must not pay for gevent, and the roles must patch first.
"""

import importlib

import click

# name -> (module, attribute, help shown in the list)
LAZY_COMMANDS = {
    "wire": ("onesoup.wire.cli", "wire", "Decode and encode CSP documents, one a line."),
    "web": ("onesoup.commands.roles", "web", "Run the gateway: gunicorn with Falcon workers."),
    "holder": ("onesoup.commands.roles", "holder", "Run an XMPP holder."),
    "cir": ("onesoup.commands.roles", "cir", "Run the CIR process."),
    "accounts": ("onesoup.commands.accounts", "accounts", "Link phone log-ins to XMPP accounts; rotate keys."),
    "servers": ("onesoup.commands.servers", "servers", "What is remembered of XMPP servers."),
    "sessions": ("onesoup.commands.sessions", "sessions", "Show who is logged in."),
    "kick": ("onesoup.commands.sessions", "kick", "End somebody's sessions."),
    "trace": ("onesoup.commands.trace", "trace", "Follow what a user's phones do, live."),
    "doctor": ("onesoup.commands.doctor", "doctor", "Look for what is wrong."),
    "redis": ("onesoup.commands.redis_check", "redis_group", "Check the Redis servers."),
    "config": ("onesoup.commands.config", "config", "Show and check the settings."),
    "announce": ("onesoup.commands.announce", "announce", "Tell something to all users who are logged in."),
    "demo": ("onesoup.demo.cli", "demo", "Run everything on this machine, with a demo XMPP server."),
    "coverage": ("onesoup.coverage", "command", "Show which primitives work, from the sources of a checkout."),
    "phone": ("onesoup.phone.cli", "phone", "A phone in the terminal."),
    "load": ("onesoup.load.cli", "load", "Put a server under load, with an account of every message."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(LAZY_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in LAZY_COMMANDS:
            return None
        module, attribute, _ = LAZY_COMMANDS[name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in LAZY_COMMANDS.items()])


@click.command(cls=LazyGroup)
@click.version_option(package_name="onesoup")
def main() -> None:
    """onesoup lets feature phones (OMA IMPS, Wireless Village) chat over XMPP."""
