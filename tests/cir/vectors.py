"""The rows of cir-vectors.tsv."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parents[2] / "tables" / "cir-vectors.tsv"


@dataclass(frozen=True)
class Vector:
    name: str
    method: str
    inputs: dict[str, Any]
    octets: bytes

    @property
    def text(self) -> bytes:
        """The CIR that it carries."""
        version, cookie = self.inputs.get("csp_version", "1.2"), self.inputs.get("session_cookie", "wv:nokia.12345")
        return f"WVCI {version} {cookie}".encode()


def load() -> dict[str, Vector]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        found = (Vector(row["name"], row["method"], json.loads(row["inputs"]), bytes.fromhex(row["hex"])) for row in rows)
        return {vector.name: vector for vector in found}


VECTORS = load()
