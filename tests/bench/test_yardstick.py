"""The yardstick reads what the project's codec reads; otherwise its time would mean nothing."""

import pytest

from bench import report, vectors, yardstick
from bench.report import Figure, Spread
from onesoup.wire import codec
from onesoup.wire.tree import Element


def listed(element: Element) -> list[object]:
    """The project's tree in the yardstick's form, without namespaces."""
    return [element.name, element.text, [listed(child) for child in element.children]]


def bare(node: list[object]) -> list[object]:
    name, _, text, children = node
    return [name, "" if children else text, [bare(child) for child in children]]  # type: ignore[attr-defined]


def test_most_vectors_read_alike() -> None:
    """Not all: it knows no fallbacks, no odd character sets and no CSP 1.0."""
    same = 0
    found = [vector for vector in vectors.load() if vector.wbxml]
    for vector in found:
        try:
            _, root = yardstick.decode(vector.wbxml)
        except (LookupError, ValueError):
            continue
        same += bare(root) == listed(codec.decode(vector.wbxml).root)
    assert same >= 0.8 * len(found)


@pytest.mark.parametrize(("ratio", "verdict"), [(1.7, "pass"), (1.71, "MISS")])
def test_a_miss_is_called_one(ratio: float, verdict: str) -> None:
    figure = Figure("poll", "cost", "us", Spread.once(5), Spread.once(4), "us", Spread.once(ratio), goal=1.7)
    assert figure.verdict == verdict
    assert verdict in report.table([figure])


def test_a_spread_is_a_median_with_its_extremes() -> None:
    assert Spread.of([3, 1, 2]) == Spread(2, 1, 3, 3)
