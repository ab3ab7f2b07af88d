"""A real Prometheus with the rules and the dashboard that come with onesoup, on a running stack: every query is understood."""

import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.demo.stack import ROLES
from onesoup.runtime.ports import free_port
from tests.support.secrets import secret_text
from tests.support.world import World

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs prometheus")


class Prometheus:
    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1/"

    def ask(self, path: str, **fields: str) -> Any:
        with urllib.request.urlopen(f"{self._url}{path}?{urllib.parse.urlencode(fields)}", timeout=60) as answer:
            return json.load(answer)["data"]

    def query(self, text: str) -> list[dict[str, Any]]:
        return list(self.ask("query", query=text.replace("$__rate_interval", "30s"))["result"])


@pytest.fixture
def prometheus(world: World, tmp_path: Path) -> Iterator[Prometheus]:
    """With the shipped files; only hosts and intervals are ours."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "3s", "scrape_timeout": "3s", "evaluation_interval": "1s"}
    for job, role in zip(config["scrape_configs"], ROLES, strict=True):
        assert job["job_name"] == f"onesoup-{role}"
        job["static_configs"] = [{"targets": [f"127.0.0.1:{world.stack.admin_port(role)}"]}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    shutil.copy(DEPLOY / "prometheus" / "rules.yml", tmp_path)
    port = free_port()
    argv = [
        "prometheus",
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = Process("prometheus", argv, {"PATH": "/usr/bin:/bin"}, tmp_path / "log")
    process.start()
    process.wait_until(lambda: connects("127.0.0.1", port), seconds=60)
    yield Prometheus(port)
    process.stop()


def test_alerts_and_panels_work_on_what_the_roles_tell(world: World, prometheus: Prometheus) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=()).start()

    def talked() -> bool:
        """Until the rates have two scrapes to be made of."""
        there.send(alice.jid, text := secret_text())
        phone.hears(text)
        return bool(prometheus.query("rate(onesoup_delivery_seconds_count[30s]) > 0"))

    phone.until(talked, within=60)
    all_up = {f"onesoup-{role}": "1" for role in ROLES}
    phone.until(lambda: {each["metric"]["job"]: each["value"][1] for each in prometheus.query("up")} == all_up)
    board = json.loads((DEPLOY / "grafana" / "onesoup.json").read_text())
    found = {}
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            found[panel["title"]] = found.get(panel["title"], 0) + len(prometheus.query(target["expr"]))
    for title in (
        "Sessions by version",
        "Delivery, p95",
        "What runs",
        "Requests",
        "Streams",
        "Shards",
        "Lines of phones",
        "Scripts, p95",
    ):
        assert found[title], title
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert len(rules) > 10
    assert [rule for rule in rules if rule["health"] == "err"] == []
    firing = {each["labels"]["alertname"] for each in prometheus.ask("alerts")["alerts"] if each["state"] == "firing"}
    # Other stories refuse log-ins and leave messages behind; what would say that a process is gone must be quiet.
    assert firing.isdisjoint({"OnesoupDown", "OnesoupNoHolder", "OnesoupRedisErrors", "OnesoupSmsBudget"})
