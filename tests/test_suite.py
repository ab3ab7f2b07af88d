"""`tools/test` runs every part, names what fails, and shows why."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
# How many directories of tests each part has here.
PARTS = {"stories": 1, "demo": 4, "servers": 5, "redis": 7, "rest": 1}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("suite", ROOT / "tools" / "suite.py")
    assert spec
    assert spec.loader
    made = sys.modules["suite"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def repository(tmp_path: Path, tool: ModuleType) -> Path:
    """One with a test in each directory."""
    (tmp_path / "tools").mkdir()
    for name in ("test", "suite.py"):
        shutil.copy(ROOT / "tools" / name, tmp_path / "tools")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for name in (*(each for part in tool.DIRECTORIES.values() for each in part), *tool.ELSEWHERE, "wire"):
        file = tmp_path / "tests" / name / f"test_{name.replace('/', '_')}.py"
        file.parent.mkdir(parents=True)
        file.write_text("def test_good(): pass\n")
    return tmp_path


def run(repository: Path, *arguments: str) -> tuple[int, str]:
    command = [repository / "tools" / "test", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def test_all_parts_are_run_and_what_fails_is_named_with_its_reason_and_stands_last(repository: Path) -> None:
    (repository / "tests" / "demo" / "test_bad.py").write_text("def test_bad():\n    assert 'soup' == 'cold'\n")
    status, said = run(repository)
    assert status == 1, said
    for part, count in PARTS.items():
        assert f"{part}: {'1 failed, ' if part == 'demo' else ''}{count} passed" in said
    before, _, last = said.partition("test: demo\n")
    assert "FAILED tests/demo/test_bad.py::test_bad" in before
    assert "assert 'soup' == 'cold'" in last
    assert "test: rest\n" in before
    assert said.splitlines()[-1].startswith("test: failed after ")


def test_a_file_is_run_alone(repository: Path) -> None:
    status, said = run(repository, "tests/wire/test_wire.py")
    assert (status, "1 passed" in said, "stories" in said) == (0, True, False), said


@pytest.mark.parametrize(
    ("statuses", "selected", "status"),
    [([0, 0], False, 0), ([0, 1], False, 1), ([0, 5], False, 1), ([0, 5], True, 0), ([5, 5], True, 1), ([0, -9], True, 1)],
)
def test_a_part_without_a_test_is_good_where_tests_were_selected_and_another_has_some(
    tool: ModuleType, statuses: list[int], selected: bool, status: int
) -> None:
    assert tool._status(statuses, selected) == status


def test_every_directory_that_a_part_names_exists(tool: ModuleType) -> None:
    named = [each for part in tool.DIRECTORIES.values() for each in part]
    assert [each for each in (*named, *tool.ELSEWHERE) if not (ROOT / "tests" / each).is_dir()] == []
