"""L1: two hundred phones for half a minute. Everything that was acknowledged arrives, and HTTP never fails."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

PHONES, SECONDS = 200, 25


@pytest.mark.timeout(500)
def test_two_hundred_phones_lose_nothing(tmp_path: Path) -> None:
    """Its last lines are the table, p95 with it: a figure to look at, since this machine does other things as well."""
    argv = [str(Path(sys.prefix, "bin", "onesoup")), "load", "--stack", "--phones", str(PHONES), "--seconds", str(SECONDS)]
    done = subprocess.run([*argv, "--workers", "2", "--holders", "1", "--out", str(tmp_path)], capture_output=True, text=True)
    shown = done.stdout + done.stderr
    print(done.stdout)
    assert done.returncode == 0, shown
    found = json.loads((tmp_path / "load.json").read_text())
    assert found["total"]["lost"] == found["total"]["doubled"] == found["http_5xx"] == 0, shown
    assert found["total"]["unknown"] == 0
    assert found["logged_in"] == PHONES
    for direction in ("phone to phone", "phone to XMPP", "XMPP to phone"):
        assert found["directions"][direction]["received"] > 0, shown
    rows = list(csv.DictReader((tmp_path / "load.csv").open()))
    assert sum(int(row["requests"]) for row in rows) == found["requests"] > PHONES
    assert "<svg" in (tmp_path / "load.svg").read_text()
    assert "phones, " in done.stderr  # it has told how far it was


def test_without_a_server_it_says_what_is_needed() -> None:
    argv = [str(Path(sys.prefix, "bin", "onesoup")), "load"]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--url and --stack" in done.stderr
