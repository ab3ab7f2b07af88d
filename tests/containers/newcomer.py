"""A new operator, who has a checkout and deploy/compose/README.md: the blocks of the page are run as they stand."""

import re
import shutil
import subprocess
import time
from pathlib import Path

from onesoup.phone.errors import PhoneError
from tests.containers.deployment import Deployment
from tests.containers.engine import Engine, EngineError
from tests.support.world import StoryPhone

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "deploy/compose/README.md"
NEEDED = (
    "deploy",
    "onesoup",
    "workers",
    "cir",
    "requirements.txt",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "gunicorn.conf.py",
    ".dockerignore",
)
HTTP = "8089"
# Two at a time; each pair meets another sentence of the page's table.
PAIRS = (("redis-1", "sentinel-1"), ("holder-1", "holder-2"), ("nginx", "web-1"), ("redis-1", "redis-2"))


class Operator:
    """A checkout of one's own, a project of one's own, and a shell in deploy/compose."""

    def __init__(self, engine: Engine, open_files: int) -> None:
        self._engine = engine
        self._outside, self._inside = engine.place()
        for name in NEEDED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self._outside / name)
            else:
                shutil.copy(source, self._outside / name)
        if engine.own_images:
            shutil.copy(ROOT / "tests/containers/compose.yaml", self._outside / "deploy/compose/compose.override.yaml")
        # What the machine wants otherwise than the page; it would stand in .env.
        self._env = {"COMPOSE_PROJECT_NAME": "onesoup-operator", "ONESOUP_NETWORK": "172.31", "ONESOUP_HTTP_PORT": HTTP}
        self._env |= {"ONESOUP_STCP_PORT": "3179", "ONESOUP_OPEN_FILES": str(open_files)}
        self._blocks = dict(re.findall(r"^## (.*?)\n.*?```sh\n(.*?)```", PAGE.read_text(), re.MULTILINE | re.DOTALL))

    def does(self, heading: str, only: str = "") -> str:
        """Runs the first block under a heading, or those of its lines that begin so."""
        block = self._blocks[heading]
        if only:
            block = "".join(line for line in block.splitlines(True) if line.startswith(only))
        script = f"cd {self._inside}/deploy/compose\n{block}"
        env = [f"{name}={value}" for name, value in self._env.items()]
        argv = self._engine.in_init("env", *env, "bash", "-euo", "pipefail", "-c", script)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode:
            raise EngineError(f"{heading}: status {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def docker(self, *argv: str, check: bool = True) -> str:
        return self._engine.run(*argv, check=check)

    def kill(self, service: str) -> None:
        self.docker("kill", f"onesoup-operator-{service}-1")

    def leaves(self) -> None:
        """All of it is gone, as the page ends."""
        said = self.docker("ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=onesoup-operator").split()
        if said:
            self.docker("rm", "--force", *said)
        for kind in ("volume", "network"):
            found = self.docker(kind, "ls", "--quiet", "--filter", "label=com.docker.compose.project=onesoup-operator").split()
            if found:
                self.docker(kind, "rm", *found)
        shutil.rmtree(self._outside, ignore_errors=True)


def phone(name: str) -> StoryPhone:
    return StoryPhone(f"http://127.0.0.1:{HTTP}/", f"wv:{name}@example.org", f"{name}-secret", client_id=f"o-{name}")


def talk(alice: StoryPhone, bob: StoryPhone, text: str, patience: float = 45) -> None:
    """Both ways, within the seconds that a user tries again."""
    end = time.monotonic() + patience
    for writer, reader in ((alice, bob), (bob, alice)):
        while True:
            try:
                writer.send(reader.user, f"{text} of {writer.user}")
                break
            except PhoneError:
                if time.monotonic() > end:
                    raise
                time.sleep(1)
        reader.hears(f"{text} of {writer.user}", within=120)


def run(deployment: Deployment, open_files: int) -> str:
    """From nothing to two phones, two containers broken at a time, backup, restore on an empty machine."""
    operator = Operator(deployment.engine, open_files)
    try:
        return _tells(operator)
    except BaseException:
        print(operator.docker("ps", "--all", "--format", "{{.Names}} {{.Status}}", check=False))
        raise
    finally:
        operator.leaves()


def _tells(operator: Operator) -> str:
    began = time.monotonic()
    operator.does("From nothing to two phones")
    with phone("alice") as alice, phone("bob") as bob:
        alice.start()
        bob.start()
        talk(alice, bob, "hello")
        first = time.monotonic() - began
        for pair in PAIRS:
            for service in pair:
                operator.kill(service)
            time.sleep(4)
            operator.does("When something is broken", only="docker compose up")
            talk(alice, bob, f"without {' and '.join(pair)}")
        operator.does("A new key for stored passwords")
        bob.send(alice.user, "waits in the backup")
        operator.does("Backup")
        operator.does("Start over")
        operator.does("Restore")
        alice.hears("waits in the backup", within=120)
        talk(alice, bob, "after the restore")
    operator.does("Wake-ups by SMS, with Kannel")
    return f"two phones talked after {first:.0f} s; {len(PAIRS)} pairs broken and mended; restored on an empty machine"
