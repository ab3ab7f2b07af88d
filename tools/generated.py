"""What each tools/make_NAME.py does with the files that it makes: writes them, or with --check says which are stale.

usage: generated.py --check NAME ...      checks the files of all these tools, in one process
"""

import importlib
import sys
from pathlib import Path

from gevent import monkey

ROOT = Path(__file__).resolve().parent.parent


def write_or_check(files: dict[Path, str]) -> int:
    """Takes each file with the text that it should have. Returns the exit status: 1 if --check has found a stale file."""
    stale = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run make generated", file=sys.stderr)
        return int(bool(stale))
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    return 0


def main() -> int:
    names = [word for word in sys.argv[1:] if word != "--check"]
    if len(names) == len(sys.argv) - 1 or not names:
        sys.exit(__doc__)
    monkey.patch_all()  # before a command that would do so too late
    made: dict[Path, str] = {}
    for name in names:
        made |= importlib.import_module(f"make_{name}").files()
    return write_or_check(made)


if __name__ == "__main__":
    sys.exit(main())
