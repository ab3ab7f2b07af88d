"""`make scale` in small: who lives where, what the seconds tell, and a day of a few phones. Nothing here is about speed."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.scale.town import Town
from bench.scale.watch import Watch, percentile_of
from onesoup.load.crowd.plan import CrowdPlan

REPOSITORY = Path(__file__).resolve().parents[2]
# As many as have a phone of each kind in each process of the generator, at few log-ins.
FEW_PHONES = 18


def test_every_phone_belongs_to_one_process_and_all_agree_on_names_and_contacts() -> None:
    town = Town(1000)
    shares = list(town.shares())
    assert [number for share in shares for number in range(share.first, share.last + 1)] == list(range(1000))
    plan = CrowdPlan.from_json(
        {
            "name": "crowd",
            "url": "",
            "domains": ["one.test", "two.test"],
            "phones": [0, 9],
            "total": 1000,
            "password": "",
            "ledger": "x",
        }
    )
    for number in (0, 499, 500, 999):
        assert town.jid(number) == plan.jid(number)
        assert set(town.contacts(number)) == {plan.jid(each) for each in plan.contacts(number)}


def test_half_of_the_phones_have_lines_a_third_polls_and_a_sixth_sleeps() -> None:
    shares = [(share.last - share.first + 1, share.bearers) for share in Town(20_000).shares()]
    kinds = {kind: sum(count * part[kind] for count, part in shares) for kind in ("stcp", "poll", "sms")}
    assert {kind: round(number / 20_000, 3) for kind, number in kinds.items()} == {"stcp": 0.5, "poll": 0.333, "sms": 0.167}


def test_an_hour_may_pass_faster_than_the_clock() -> None:
    slow, fast = Town(10, squeeze=1).rates(), Town(10, squeeze=4).rates()
    assert {kind: rate * 4 for kind, rate in slow.items()} == fast


def line(at: float, online: int, failed: int = 0, bound: str = "20") -> dict[str, Any]:
    counts = {"requests": 10, "failed": failed, "sent": 1, "received": 1, "logins": 0, "moving": 1, "logged_out": 0}
    return {"at": at, "online": online, **counts, "latency": {"poll": {bound: 10}}, "wake": {}, "wake_xmpp": {}, "wake_sms": {}}


def test_it_is_normal_when_all_are_there_and_nothing_fails_nor_is_slow() -> None:
    for failed, bound, online, normal in ((0, "20", 49, True), (1, "20", 49, False), (0, "900", 49, False), (0, "20", 30, False)):
        watch = Watch(100, 1000.0)
        for second in range(6):
            watch.hear("crowd-1", line(1000.2 + second, online, failed, bound))
            watch.hear("crowd-2", line(1000.7 + second, 49))
        assert watch.normal(6.0) is normal, (failed, bound, online)


def test_a_percentile_is_a_bound_that_so_many_keep() -> None:
    times = Counter({10.0: 90, 50.0: 9, 900.0: 1})
    assert [percentile_of(times, part) for part in (0.5, 0.95, 0.995)] == [10.0, 50.0, 900.0]
    assert percentile_of(Counter(), 0.95) == 0.0


@pytest.mark.timeout(400)
def test_a_day_of_a_few_phones_loses_nothing_and_is_reported(tmp_path: Path) -> None:
    argv = ["--phones", str(FEW_PHONES), "--mix-minutes", "0.05", "--squeeze", "300", "--rest-seconds", "0"]
    argv += ["--faults", "holder", "--report", str(tmp_path)]
    command = [sys.executable, "-m", "bench", "scale", *argv]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=380)
    assert done.returncode == 0, done.stdout
    found = json.loads((REPOSITORY / "bench" / "out" / f"scale-{FEW_PHONES}.json").read_text())
    figures = {figure["name"]: figure["value"]["median"] for figure in found["figures"]}
    assert figures["messages lost"] == figures["messages doubled"] == 0, done.stdout
    assert figures["sessions that the server ended"] == 0, done.stdout
    assert [phase["name"] for phase in found["phases"]] == ["morning", "mix", "holder killed", "quiet", "evening"]
    assert f"{FEW_PHONES} phones" in (tmp_path / "scale.md").read_text()
    for picture in ("phones", "latency", "cpu", "memory"):
        assert ElementTree.parse(tmp_path / "pictures" / f"scale-{picture}.svg").getroot().tag.endswith("svg")
