"""A real Prometheus on a running stack, with the files that come with onesoup."""

import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from onesoup.demo.process import Process
from onesoup.demo.stack import ROLES, Stack
from onesoup.runtime.ports import free_port

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


class Prometheus:
    def __init__(self, port: int) -> None:
        self._ready_url, self._url = f"http://127.0.0.1:{port}/-/ready", f"http://127.0.0.1:{port}/api/v1/"

    def ready(self) -> bool:
        """It listens before it answers."""
        with suppress(OSError), urllib.request.urlopen(self._ready_url, timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def ask(self, path: str, **fields: str) -> Any:
        with urllib.request.urlopen(f"{self._url}{path}?{urllib.parse.urlencode(fields)}", timeout=60) as answer:
            return json.load(answer)["data"]

    def query(self, text: str) -> list[dict[str, Any]]:
        return list(self.ask("query", query=text.replace("$__rate_interval", "30s"))["result"])

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        return {each["labels"]["alertname"] for each in self.ask("alerts")["alerts"] if each["state"] == "firing"}


@contextmanager
def running_prometheus(
    stack: Stack, directory: Path, change_rules: Callable[[str], str] = str, scrape: str = "3s"
) -> Iterator[Prometheus]:
    """With the shipped files; only hosts and intervals are ours, and what `change_rules` makes of the rules. A scrape that takes
    longer than `scrape` counts as a process that is gone."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": scrape, "scrape_timeout": scrape, "evaluation_interval": "1s"}
    for job, role in zip(config["scrape_configs"], ROLES, strict=True):
        assert job["job_name"] == f"onesoup-{role}"
        job["static_configs"] = [{"targets": [f"127.0.0.1:{stack.admin_port(role)}"]}]
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    (directory / "rules.yml").write_text(change_rules((DEPLOY / "prometheus" / "rules.yml").read_text()))
    port = free_port()
    argv = [
        shutil.which("prometheus") or "prometheus",
        f"--config.file={directory}/prometheus.yml",
        f"--storage.tsdb.path={directory}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = Process("prometheus", argv, {"PATH": "/usr/bin:/bin"}, directory / "log")
    process.start()
    try:
        running = Prometheus(port)
        process.wait_until(running.ready, seconds=60)
        yield running
    finally:
        process.stop()
