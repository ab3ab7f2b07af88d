#!/usr/bin/env python3
"""Writes docs/reference from the code: settings, metrics, alerts, log events, status codes. usage: make_reference.py [--check]"""

import ast
import csv
import inspect
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml
from generated import write_or_check

from onesoup.settings import settings_reference
from onesoup.settings.fields import Settings

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
CODE = ("onesoup", "workers", "cir")
# Commands, phones and load for tests log for themselves; their lines are no interface.
NO_SERVER = ("onesoup/demo", "onesoup/phone", "onesoup/load", "onesoup/captures", "onesoup/commands")

TYPES = {
    "Counter": "counter",
    "MetricCounter": "counter",
    "Gauge": "gauge",
    "GaugeMetricFamily": "gauge",
    "Histogram": "histogram",
}
LEVELS = ("debug", "info", "warning", "error", "critical")
ROLES = {"cir": "CIR", "workers/holder": "holder", "workers/gateway": "gateway", "onesoup/handlers": "gateway"}

# What stands above each page.
SETTINGS_HEAD = """\
Each setting is a variable of the environment, or a line of `onesoup.toml`. `onesoup config check` finds wrong ones.
[Configuration](../operation/configuration.md) says where they are read, and when a change takes effect.
"""
METRICS_HEAD = """\
These are the metrics of `/metrics` of each process, for Prometheus. [`monitoring.md`](../monitoring.md) explains them, and lists
the alerts that use them. A histogram has `_bucket`, `_sum` and `_count`.

| name | type | labels | help | role |
| --- | --- | --- | --- | --- |
"""
ALERTS_HEAD = """\
These are the rules of `deploy/prometheus/rules.yml`. [`monitoring.md`](../monitoring.md#alerts) says how soon each fires.
"""
EVENTS_HEAD = """\
This page lists every event in the log, with its possible fields. Each line has `ts`, `level`, `event`, `role`, and `request` if
it belongs to one. [The log](../operation/log.md) explains the fields, and the events that matter at night. Fields whose names are
known only at run time are missing here.

| event | level | fields | role |
| --- | --- | --- | --- |
"""
CODES_HEAD = """\
These are the status codes of CSP: what they mean, and how the two clients with known source code treat them. The last column says
whether onesoup sends the code. The page is made from `tables/status-codes.tsv`; [`flows.md`](../protocol/flows.md) explains marks
such as [2+].

| code | name | when it is sent | versions | Nokia S60 | Android | onesoup sends it |
| --- | --- | --- | --- | --- | --- | --- |
"""


def settings() -> str:
    entries, told = {entry["name"]: entry for entry in settings_reference()}, []
    for section in reversed(Settings.__mro__[1:]):
        own = [entries.pop(name) for name in inspect.get_annotations(section) if name in entries]
        if own:
            about = (sys.modules[section.__module__].__doc__ or "").strip()
            told += ["", f"## {_subject(section)}", "", about]
            told += [line for entry in own for line in _setting(entry)]
    assert not entries, "a setting that no section declares"
    return SETTINGS_HEAD + "\n".join(told) + "\n"


def _subject(section: type) -> str:
    name = section.__name__.removesuffix("Settings")
    return name.upper() if name.upper() in ("XMPP", "CIR", "SMS") else name


def _setting(entry: dict[str, str]) -> Iterator[str]:
    variable = entry["environment"].split()[0]
    yield from ("", f"### {variable}", "", entry["help"], "")
    default = f"`{entry['default']}`" if entry["default"] else "empty"
    yield f"- default: {default}"
    if entry["limits"]:
        yield f"- may be: {entry['limits']}"
    if f"{variable}_FILE" in entry["environment"]:
        yield f"- secret: `{variable}_FILE` names a file that holds it"
    yield f"- example: `{variable}={entry['example']}`"


def metrics() -> str:
    rows = []
    for path, node in _calls():
        kind = TYPES.get(_name(node.func))
        words = [str(each.value) for each in node.args[:2] if isinstance(each, ast.Constant)]
        if kind and words and words[0].startswith("onesoup_"):
            named = ", ".join(f"`{each}`" for each in _labels(node))
            rows.append(f"| `{words[0]}` | {kind} | {named} | {_cell(words[1])} | {_role(path)} |\n")
    return METRICS_HEAD + "".join(sorted(rows))


def _labels(node: ast.Call) -> list[str]:
    lists = [*node.args[2:], *(each.value for each in node.keywords if each.arg in ("labels", "labelnames"))]
    return [
        str(label.value) for each in lists if isinstance(each, ast.List) for label in each.elts if isinstance(label, ast.Constant)
    ]


def alerts() -> str:
    told = []
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text(encoding="utf-8"))["groups"]
    for rule in (each for group in groups for each in group["rules"] if "alert" in each):
        notes = rule["annotations"]
        told += ["", f"## {rule['alert']}", "", _shown(notes["summary"]), "", f"- severity: {rule['labels']['severity']}"]
        told += [f"- true for: {rule['for']}"] if "for" in rule else []
        told += [f"- do: {notes['do']}"] if "do" in notes else []
        told += ["", "```promql", str(rule["expr"]).strip(), "```"]
    return ALERTS_HEAD + "\n".join(told) + "\n"


def _shown(summary: str) -> str:
    """The words of a template; what Prometheus fills in is shown as code."""
    return " ".join(summary.replace("{{ ", "`{{ ").replace(" }}", " }}`").split())


@dataclass
class LogEvent:
    levels: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)


def log_events() -> str:
    found: dict[str, LogEvent] = defaultdict(LogEvent)
    for path, node in _calls():
        for level, name in _events(path, node):
            found[name].levels.add(level)
            found[name].names.update(each.arg for each in node.keywords if each.arg and each.arg != "exc_info")
            found[name].roles.add(_role(path))
    rows = []
    for name, event in sorted(found.items()):
        named = ", ".join(f"`{each}`" for each in sorted(event.names))
        rows.append(f"| `{name}` | {', '.join(sorted(event.levels))} | {named} | {_all(event.roles)} |\n")
    return EVENTS_HEAD + "".join(rows)


def _all(roles: set[str]) -> str:
    return "all" if "all" in roles else ", ".join(sorted(roles))


def _events(path: str, node: ast.Call) -> list[tuple[str, str]]:
    """Level and name of the events in a call, which is one of a logger."""
    func = node.func
    if path.startswith(NO_SERVER) or not isinstance(func, ast.Attribute) or func.attr not in LEVELS or not node.args:
        return []
    first = node.args[0]
    chosen = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
    return [
        (func.attr, str(each.value)) for each in chosen if isinstance(each, ast.Constant) and _name(func.value).endswith("log")
    ]


def status_codes() -> str:
    rows = []
    with (ROOT / "tables" / "status-codes.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            names = ("code", "name", "when_sent", "versions", "symbian_s60_client", "android_client", "onesoup_emits")
            rows.append(f"| {' | '.join(_cell(row[name]) for name in names)} |\n")
    return CODES_HEAD + "".join(rows)


@cache
def _calls() -> list[tuple[str, ast.Call]]:
    """Every call in the sources, with the file that it stands in."""
    found = []
    for path in sorted(each for top in CODE for each in (ROOT / top).rglob("*.py")):
        tree, name = ast.parse(path.read_text(encoding="utf-8")), path.relative_to(ROOT).as_posix()
        found += [(name, node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return found


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _role(path: str) -> str:
    return next((role for prefix, role in ROLES.items() if path.startswith(f"{prefix}/")), "all")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


WRITERS: dict[str, tuple[str, Callable[[], str]]] = {
    "settings": ("Settings", settings),
    "metrics": ("Metrics", metrics),
    "alerts": ("Alerts", alerts),
    "log-events": ("Log events", log_events),
    "status-codes": ("Status codes", status_codes),
}


def files() -> dict[Path, str]:
    head = "<!-- Written by tools/make_reference.py -->"
    return {PAGES / f"{name}.md": f"# {title}\n\n{head}\n\n{make()}" for name, (title, make) in WRITERS.items()}


if __name__ == "__main__":
    sys.exit(write_or_check(files()))
