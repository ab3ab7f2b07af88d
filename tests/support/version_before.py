"""The version before this one, taken from the repository's history, to run beside this one."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from onesoup.demo.process import Process
from onesoup.settings import ENV_PREFIX

ROOT = Path(__file__).resolve().parents[2]
# The last commit of the version before, as long as there is no tag. Another one: ONESOUP_BEFORE.
BEFORE_COMMIT = "365d83e2d3375bc8594badbd70ece208a8d71ba8"
# 0.1.0 had other names for these two. Its module is asked for first: this tree would be taken for what the other does not have.
_MAIN = """
try:
    from onesoup.cli import main
except ImportError:
    from onesoup.commands.main import main
main()
"""
_SETTINGS = """
from onesoup import settings
for row in (getattr(settings, "settings_reference", None) or settings.reference)():
    print(row["name"].upper())
"""


def before_ref() -> str | None:
    """ONESOUP_BEFORE, else the newest tag behind this commit, else BEFORE_COMMIT; None where the history does not have it, as
    in a checkout of one commit."""
    wanted = (os.environ.get("ONESOUP_BEFORE"), _git("describe", "--tags", "--abbrev=0", "HEAD~1"), BEFORE_COMMIT)
    return next((ref for ref in wanted if ref and _git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")), None)


def _git(*argv: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *argv], capture_output=True, text=True, check=False).stdout.strip()


@dataclass(frozen=True)
class VersionBefore:
    """A checkout of it, run by this one's interpreter and packages."""

    ref: str
    directory: Path
    known: frozenset[str]

    def apply(self, process: Process) -> Callable[[], None]:
        """From its next start on the process is of that version, until what is returned is called."""
        argv, env = list(process.argv), dict(process.env)
        start = f'cd {self.directory} && PYTHONPATH={self.directory} exec "$0" "$@"'
        process.argv[:] = ["sh", "-c", start, sys.executable, "-P", "-c", _MAIN, *argv[1:]]
        process.env = self._understood(env)

        def undo() -> None:
            process.argv[:], process.env = argv, env

        return undo

    def _understood(self, env: Mapping[str, str]) -> dict[str, str]:
        """Without settings that it does not know, since unknown ones are an error."""
        return {name: value for name, value in env.items() if not name.startswith(ENV_PREFIX) or name in self.known}


def unpack(ref: str, directory: Path) -> VersionBefore:
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", ref], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(directory, filter="data")
    env = os.environ | {"PYTHONPATH": str(directory)}
    asked = subprocess.run(
        [sys.executable, "-P", "-c", _SETTINGS], cwd=directory, env=env, capture_output=True, text=True, check=True
    )
    return VersionBefore(ref, directory, frozenset(ENV_PREFIX + name for name in asked.stdout.split()))
