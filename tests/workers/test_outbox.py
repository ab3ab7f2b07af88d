"""The table of commands."""

import inspect

import pytest

from workers import outbox


@pytest.mark.parametrize("name", outbox._COMMANDS)
def test_each_command_has_a_method_of_its_own_that_takes_it(name):
    method = outbox._COMMANDS[name]
    assert list(inspect.signature(method).parameters)[1:] in (["stored", "command"], ["stored", "_command"])
