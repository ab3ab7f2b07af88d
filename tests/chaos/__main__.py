"""Runs the cases that are named, or all faults; a table at the end, JSON beside it, docs/reliability.md from that."""

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

from bench import machine  # noqa: E402
from onesoup.load.text import wrapped  # noqa: E402
from tests.chaos import report  # noqa: E402
from tests.chaos.case import CASES, order, run  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
OUT = REPOSITORY / "bench" / "out" / "chaos.json"

for module in ("processes", "stores", "servers", "phones", "machines", "carriers", "strangers", "operators", "soak"):
    importlib.import_module(f"tests.chaos.{module}")


def say(text: str) -> None:
    """Progress, apart from the results."""
    for line in text.splitlines():
        print("\n".join(wrapped(line, "    ")), file=sys.stderr, flush=True)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Breaks onesoup under load.")
    parser.add_argument("case", nargs="*", help=", ".join(f"{name}: {CASES[name].fault}" for name in sorted(CASES, key=order)))
    parser.add_argument("--phones", type=int, help="in place of each case's own number")
    parser.add_argument("--minutes", type=float, default=0.0, help="how long L2 and L6 take, in place of their own time")
    parser.add_argument("--every", type=float, default=0.0, help="minutes between two faults of L6")
    parser.add_argument("--docs", action="store_true", help="write docs/reliability.md from the last results, and run nothing")
    options = parser.parse_args(argv)
    if not options.docs:
        wanted = [name.upper() for name in options.case] or [name for name in sorted(CASES, key=order) if name[0] == "F"]
        if unknown := [name for name in wanted if name not in CASES]:
            parser.error(f"no such case: {', '.join(unknown)}")
        for name in wanted:
            _one(name, options)
    found = json.loads(OUT.read_text()) if OUT.exists() else {"cases": {}}
    print(report.table(found))
    (REPOSITORY / "docs" / "reliability.md").write_text(report.page(found), encoding="utf-8")
    missed = report.missed(found)
    if missed:
        say(f"missed: {', '.join(missed)}")
    return 1 if any("lost" in each or "error" in each for each in missed) else 0


def _one(name: str, options: argparse.Namespace) -> None:
    """Runs one case and puts its record to those of the others, so that a run that is broken off loses nothing."""
    say(f"== {name}: {CASES[name].fault}")
    commit = _commit()
    record = run(CASES[name], say, options.phones, options.minutes, options.every)
    record |= {"commit": commit, "taken": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "machine": machine.describe()}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    found = json.loads(OUT.read_text()) if OUT.exists() else {"cases": {}}
    found["cases"][name] = record
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for line in report.lines(record):
        say(line)


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True)
    return done.stdout.strip()


sys.exit(main(sys.argv[1:]))
