"""What tools write into the repository is what they would write today."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "tool",
    [
        "make_elements.py",
        "make_status.py",
        "make_docs.py",
        "make_commands.py",
        "make_reference.py",
        "make_browser_phone.py",
        "make_refusal_words.py",
    ],
)
def test_a_generated_file_is_up_to_date(tool):
    done = subprocess.run([sys.executable, ROOT / "tools" / tool, "--check"], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 0, f"run tools/{tool}"


def primitives(name: str) -> list[str]:
    with (ROOT / "tables" / name).open(encoding="utf-8", newline="") as file:
        return [row["primitive"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def test_every_primitive_has_its_row_in_the_coverage_table():
    shown = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert [name for name in primitives("primitives.tsv") if f"\n| {name} | " not in shown] == []


def test_every_primitive_is_served():
    shown = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in shown if line.startswith("| ") and "| **no** |" in line] == []


def test_every_primitive_that_is_no_answer_says_what_it_is_in_xmpp():
    mapped = primitives("mapping.tsv")
    assert set(mapped) <= set(primitives("primitives.tsv"))
    assert [name for name in primitives("primitives.tsv") if name not in mapped and not name.endswith("-Response")] == []
