"""Stores texts and delivery reports for the phone, as items of a batch: cut into parts, named so that repeats and copies are
found."""

import time
from collections.abc import Callable
from dataclasses import replace

from onesoup.csp import copies, messages
from onesoup.runtime.ids import MESSAGE_ID_LENGTH, ordered_id, token
from onesoup.store import records
from onesoup.store.session.stream_changes import ALWAYS, Delivery
from onesoup.xmpp import messages as xmpp_messages
from workers.holder.session.inbound_batch import NO_GROUP, GroupPlace, InboundBatch


class PhoneTexts:
    """Writes texts and reports for one phone. `phone` tells the phones of an account apart; `accepted` is the longest text that
    the phone takes in one message, bytes; `pictures`: it takes pictures in place of links; `server` is the domain of the
    account's own server."""

    __slots__ = ("_phone", "_server", "accepted", "cut", "pictures")

    def __init__(self, accepted: int, phone: str = "", server: str = "") -> None:
        self.accepted, self._phone, self._server, self.pictures = accepted, phone, server, False
        # (text, limit of its group) -> parts that the phone takes.
        self.cut: Callable[[messages.Text, int], list[str]] = self._cut_by_length

    def set_limits(self, accepted: int, pictures: bool = False) -> None:
        """What the phone takes has changed."""
        self.accepted, self.pictures = accepted, pictures

    def _cut_by_length(self, text: messages.Text, limit: int) -> list[str]:
        return messages.split_text(text.body, min(limit or self.accepted, self.accepted))

    def report(self, batch: InboundBatch, recipient: str, stanza_id: str, code: int) -> None:
        """Adds a delivery report of a message of the phone. The store keeps it only if the phone asked for one."""
        message_id = stanza_id.partition(".")[0]
        payload = records.pack_event("report", recipient, int(time.time()), id=message_id, code=code)
        batch.changes.items.append(Delivery(event_id(), recipient, payload, needs=stanza_id))

    def copy_name(self, sender: str, place: GroupPlace, seen: str, body: str) -> str:
        """The name of this phone's copy of a message. All phones of the account get it under names that match, though they may
        read different texts from it, each in its language."""
        numbered = seen.startswith(xmpp_messages.ARCHIVE_NUMBERED_PREFIX)
        what = [seen] if numbered else [sender, place.nick, seen or body]
        return copies.copy_name(what, self._phone, time.time(), numbered)

    def deliver(
        self,
        batch: InboundBatch,
        sender: str,
        body: str,
        when: int | None,
        seen: str,
        receipt: bytes,
        place: GroupPlace = NO_GROUP,
        said: str = ALWAYS,
        copy: str = "",
    ) -> None:
        """Adds a text, in parts where it is longer than the phone takes. The sender of a text in a group is the room.

        `when`: when it was written, None for now. `seen` and `said` as in a Delivery. `copy`: only for part of a message."""
        copy = copy or self.copy_name(sender, place, seen, body)
        now = int(time.time())
        at = now if when is None else min(when, now)
        whole = messages.Text("0" * 20, sender, body, at, group=place.group, nick=place.nick, private=place.private)
        parts = self.cut(whole, place.length)
        for number, part in enumerate(parts):
            id_ = (f"{place.delivery.lower()}." if place.delivery else "") + ordered_id(time.time())
            text = replace(whole, id=id_, body=part)
            last = number == len(parts) - 1
            # The receipt goes out when the last part has arrived.
            part_seen = seen and (seen if last else f"{seen} {number}")
            # What the user's own server says is an announcement. A transport is somebody to whom the user can answer.
            payload = records.pack_announcement(text) if sender == self._server else records.pack_text(text)
            part_copy, part_receipt = (copy, receipt) if last else (copies.copy_part_name(copy), b"")
            batch.changes.items.append(Delivery(text.id, sender, payload, part_receipt, part_seen, copy=part_copy, said=said))


def event_id() -> str:
    """A new id for an item that is no message."""
    return f"e-{token(MESSAGE_ID_LENGTH)}"
