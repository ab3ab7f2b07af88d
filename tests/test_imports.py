"""Imports go one way, and XMPP streams stay with the holder: the contracts of pyproject.toml, and the same by looking."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STREAM = ("xmpp", "onesoup.xmpp.stream")
SOURCES = sorted(path for folder in ("onesoup", "cir", "workers") for path in (ROOT / folder).rglob("*.py"))


def test_the_contracts_are_kept():
    tool = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import, wherever the import stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def touches(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_holder_touches_xmpp_streams(path):
    place = path.relative_to(ROOT).as_posix()
    if place.startswith(("workers/", "onesoup/xmpp/stream/")) and place != "workers/gateway/app.py":
        return
    if place == "onesoup/commands/doctor.py":  # an operator's command that looks at the XMPP server as a holder would
        return
    assert not [name for name in imported(path) for module in STREAM if touches(name, module)]


@pytest.mark.parametrize("package", ["csp", "wire"])
def test_rules_know_neither_sockets_nor_redis_nor_clocks(package):
    forbidden = ("redis", "gevent", "socket", "time", "threading", "os", "falcon", "structlog", "msgpack")
    for path in sorted((ROOT / "onesoup" / package).rglob("*.py")):
        if path.name == "cli.py":
            continue
        assert not [name for name in imported(path) if name.partition(".")[0] in forbidden], path


def test_every_source_is_looked_at():
    assert len(SOURCES) > 60
