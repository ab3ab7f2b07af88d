"""`onesoup trace`: shows live what a user's phones ask and get, and what the XMPP side does, in the whole cluster."""

import contextlib
import json
import time
from typing import Any

import click

from onesoup.commands.audit import note_action
from onesoup.commands.common import as_json, json_option, open_store, without_controls
from onesoup.commands.sessions import living_sessions, named_target
from onesoup.runtime.times import iso_time

# How often, in seconds, processes are told that somebody still looks.
WATCH_AGAIN_SECONDS = 2.0
# After this time every process has read whom to trace.
TRACING_STARTS_SECONDS = 3.2
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
    from onesoup.store.redis.client import connect_subscriber
    from onesoup.store.traces import Traces, channel

    with open_store() as (settings, client):
        one, jid = named_target(client, who, settings.domain)
        name, count = one or jid, 1 if one else sum(1 for _ in living_sessions(client, jid))
        note_action(client, "trace", name)
        traces, listener = Traces(client), connect_subscriber(settings.redis_url).pubsub(ignore_subscribe_messages=True)
        end, again = time.monotonic() + (seconds or float("inf")), 0.0
        listener.subscribe(channel(name))
        with contextlib.suppress(KeyboardInterrupt):
            while time.monotonic() < end:
                if time.monotonic() >= again:
                    traces.watch([name])
                    if not again:
                        time.sleep(TRACING_STARTS_SECONDS)
                        click.echo(f"following {'session ' * bool(one)}{name}, {count} sessions", err=True)
                    again = time.monotonic() + WATCH_AGAIN_SECONDS
                message = listener.get_message(timeout=0.5)
                if message is not None and message["type"] == "message":
                    event = json.loads(message["data"])
                    click.echo(as_json(event | {"at": iso_time(float(event["at"]))}) if lines else event_line(event))
        traces.stop([name])
        listener.close()


def event_line(event: dict[str, Any]) -> str:
    """One event as a line for a terminal."""
    at = float(event["at"])
    clock = time.strftime("%H:%M:%S", time.localtime(at)) + f".{round(at % 1 * 1000) % 1000:03}"
    role = click.style(str(event["role"]).ljust(6), fg=_COLOURS.get(str(event["role"])))
    fields = " ".join(f"{name}={_text(value)}" for name, value in event.items() if name not in _FRONT and value not in (None, ""))
    return f"{clock} {role} {event.get('sid') or '-':8} {event['what']:<16} {fields}".rstrip()


def _text(value: object) -> str:
    return without_controls(",".join(map(str, value)) if isinstance(value, list) else value)
