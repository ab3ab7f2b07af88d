"""A holder is killed with streams on it. Another resumes them all: nothing is lost or doubled, and no contact sees anything."""

import json
import subprocess
import sys

import pytest

from tests.bench.test_smoke import OUT, REPOSITORY

STREAMS = "50"


@pytest.mark.timeout(500)
def test_streams_of_a_killed_holder_go_on_in_another() -> None:
    argv = [sys.executable, "-m", "bench", "takeover", "--streams", STREAMS]
    done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=480)
    assert done.returncode == 0, done.stderr
    figures = {each["name"]: each["value"]["median"] for each in json.loads((OUT / "takeover.json").read_text())["figures"]}
    for name in ("messages lost", "messages doubled", "presence changes that contacts saw", "streams not resumed"):
        assert figures[name] == 0, done.stdout
