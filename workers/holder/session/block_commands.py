"""Commands about the server's block list (XEP-0191)."""

from collections.abc import Callable

from xmpp.simplexml import Node

from onesoup.xmpp.commands import Block, Unblock
from onesoup.xmpp.stream import stanzas
from workers.holder.session.interfaces import CommandStream, Spelling
from workers.holder.session.outbox import QueuedCommand
from workers.holder.session.own_presence import OwnPresence
from workers.holder.session.store import SessionStore


class BlockCommands:
    """`rules_changed` is called before the server knows of a change."""

    def __init__(
        self,
        store: SessionStore,
        stream: CommandStream,
        spelling: Spelling,
        own_presence: OwnPresence,
        rules_changed: Callable[[], None],
    ) -> None:
        self._store, self._stream, self._spelling = store, stream, spelling
        self._own_presence, self._rules_changed = own_presence, rules_changed

    def change_blocks(self, queued: QueuedCommand, command: Block | Unblock) -> None:
        """Blocks or unblocks users in all spellings; an occupant of a room has one. Whom the user blocks sees the phone go, and
        sees it again afterwards: not every server does that for us (XEP-0191 section 3.3)."""
        self._rules_changed()
        jids = [each for jid in command.jids for each in (self._spelling.spellings(jid) if "/" not in jid else [jid])]
        change = stanzas.block_change(self._stream.new_id(), command.op, jids)
        if isinstance(command, Block):
            queued.transmit(*self._farewells(jids), change)
        else:
            queued.transmit(change, *self._greetings(list(command.jids)))

    def _farewells(self, jids: list[str]) -> list[Node]:
        if self._own_presence.now is None:
            return []
        return [stanzas.directed_presence("unavailable", jid) for jid in jids if "/" not in jid]

    def _greetings(self, jids: list[str]) -> list[Node]:
        """For those who may see the user's presence."""
        shown = self._own_presence.now
        if shown is None:
            return []
        greetings = []
        for jid in jids:
            item = self._store.roster_item(jid)
            if item is not None and item.subscription in ("from", "both"):
                greeting = stanzas.presence(shown)
                greeting.setAttr("to", self._spelling.spelled(jid))
                greetings.append(greeting)
        return greetings
