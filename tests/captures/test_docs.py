"""What docs/captures.md says to type prints what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "captures.md"
# Commands that need nothing but onesoup and the files of the repository. Blocks with others are for people.
RUNNABLE = re.compile(r"\$ (?:onesoup wire|echo|printf|cat) ")


def blocks() -> list[str]:
    """Those in which every command is runnable."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for block in found if all(RUNNABLE.match(line) for line in block.splitlines() if line.startswith("$ "))]


def steps(block: str) -> list[tuple[str, str]]:
    """(command, what it prints)"""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def test_each_example_prints_what_the_page_says(tmp_path):
    assert len(blocks()) >= 4
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for block in blocks():
        for command, output in steps(block):
            done = subprocess.run(
                command,
                shell=True,
                cwd=tmp_path,
                env={**os.environ, "PATH": path},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            assert done.stdout.decode() == output, command
