"""What inbound stanzas are judged by: what is stored of a contact, and what the user has decided about it."""

from collections.abc import Container, Mapping
from contextlib import suppress
from typing import Protocol

from onesoup.csp import notices
from onesoup.csp.lists import Item
from onesoup.store.account.lists import AccountLists
from onesoup.store.bounds import TooMuch
from onesoup.store.session.contacts import ContactRecord
from workers.holder.session.block_rules import BlockRules
from workers.holder.session.inbound_batch import SentMessage
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

# Of the note with which a stranger asks for presence, characters.
MAX_REQUEST_NOTE = 200


class SentLog(Protocol):
    """What the phone sent a short while ago."""

    def find(self, message_id: str) -> SentMessage | None:
        """The message of this id."""

    def includes(self, jid: str) -> bool:
        """Whether one of them went to this user."""


class SessionContactFacts:
    """Implements ContactFacts for one session."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        lists: AccountLists,
        rules: BlockRules,
        sent: SentLog,
        changing: Container[str],
    ) -> None:
        """`changing`: contacts whose roster item is just being changed on the phone's wish."""
        self._state, self._store, self._lists = state, store, lists
        self._rules, self._sent, self._changing = rules, sent, changing

    # --- what is stored ---

    def kept(self, jids: list[str]) -> dict[str, ContactRecord]:
        """What is stored of contacts, by bare JID."""
        return self._store.contacts(jids)

    def item(self, jid: str) -> Item | None:
        """The roster item of a contact."""
        return self._store.roster_item(jid)

    # --- what the user has decided ---

    def granted(self, jid: str) -> bool:
        """Whether an attribute list names this user. The default list approves nobody."""
        return self._lists.attributes.has_user(self._state.session.jid, jid)

    def waits(self, jid: str) -> bool:
        """Whether this one has asked for presence, and the user has not decided yet."""
        return self._lists.pending.has(self._state.session.jid, jid)

    def asks(self, jid: str, note: str) -> None:
        """Somebody asks for presence: stored for a phone that reads it later. Strangers do not fill Redis: above a number the
        requests stay with the server."""
        with suppress(TooMuch):
            self._lists.pending.put(self._state.session.jid, jid, note[:MAX_REQUEST_NOTE])

    # --- block and grant lists ---

    def refuses(self, jid: str) -> bool:
        """Whether the user does not want to hear from this one."""
        return self._rules.refuses(jid)

    def blocks(self, jid: str) -> bool:
        """As refuses(), but only for those whom the user has named."""
        return self._rules.blocks(jid)

    def blocked(self, kind: str, jids: list[str]) -> None:
        """The server says that it blocks these from now on, or blocks them no more; `kind` is block or unblock."""
        self._rules.server_pushed(kind, jids)

    # --- what the phone did ---

    def written(self, stanza_id: str) -> SentMessage | None:
        """The message of this id, if the phone sent it a short while ago."""
        return self._sent.find(stanza_id)

    def wrote_to(self, jid: str) -> bool:
        """Whether the phone has sent this one anything a short while ago."""
        return self._sent.includes(jid)

    def lists_changed(self, items: Mapping[str, Item | None]) -> list[str]:
        """Tokens of the contact lists that another client changes with this push, if the phone wants to be told; None for an
        item that goes. What the phone asked for itself is no news to it."""
        session = self._state.session
        if notices.LISTS_NOTICE not in session.notices:
            return []
        others = {jid: item for jid, item in items.items() if jid and jid not in self._changing}
        known = {jid: self.item(jid) for jid in others}
        stored = self._lists.contacts.all(session.jid)
        return notices.changed_lists(stored, [(known[jid], item) for jid, item in others.items()], self._store.list_cuts())
