"""The books of a crowd, joined: what was lost, doubled, repeated, and what was not."""

from pathlib import Path

import pytest

from onesoup.load.crowd.books import CrowdBooks, CrowdTotals, crowd_totals, joined


class Two:
    """Writer and reader, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.writer, self.reader = folder, CrowdBooks(), CrowdBooks()

    def write(self, *, acknowledged: bool = True, now: float = 1.0) -> tuple[str, str]:
        name, text = self.writer.write("p1", "p2", now)
        if acknowledged:
            self.writer.acknowledge(name)
        return name, text

    def totals(self) -> CrowdTotals:
        paths = [self.folder / "writer.jsonl", self.folder / "reader.jsonl"]
        for books, path in zip((self.writer, self.reader), paths, strict=True):
            books.save(path)
        return crowd_totals(joined(paths))


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


def test_a_message_arrives(two: Two) -> None:
    name, text = two.write(now=1.5)
    assert two.reader.see("p2", text, "m1", 2.0) == (name, 1.5, True)
    totals = two.totals()
    assert (totals.written, totals.acknowledged, totals.arrived, totals.lost, totals.doubled) == (1, 1, 1, 0, 0)
    assert totals.delays == [0.5]


def test_acknowledged_and_not_seen_is_lost(two: Two) -> None:
    two.write()
    two.write(acknowledged=False)
    assert two.totals().lost == 1


def test_what_is_missing_of_some_readers() -> None:
    books = CrowdBooks()
    first, text = books.write("p1", "p2", 1.0)
    assert books.missing({"p2"}) == 0, "nobody was told that it is taken"
    books.acknowledge(first)
    assert (books.missing({"p2"}), books.missing({"p3"})) == (1, 0)
    books.see("p2", text, "m1", 2.0)
    assert books.missing({"p2"}) == 0


def test_what_comes_back_is_not_lost(two: Two) -> None:
    _, text = two.write()
    two.writer.see("p1", f"not delivered: {text}", "m1", 2.0)
    totals = two.totals()
    assert (totals.lost, totals.returned) == (0, 1)


def test_the_same_id_again_is_a_repeat_until_the_server_has_the_acknowledgement(two: Two) -> None:
    name, text = two.write()
    two.reader.see("p2", text, "m1", 2.0)
    assert two.reader.see("p2", text, "m1", 3.0) == (name, 1.0, False)
    assert (two.totals().repeated, two.totals().doubled) == (1, 0)
    two.reader.close(name, "m1")
    two.reader.see("p2", text, "m1", 4.0)
    assert (two.totals().repeated, two.totals().doubled) == (1, 1)


def test_another_id_is_a_double(two: Two) -> None:
    _, text = two.write()
    two.reader.see("p2", text, "m1", 2.0)
    two.reader.see("p2", text, "m2", 3.0)
    assert two.totals().doubled == 1


def test_a_message_that_was_not_acknowledged_may_arrive(two: Two) -> None:
    _, text = two.write(acknowledged=False)
    two.reader.see("p2", text, "m1", 2.0)
    totals = two.totals()
    assert (totals.unacknowledged_arrived, totals.lost, totals.doubled, totals.delays) == (1, 0, 0, [])


def test_strays_are_told_apart(two: Two) -> None:
    _, text = two.write()
    assert two.reader.see("p3", text, "m1", 2.0) is None
    two.reader.see("p2", text, "m1", 2.0)
    two.reader.see("p2", "p9>p2 #1 1.0000", "m2", 2.0)
    assert two.reader.see("p2", "Welcome!", "m3", 2.0) is None
    totals = two.totals()
    assert (totals.strays, totals.written, totals.lost) == (2, 1, 0)


def test_letters_of_a_phase(two: Two, tmp_path: Path) -> None:
    two.write(now=1.0)
    two.write(now=5.0)
    two.totals()
    letters = joined([tmp_path / "writer.jsonl", tmp_path / "reader.jsonl"])
    assert crowd_totals(each for each in letters if each.written < 2.0).written == 1
