"""The block and grant lists of the account: which senders the phone hears. Cached, because every stanza is checked."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from onesoup.csp.blocking import Rules
from onesoup.store.account.blocks import BlockLists
from onesoup.store.errors import StoreDown
from workers.holder.session.state import SessionState

# Changes of the lists are announced; after so long they are read again, in case an announcement was lost.
MAX_RULES_AGE_SECONDS = 600.0


class BlockRules:
    """`unblocked` is called with those that the server does not block any more: their presence is unknown."""

    def __init__(self, state: SessionState, blocks: BlockLists, unblocked: Callable[[list[str]], None]) -> None:
        self._state, self._blocks, self._unblocked = state, blocks, unblocked
        self._rules: Rules | None = None
        self._rules_until = 0.0

    @property
    def cached(self) -> bool:
        """Whether the lists have been read since the last change."""
        return self._rules is not None

    def changed(self) -> None:
        """The lists have changed, by this phone or another one: they are read again with the next stanza."""
        self._rules, self._rules_until = None, 0.0

    def refuses(self, jid: str) -> bool:
        """Whether the phone does not hear this sender: by the block list, or because the grant list does not name it."""
        return self._known().refuse(jid)

    def blocks(self, jid: str) -> bool:
        """Whether the block list names this sender."""
        return self._known().blocks(jid)

    def refuses_in(self, room: str, nick: str, jid: str, private: bool = False) -> bool:
        """As refuses(), of an occupant of a room. The grant list counts only for what is said in private."""
        return self._known().refuse_in(room, nick, jid, private)

    def _known(self) -> Rules:
        now = time.monotonic()
        while self._rules is None or now >= self._rules_until:
            self._rules_until = now + MAX_RULES_AGE_SECONDS
            found = self._blocks.rules(self._state.session.jid)
            if self._rules_until > 0:  # nothing was changed while Redis was asked
                self._rules = found
        return self._rules

    # --- what the server says (XEP-0191) ---

    def server_list(self, jids: Iterable[str]) -> None:
        """The whole block list of the server. While Redis is away nothing is done: the next stream asks again."""
        with suppress(StoreDown):
            self._blocks.sync(self._state.session.jid, jids)
        self.changed()

    def server_pushed(self, kind: str, jids: list[str]) -> None:
        """A push of kind "block" or "unblock"; an unblock that names nobody means everybody."""
        own = self._state.session.jid
        if kind == "block":
            self._blocks.confirm(own, jids)
        elif jids:
            self._blocks.lift(own, jids)
        else:
            jids = sorted(self._known().blocked)
            self._blocks.sync(own, ())
        self.changed()
        if kind == "unblock":
            self._unblocked(jids)
