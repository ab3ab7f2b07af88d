"""The results as a table for the terminal, and as docs/reliability.md. Misses are shown like everything else."""

from typing import Any

from onesoup.load.text import wrapped
from tests.chaos.case import order
from tests.chaos.figures import Figure

Found = dict[str, Any]

HEAD = """# What was broken, and what happened

`make chaos` (F: faults) and `make soak` (L: long runs, at their stated length or a shorter one, which each names) write this page
from their last results; do not edit it. Each case runs a stack of its own: Redis with AOF, Prosody, two gateway workers, a holder
and a CIR process. Phones use it all the time: 70 % polls, 10 % keep-alive, 10 % messages, 10 % presence, in XML and WBXML,
CSP 1.1, 1.2 and 1.3. Friends on ordinary XMPP clients write as many messages as the phones. Every message has a number. A
message counts as "lost" if its writer got an acknowledgement, but it never arrived and did not come back to the writer either.
Missed goals are shown like everything else.

F23 has another stack: the one that docs/operation/redis.md recommends for two hosts, behind nginx with `deploy/nginx.conf`,
with two gateways of two workers. It begins and ends with the version before (`ONESOUP_BEFORE`, else the newest tag, else the
commit that `tests/support/version_before.py` names). In F23 a message also counts as doubled if a phone gets it again after the
server had its acknowledgement. `make chaos CASES=F23` runs it; `make test-networks` runs a shorter one
(`tests/networks/test_ledger.py`).
"""


def _cases(found: Found) -> list[Found]:
    return sorted(found["cases"].values(), key=lambda record: order(record["case"]))


def _figures(record: Found) -> list[Figure]:
    names = ("name", "value", "unit", "goal", "good")
    return [Figure(**{name: each[name] for name in names}) for each in record.get("figures", ())]


def lines(record: Found) -> list[str]:
    """One case, for the terminal."""
    if "skipped" in record or "error" in record:
        word, reason = ("skipped", record["skipped"]) if "skipped" in record else ("ERROR", record["error"])
        return wrapped(f"{record['case']}: {word}: {reason}", "    ")
    return [line for each in _figures(record) for line in wrapped(f"{record['case']}: {each.verdict:4} {each}", "    ")]


def table(found: Found) -> str:
    return "\n".join(line for record in _cases(found) for line in lines(record))


def missed(found: Found) -> list[str]:
    """The figures that miss their goals, and cases that broke."""
    bad = [f"{record['case']} error" for record in _cases(found) if "error" in record]
    return bad + [f"{record['case']} {each.name}" for record in _cases(found) for each in _figures(record) if each.good is False]


def page(found: Found) -> str:
    records = _cases(found)
    parts = [HEAD, _machine(records), _summary(records)]
    parts += [_section(record) for record in records]
    return "\n".join(parts)


def _machine(records: list[Found]) -> str:
    if not records:
        return "Nothing has been run yet.\n"
    about = records[-1]["machine"]
    kernel = ".".join(about["kernel"].split(".")[:2])
    return (
        f"Machine: {about['cores']} cores, {about['cpu']}, Linux {kernel}, Python {about['python']}, "
        f"redis-server {about['redis-server']}; phones, friends and proxies run on the same cores. {about['packages']}.\n"
    )


def _summary(records: list[Found]) -> str:
    rows = ["| # | fault | messages | lost | sent twice | missed | commit |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for record in records:
        if "skipped" in record or "error" in record:
            why = f"skipped: {record['skipped']}" if "skipped" in record else f"broke: {record['error']}"
            rows.append(f"| {record['case']} | {record['fault']} | | | | {_cell(why)} | {record['commit']} |")
            continue
        figures = {each.name: each for each in _figures(record)}
        counts = [_value(figures.get(name)) for name in ("acknowledged messages", "acknowledged messages lost")]
        twice = [figures.get(name) for name in ("sent twice, under two ids", "sent twice to XMPP")]
        bad = ", ".join(each.name for each in figures.values() if each.good is False) or "-"
        doubled = f"{sum(each.value for each in twice if each):.0f}" if any(twice) else ""
        rows.append(
            f"| {record['case']} | {record['fault']} | {counts[0]} | {counts[1]} | {doubled} | {bad} | {record['commit']} |"
        )
    return "\n".join([*rows, ""])


def _section(record: Found) -> str:
    head = [f"## {record['case']}: {record['fault']}", "", f"Expected: {record['expected']}.", ""]
    if "skipped" in record:
        return "\n".join([*head, f"Skipped: {record['skipped']}.", ""])
    if "error" in record:
        return "\n".join([*head, f"Broke: {record['error']}", ""])
    rows = ["| figure | value | goal | |", "| --- | --- | --- | --- |"]
    rows += [f"| {each.name} | {_value(each)} {each.unit} | {each.goal} | {each.verdict} |" for each in _figures(record)]
    load = record.get("load") or {}
    about = f"{load['phones']} phones, {load['seconds']:.0f} s, {load['requests']} requests; " if load else ""
    about += f"load of the machine {record['machine']['load']} (one, five, fifteen minutes)"
    own = [record["table"], ""] if "table" in record else []
    return "\n".join([*head, *rows, "", *own, f"{about}; {record['taken']}, commit {record['commit']}.", ""])


def _value(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return f"{figure.value:.1f}" if figure.value != int(figure.value) else f"{figure.value:.0f}"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")[:300]
