"""`onesoup drain`: takes a host out of service, and back."""

import socket
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from onesoup.commands.audit import operator
from onesoup.commands.common import as_json, fail, open_store
from onesoup.commands.exit_codes import TIME_OVER
from onesoup.runtime.times import iso_time

if TYPE_CHECKING:
    from onesoup.operators.drains import DrainState
    from onesoup.operators.operator import Operator

LOOK_AT_DRAIN_SECONDS = 1.0


@click.command()
@click.argument("host", required=False)
@click.option("--end", "ends", is_flag=True, help="Take the host back into service.")
@click.option("--list", "lists", is_flag=True, help="Only show which hosts drain, and what is left on each.")
@click.option("--json", "lines", is_flag=True, help="Print one JSON object per line, one for each check.")
@click.option("--force", is_flag=True, help="Drain the host even if a role then has no process.")
@click.option(
    "--wait", "seconds", default=600, show_default=True, help="Most seconds to wait until nothing is left; 0: do not wait."
)
def drain(host: str | None, ends: bool, lists: bool, lines: bool, force: bool, seconds: int) -> None:
    """Take HOST out of service, this one without HOST: it takes nothing new and hands over what it has.

    Its gateways answer /readyz with 503 and pass new log-ins on, its holders give their shards to the others, its CIR processes
    let their phones go. It lasts, over restarts, until --end. The command waits until nothing is left, which ends it with
    status 0; it may be interrupted, and called again. Status 4: something is left when the time is over.
    """
    from onesoup.operators import drains
    from onesoup.operators.operator import OperatorError

    name = host or socket.gethostname()
    with open_store() as (settings, client):
        by = operator(settings, client)
        try:
            if lists:
                _list(by, host or "", lines)
            elif ends:
                drains.end_drain(by, name)
                click.echo(f"{name} is back in service: it takes its share within seconds")
            else:
                begun = drains.begin_drain(by, name, force)
                click.echo(f"{name} {'drains from now on' if begun else 'drains already'}", err=lines)
                _follow(by, name, lines, seconds)
        except OperatorError as error:
            fail(str(error))


def _list(by: "Operator", host: str, lines: bool) -> None:
    from onesoup.operators.drains import drain_states

    found = [each for each in drain_states(by) if host in ("", each.drain.host)]
    for each in found:
        click.echo(_shown(each, lines))
    if not found and not lines:
        click.echo(f"{host} does not drain" if host else "no host drains")


def _follow(by: "Operator", host: str, lines: bool, seconds: int) -> None:
    """Shows what is left, until nothing is. Exits with status 4 when the time is over before."""
    from onesoup.operators.drains import drain_states

    end, before = time.monotonic() + seconds, ""
    while True:
        state = next((each for each in drain_states(by) if each.drain.host == host), None)
        if state is None:
            fail(f"somebody has ended the drain of {host}")
        if (shown := _shown(state, lines)) != before:
            click.echo(shown)
        before = shown
        if state.done or not seconds:
            return
        if time.monotonic() >= end:
            sys.exit(TIME_OVER)
        time.sleep(LOOK_AT_DRAIN_SECONDS)


def _shown(state: "DrainState", lines: bool) -> str:
    if not lines:
        return state.said
    processes = [asdict(each) | {"done": each.done} for each in state.processes]
    return as_json(asdict(state.drain) | {"at": iso_time(state.drain.at)} | {"done": state.done, "processes": processes})
