"""The books as a table."""

from collections.abc import Sequence

from tests.deploy.ledger.books import Row

TITLES = (
    "fault",
    "messages",
    "lost",
    "doubled",
    "failures that phones saw",
    "log-ins",
    "longest gap, s",
    "slowest answer, s",
    "slowest delivery, s",
    "took, s",
)


def cells(row: Row) -> list[str]:
    failures = ", ".join(f"{count} x {why}" for why, count in sorted(row.failures.items())) or "0"
    refused = "".join(f", {count} x {why}" for why, count in sorted(row.refused_logins.items()))
    times = [f"{each:.1f}" for each in (row.gap, row.slowest, row.slowest_delivery, row.seconds)]
    return [row.fault, str(row.acknowledged), str(row.lost), str(row.doubled), failures, f"{row.logins}{refused}", *times]


def total(rows: Sequence[Row]) -> list[str]:
    return ["all", *(str(sum(getattr(row, name) for row in rows)) for name in ("acknowledged", "lost", "doubled")), *[""] * 6]


def markdown(rows: Sequence[Row]) -> str:
    lines = [list(TITLES), ["---"] * len(TITLES), *(cells(row) for row in rows), total(rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def text(rows: Sequence[Row]) -> str:
    """For a terminal."""
    lines = [list(TITLES), *(cells(row) for row in rows), total(rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(TITLES))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)
