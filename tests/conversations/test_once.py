"""Found by playing conversations beside each other: an acknowledgement that met a read of the outbox doubled a message."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from onesoup.csp.session import Session
from onesoup.xmpp import commands
from workers.holder.session.outbox import Outbox
from workers.holder.session.state import SessionState


class Queue:
    """The commands of a session, in memory. `between` happens after it was read, before the reader has the answer."""

    def __init__(self, *stored: bytes) -> None:
        self.stored = list(stored)
        self.between: Callable[[], None] | None = None

    def commands(self, most: int) -> list[bytes]:
        found = self.stored[:most]
        if self.between:
            self.between()
        return found

    def remove_command(self, stored: bytes) -> None:
        self.stored.remove(stored)


def test_a_command_acknowledged_while_the_outbox_is_read_is_not_sent_again() -> None:
    stored = commands.pack(commands.SendMessage("m1", "bob@example.org", "once"))
    queue: Any = Queue(stored)
    sent: list[bytes] = []
    stream: Any = SimpleNamespace(open=True, transmit=lambda *nodes, key, before: sent.append(key))
    state = SessionState("s", Session("alice@example.org", "wv:alice", "1.2", "imps-1"), 1, 0)
    handlers: Any = {commands.SendMessage: lambda queued, command: queued.transmit(command.body.encode())}
    outbox = Outbox(state, queue, stream, lambda: handlers, lambda *_: None, lambda: None)
    outbox._run_commands()
    queue.between = lambda: outbox.acked([stored])
    outbox._run_commands()
    assert sent == [stored]
    assert queue.stored == []
