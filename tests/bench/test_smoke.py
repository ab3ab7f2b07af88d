"""A tiny run of each part of `make bench` works and says what it found. Nothing here is about speed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
OUT = REPOSITORY / "bench" / "out"

# A figure that the table of each part must have. The parts that make a whole core busy for long are left to `make bench`.
SHOWN = {
    "codec": "WBXML decode to primitive + encode back",
    "poll": "total CPU a request, gateway + Redis, same Redis client",
    "login": "log-ins/s, each with a log-out",
    "stream": "CPU a stanza in",
    "memory": "idle session, no contacts: holder, USS",
    "latency": "stanza read to WVCI written: p50",
    "cir": "stanza to WVCI at 100 messages/s: p50",
}

Run = subprocess.Popen[str]


def start(part: str) -> Run:
    argv = [sys.executable, "-m", "bench", part, "--quick"]
    return subprocess.Popen(argv, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Run]]:
    """All parts at the same time: they wait more than they work."""
    started = {part: start(part) for part in SHOWN}
    yield started
    for run in started.values():
        if run.poll() is None:
            run.terminate()
            run.wait()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("part", SHOWN)
def test_a_part_runs_alone_and_reports(runs: dict[str, Run], part: str) -> None:
    output, _ = runs[part].communicate(timeout=380)
    assert runs[part].returncode == 0, output
    figures = json.loads((OUT / f"{part}-quick.json").read_text())["figures"]
    found = next(figure for figure in figures if figure["name"] == SHOWN[part])
    assert SHOWN[part] in output
    assert ElementTree.parse(OUT / f"{part}-quick.svg").getroot().tag.endswith("svg")
    assert found["value"]["median"] > 0 or part == "memory"


def test_an_unknown_part_is_named(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "bench", "nosuch"], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 2
    assert "nosuch" in done.stderr
