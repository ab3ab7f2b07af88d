"""The demo that runs in a data directory, as its other commands find it: its lock, its settings, what it has told its owner."""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from onesoup.demo import accounts
from onesoup.demo.process import write_private
from onesoup.demo.prosody_files import ProsodyFiles
from onesoup.settings import ENV_PREFIX, Settings, SettingsError, load_settings, settings_reference

LOCK, CONFIG, STATE = "lock", "onesoup.toml", "demo.json"


class NoDemo(RuntimeError):
    """No demo runs where one was looked for. The text names the place."""


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """A demo of this machine. `random_passwords`: others than the users of the machine can reach it."""

    directory: Path
    settings: Settings
    url: str
    random_passwords: bool

    def passwords(self) -> dict[str, str]:
        kept = accounts.read_passwords(self.directory / accounts.PASSWORD_FILE) if self.random_passwords else {}
        return kept or accounts.simple_passwords()

    def xmpp_accounts(self) -> ProsodyFiles:
        return ProsodyFiles(self.directory / "prosody" / "data", self.settings.domain)


def lock(environ: Mapping[str, str]) -> IO[str]:
    """Makes the directory and keeps a lock in it: two stacks in one would mix their sessions."""
    path = Path(load_settings(environ).data)
    try:
        # One that is there already may be anything, such as /tmp: its mode is the user's business.
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = os.fdopen(os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+")
    except OSError as error:
        raise SettingsError(f"{ENV_PREFIX}DATA={path}: {error.strerror}; example: {ENV_PREFIX}DATA=/tmp/onesoup") from None
    if not _take(kept):
        kept.close()
        raise SettingsError(f"{ENV_PREFIX}DATA={path} is in use by another demo; example: {ENV_PREFIX}DATA={path}-2")
    return kept


def write_settings(directory: Path, env: Mapping[str, str]) -> None:
    """Settings for a shell in which somebody tries the commands of an operator."""
    found = ((row["name"], env.get(ENV_PREFIX + row["name"].upper())) for row in settings_reference())
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in found if value is not None)
    write_private(directory / CONFIG, "# Written anew at each start of the demo.\n" + "".join(lines))


def write_state(directory: Path, url: str, random_passwords: bool) -> None:
    write_private(directory / STATE, json.dumps({"url": url, "random_passwords": random_passwords}) + "\n")


def find(environ: Mapping[str, str]) -> RunningDemo:
    """The demo that runs in the data directory of these settings. NoDemo when there is none."""
    directory = Path(load_settings(environ).data)
    try:
        with (directory / LOCK).open("r+", encoding="ascii") as kept:
            runs = not _take(kept)
        state = json.loads((directory / STATE).read_text(encoding="utf-8")) if runs else {}
    except PermissionError:
        raise NoDemo(f"{directory} belongs to another user: call this as the user who runs the demo") from None
    except (OSError, ValueError):
        runs, state = False, {}
    if not runs or not state:
        raise NoDemo(f"no demo runs in {directory} ({ENV_PREFIX}DATA names another place)")
    settings = load_settings({ENV_PREFIX + "CONFIG": str(directory / CONFIG)})
    return RunningDemo(directory, settings, str(state["url"]), bool(state["random_passwords"]))


def _take(file: IO[str]) -> bool:
    """Locks a file until it is closed; False when somebody else has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
