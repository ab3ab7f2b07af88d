#!/usr/bin/env python3
"""Writes what the phone in the browser shares with the rest of onesoup: the handsets of onesoup/phone/profiles.py, and the status
codes of tables/status-codes.tsv. usage: make_browser_phone.py [--check]

The tables of its codec are written by make_tables.py."""

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from generated import write_or_check

from onesoup.csp.codec.binding import write_node
from onesoup.csp.codec.generated_elements import CapabilityList, Functions, Node
from onesoup.phone.profiles import EVERY_VERSION, PROFILES, HandsetProfile
from onesoup.phone.screens import SCREENS, USUAL_SCREEN
from onesoup.wire.tree import Element

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "workers" / "gateway" / "web" / "browser_phone" / "engine"
VERSIONS = sorted(EVERY_VERSION)
# A page listens on no port: it cannot be woken, and offers no way to.
NOT_IN_A_PAGE = ("udp_port",)

HEAD = "// Written by tools/make_browser_phone.py from {source}: change that, not this."
TYPES = """
/**
 * @typedef {[string, string | Tree[]]} Tree an element: its name, its text or its children
 * @typedef {object} Handset What a family of phones sends, and what it looks at. The Python source says what each field means.
 * @property {string} name
 * @property {string} title
 * @property {string} restsOn
 * @property {boolean} assumed
 * @property {"1.1"|"1.2"|"1.3"} version
 * @property {"wbxml"|"xml"} encoding
 * @property {string} clientId
 * @property {{width: number, height: number}} screen
 * @property {string} tid
 * @property {number} tidLast
 * @property {string | null} pollTid
 * @property {string} cookie
 * @property {number | null} ttl
 * @property {string[]} way
 * @property {boolean} takesPwd
 * @property {boolean} serial
 * @property {boolean} allFunctions
 * @property {boolean} namesSender
 * @property {boolean} describesContent
 * @property {boolean} ttlInKeepAlive
 * @property {number} timeout
 * @property {number} pollTimeout
 * @property {number} resends
 * @property {string[]} ignores
 * @property {string[]} startup
 * @property {string[]} namesItself
 * @property {string[]} receiveList
 * @property {string[]} autoSubscribe
 * @property {string[]} wraps
 * @property {Record<string, {capabilities: Tree, functions: Tree, attributes: Tree | null, ownPresence: Tree | null,
 *   attributeList: Tree}>} elements by version
 */"""


def tree(element: Element) -> list[Any]:
    return [element.name, [tree(child) for child in element.children] or element.text]


def written(node: Node | None, version: str) -> list[Any] | None:
    return None if node is None else tree(write_node(node, version))


def elements(profile: HandsetProfile, version: str) -> dict[str, Any]:
    """What the handset says in this version, as elements."""
    capabilities = {name: value for name, value in profile.capabilities.items() if name not in NOT_IN_A_PAGE}
    attributes = profile.attributes
    shown = attributes.copy(status_content=None) if attributes else None
    return {
        "capabilities": written(CapabilityList(**capabilities), version),
        "functions": written(Functions(wvcsp_feat=profile.features), version),
        "attributes": written(attributes, version),
        "ownPresence": written(profile.own_presence, version),
        "attributeList": written(shown, version) or ["PresenceSubList", ""],
    }


def handset(profile: HandsetProfile) -> dict[str, Any]:
    profile = replace(profile, cir=())
    width, height = SCREENS.get(profile.name, USUAL_SCREEN)
    return {
        "name": profile.name,
        "title": profile.title,
        "restsOn": profile.rests_on,
        "assumed": profile.assumed,
        "version": profile.version,
        "encoding": profile.encoding.value,
        "clientId": profile.client_id,
        "screen": {"width": width, "height": height},
        "tid": profile.tid,
        "tidLast": profile.tid_last,
        "pollTid": profile.poll_tid,
        "cookie": profile.cookie,
        "ttl": profile.ttl,
        "way": [name for name in profile.way.split(",") if name],
        "takesPwd": profile.takes_pwd,
        "serial": profile.serial,
        "allFunctions": profile.all_functions,
        "namesSender": profile.names_sender,
        "describesContent": profile.describes_content,
        "ttlInKeepAlive": profile.ttl_in_keep_alive,
        "timeout": profile.timeout,
        "pollTimeout": profile.poll_timeout,
        "resends": profile.resends,
        "ignores": sorted(profile.ignores),
        "startup": list(profile.startup),
        "namesItself": sorted(profile.names_itself),
        "receiveList": sorted(profile.receive_list),
        "autoSubscribe": sorted(profile.auto_subscribe),
        "wraps": sorted(profile.wraps),
        "elements": {version: elements(profile, version) for version in VERSIONS},
    }


def handsets() -> str:
    lines = [HEAD.format(source="onesoup/phone/profiles.py"), TYPES, "", "/** @type {Record<string, Handset>} */"]
    lines.append("export const HANDSETS = {")
    for profile in PROFILES.values():
        lines.append(f"  {json.dumps(profile.name)}: {{")
        for name, value in handset(profile).items():
            lines += _by_version(value) if name == "elements" else [f"    {name}: {_json(value)},"]
        lines.append("  },")
    return "\n".join([*lines, "};", ""])


def _by_version(table: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["    elements: {"]
    for version, found in table.items():
        lines += [
            f"      {_json(version)}: {{",
            *(f"        {name}: {_json(value)}," for name, value in found.items()),
            "      },",
        ]
    return [*lines, "    },"]


def status() -> str:
    with (ROOT / "tables" / "status-codes.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    lines = [
        HEAD.format(source="tables/status-codes.tsv"),
        "",
        "/** The name of each status code. @type {Record<number, string>} */",
    ]
    lines += ["export const STATUS_NAMES = {", *(f"  {row['code']}: {_json(row['name'])}," for row in rows), "};", ""]
    return "\n".join(lines)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def files() -> dict[Path, str]:
    return {OUT / "handsets.js": handsets(), OUT / "status.js": status()}


if __name__ == "__main__":
    sys.exit(write_or_check(files()))
