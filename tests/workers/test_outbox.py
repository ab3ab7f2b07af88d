"""The table of commands, and what goes before a log-out."""

import inspect
import time
from types import SimpleNamespace

import gevent
import pytest
from gevent.lock import BoundedSemaphore

from onesoup.store import records
from onesoup.xmpp import commands
from onesoup.xmpp.stream import StreamFailure
from onesoup.xmpp.stream.errors import FAILURE_BACKLOG
from workers.holder.session import outbox


@pytest.mark.parametrize("name", outbox._COMMANDS)
def test_each_command_has_a_method_of_its_own_that_takes_it(name):
    method = outbox._COMMANDS[name]
    assert list(inspect.signature(method).parameters)[1:] in (["stored", "command"], ["stored", "_command"])


def test_what_waits_for_acknowledgements_goes_with_the_next_one():
    """And not a second later."""
    said, sent, full = records.pack_command(commands.message("m1", "romeo@x", "hi", False)), [], [True]

    def send(*_args, **_more):
        if full:
            raise StreamFailure(FAILURE_BACKLOG, "resource-constraint")
        sent.append(time.monotonic())

    stream = SimpleNamespace(open=True, send=send)
    feed = SimpleNamespace(commands=lambda *_: [] if sent else [said], sending=lambda *_: None, done=lambda *_: None)
    profile = SimpleNamespace(language="")
    held = SimpleNamespace(sid="a7", fence=1, closing=False, stream=stream, intake=SimpleNamespace(profile=profile))
    held.spelled = str
    held.lock = BoundedSemaphore()
    box = outbox.Outbox(held, SimpleNamespace(feed=feed))
    box.kick()
    gevent.sleep(0.01)
    assert sent == []
    full.clear()
    box.acked([])
    gevent.sleep(0.05)
    assert len(sent) == 1


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
