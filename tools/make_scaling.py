#!/usr/bin/env python3
"""Writes docs/scaling.md: the text of tools/scaling.txt with tables from bench/figures.json.

usage: make_scaling.py [--check | --take FILE]      --check writes nothing and exits with 1 when the page is not what it would be;
                                                    --take puts the figures of a run into bench/figures.json first: a file of
                                                    bench/out, as `make bench`, `make scale` and `make chaos` write them
"""

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from generated import write_or_check  # noqa: E402

from bench import figures, machine  # noqa: E402
from bench.scaling_page import Tables  # noqa: E402
from onesoup.load.text import wrapped  # noqa: E402

TARGET, TEXT = ROOT / "docs" / "scaling.md", ROOT / "tools" / "scaling.txt"
HEAD = "<!-- Written by tools/make_scaling.py from bench/figures.json and tools/scaling.txt: change those, not this. -->\n\n"
# What a run is made with, by the beginning of its file's name.
COMMANDS = {"scale": "make scale", "chaos": "make chaos"}
_PLACE = re.compile(r"^\{(\w+)\}\n", re.MULTILINE)


def page(document: figures.Document) -> str:
    """Each line {name} of the text becomes the table of that name."""
    tables = Tables(document)
    return HEAD + _PLACE.sub(lambda found: getattr(tables, found[1])(), TEXT.read_text(encoding="utf-8"))


def take(document: figures.Document, path: Path) -> list[str]:
    """The names of the figures that the run has renewed."""
    run = json.loads(path.read_text(encoding="utf-8"))
    about = run.get("machine", {})
    command = next((text for name, text in COMMANDS.items() if path.name.startswith(name)), "make bench")
    return figures.take(document, run, about.get("commit", machine.commit()), run.get("taken", "?")[:10], command)


def files() -> dict[Path, str]:
    return {TARGET: page(figures.load())}


def main() -> int:
    parser = argparse.ArgumentParser()
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--check", action="store_true")
    either.add_argument("--take", type=Path, metavar="FILE")
    options = parser.parse_args()
    document = figures.load()
    if options.take:
        renewed = take(document, options.take)
        figures.FIGURES_FILE.write_text(figures.dump(document), encoding="utf-8")
        kept = [name for name in document["measured"] if name not in renewed]
        print("\n".join(wrapped(f"renewed: {', '.join(renewed) or 'nothing'}") + wrapped(f"not in this run: {', '.join(kept)}")))
    return write_or_check(files())


if __name__ == "__main__":
    sys.exit(main())
