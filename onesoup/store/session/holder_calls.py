"""Calls of the holder with names of Redis fields, or by earlier names. Each goes when the holder uses what it calls here."""

from collections.abc import Mapping, Sequence

import redis

from onesoup.store import keys
from onesoup.store.redis.client import guarded
from onesoup.store.session.contacts import ContactRecord, SessionContacts
from onesoup.store.session.outbox import OutboxQueue
from onesoup.store.session.rooms import SessionRooms
from onesoup.store.session.waiting_items import WaitingItems

# The field of list cuts: until the holder uses SessionRecords.list_cuts.
CUTS = "cut"


class HolderCalls:
    """The base of HolderSessionStore, which has the parts."""

    _client: redis.Redis
    contacts: SessionContacts
    rooms: SessionRooms
    items: WaitingItems
    outbox: OutboxQueue

    # --- with names of fields and keys ---

    def read(self, sid: str, name: str) -> bytes | None:
        # until the holder uses records.session, records.capabilities and records.list_cuts
        found: bytes | None = guarded(lambda: self._client.hget(keys.session(sid), name))
        return found

    def hash(self, sid: str, name: str) -> dict[str, bytes]:
        # until the holder uses contacts.roster and rooms.joined
        found = guarded(lambda: self._client.hgetall(keys.of(sid, name)[0]))
        return {field.decode(): value for field, value in found.items()}

    def known(self, sid: str, name: str) -> list[str]:
        # until the holder uses contacts.roster_jids, contacts.online_jids and rooms.occupant_names
        return [jid.decode() for jid in guarded(lambda: self._client.hkeys(keys.of(sid, name)[0]))]

    def item(self, sid: str, jid: str) -> bytes | None:
        # until the holder uses contacts.roster_item
        found: bytes | None = guarded(lambda: self._client.hget(keys.of(sid, "ros")[0], jid))
        return found

    # --- by earlier names ---

    def kept(self, sid: str, jids: Sequence[str]) -> dict[str, ContactRecord]:
        # until the holder uses contacts.read
        return self.contacts.read(sid, jids)

    def wishes(self, sid: str) -> dict[str, bytes]:
        # until the holder uses contacts.subscriptions
        return self.contacts.subscriptions(sid)

    def occupants(self, sid: str, names: Sequence[str]) -> dict[str, bytes | None]:
        # until the holder uses rooms.occupant_records
        return self.rooms.occupant_records(sid, names)

    def take_in(self, sid: str, fence: int, items: Mapping[str, bytes]) -> None:
        # until the holder uses items.take_in
        self.items.take_in(sid, fence, items)

    def reveal(self, sid: str, fence: int, item: str, stored: bytes, command: bytes) -> bool:
        # until the holder uses items.reveal
        return self.items.reveal(sid, fence, item, stored, command)

    def waiting(self, sid: str, item: str) -> bytes | None:
        # until the holder uses items.stored
        return self.items.stored(sid, item)

    def load(self, sid: str) -> tuple[int, int]:
        # until the holder uses items.load
        return self.items.load(sid)

    def waiting_items(self, sid: str) -> int:
        # until the holder uses items.count
        return self.items.count(sid)

    def undelivered(self, sid: str) -> dict[str, bytes]:
        # until the holder uses items.undelivered
        return self.items.undelivered(sid)

    def ring(self, sid: str) -> int:
        # until the holder uses items.mark_due_presence
        return self.items.mark_due_presence(sid)

    def overdue(self, sid: str) -> list[tuple[str, str]]:
        # until the holder uses items.overdue_reports
        return self.items.overdue_reports(sid)

    def commands(self, sid: str, most: int = 100) -> list[bytes]:
        # until the holder uses outbox.commands
        return self.outbox.commands(sid, most)

    def done(self, sid: str, command: bytes) -> None:
        # until the holder uses outbox.remove
        self.outbox.remove(sid, command)

    def replace(self, sid: str, fence: int, command: bytes, others: Sequence[bytes]) -> bool:
        # until the holder uses outbox.replace
        return self.outbox.replace(sid, fence, command, others)

    def sending(self, sid: str, fence: int, command: bytes, number: int) -> None:
        # until the holder uses outbox.note_sending
        self.outbox.note_sending(sid, fence, command, number)

    def in_flight(self, sid: str, commands: Sequence[bytes]) -> dict[bytes, int]:
        # until the holder uses outbox.numbers_in_flight
        return self.outbox.numbers_in_flight(sid, commands)

    def unsent(self, sid: str) -> None:
        # until the holder uses outbox.forget_numbers
        self.outbox.forget_numbers(sid)

    def with_commands(self, sids: Sequence[str]) -> list[str]:
        # until the holder uses outbox.sessions_with_commands
        return self.outbox.sessions_with_commands(sids)
