"""Where a gateway keeps the counters of its workers."""

import subprocess
import sys
from pathlib import Path

from onesoup.commands.roles import metrics_directory
from onesoup.settings import load_settings

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "onesoup-web.service"


def test_counters_are_in_memory_where_systemd_gives_a_directory_there():
    settings = load_settings({"ONESOUP_DATA": "/var/lib/onesoup", "ONESOUP_HTTP_PORT": "8080"})
    assert metrics_directory(settings, {"RUNTIME_DIRECTORY": "/run/onesoup-web"}) == Path("/run/onesoup-web/metrics/web-8080")
    assert metrics_directory(settings, {"RUNTIME_DIRECTORY": "/run/a:/run/b"}) == Path("/run/a/metrics/web-8080")
    assert metrics_directory(settings, {}) == Path("/var/lib/onesoup/metrics/web-8080")


def test_the_unit_asks_for_such_a_directory():
    assert "\nRuntimeDirectory=onesoup-web\n" in UNIT.read_text(encoding="utf-8")


# A gateway becomes gunicorn: the same process with another program.
GATEWAY = """
import os, sys
from pathlib import Path
from onesoup.commands.roles import take_metrics_directory

print(take_metrics_directory(Path(sys.argv[1])), flush=True)
os.execv("/bin/cat", ["cat"])
"""


def gateway(wanted: Path) -> tuple[subprocess.Popen, Path]:
    """One that runs until its input is closed, and its directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", GATEWAY, str(wanted)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    return process, Path(process.stdout.readline().strip())


def test_a_second_gateway_leaves_the_counters_of_one_that_runs_alone(tmp_path):
    wanted = tmp_path / "metrics" / "web-8080"
    wanted.mkdir(parents=True)
    (wanted / "counter_1.db").write_bytes(b"of a worker of the last run")
    first, taken = gateway(wanted)
    with first:
        assert (taken, list(taken.iterdir())) == (wanted, [])
        (taken / "counter_2.db").write_bytes(b"of a worker that runs")
        second, other = gateway(wanted)
        with second:
            assert (other.parent, other.name, list(other.iterdir())) == (taken.parent, "web-8080-2", [])
            second.stdin.close()
        assert [each.name for each in taken.iterdir()] == ["counter_2.db"]
        first.stdin.close()
    third, again = gateway(wanted)
    with third:
        assert (again, list(again.iterdir())) == (wanted, [])
        third.stdin.close()
