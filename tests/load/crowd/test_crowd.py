"""A small crowd over a real stack: everybody logs in, writes, is called, and nothing is lost."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onesoup.demo.stack import Stack
from onesoup.load.crowd.books import crowd_totals, joined
from onesoup.load.crowd.plan import CrowdPlan
from onesoup.runtime.ports import free_port

PHONES, FRIENDS, PASSWORD = 18, ("f0", "f1"), "crowd-secret"


class Process:
    """One process of a crowd, as bench/scale drives it."""

    def __init__(self, plan: Path) -> None:
        argv = [sys.executable, "-m", "onesoup.load.crowd", str(plan)]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.counts: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.state: dict[str, Any] = {}

    def told(self, *wanted: str) -> dict[str, Any]:
        """Reads until an event has all these names."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found: dict[str, Any] = json.loads(line)
            assert "error" not in found
            if "at" in found:
                self._enter(found)
            elif all(each in (*found, *found.values()) for each in wanted):
                return found
        raise AssertionError("it has ended")

    def _enter(self, state: dict[str, Any]) -> None:
        self.state = state
        self.counts.update({name: state[name] for name in ("requests", "failed", "sent", "received", "logins")})
        self.kinds.update({kind: sum(times.values()) for kind, times in state["latency"].items()})
        self.calls.update({name: sum(state[name].values()) for name in ("wake", "wake_sms")})

    def do(self, command: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self.told("done", command.split()[0])

    def next_state(self) -> dict[str, Any]:
        """As it is now: the one under way may be older."""
        for _ in range(2):
            assert self._process.stdout is not None
            self._enter(json.loads(self._process.stdout.readline()))
        return self.state

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def rosters(plan: CrowdPlan) -> dict[str, dict[str, str]]:
    everybody = [*map(plan.user, plan.numbers), *FRIENDS]
    return {name: {other: other.title() for other in everybody if other != name} for name in everybody}


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[tuple[Process, Path]]:
    """A crowd that is ready, and where its ledger will be."""
    sms_port, ledger = free_port(), tmp_path / "ledger.jsonl"
    found: dict[str, Any] = {
        "name": "crowd-1",
        "url": "",
        "addresses": ["127.0.0.2", "127.0.0.3"],
        "domains": ["localhost"],
        "phones": [0, PHONES - 1],
        "total": PHONES,
        "password": PASSWORD,
        "ledger": str(ledger),
        "sms_listen": sms_port,
        "rates": {"messages": 2400, "presence": 60, "keepalive": 360, "friends": 7200},
        "to_friends": 0.3,
        "quiet_seconds": 1.0,
    }
    env = {
        "ONESOUP_TRUSTED_PROXIES": "127.0.0.0/8",
        "ONESOUP_NUMBER_HEADERS": "X-MSISDN",
        "ONESOUP_SMS_GATEWAY": "json",
        "ONESOUP_SMS_URL": f"http://127.0.0.1:{sms_port}/cir",
        "ONESOUP_SMS_PASSWORD": "sms-secret",
        "ONESOUP_SMS_FROM": "100",
        "ONESOUP_SMS_PREFIXES": "+1555",
        "ONESOUP_SMS_GAP": "1",
        "ONESOUP_SMS_PER_HOUR": "1000",
        "ONESOUP_SMS_PER_DAY": "1000",
        "ONESOUP_SMS_RATE": "1000",
        "ONESOUP_STCP_PER_ADDRESS": "1000",
        "ONESOUP_SERVER_POLL_MIN": "1",
        "ONESOUP_POLL_HOLD": "0",
    }
    books = rosters(CrowdPlan.from_json(found))
    stack = Stack(tmp_path / "stack", passwords=dict.fromkeys(books, PASSWORD), rosters=books, env=env)
    found["url"] = stack.url
    found["xmpp"] = {
        "servers": {"localhost": ["127.0.0.1", stack.xmpp_port]},
        "ca": str(stack.ca_file),
        "friends": [f"{name}@localhost" for name in FRIENDS],
    }
    (tmp_path / "plan.json").write_text(json.dumps(found))
    crowd = Process(tmp_path / "plan.json")
    try:
        crowd.told("ready")  # it listens for SMS before the CIR process looks for the gateway
        with stack:
            yield crowd, ledger
    finally:
        crowd.end()


@pytest.mark.timeout(300)
def test_a_crowd_logs_in_lives_and_logs_out(ready: tuple[Process, Path]) -> None:
    crowd, ledger = ready
    crowd.do("login 6")
    assert crowd.next_state()["online"] == PHONES
    crowd.do("mix 5")
    crowd.do("quiet")
    report = crowd.do("report")
    letters = joined([ledger])
    totals = crowd_totals(letters)
    assert (totals.lost, totals.doubled, totals.strays) == (0, 0, 0), report
    assert totals.arrived >= totals.acknowledged > PHONES, report
    writers, readers = ({each.name.split(">")[side].split()[0] for each in letters if each.acknowledged} for side in (0, 1))
    assert set(FRIENDS) <= writers & readers, "XMPP friends have written, and were written to"
    state = crowd.next_state()
    assert crowd.counts["received"] == totals.arrived
    assert crowd.counts["logins"] == PHONES
    assert state["lines"] == sum(
        CrowdPlan.read(ledger.with_name("plan.json")).bearer(number) == "stcp" for number in range(PHONES)
    )
    assert state["logged_out"] == 0, report
    assert crowd.calls["wake"] > 0
    crowd.do("logout 6")
    assert crowd.next_state()["online"] == 0
    assert crowd.kinds["logout"] > 0
    crowd.do("end")
