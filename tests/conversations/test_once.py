"""Found by playing conversations beside each other: an acknowledgement that met a read of the outbox doubled a message."""

from types import SimpleNamespace
from typing import Any

from gevent.lock import BoundedSemaphore

from onesoup.xmpp import commands
from workers.holder.session.outbox import Outbox


class Feed:
    """An outbox in memory. `between` happens after its state was read, before the reader has the answer."""

    def __init__(self, *stored: bytes) -> None:
        self.stored = list(stored)
        self.between: Any = None

    def commands(self, _sid: str, count: int) -> list[bytes]:
        found = self.stored[:count]
        if self.between:
            self.between()
        return found

    def done(self, _sid: str, stored: bytes) -> None:
        self.stored.remove(stored)


def test_a_command_acknowledged_while_the_outbox_is_read_is_not_sent_again() -> None:
    stored = commands.pack(commands.SendMessage("m1", "bob@example.org", "once", False))
    feed, sent = Feed(stored), []
    stream = SimpleNamespace(open=True, send=lambda *nodes, key, before: sent.append(key))
    intake = SimpleNamespace(profile=SimpleNamespace(language=""))
    spelled = {"spelled": lambda jid: jid}
    held: Any = SimpleNamespace(sid="s", closing=False, stream=stream, lock=BoundedSemaphore(1), intake=intake, **spelled)
    outbox = Outbox(held, SimpleNamespace(feed=feed))  # type: ignore[arg-type]
    outbox._run_commands()
    feed.between = lambda: outbox.acked([stored])
    outbox._run_commands()
    assert sent == [stored]
    assert feed.stored == []
