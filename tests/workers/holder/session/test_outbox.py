"""The outbox, and what goes before a log-out."""

import inspect
import time
from contextlib import contextmanager
from types import SimpleNamespace

import gevent
import pytest

from onesoup.csp.session import Session
from onesoup.store.errors import StoreDown
from onesoup.xmpp import commands
from onesoup.xmpp.commands import ReplyAddress, answered
from onesoup.xmpp.stream import StreamFailure
from onesoup.xmpp.stream.errors import FAILURE_BACKLOG
from workers.holder.session.command_table import command_table
from workers.holder.session.lifecycle import LifecycleCommands
from workers.holder.session.outbox import Outbox
from workers.holder.session.state import SessionState

SAID = commands.SendMessage("m1", "romeo@x", "hi")
PICTURE = commands.SendMedia({"m1": "romeo@x"}, "image/png", "p.png", b"\x89PNG", False)


class Queue:
    """The commands of a session, in memory."""

    def __init__(self, *waiting):
        self.waiting = [commands.pack(each) for each in waiting]

    def commands(self, most):
        return self.waiting[:most]

    def remove_command(self, stored):
        self.waiting.remove(stored)

    def note_sending(self, stored, number):
        pass


class Connection:
    """A stream that keeps what is sent. `full`: it takes no more."""

    def __init__(self):
        self.open, self.full, self.sent, self.unacked = True, False, [], []

    def transmit(self, *nodes, key, before):
        if self.full:
            raise StreamFailure(FAILURE_BACKLOG, "resource-constraint")
        before(len(self.sent) + 1)
        self.sent.append((key, time.monotonic()))


@pytest.fixture
def stream():
    return Connection()


def outbox(queue, stream, handlers, replies=None):
    state = SessionState("a7", Session("alice@x", "wv:alice", "1.2", "imps-1"), 1, 0)
    answers = [] if replies is None else replies
    return Outbox(state, queue, stream, lambda: handlers, lambda to, payload: answers.append(to), lambda: None)


def transmit(queued, command):
    queued.transmit(command.body.encode())


class AnyPart:
    def __getattr__(self, name):
        return name


def test_each_command_has_a_handler():
    parts = len(inspect.signature(command_table).parameters)
    assert set(command_table(*[AnyPart() for _ in range(parts)])) == set(commands.COMMANDS_BY_OP.values())


def test_what_is_acknowledged_leaves_the_outbox_and_is_sent_once(stream):
    queue = Queue(SAID)
    box = outbox(queue, stream, {commands.SendMessage: transmit})
    for _ in range(2):
        box.wake()
        gevent.sleep(0)
    (sent,) = stream.sent
    assert queue.waiting == [commands.pack(SAID)]
    box.acked([sent[0]])
    assert queue.waiting == []


def test_what_waits_for_acknowledgements_goes_with_the_next_one(stream):
    """And not a second later."""
    stream.full = True
    box = outbox(Queue(SAID), stream, {commands.SendMessage: transmit})
    box.wake()
    gevent.sleep(0.01)
    assert stream.sent == []
    stream.full = False
    box.acked([])
    gevent.sleep(0.05)
    assert len(stream.sent) == 1


def test_a_command_of_a_later_version_is_dropped_with_a_line_in_the_log(stream, capsys):
    queue = Queue(SAID)
    queue.waiting.insert(0, commands.pack(commands.LogOut()).replace(b"logout", b"dances"))
    box = outbox(queue, stream, {commands.SendMessage: transmit})
    box.wake()
    gevent.sleep(0)
    assert queue.waiting == [commands.pack(SAID)]
    assert len(stream.sent) == 1
    told = capsys.readouterr().out
    assert "unknown-command" in told
    assert "dances" in told


def test_without_a_stream_workers_that_wait_are_told_and_other_commands_stay(stream):
    stream.open, replies = False, []
    queue = Queue(SAID, answered(commands.RemoveRosterItem("romeo@x"), "worker:1", "c1"))
    box = outbox(queue, stream, {}, replies)
    box.wake()
    gevent.sleep(0)
    assert replies == [ReplyAddress("worker:1", "c1")]
    assert queue.waiting == [commands.pack(SAID)]


def test_what_is_set_aside_delays_nothing_and_runs_again_when_it_is_put_back(stream):
    held = []

    def set_aside(queued, _command):
        held.append(queued)
        queued.set_aside()

    box = outbox(Queue(PICTURE, SAID), stream, {commands.SendMedia: set_aside, commands.SendMessage: transmit})
    box.wake()
    gevent.sleep(0)
    assert (len(held), len(stream.sent)) == (1, 1)
    held[0].put_back()
    held[0].wake_outbox()
    gevent.sleep(0)
    assert len(held) == 2


@pytest.mark.parametrize(
    ("failure", "is_open", "stays"),
    [
        (None, True, False),
        (StreamFailure("closed", "eof"), False, True),
        (StreamFailure("no-answer", ""), True, False),
        (StoreDown("away"), True, True),
        (ValueError("a bug"), True, False),
    ],
)
def test_work_in_the_background_is_run_again_only_if_the_stream_or_redis_went_away(stream, failure, is_open, stays):
    def work():
        stream.open = is_open
        if failure is not None:
            raise failure

    queue = Queue(commands.PublishAvatar(b""))
    handlers = {commands.PublishAvatar: lambda queued, _: queued.run_in_background(work)}
    box = outbox(queue, stream, handlers)
    box.wake()
    gevent.sleep(0.01)
    assert bool(queue.waiting) is stays


@contextmanager
def logging_out(*ahead, in_flight=()):
    """A log-out is run with these commands ahead of it; what ended the session is in what this yields."""
    ends, stream = [], Connection()
    queue = Queue(*ahead, commands.LogOut())
    queue.over_and_commands = lambda most: (True, queue.commands(most))
    state = SessionState("a7", Session("alice@x", "wv:alice", "1.2", "imps-1"), 1, 0)
    lifecycle = LifecycleCommands(state, queue, SimpleNamespace(end=lambda code, polite, sid: ends.append(code)))
    others = {type(each): lambda queued, _: None for each in ahead}
    box = outbox(queue, stream, {commands.LogOut: lifecycle.log_out, **others})
    box.resume([commands.pack(each) for each in in_flight])
    box.wake()
    gevent.sleep(0)
    yield ends


@pytest.mark.parametrize(
    ("ahead", "sent", "ended"),
    [(SAID, False, []), (SAID, True, [604]), (PICTURE, False, []), (commands.StoreLists(), False, [604])],
)
def test_a_log_out_waits_for_what_the_phone_has_said(ahead, sent, ended):
    """A picture becomes a message when it has been uploaded: the outbox may have been read just before, without it."""
    with logging_out(ahead, in_flight=[ahead] if sent else []) as ends:
        assert ends == ended
