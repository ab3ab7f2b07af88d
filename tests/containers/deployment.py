"""The compose deployment, from outside: what an operator does with it, and what breaks it."""

import json
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

import gevent

from tests.containers.engine import Engine, EngineError

HTTP, STCP = 8088, 3170
# Not the ones that the page proposes: a stack of an operator on this machine is left alone.
NETWORK, PROJECT, DOMAIN = "172.30", "onesoup-test", "soup.test"
SENTINEL = f"{NETWORK}.2.21"
XMPP = (f"{NETWORK}.3.10", 5222)
SHIPPED, WITH_OWN_IMAGES, WITH_A_REGISTRY = (
    "deploy/compose/compose.yaml",
    "tests/containers/compose.yaml",
    "tests/containers/kannel.yaml",
)
PROFILES = "sms,metrics"
ONE_SHOT = "keys"
WEB, HOLDERS, CIR = ("web-1", "web-2"), ("holder-1", "holder-2"), ("cir-1", "cir-2")
ROLES = (*WEB, *HOLDERS, *CIR)
REDIS = {f"{NETWORK}.2.11": "redis-1", f"{NETWORK}.2.12": "redis-2"}
SENTINELS = ("sentinel-1", "sentinel-2", "sentinel-3")


class Deployment:
    """One project of compose. `image` is what the roles run; a later `up` takes what it is then."""

    def __init__(self, engine: Engine, image: str, open_files: int, tell: Callable[[str], None]) -> None:
        self.engine, self.image, self.tell = engine, image, tell
        self._open_files = open_files

    def env(self) -> dict[str, str]:
        files = (SHIPPED, WITH_OWN_IMAGES if self.engine.own_images else WITH_A_REGISTRY)
        return {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "COMPOSE_FILE": ":".join(str(self.engine.source / file) for file in files),
            "COMPOSE_PROFILES": PROFILES,
            "ONESOUP_IMAGE": self.image,
            "ONESOUP_DOMAIN": DOMAIN,
            "ONESOUP_NETWORK": NETWORK,
            "ONESOUP_HTTP_PORT": str(HTTP),
            "ONESOUP_STCP_PORT": str(STCP),
            "ONESOUP_OPEN_FILES": str(self._open_files),
            "ONESOUP_SMS_PREFIXES": "+1555",
            # All phones of the test come from one address.
            "ONESOUP_STCP_PER_ADDRESS": "5000",
        }

    def compose(self, *argv: str, timeout: float = 300.0, check: bool = True, text: str = "") -> str:
        return self.engine.run("compose", *argv, timeout=timeout, check=check, env=self.env(), text=text)

    def up(self, *argv: str) -> float:
        """Seconds until everything is healthy."""
        began = time.monotonic()
        self.compose("up", "--detach", "--wait", "--wait-timeout", "180", *argv)
        return time.monotonic() - began

    def down(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--timeout", "5", "--remove-orphans", check=False)

    def run(self, service: str, *argv: str, check: bool = True, text: str = "") -> str:
        return self.compose("exec", "-T", service, *argv, check=check, text=text)

    def admin(self, *argv: str, check: bool = True, text: str = "") -> str:
        """A command as the page shows it to operators."""
        return self.compose("run", "--rm", "-T", "admin", *argv, check=check, text=text)

    # --- containers ---

    def services(self) -> list[str]:
        """All that run for good, by name."""
        return sorted(set(self.compose("ps", "--services", "--status", "running").split()) - {ONE_SHOT})

    def name(self, service: str) -> str:
        return f"{PROJECT}-{service}-1"

    def state(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.engine.run("inspect", "--format", "{{json .State}}", self.name(service)))
        return found

    def address(self, service: str) -> str:
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        return self.engine.run("inspect", "--format", form, self.name(service)).split()[0]

    def healthy(self, services: Iterable[str]) -> bool:
        form = "{{.State.Health.Status}}"
        said = self.engine.run("inspect", "--format", form, *[self.name(each) for each in services]).split()
        return set(said) == {"healthy"}

    def until(self, what: Callable[[], Any], within: float, step: float = 0.2, why: str = "") -> float:
        """Seconds until it was so. EngineError when it never was, though a machine that is busy got three times as long."""
        began = time.monotonic()
        while not what():
            if time.monotonic() - began > 3 * within:
                raise EngineError(f"not within {3 * within:.0f} s: {why or what}")
            gevent.sleep(step)
        return time.monotonic() - began

    def kill(self, service: str) -> float:
        """SIGKILL to the process, as the kernel does it; seconds until Docker's new one is healthy."""
        old = self.state(service)["Pid"]
        self.engine.kill(old)

        def again() -> bool:
            state = self.state(service)
            return state["Pid"] not in (0, old) and state["Health"]["Status"] == "healthy"

        return self.until(again, 90.0, why=f"{service} is healthy again after kill -9")

    def stop(self, service: str) -> tuple[float, int]:
        """(seconds, exit status) of a clean stop."""
        began = time.monotonic()
        self.compose("stop", service)
        return time.monotonic() - began, int(self.state(service)["ExitCode"])

    def logs(self, service: str = "") -> str:
        return self.compose("logs", "--no-color", *([service] if service else []))

    # --- Redis ---

    def master(self) -> str:
        """The service that Sentinels name."""
        for sentinel in SENTINELS:
            said = self.run(sentinel, "redis-cli", "-p", "26379", "sentinel", "get-master-addr-by-name", "onesoup", check=False)
            if (address := said.split("\n")[0].strip()) in REDIS:
                return REDIS[address]
        return ""

    def replication(self, service: str) -> dict[str, str]:
        said = self.run(service, "redis-cli", "info", "replication", check=False)
        return dict(re.findall(r"^(\w+):([^\r\n]*)", said, re.MULTILINE))

    def roles(self) -> dict[str, str]:
        """{service: master, or replica with what its link is}"""
        found = {}
        for service in REDIS.values():
            info = self.replication(service)
            found[service] = (
                "replica " + info.get("master_link_status", "?") if info.get("role") == "slave" else info.get("role", "?")
            )
        return found

    def whole(self) -> bool:
        """One master, the one that Sentinels name, and one replica that follows it."""
        master, roles = self.master(), self.roles()
        return bool(master) and roles[master] == "master" and sorted(roles.values()) == ["master", "replica up"]

    def await_whole(self, within: float = 60.0) -> float:
        return self.until(self.whole, within, step=0.5, why=f"one master and one replica; now {self.roles()}")


def accounts(deployment: Deployment, names: Iterable[str], password: str) -> None:
    """All of them over one connection to the server's shell."""
    lines = [f'user:create("{name}@{DOMAIN}", "{password}")' for name in names]
    said = deployment.run("prosody", "prosodyctl", "shell", text="\n".join([*lines, "quit", ""]))
    if said.lower().count("created") < len(lines):
        raise EngineError(f"accounts: {said[-2000:]}")
