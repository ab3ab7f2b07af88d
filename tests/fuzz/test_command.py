"""`make fuzz` without coverage: what breaks is written to a file, named, and can be run again."""

import random
import re

import pytest

from tests.fuzz import __main__ as command
from tests.fuzz import targets
from tests.fuzz.mutants import Language, mutant

LETTERS = Language(re.compile(rb"[a-z]"), (b"x", b"y", b"zz"))


def run(data):
    if b"zz" in data:
        raise ValueError("two of them")
    return b"x" in data


@pytest.fixture
def folder(tmp_path, monkeypatch):
    target = targets.Target("toy", "letters", run, lambda: (b"abc", b"defghi"), LETTERS, 1)
    monkeypatch.setattr(targets, "TARGETS", {"toy": target})
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    return tmp_path


def test_what_breaks_is_kept_once_of_its_kind_and_breaks_again(folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["fuzz", "toy", "--minutes", "0.005"])
    assert command.main() == 1
    (path,) = folder.glob("toy/crash-*")
    assert b"zz" in path.read_bytes()
    assert str(path) in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["fuzz", "toy", str(path)])
    assert command.main() == 1
    path.write_bytes(b"mended")
    assert command.main() == 0


def test_a_target_that_there_is_not_is_said(folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["fuzz", "toi"])
    with pytest.raises(SystemExit):
        command.main()
    assert "no target toi; there are toy" in capsys.readouterr().err


def test_the_same_number_gives_the_same_mutants():
    one, two = ([mutant(random.Random(7), (b"abc",), LETTERS) for _ in range(50)] for _ in range(2))
    assert one == two
