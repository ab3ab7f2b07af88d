"""Commands about contacts."""

from dataclasses import replace

from xmpp.simplexml import Node

from onesoup.csp.lists import Item
from onesoup.csp.status import StatusCode
from onesoup.store import records
from onesoup.store.account.lists import AccountLists
from onesoup.store.session.stream_changes import StreamChanges
from onesoup.xmpp import answers, errors
from onesoup.xmpp.commands import RemoveRosterItem, SendSubscription, SetRosterItem, StoreLists
from onesoup.xmpp.stream import StreamFailure, stanzas
from workers.holder.session.interfaces import CommandStream, Spelling
from workers.holder.session.iq import failure_answer
from workers.holder.session.outbox import QueuedCommand
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

ROSTER_REQUEST_SECONDS = 6.0


class RosterCommands:
    """`changing`: contacts whose roster item is being changed for the phone just now. The server's push for it is no news."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        stream: CommandStream,
        spelling: Spelling,
        lists: AccountLists,
    ) -> None:
        self._state, self._store, self._stream, self._spelling = state, store, stream, spelling
        self._lists = lists
        self.changing: set[str] = set()

    # --- the roster ---

    def set_item(self, queued: QueuedCommand, command: SetRosterItem) -> None:
        """Adds or changes a contact. The change is stored before the phone is answered: it reads what it wrote."""
        self._change(queued, command)

    def remove_item(self, queued: QueuedCommand, command: RemoveRosterItem) -> None:
        """Removes a contact; one that is not there is removed."""
        self._change(queued, command)

    def _change(self, queued: QueuedCommand, command: SetRosterItem | RemoveRosterItem) -> None:
        self.changing.add(command.jid)
        try:
            result = self._set(command) if isinstance(command, SetRosterItem) else self._remove(command.jid)
        except StreamFailure as failure:
            queued.remove()
            queued.answer(failure_answer(failure))
            return
        finally:
            self.changing.discard(command.jid)
        code, reason = _verdict(command, result)
        if code == StatusCode.SUCCESSFUL:
            self._write_through(command)
        queued.remove()
        queued.answer(answers.status(code, reason))

    def _set(self, command: SetRosterItem) -> Node:
        iq = stanzas.roster_set(self._spelling.spelled(command.jid), command.name, command.groups)
        return self._stream.request(iq, ROSTER_REQUEST_SECONDS)

    def _remove(self, jid: str) -> Node:
        """The server's answer to the removal of an item under each of its spellings: the first refusal that does not say that
        there is no such item, else the first answer."""
        spellings = self._spelling.spellings(jid)
        results = [self._stream.request(stanzas.roster_remove(each), ROSTER_REQUEST_SECONDS) for each in spellings]
        refused = (
            each for each in results if each.getAttr("type") == "error" and stanzas.error_condition(each) != "item-not-found"
        )
        return next(refused, results[0])

    def _write_through(self, command: SetRosterItem | RemoveRosterItem) -> None:
        """The server's push says the same, but may come after the result."""
        jid = command.jid
        if isinstance(command, RemoveRosterItem):
            changes = StreamChanges(unroster=[jid])
        else:
            item = replace(self._store.roster_item(jid) or Item(jid), name=command.name, groups=command.groups)
            changes = StreamChanges(roster={jid: records.pack_item(item)})
        self._store.write(changes)

    # --- presence for one contact, and lists ---

    def send_subscription(self, queued: QueuedCommand, command: SendSubscription) -> None:
        """Presence of type subscribe, subscribed, unsubscribe or unsubscribed."""
        queued.transmit(stanzas.directed_presence(command.kind, self._spelling.spelled(command.jid)))

    def store_lists(self, queued: QueuedCommand, _command: StoreLists) -> None:
        """A copy of the list metadata on the server outlives Redis."""
        entries = self._lists.contacts.records(self._state.session.jid)
        queued.transmit(stanzas.lists_set(self._stream.new_id(), entries))


def _verdict(command: SetRosterItem | RemoveRosterItem, result: Node) -> tuple[int, str]:
    """(code, reason) of the server's answer."""
    if result.getAttr("type") != "error":
        return StatusCode.SUCCESSFUL, ""
    reason = stanzas.error_condition(result)
    if isinstance(command, RemoveRosterItem) and reason == "item-not-found":
        return StatusCode.SUCCESSFUL, reason
    return errors.roster_code(reason), reason
