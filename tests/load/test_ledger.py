"""The books find what was lost, doubled, repeated and overtaken, and nothing else."""

import pytest

from onesoup.load.ledger import Ledger, entry_of, text_of


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(lambda writer, reader: f"{writer[0]} to {reader[0]}")


def test_a_text_names_its_entry() -> None:
    assert entry_of(text_of(("load1", "friend2", 3))) == ("load1", "friend2", 3)
    for text in ("", "hello", "a>b", "a>b #x", "so a>b #1"):
        assert entry_of(text) is None


def test_what_was_acknowledged_and_did_not_come_is_lost(ledger: Ledger) -> None:
    first, second, third = (ledger.write("a", "b", 0.0) for _ in range(3))
    for entry in (first, second):
        ledger.acknowledge(entry)
    ledger.receive("b", text_of(first), "m1", 0.5)
    assert ledger.missing() == [second]
    account = ledger.directions()["a to b"]
    assert (account.sent, account.acknowledged, account.received, account.lost) == (3, 2, 1, 1)
    assert account.delays == [0.5]
    ledger.receive("b", text_of(third), "m3", 1.0)
    account = ledger.directions()["a to b"]
    assert (account.lost, account.unacknowledged_arrived) == (1, 1)


def test_what_comes_back_to_its_writer_is_not_lost(ledger: Ledger) -> None:
    entry = ledger.write("a", "b", 0.0)
    ledger.acknowledge(entry)
    ledger.receive("b", f"not delivered: {text_of(entry)}", "m1", 1.0)
    assert ledger.missing() == [entry], "only its writer can have it back"
    ledger.receive("a", f"not delivered: {text_of(entry)}", "m2", 1.0)
    account = ledger.total()
    assert (account.lost, account.returned, ledger.missing()) == (0, 1, [])


def test_the_same_id_again_is_a_repeat_and_another_id_a_double(ledger: Ledger) -> None:
    entry = ledger.write("a", "b", 0.0)
    for message_id in ("m1", "m1", "m2"):
        ledger.receive("b", text_of(entry), message_id, 1.0)
    account = ledger.total()
    assert (account.repeated, account.doubled) == (1, 1)
    assert list(ledger.twice()) == [(entry, ["m1", "m1", "m2"])]


def test_order_is_that_of_one_writer_to_one_reader(ledger: Ledger) -> None:
    one, two, three = (ledger.write("a", "b", 0.0) for _ in range(3))
    other = ledger.write("c", "b", 0.0)
    for number, entry in enumerate((one, three, other, two, one)):
        ledger.receive("b", text_of(entry), f"m{number}", 1.0)
    assert ledger.directions()["a to b"].out_of_order == 1
    assert ledger.directions()["c to b"].out_of_order == 0


def test_what_nobody_wrote_or_another_was_meant_to_get_is_unknown(ledger: Ledger) -> None:
    entry = ledger.write("a", "b", 0.0)
    assert ledger.receive("b", "a>b #2", "m", 1.0) is None
    assert ledger.receive("c", text_of(entry), "m", 1.0) is None
    assert ledger.receive("b", "hello", "m", 1.0) is None
    assert ledger.unknown == 2
    assert ledger.arrived == 0


def test_directions_are_kept_apart_and_add_up(ledger: Ledger) -> None:
    ledger.acknowledge(ledger.write("a", "b", 0.0))
    ledger.write("b", "a", 0.0)
    assert {name: each.sent for name, each in ledger.directions().items()} == {"a to b": 1, "b to a": 1}
    assert (ledger.total().sent, ledger.total().lost) == (2, 1)
