"""The file that docs/scaling.md is made from, and how a run renews it."""

import json
from dataclasses import asdict

import pytest

from bench import figures
from bench.report import Figure, Spread
from bench.scaling_page import Tables

SOURCE = {"commit": "abc", "date": "2026-12-01", "command": "make bench"}


def run_of(*some: Figure) -> dict[str, object]:
    return json.loads(json.dumps({"figures": [asdict(each) for each in some]}))


def test_the_file_is_one_line_a_figure_and_stays_as_it_is():
    text = figures.FIGURES_FILE.read_text(encoding="utf-8")
    assert figures.dump(figures.load()) == text
    rows = sum(len(section) for section in figures.load().values())
    assert len(text.splitlines()) <= rows + 2 * len(figures.load()) + 2


def test_every_measured_figure_says_where_it_is_from_and_every_estimate_why():
    document = figures.load()
    assert all(
        {"value", "unit", "what", "from", "commit", "date", "command"} <= set(row) for row in document["measured"].values()
    )
    assert all({"value", "unit", "what", "why"} <= set(row) for row in document["estimated"].values())


def test_values_are_in_seconds_and_kilobytes():
    values = figures.values(figures.load())
    assert values["poll_gateway"] < 0.01
    assert values["login_holder"] < 1
    assert values["process_mb"] > 1024


def test_a_run_renews_what_it_has_measured_and_no_more():
    document = figures.load()
    before = json.loads(json.dumps(document))
    run = run_of(
        Figure("poll", "CPU a request, gateway", "us", Spread.once(123.456)), Figure("poll", "p99", "ms", Spread.once(9))
    )
    assert figures.take(document, run, "abc", "2026-12-01", "make bench") == ["poll_gateway"]
    assert document["measured"]["poll_gateway"] == before["measured"]["poll_gateway"] | SOURCE | {"value": 123.0}
    del document["measured"]["poll_gateway"], before["measured"]["poll_gateway"]
    assert document == before


def test_the_anchor_of_a_figure_may_be_the_one_that_is_wanted():
    document = figures.load()
    two, one = Spread.once(311e-6), Spread.once(222)
    figure = Figure("scaling", "CPU of the holders for a stanza, 2 holders", "us", two, one, "1 holder", Spread.once(1.07))
    assert figures.take(document, run_of(figure), "abc", "2026-12-01", "make bench") == ["stanza_in"]
    assert document["measured"]["stanza_in"]["value"] == 222


def test_faults_of_make_chaos_are_taken():
    document = figures.load()
    run = {"cases": {"F3": {"figures": [{"name": "shards taken", "value": 12.34}]}, "F4": {"figures": []}, "F8": {"error": "?"}}}
    assert figures.take(document, run, "abc", "2026-12-01", "make chaos") == ["F3_shards"]
    assert document["measured"]["F3_shards"]["value"] == 12.3


def test_the_big_run_is_taken_whole_and_shown():
    document = figures.load()
    run = run_of(Figure("scale", "messages lost", "", Spread.once(0.0), goal=0.0, note="12 written"))
    assert figures.take(document, run, "abc", "2026-12-01", "make scale") == ["messages lost"]
    shown = Tables(document).big_run()
    assert "| messages lost | 0 | 12 written | abc | 2026-12-01 |" in shown


def test_the_big_run_stands_beside_what_was_foretold_for_as_many_phones():
    document = figures.load()
    document["scale"].clear()
    assert Tables(document).beside_the_run() == ""
    some = {"phones": 2000.0, "memory a phone, our processes and Redis": 345.0}
    figures.take(
        document, run_of(*(Figure("scale", name, "", Spread.once(value)) for name, value in some.items())), "a", "d", "c"
    )
    shown = Tables(document).beside_the_run()
    assert "| measured in the run | 345 KB |" in shown
    assert "| by the arithmetic of this page | " in shown


@pytest.mark.parametrize("name", ["traffic", "load", "roles", "cluster", "news", "shares", "measured", "estimated", "money"])
def test_a_table_has_as_many_cells_in_each_row(name):
    rows = getattr(Tables(figures.load()), name)().splitlines()
    assert len({row.count("|") for row in rows}) == 1
    assert len(rows) > 2
