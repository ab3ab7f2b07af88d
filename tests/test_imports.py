"""XMPP streams stay with the holder, rules know no I/O: by looking. `make lint` holds the contracts of pyproject.toml."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STREAM = ("xmpp", "onesoup.xmpp.stream")
SOURCES = sorted(path for folder in ("onesoup", "cir", "workers") for path in (ROOT / folder).rglob("*.py"))


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


def may_touch_streams(place: str) -> bool:
    if place == "onesoup/commands/doctor.py":  # an operator's command that looks at the XMPP server as a holder would
        return True
    return place.startswith(("workers/", "onesoup/xmpp/stream/")) and place != "workers/gateway/app.py"


def test_only_the_holder_touches_xmpp_streams():
    assert len(SOURCES) > 600
    places = {path.relative_to(ROOT).as_posix(): path for path in SOURCES}
    others = {place: imported(path) for place, path in places.items() if not may_touch_streams(place)}
    assert [
        (place, name) for place, names in others.items() for name in names if any(touches(name, each) for each in STREAM)
    ] == []


@pytest.mark.parametrize("package", ["csp", "wire"])
def test_rules_know_neither_sockets_nor_redis_nor_clocks(package):
    forbidden = ("redis", "gevent", "socket", "time", "threading", "os", "falcon", "structlog", "msgpack")
    for path in sorted((ROOT / "onesoup" / package).rglob("*.py")):
        if path.name == "cli.py":
            continue
        assert not [name for name in imported(path) if name.partition(".")[0] in forbidden], path
