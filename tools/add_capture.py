#!/usr/bin/env python3
"""Makes a test of a capture: redacts it, writes scripts/captured/NAME.yaml, plays that against a stack of its own.

usage: tools/add_capture FILE --name nokia-6230i [--client "Nokia 6230i, firmware 05.50"] [--again] [--no-play]

FILE is what `onesoup wire decode` reads (pcap, pcapng, hex, binary), or a conversation that `onesoup record` wrote."""

import secrets
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from onesoup.captures.adding import captured_conversation
from onesoup.captures.conversation_writer import WrittenConversation
from onesoup.captures.errors import CaptureError
from onesoup.phone.conversation import friend_clients, script
from onesoup.phone.conversation.script import ScriptError

ROOT = Path(__file__).resolve().parent.parent
CAPTURED = ROOT / "scripts" / "captured"


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="Name of the new file, such as nokia-6230i.")
@click.option("--client", default="", help="Which phone it is.  [default: its User-Agent]")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), default=CAPTURED, help="Another directory.")
@click.option("--again", is_flag=True, help="Write over a file of that name.")
@click.option("--no-play", is_flag=True, help="Do not try it.")
def add_capture(file: Path, name: str, client: str, into: Path, again: bool, no_play: bool) -> None:
    """Make a test of a capture that was sent in."""
    if not name.replace("-", "").replace(".", "").isalnum() or name.startswith((".", "-")):
        raise click.ClickException(f"{name!r} is no name for a file: letters, digits, - and .")
    target = into / f"{name}.yaml"
    if target.exists() and not again:
        raise click.ClickException(f"{target} is there already; --again writes over it")
    if not no_play and not friend_clients.available():
        raise click.ClickException(f"{friend_clients.MISSING}; --no-play only writes the file")
    try:
        written = _conversation(file, client)
        script.make(name, written.data).people()
    except (CaptureError, ScriptError) as error:
        raise click.ClickException(f"{file}: {error}") from None
    if not written.data["steps"]:
        raise click.ClickException(f"{file}: no steps are in it, so it would test nothing")
    into.mkdir(parents=True, exist_ok=True)
    target.write_text(written.text(), encoding="utf-8")
    for note in written.notes:
        click.echo(f"note: {note}")
    click.echo(f"{target}: {len(written.data['steps'])} steps")
    if not no_play:
        sys.exit(_play(target))


def _conversation(file: Path, client: str) -> WrittenConversation:
    if file.suffix in (".yaml", ".yml"):
        data: dict[str, Any] = dict(script.load(file).data)
        return WrittenConversation(data | ({"client": client} if client else {}))
    return captured_conversation(file.read_bytes(), file.name, client, secrets.token_bytes(32))


def _play(target: Path) -> int:
    """The status of the play. What does not hold is on the screen."""
    command = [str(Path(sys.executable).with_name("onesoup")), "phone", "play", str(target), "--stack"]
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        click.echo(f"{target} holds: `make test` plays it from now on. Look through it, then commit it.")
        return 0
    click.echo(f"{target} {'does not hold' if status == 1 else 'cannot be played'}. It stays, and `make test` would fail. Either")
    click.echo("  mend the server, or give the step that fails a line `known_gap: reason`, and play it again:")
    click.echo(f"    {shlex.join(command)}")
    click.echo(f"  or remove it: rm {shlex.quote(str(target))}")
    click.echo("  or write it anew from another capture: the same command with --again")
    return status


if __name__ == "__main__":
    add_capture()
