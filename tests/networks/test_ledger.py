"""Whatever is killed, reloaded, failed over or upgraded behind nginx: no acknowledged message is lost or comes twice, and phones
see failures only while nginx itself restarts."""

from pathlib import Path

import pytest

from tests.deploy.ledger.books import Books
from tests.deploy.ledger.run import NGINX_RESTART, ledger
from tests.support.edge import NO_EDGE, WHY_NO_EDGE
from tests.support.version_before import BEFORE_COMMIT, before_ref


@pytest.mark.skipif(NO_EDGE, reason=WHY_NO_EDGE)
@pytest.mark.timeout(900)
def test_nothing_is_lost_and_phones_see_only_a_restart_of_nginx(tmp_path: Path) -> None:
    found = ledger(tmp_path, print)
    print(f"\n{found}")
    assert (found.total("lost"), found.total("doubled"), found.total("returned")) == (0, 0, 0)
    assert found.failed() == {}
    assert [row.fault for row in found.rows if row.fault == NGINX_RESTART and row.failures]  # phones do look


def test_the_history_has_the_version_before() -> None:
    """Says in the summary when the rolling upgrade was a rolling restart of one version."""
    if before_ref() is None:
        pytest.skip(f"no {BEFORE_COMMIT[:10]} in this checkout: the ledger's rolling upgrade was a restart of this version")


def books() -> tuple[Books, str]:
    """Books with one message from a to b that its writer knows to be taken."""
    found = Books()
    found.begin("a fault", 0.0)
    text = found.write("a", "b", 0.0)
    found.acknowledge(text)
    return found, text


def test_what_was_taken_and_never_seen_is_lost() -> None:
    found, text = books()
    unsure = found.write("a", "b", 1.0)
    assert found.rows()[0].lost == 1
    assert found.missing(before=1.0) == [text]
    assert unsure not in found.missing()
    found.see("b", text, "m1", 2.0)
    assert found.rows()[0].lost == found.rows()[0].doubled == 0
    assert found.rows()[0].slowest_delivery == 2.0


@pytest.mark.parametrize(
    ("seen", "doubled", "repeated"),
    [
        (["m1", "m1"], 0, 1),  # the server cannot know yet that the phone has it
        (["m1", "close", "m1"], 1, 0),
        (["m1", "m2"], 1, 0),
        (["m1", "close", "m2"], 1, 0),
        (["m1", "m1", "close"], 0, 1),
    ],
)
def test_what_is_seen_again_is_doubled_once_the_server_must_know(seen: list[str], doubled: int, repeated: int) -> None:
    found, text = books()
    for number, each in enumerate(seen):
        if each == "close":
            found.close(text, "m1")
        else:
            found.see("b", text, each, float(number))
    assert (found.rows()[0].doubled, found.rows()[0].repeated) == (doubled, repeated)


def test_what_comes_back_is_not_lost_and_what_nobody_wrote_is_a_stray() -> None:
    found, text = books()
    found.see("a", f"not delivered: {text}", "m1", 1.0)
    assert (found.rows()[0].lost, found.rows()[0].returned) == (0, 1)
    found.see("c", text, "m2", 1.0)
    found.see("b", "x>b #1", "m3", 1.0)
    found.see("b", "a greeting", "m4", 1.0)
    assert found.strays == [f"c: {text}", "b: x>b #1"]


def test_a_fault_has_its_own_figures() -> None:
    found, text = books()
    found.good(1.0)
    found.good(4.0)
    found.begin("another", 5.0)
    found.phase.failures["HTTP 502"] += 1
    found.see("b", text, "m1", 6.0)
    found.good(5.5)
    found.end(6.0)
    first, second = found.rows()
    assert (first.gap, first.failures, first.acknowledged, first.lost) == (3.0, {}, 1, 0)
    assert (second.gap, second.failures, second.acknowledged) == (0.5, {"HTTP 502": 1}, 0)
