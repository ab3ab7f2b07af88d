"""`onesoup trace`: shows live what a user's phones ask and get, and what the XMPP side does, in the whole cluster."""

import contextlib
import json
import time
from typing import Any

import click

from onesoup.commands.common import fail, open_store
from onesoup.commands.sessions import living_sessions, session_filter

# How often, in seconds, new sessions of the user are searched.
NEW_SESSIONS_SECONDS = 2.0
# After this time every process has read whom to trace.
TRACING_STARTS_SECONDS = 3.2
# Fields that stand at the front of a line.
_FRONT = ("at", "role", "what", "sid")
_COLOURS = {"web": "cyan", "holder": "magenta", "cir": "yellow"}


@click.command()
@click.argument("who")
@click.option("--seconds", default=0.0, help="End after this time. Default: go on until Ctrl-C.")
@click.option("--json", "lines", is_flag=True, help="Print one JSON object per line.")
def trace(who: str, seconds: float, lines: bool) -> None:
    """Follow WHO: a user, or the id of one session as `onesoup sessions` shows it.

    Shows requests and answers by name, with codes and sizes; waiting items, wake-ups and stanzas; log lines of these sessions.
    Never shows message text or passwords. New log-ins are followed too.
    """
    from onesoup.store.redis.client import connect_subscriber
    from onesoup.store.traces import Traces, channel

    with open_store() as (settings, client):
        one = len(who) == 8 and all(char in "0123456789abcdef" for char in who)
        jid = "" if one else session_filter(who, None, settings.domain)
        traces, listener = Traces(client), connect_subscriber(settings.redis_url).pubsub(ignore_subscribe_messages=True)
        names: set[str] = {who} if one else {jid}
        end, again = time.monotonic() + (seconds or float("inf")), 0.0
        listener.subscribe(*map(channel, names))
        with contextlib.suppress(KeyboardInterrupt):
            while time.monotonic() < end:
                if time.monotonic() >= again:
                    if not again and one and all(row.id != who for _, row in living_sessions(client)):
                        fail(f"there is no session {who}")
                    new = {row.id for _, row in living_sessions(client, jid)} - names if not one else set()
                    if new:
                        listener.subscribe(*map(channel, new))
                    names |= new
                    traces.watch(names)
                    if not again:
                        time.sleep(TRACING_STARTS_SECONDS)
                        click.echo(f"following {who}, {len(names) - (not one)} sessions", err=True)
                    again = time.monotonic() + NEW_SESSIONS_SECONDS
                message = listener.get_message(timeout=0.5)
                if message is not None and message["type"] == "message":
                    click.echo(message["data"].decode() if lines else event_line(json.loads(message["data"])))
        traces.stop(names)
        listener.close()


def event_line(event: dict[str, Any]) -> str:
    """One event as a line for a terminal."""
    at = float(event["at"])
    clock = time.strftime("%H:%M:%S", time.localtime(at)) + f".{round(at % 1 * 1000) % 1000:03}"
    role = click.style(str(event["role"]).ljust(6), fg=_COLOURS.get(str(event["role"])))
    fields = " ".join(f"{name}={_text(value)}" for name, value in event.items() if name not in _FRONT and value not in (None, ""))
    return f"{clock} {role} {event.get('sid') or '-':8} {event['what']:<16} {fields}".rstrip()


def _text(value: object) -> str:
    text = str(value) if not isinstance(value, list) else ",".join(map(str, value))
    return "".join(char if char.isprintable() else "?" for char in text)
