"""The records of one session in Redis, as its parts see them: HolderSessionStore with the session's id and fence filled in.

Every method raises StoreDown while Redis is away; those that write raise Fenced when another holder has the session, and
NoSession when it is gone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from onesoup.csp.groups import Room
from onesoup.csp.lists import Cut, Item
from onesoup.csp.session import Capabilities
from onesoup.store import records
from onesoup.store.redis.commands import RedisCommand
from onesoup.store.session.contacts import ContactRecord, Subscription
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.rooms import StoredOccupant
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from workers.holder.session.state import SessionState


class SessionStore:
    """`state` is asked with each call: the id changes when the phone logs in again on the same stream."""

    __slots__ = ("_state", "_store")

    def __init__(self, state: SessionState, store: HolderSessionStore) -> None:
        self._state, self._store = state, store

    # --- the session itself ---

    def create(
        self,
        record: NewSession,
        first: StreamChanges,
        stream: Mapping[str, Any] | None,
        before: RedisCommand,
        more: Sequence[RedisCommand],
    ) -> list[Any]:
        """Makes the record, with the roster of `first`, the facts of its stream, and what a successor needs to resume it.
        `before` and `more` go along; the answers to `more`."""
        made = self._store.create_command(self._state.sid, record, _with_stream(first, stream))
        return self._store.send(before, made, *more)[2:]

    def write(self, changes: StreamChanges) -> int:
        """Stores changes in one script. Returns in how many ms presence may be told that may not be yet, or -1."""
        return self._store.store(self._state.sid, self._state.fence, changes)

    def check_owner(self) -> None:
        """Fenced when another holder has the session, NoSession when it is gone."""
        self.write(StreamChanges())

    def capabilities(self) -> Capabilities:
        """What the phone takes, as far as it has said so."""
        return self._store.records.capabilities(self._state.sid)

    def list_cuts(self) -> Mapping[str, Cut]:
        """How contact lists are cut for the phone."""
        return self._store.records.list_cuts(self._state.sid)[1]

    def over_and_commands(self, most: int) -> tuple[bool, list[bytes]]:
        """Whether the session has been ended in Redis, and commands()."""
        store, sid = self._store, self._state.sid
        status, waiting = store.send(store.status_command(sid), store.outbox.lrange_command(sid, most))
        return status.code is not None, waiting

    def mark_idle(self, limit_ms: int) -> bool:
        """Asks to be woken by the phone's next request. False when the phone was there less than so many ms ago."""
        return self._store.mark_idle(self._state.sid, self._state.fence, limit_ms)

    def write_stream(self, state: Mapping[str, Any] | None) -> None:
        """Stores what a successor needs to resume the stream. Sent stanzas are in the outbox: of them only the names are in
        `state`."""
        changes = _with_stream(StreamChanges(), state)
        if changes:
            self.write(changes)

    def write_own_presence(self, presence: Mapping[str, Any]) -> None:
        """What others see of the phone, for the next holder."""
        self.write(StreamChanges(shown_presence=records.pack_plain(presence)))

    # --- contacts ---

    def contacts(self, jids: Sequence[str]) -> dict[str, ContactRecord]:
        """What is kept of these contacts, by bare JID."""
        return self._store.contacts.read(self._state.sid, jids)

    def roster_item(self, jid: str) -> Item | None:
        """The roster item of a contact, None for who is not in the roster."""
        return self._store.contacts.roster_item(self._state.sid, jid)

    def roster(self) -> dict[str, Item]:
        """The whole roster, by bare JID."""
        return self._store.contacts.roster(self._state.sid)

    def roster_jids(self) -> list[str]:
        """The bare JIDs in the roster."""
        return self._store.contacts.roster_jids(self._state.sid)

    def visible_contacts(self, jids: Iterable[str]) -> list[str]:
        """Of these contacts, those whose presence the user has subscribed to."""
        found = self._store.contacts.roster_items(self._state.sid, list(jids))
        return [jid for jid, item in found.items() if item.sees]

    def replace_roster(self, items: Mapping[str, bytes], gone: Iterable[str], told: list[Delivery]) -> None:
        """The roster as the server has it, as records; `gone` are those that were in it and are not any more. The phone gets
        `told`."""
        self._store.replace_roster(self._state.sid, self._state.fence, items, gone, told)

    def present_jids(self) -> list[str]:
        """The contacts of whom a resource is known, by bare JID."""
        return self._store.contacts.online_jids(self._state.sid)

    def subscriptions(self) -> dict[str, Subscription]:
        """What the phone has subscribed, by bare JID; of whole lists by their token behind a slash."""
        return self._store.contacts.subscriptions(self._state.sid)

    # --- server transactions ---

    def inbox_load(self) -> tuple[int, int]:
        """What the phone has not answered: how many server transactions, and the memory that they take, bytes."""
        return self._store.items.load(self._state.sid)

    def count_waiting(self) -> int:
        """How many server transactions the phone has not answered."""
        return self._store.items.count(self._state.sid)

    def waiting_item(self, item: str) -> bytes | None:
        """The stored form of an item that waits, None when it has gone."""
        return self._store.items.stored(self._state.sid, item)

    def reveal(self, item: str, stored: bytes, command: bytes) -> bool:
        """An item that waited for a command is handed out now, in the form `stored` (b"": as it is). The command is done."""
        return self._store.items.reveal(self._state.sid, self._state.fence, item, stored, command)

    def take_in(self, items: Mapping[str, bytes]) -> None:
        """Items in their stored form begin to wait for the phone; one that is there already is not doubled."""
        self._store.items.take_in(self._state.sid, self._state.fence, items)

    def overdue_messages(self) -> list[tuple[str, str]]:
        """(stanza id, recipient) of messages whose receipt was asked for and did not come while they were valid."""
        return self._store.items.overdue_reports(self._state.sid)

    # --- the outbox ---

    def commands(self, most: int) -> list[bytes]:
        """Packed commands that wait, oldest first. They stay until `remove_command`."""
        return self._store.outbox.commands(self._state.sid, most)

    def remove_command(self, command: bytes) -> None:
        """A command is done."""
        self._store.outbox.remove(self._state.sid, command)

    def replace_command(self, command: bytes, others: Sequence[bytes]) -> bool:
        """Others take the place of a command. False when it is not there any more; then nothing is done."""
        return self._store.outbox.replace(self._state.sid, self._state.fence, command, others)

    def note_sending(self, command: bytes, number: int) -> None:
        """A command is about to be sent as stanza `number`. Fenced: it must not be sent."""
        self._store.outbox.note_sending(self._state.sid, self._state.fence, command, number)

    def numbers_in_flight(self, commands: Sequence[bytes]) -> dict[bytes, int]:
        """Of these commands those that were sent, with the numbers of their stanzas."""
        return self._store.outbox.numbers_in_flight(self._state.sid, commands)

    def forget_numbers(self) -> None:
        """A new stream counts from the beginning: no number of the old one means anything."""
        self._store.outbox.forget_numbers(self._state.sid)

    # --- rooms ---

    def joined_rooms(self) -> dict[str, Room]:
        """The rooms that the phone is in, by JID."""
        return self._store.rooms.joined(self._state.sid)

    def occupants(self, names: Sequence[str]) -> dict[str, StoredOccupant]:
        """Of these occupants, who are named room/nick, those that are known."""
        return self._store.rooms.named_occupants(self._state.sid, names)

    def occupant_names(self) -> list[str]:
        """The names, room/nick, of all occupants that are known."""
        return self._store.rooms.occupant_names(self._state.sid)


def _with_stream(changes: StreamChanges, state: Mapping[str, Any] | None) -> StreamChanges:
    if state is None:
        return changes
    return replace(changes, stream_state=_packed(state), handled_count=state["h_in"])


def _packed(state: Mapping[str, Any]) -> bytes:
    """What is empty is left out, and the count of handled stanzas, which has a field of its own."""
    kept = {name: value for name, value in state.items() if value and name != "h_in"}
    if "unacked" in kept:
        kept["unacked"] = [list(each) for each in kept["unacked"]]
    return records.pack_plain(kept)
