"""The table of commands, and what goes before a log-out."""

import inspect
from types import SimpleNamespace

import pytest

from onesoup.handlers import records
from workers import outbox


@pytest.mark.parametrize("name", outbox._COMMANDS)
def test_each_command_has_a_method_of_its_own_that_takes_it(name):
    method = outbox._COMMANDS[name]
    assert list(inspect.signature(method).parameters)[1:] in (["stored", "command"], ["stored", "_command"])


@pytest.mark.parametrize(
    ("op", "sent", "ended"), [("message", False, []), ("message", True, [604]), ("media", False, []), ("read", False, [604])]
)
def test_a_log_out_waits_for_what_the_phone_has_said(op, sent, ended):
    """A picture becomes a message when it has been uploaded: the outbox may have been read just before, without it."""
    said, logout = (records.pack_command({"op": each}) for each in (op, "logout"))
    ends = []
    feed = SimpleNamespace(state=lambda sid: (604, 0), commands=lambda sid, most: [said, logout])
    held = SimpleNamespace(sid="a7", end=lambda code, polite, sid: ends.append(code))
    box = outbox.Outbox(held, SimpleNamespace(feed=feed))
    if sent:
        box._in_flight.add(said)
    box._logout(logout, {})
    assert ends == ended
