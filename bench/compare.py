"""Two commits in turn on one machine, and what moved between them.

Both are measured by the bench and the vectors of this tree: BASE is checked out beside it, and they are put there. So a change
of a benchmark is no change of a figure, and what lies beside the repository is there for both. Rounds alternate, base then this
tree, so that both meet the same neighbours.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.parts import REPOSITORY, say
from bench.report import short
from onesoup.load.text import LINE_CHARACTERS, wrapped

# What both trees are measured with.
RULER = ("bench", "tests/vectors")
MIN_ROUNDS = 5
MIN_CHANGE = 0.05
RULE = (
    f"A figure has moved when the ranges of the two do not overlap and their medians differ by more than {MIN_CHANGE:.0%}. "
    "Where a figure has an anchor of the same minute, its ratio to that is compared, else its value."
)

# Part, figure, anchor: a figure may stand beside several.
Key = tuple[str, str, str]


class CannotCompare(Exception):
    """Says to whoever asked for a comparison why there is none."""


@dataclass(frozen=True)
class Change:
    """What a figure was in the rounds of the base, and what it was in those of this tree."""

    part: str
    name: str
    unit: str
    base: tuple[float, ...]
    this: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of this tree against that of the base; 1 where both are nothing."""
        before, after = statistics.median(self.base), statistics.median(self.this)
        return 1.0 if before == after else after / before if before else float("inf")

    @property
    def moved(self) -> bool:
        apart = max(self.base) < min(self.this) or max(self.this) < min(self.base)
        return apart and abs(self.ratio - 1) > MIN_CHANGE


def changes(base: Sequence[Mapping[Key, tuple[str, float]]], this: Sequence[Mapping[Key, tuple[str, float]]]) -> list[Change]:
    """The figures that every round of both has, in the order of the first. A round maps each figure to its unit and value."""
    common = [key for key in this[0] if all(key in each for each in [*base, *this])]
    return [
        Change(*key[:2], this[0][key][0], tuple(each[key][1] for each in base), tuple(each[key][1] for each in this))
        for key in common
    ]


def read(text: str) -> dict[Key, tuple[str, float]]:
    """The figures of one run from the JSON that it has written."""
    found = {}
    for each in json.loads(text)["figures"]:
        anchor = each["anchor_name"].rpartition(", ")[2]  # "us, ceiling"
        unit, judged = (f"x {anchor}", each["ratio"]) if each["ratio"] else (each["unit"], each["value"])
        found[each["part"], each["name"], each["anchor_name"]] = (unit, judged["median"])
    return found


def text(found: Sequence[Change], base: str, rounds: int) -> str:
    """What moved, then what did not; the rule at the end. No line is longer than LINE_CHARACTERS."""
    moved = [each for each in found if each.moved]
    rested = [each for each in found if not each.moved]
    head = f"{base}, then this tree: {rounds} rounds of each in turn; {len(moved)} of {len(found)} figures moved"
    lines = [*wrapped(head), ""]
    for title, some in (("MOVED", moved), ("not beyond noise", rested)):
        lines += [title, *(line for each in some for line in _lines(each)), ""] if some else []
    return "\n".join([*lines, *wrapped(RULE)])


def _lines(change: Change) -> list[str]:
    by = f"{change.ratio - 1:+.1%}"
    name = f"  {change.part}: {change.name}"
    first = [f"{name:<{LINE_CHARACTERS - 8}}{by:>8}"] if len(name) <= LINE_CHARACTERS - 9 else wrapped(f"{name}  {by}", "    ")
    ranges = " -> ".join(
        f"{short(statistics.median(some))} ({short(min(some))}-{short(max(some))})" for some in (change.base, change.this)
    )
    return first + wrapped(f"      {ranges} {change.unit}".rstrip(), "      ")


# --- the runs ---


def compare(base: str, parts: Sequence[str], rounds: int) -> str:
    """Runs the parts in both trees, so many rounds of each; what to print."""
    measured: dict[Path, list[dict[Key, tuple[str, float]]]] = defaultdict(list)
    with _checked_out(base) as other:
        for number in range(rounds):
            for tree, name in ((other, base), (REPOSITORY, "this tree")):
                say(f"compare: round {number + 1} of {rounds}: {name}")
                measured[tree].append(read(_run(tree, name, parts)))
        return text(changes(measured[other], measured[REPOSITORY]), base, rounds)


@contextmanager
def _checked_out(base: str) -> Iterator[Path]:
    """A tree of that commit, beside this one, with the ruler of this one."""
    with tempfile.TemporaryDirectory(prefix=f"{REPOSITORY.name}-base-", dir=REPOSITORY.parent) as name:
        tree = Path(name)
        _git("worktree", "add", "--quiet", "--detach", name, f"{base}^{{commit}}")
        try:
            if _packages(tree) != _packages(REPOSITORY):
                say("compare: BASE wants other versions of packages; it is measured with those of this tree")
            for folder in RULER:
                shutil.rmtree(tree / folder, ignore_errors=True)
                shutil.copytree(REPOSITORY / folder, tree / folder, ignore=shutil.ignore_patterns("out", "__pycache__"))
            yield tree
        finally:
            _git("worktree", "remove", "--force", name)
            tree.mkdir(exist_ok=True)  # for the end of the temporary directory


def _packages(tree: Path) -> str:
    path = tree / "requirements.txt"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _run(tree: Path, name: str, parts: Sequence[str]) -> str:
    """One round in a tree; the JSON that it has written."""
    argv = [sys.executable, "-m", "bench", *parts, "--rounds", "1"]
    done = subprocess.run(argv, cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, capture_output=True, text=True)
    if done.returncode:
        raise CannotCompare(f"the bench of this tree fails with {name}:\n{done.stderr[-2000:]}")
    return (tree / "bench" / "out" / f"{'-'.join(parts)}.json").read_text(encoding="utf-8")


def _git(*argv: str) -> None:
    done = subprocess.run(["git", *argv], cwd=REPOSITORY, capture_output=True, text=True)
    if done.returncode:
        raise CannotCompare(done.stderr.strip())
