"""`onesoup record`: writes what a phone says and hears as a conversation, with names, numbers and texts replaced."""

import contextlib
import json
import os
import secrets
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onesoup.captures.columns import exchange_line, heads
from onesoup.captures.conversation_writer import NothingCaptured, write_conversation
from onesoup.captures.exchanges import CapturedExchange, unpack_exchange
from onesoup.captures.recorded_phone import RecordedPhone
from onesoup.commands.audit import note_action
from onesoup.commands.common import fail, open_store
from onesoup.commands.sessions import session_filter
from onesoup.runtime.times import utc_text
from onesoup.store.recordings import MAX_RECORDING_SECONDS

if TYPE_CHECKING:
    from onesoup.store.recordings import Recordings

# After this time every gateway knows that it records.
RECORDING_STARTS_SECONDS = 3.2
NO_GATEWAY_SECONDS = 15
SUPPORT = "recorded by `onesoup record`; names, numbers and texts are replaced"


@click.command()
@click.argument("user", required=False)
@click.option("--new", is_flag=True, help="Record the next phone that logs in, whoever it is.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File to write.  [default: recording-TIME.yaml]")
@click.option(
    "--seconds",
    default=600,
    show_default=True,
    type=click.IntRange(1, MAX_RECORDING_SECONDS),
    help="End after this time. Ctrl-C ends the recording earlier.",
)
@click.option("--client", help="Make and model of the phone, for the file.")
def record(user: str | None, new: bool, output: str | None, seconds: int, client: str | None) -> None:
    """Write the requests of USER's phones, and the answers, to a conversation file.

    Names, numbers, texts, pictures and passwords are replaced before they leave the gateway. Tell the user all the same.
    `onesoup phone play` plays the file against any server.
    """
    if bool(user) == new:
        fail("record a USER, or --new")
    file = Path(output or utc_text(time.time(), "recording-%Y%m%d-%H%M%SZ.yaml"))
    _check_output(file)
    for number in (signal.SIGTERM, signal.SIGHUP):  # a background job gets no Ctrl-C, and a line to a host may drop
        signal.signal(number, signal.default_int_handler)
    exchanges = _listen(user or "", seconds)
    try:
        written = write_conversation(exchanges, client or "", SUPPORT)
    except NothingCaptured as error:
        nobody = f"nobody logged in as {user}, or said anything" if user else "no phone logged in"
        fail(f"nothing was recorded: {error if exchanges else nobody}")
    file.write_text(written.text(), encoding="utf-8")
    for note in written.notes:
        click.echo(f"note: {note}", err=True)
    steps = len(written.data["steps"])
    click.echo(f"{file}: {len(exchanges)} exchanges became {steps} steps (polls and answers belong to other steps)", err=True)
    click.echo(f"try it: onesoup phone play {file} --stack", err=True)


def _check_output(file: Path) -> None:
    """Before an evening is recorded in vain."""
    if file.exists():
        fail(f"{file} is there already")
    if not file.parent.is_dir():
        fail(f"{file} cannot be written: there is no directory {file.parent}")
    if not os.access(file.parent, os.W_OK):
        fail(f"{file} cannot be written: {file.parent} is not yours to write in; -o names another place")


def _listen(user: str, seconds: int) -> list[CapturedExchange]:
    """What the phone said and heard, in the order in which it was over. Shows each exchange as it comes."""
    from onesoup.operators.living import living_sessions
    from onesoup.store.bounds import TooMuch
    from onesoup.store.recordings import Recording, Recordings, recording_channel
    from onesoup.store.redis.client import connect_subscriber

    with open_store() as (settings, client):
        who = session_filter(user, None, settings.domain) if user else ""
        recordings = Recordings(client)
        recording = Recording(
            secrets.token_hex(6), who, time.time() + seconds + RECORDING_STARTS_SECONDS, secrets.token_bytes(32)
        )
        listener = connect_subscriber(settings.redis_url).pubsub(ignore_subscribe_messages=True)
        listener.subscribe(recording_channel(recording.id))
        try:
            recordings.start(recording)
        except TooMuch:
            fail("too many recordings run already")
        note_action(client, "record", who, id=recording.id, seconds=seconds)
        heard = RecordedPhone()
        try:
            for _, row in living_sessions(client, who) if who else ():
                recordings.follow(recording.id, row.id)
            count = _gateways(recordings, recording.id)
            whom, many = who or "the next phone that logs in", f"{count} gateway process{'es' if count > 1 else ''}"
            click.echo(f"recording {whom} for {seconds} s in {many}; Ctrl-C ends it", err=True)
            click.echo(heads(), err=True)
            end = time.monotonic() + seconds
            with contextlib.suppress(KeyboardInterrupt):
                while time.monotonic() < end:
                    message = listener.get_message(timeout=0.5)
                    if message is not None and message["type"] == "message":
                        _take(heard, message["data"])
        finally:
            recordings.stop([recording.id])
            listener.close()
        return heard.exchanges()


def _gateways(recordings: "Recordings", recording: str) -> int:
    """How many gateway processes record, once all have had the time to read it."""
    began = time.monotonic()
    while True:
        time.sleep(RECORDING_STARTS_SECONDS)
        if count := recordings.gateways(recording):
            return count
        if time.monotonic() - began > NO_GATEWAY_SECONDS:
            fail("no gateway process records: does one run?")


def _take(heard: RecordedPhone, data: bytes) -> None:
    event = json.loads(data)
    for exchange in heard.take(event["phone"], event["session"], unpack_exchange(event["exchange"].encode())):
        click.echo(exchange_line(exchange), err=True)
