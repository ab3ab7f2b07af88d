"""The commands of docs/install.md."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/install.md"


def blocks(page: str) -> dict[str, list[str]]:
    """The shell blocks of the page by their tag; those without one, which are for everybody, under "", in their order."""
    found: dict[str, list[str]] = {}
    for tag, text in re.findall(r"^```sh *(\S*)\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        found.setdefault(tag, []).append(text)
    return found
