"""`onesoup trace`: shows live what a user's phones ask and get, and what the XMPP side does, in the whole cluster."""

import contextlib
from typing import Any

import click

from onesoup.commands.audit import operator
from onesoup.commands.common import as_json, fail, json_option, open_store, without_controls
from onesoup.runtime.times import iso_time

# Fields that stand at the front of a line.
_FRONT = ("at", "role", "what", "sid")
_COLOURS = {"web": "cyan", "holder": "magenta", "cir": "yellow"}


@click.command()
@click.argument("who")
@click.option("--seconds", default=0.0, help="End after this time. Default: go on until Ctrl-C.")
@json_option
def trace(who: str, seconds: float, lines: bool) -> None:
    """Follow WHO: a user, or the id of one session as `onesoup sessions` shows it.

    Shows requests and answers by name, with codes and sizes; waiting items, wake-ups and stanzas; log lines of these sessions.
    Never shows message text or passwords. New log-ins of a user are followed from their first request.
    """
    from onesoup.operators.operator import OperatorError
    from onesoup.operators.trace import Followed, begin_trace, follow
    from onesoup.store.redis.client import connect_subscriber

    with open_store() as (settings, client):
        try:
            followed = begin_trace(operator(settings, client), who)
        except OperatorError as error:
            fail(str(error))
        steps = follow(client, connect_subscriber(settings.redis_url), followed, seconds or float("inf"))
        with contextlib.suppress(KeyboardInterrupt):
            for step in steps:
                if isinstance(step, Followed):
                    click.echo(step.said, err=True)
                elif step is not None:
                    click.echo(as_json(step | {"at": iso_time(float(step["at"]))}) if lines else event_line(step))


def event_line(event: dict[str, Any]) -> str:
    """One event as a line for a terminal. Its time is as in the log, without the day: 14:57:31.837Z."""
    clock = iso_time(float(event["at"])).partition("T")[2]
    role = click.style(str(event["role"]).ljust(6), fg=_COLOURS.get(str(event["role"])))
    fields = " ".join(f"{name}={_text(value)}" for name, value in event.items() if name not in _FRONT and value not in (None, ""))
    return f"{clock} {role} {event.get('sid') or '-':8} {event['what']:<16} {fields}".rstrip()


def _text(value: object) -> str:
    return without_controls(",".join(map(str, value)) if isinstance(value, list) else value)
