"""The `onesoup` command: the list of its sub-commands, which are imported only when they are called.

`onesoup wire decode` must not pay for gevent, and the roles must patch the standard library first.
"""

import importlib

import click

from onesoup.commands.exit_codes import EXIT_CODES

# name -> (module, attribute, help shown in the list)
LAZY_COMMANDS = {
    "wire": ("onesoup.captures.cli", "wire", "Show what is in captures of phones, and make documents."),
    "web": ("onesoup.commands.roles", "web", "Run the gateway, which serves phones over HTTP."),
    "holder": ("onesoup.commands.roles", "holder", "Run a holder, which keeps XMPP streams."),
    "cir": ("onesoup.commands.roles", "cir", "Run the CIR process, which wakes phones."),
    "all": ("onesoup.commands.roles", "all_roles", "Run gateway, holder and CIR in one process, for a small host."),
    "accounts": ("onesoup.commands.accounts", "accounts", "Manage phone passwords and the keys that encrypt them."),
    "guard": ("onesoup.commands.guard", "guard", "Show or end waits after wrong passwords."),
    "servers": ("onesoup.commands.servers", "servers", "Show or forget what is known of XMPP servers."),
    "sessions": ("onesoup.commands.sessions", "sessions", "List the sessions of logged-in users."),
    "history": ("onesoup.commands.history", "history", "Show why a user could not log in, and what else happened."),
    "kick": ("onesoup.commands.sessions", "kick", "End sessions of a user."),
    "whois": ("onesoup.commands.whois", "whois", "Find the user behind a digest of the log."),
    "block": ("onesoup.commands.block", "block", "Block users, addresses, domains or handsets; list the blocks."),
    "unblock": ("onesoup.commands.block", "unblock", "Let somebody in again who is shut out."),
    "drain": ("onesoup.commands.drain", "drain", "Take a host out of service, or back."),
    "trace": ("onesoup.commands.trace", "trace", "Follow the requests of a user's phones, live."),
    "audit": ("onesoup.commands.audit", "audit", "List what operators did with these commands."),
    "console": ("onesoup.commands.console", "console", "Show where the console is, and the token for it."),
    "doctor": ("onesoup.commands.doctor", "doctor", "Check everything that a working service needs."),
    "redis": ("onesoup.commands.redis_check", "redis_group", "Check the Redis servers."),
    "init": ("onesoup.commands.init", "init", "Write settings, keys and units for this host."),
    "config": ("onesoup.commands.config", "config", "Show and check the settings."),
    "record": ("onesoup.commands.record", "record", "Write what a phone says and hears as a conversation, redacted."),
    "announce": ("onesoup.commands.announce", "announce", "Send a message to all logged-in users."),
    "ota": ("onesoup.commands.ota", "ota", "Show or send settings for a phone's chat client."),
    "demo": ("onesoup.demo.cli", "demo", "Run everything on this machine, with a demo XMPP server."),
    "coverage": ("onesoup.coverage", "command", "Show which CSP primitives work, from a source checkout."),
    "phone": ("onesoup.phone.cli", "phone", "Use a phone in the terminal."),
    "spec": ("onesoup.spec.cli", "spec", "Check from outside whether phones can use any IMPS server."),
    "load": ("onesoup.load.cli", "load", "Put a server under load and account for every message."),
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

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit status of each command"):
            formatter.write_dl([(str(code), meaning) for code, meaning in EXIT_CODES.items()])


@click.command(cls=LazyGroup)
@click.version_option(package_name="onesoup")
def main() -> None:
    """Let feature phones (OMA IMPS, Wireless Village) chat over XMPP."""
