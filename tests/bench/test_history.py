"""The lines that a run of the benchmarks leaves under its commit."""

import json
import subprocess
from pathlib import Path

import pytest

from bench import history
from bench.report import Figure, Spread

MACHINE = {"cpu": "AMD EPYC", "cores": "2", "kernel": "6.18.1-amd64", "python": "3.11.7"}


def test_a_line_has_the_figure_its_spread_its_anchor_and_where_it_was_measured():
    figure = Figure(
        "poll", "cost", "us", Spread.of([251, 265.4321, 311]), Spread.once(248), "ceiling", Spread.of([0.9, 1.07, 1.2])
    )
    [line] = history.lines([figure], MACHINE, "fcbdf1a7c0", "2026-11-30")
    assert json.loads(line) == {
        "commit": "fcbdf1a7c0",
        "date": "2026-11-30",
        "machine": "AMD EPYC, 2 cores, Linux 6.18, Python 3.11.7",
        "part": "poll",
        "figure": "cost",
        "value": 265.4,
        "unit": "us",
        "spread": [251, 311],
        "rounds": 3,
        "anchor": {"name": "ceiling", "value": 248},
        "ratio": 1.07,
        "ratio_spread": [0.9, 1.2],
    }


def test_a_figure_without_an_anchor_says_so():
    [line] = history.lines([Figure("stream", "idle", "KB", Spread.once(48.9))], MACHINE, "c", "d")
    assert {"anchor": None, "ratio": None, "ratio_spread": None}.items() <= json.loads(line).items()


def test_lines_are_appended(tmp_path):
    path = tmp_path / "history.jsonl"
    history.append(["one"], path)
    history.append(["two", "three"], path)
    assert path.read_text() == "one\ntwo\nthree\n"


def test_figures_are_kept_under_a_commit_only(tmp_path):
    """The history itself may have changed: the run before has written to it."""
    (tmp_path / "bench").mkdir()
    source, kept = tmp_path / "source.py", tmp_path / "bench" / "history.jsonl"
    source.write_text("1")
    kept.write_text("")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "first")
    kept.write_text("{}\n")
    assert len(history.commit(tmp_path)) == 10
    source.write_text("2")
    with pytest.raises(history.Uncommitted, match=r"source\.py"):
        history.commit(tmp_path)


def test_without_a_repository_nothing_is_kept(tmp_path):
    with pytest.raises(history.Uncommitted):
        history.commit(tmp_path)


def test_the_committed_history_is_one_figure_a_line():
    kept = history.HISTORY_FILE.read_text(encoding="utf-8").splitlines()
    assert kept
    assert all({"commit", "date", "machine", "part", "figure", "value"} <= set(json.loads(line)) for line in kept)


def git(tree: Path, *argv: str) -> None:
    subprocess.run(["git", *argv], cwd=tree, check=True)
