#!/usr/bin/env python3
"""Writes the settings table of docs/operation.md from onesoup.settings. usage: make_docs.py [--check]"""

import sys
from pathlib import Path

from onesoup.settings import reference

PAGE = Path(__file__).resolve().parent.parent / "docs" / "operation.md"
BEGIN, END = "<!-- settings: written by tools/make_docs.py -->\n", "<!-- end of settings -->\n"


def table() -> str:
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for entry in reference():
        default = f"`{entry['default']}`" if entry["default"] else ""
        limits = f" ({entry['limits']})" if entry.get("limits") else ""
        rows.append(f"| `{entry['environment']}` | {default} | {entry['help']}{limits} Example: `{entry['example']}` |")
    return "\n".join(rows) + "\n"


def page(text: str) -> str:
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + table() + END + tail


def main() -> int:
    old = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        return 0 if page(old) == old else 1
    PAGE.write_text(page(old), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
