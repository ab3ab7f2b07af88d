"""What tools write into the repository: `make lint` sees that it is stale, and what stands in it is complete."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tools_that_write_files() -> set[str]:
    paths = (ROOT / "tools").glob("make_*.py")
    return {path.stem.removeprefix("make_") for path in paths if "write_or_check" in path.read_text(encoding="utf-8")}


def test_lint_checks_what_every_such_tool_writes():
    """tools/lint is given the list by the Makefile."""
    (line,) = [line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if line.startswith("GENERATORS :=")]
    assert sorted(line.split()[2:]) == sorted(tools_that_write_files())
    assert "generated.py --check" in (ROOT / "tools" / "lint").read_text(encoding="utf-8")


def test_a_stale_file_is_named_and_written_again(tmp_path):
    """The tool that all of them use, with the status codes in a repository of their own."""
    shutil.copytree(ROOT / "tables", tmp_path / "tables")
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    written = tmp_path / "onesoup" / "csp" / "status.py"
    written.parent.mkdir(parents=True)
    check = [sys.executable, tmp_path / "tools" / "generated.py", "--check", "status"]
    said = subprocess.run(check, capture_output=True, text=True, timeout=60)
    assert (said.returncode, said.stderr) == (1, "onesoup/csp/status.py is stale: run make generated\n")
    assert not written.exists()
    subprocess.run([sys.executable, tmp_path / "tools" / "make_status.py"], check=True, timeout=60)
    assert written.read_bytes() == (ROOT / "onesoup" / "csp" / "status.py").read_bytes()
    assert subprocess.run(check, timeout=60).returncode == 0


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
