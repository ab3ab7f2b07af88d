#!/usr/bin/env python3
"""Writes onesoup/csp/status.py from tables/status-codes.tsv: the status codes of CSP as an enum.

usage: make_status.py [--check]      --check writes nothing and exits with 1 when the module is not what the table says
"""

import csv
import re
import sys
from pathlib import Path

from generated import write_or_check

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "onesoup" / "csp" / "status.py"

# Names that the table's text would make too long, or that two codes share.
NAMES = {
    408: "REQUEST_TIMEOUT_408",
    420: "INVALID_TRANSACTION",
    422: "USER_AND_CLIENT_DO_NOT_MATCH",
    427: "MISSING_USER_ID",
    500: "INTERNAL_ERROR",
    504: "TIMEOUT",
    543: "NO_DIGEST_SCHEME",
    604: "INVALID_SESSION",
    702: "INVALID_USER_PROPERTIES",
    750: "INVALID_PRESENCE_ATTRIBUTE",
    751: "INVALID_PRESENCE_VALUE",
    752: "INVALID_LIST_PROPERTY",
    753: "TOO_MANY_CONTACT_LISTS",
    754: "TOO_MANY_CONTACTS",
    755: "TOO_MANY_ATTRIBUTE_LISTS",
    760: "AUTO_SUBSCRIBE_NOT_SUPPORTED",
    806: "INVALID_GROUP_PROPERTIES",
    812: "GROUP_WITHOUT_PRIVATE_MESSAGES",
    813: "USER_WITHOUT_PRIVATE_MESSAGES",
    814: "TOO_MANY_GROUPS_OF_USER",
    815: "TOO_MANY_GROUPS",
    817: "TOO_MANY_JOINED_USERS",
    822: "SEARCHABLE_GROUP_NEEDS_NAME",
    903: "HIGHER_CLASS_OF_SERVICE",
}

HEAD = '''"""The status codes of CSP, from tables/status-codes.tsv. Written by tools/make_status.py: change that, not this."""

from enum import IntEnum


class StatusCode(IntEnum):
    """What the Result of an answer says. The table tells when each is sent and what clients make of it."""

'''


def name_of(code: int, text: str) -> str:
    return NAMES.get(code) or re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")


def module() -> str:
    with (ROOT / "tables" / "status-codes.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return HEAD + "".join(f"    {name_of(int(row['code']), row['name'])} = {row['code']}\n" for row in rows)


def files() -> dict[Path, str]:
    return {TARGET: module()}


if __name__ == "__main__":
    sys.exit(write_or_check(files()))
