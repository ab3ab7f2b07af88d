"""A real Prometheus with the rules and the dashboard that come with onesoup, on a running stack: every query is understood."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from onesoup.demo.stack import ROLES
from tests.support.prometheus import DEPLOY, Prometheus, running_prometheus
from tests.support.secrets import secret_text
from tests.support.world import World

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs prometheus")


@pytest.fixture
def prometheus(world: World, tmp_path: Path) -> Iterator[Prometheus]:
    with running_prometheus(world.stack, tmp_path) as running:
        yield running


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
    # Other stories refuse log-ins and leave messages behind; what would say that a process is gone must be quiet.
    assert prometheus.firing().isdisjoint({"OnesoupDown", "OnesoupNoHolder", "OnesoupRedisErrors", "OnesoupSmsBudget"})
