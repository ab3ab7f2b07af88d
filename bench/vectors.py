"""The documents that the codec is measured with: the repository's vectors, and those of other projects when they are there."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

from bench.parts import REPOSITORY

OWN_VECTORS = REPOSITORY / "tests" / "vectors"
# Their licence keeps them out of the repository.
OTHER_VECTORS = Path(os.environ.get("ONESOUP_OTHER_VECTORS") or REPOSITORY / "../shared/protocol/vectors-other")


@dataclass(frozen=True)
class Vector:
    """`xml` is b"" where there is only WBXML."""

    name: str
    wbxml: bytes
    xml: bytes


def load() -> list[Vector]:
    """Every vector that is a good document, ours first."""
    found = []
    for folder in (OWN_VECTORS, OTHER_VECTORS):
        for row in _index(folder / "index.tsv"):
            if row["expect"] == "ok":
                found.append(_read(folder, row["name"]))
    return found


def _index(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _read(folder: Path, name: str) -> Vector:
    xml = folder / f"{name}.xml"
    octets = bytes.fromhex((folder / f"{name}.hex").read_text())
    return Vector(name, octets, xml.read_bytes() if xml.exists() else b"")
