"""Commands that send messages and stanzas."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from onesoup.xmpp import bounces, rooms
from onesoup.xmpp.commands import SendGroupMessage, SendMessage, SendReceipt, SendStanza
from onesoup.xmpp.stream import stanzas
from workers.holder.session.inbound_batch import SentMessage
from workers.holder.session.interfaces import RoomEntry, SessionScheduler, Spelling
from workers.holder.session.outbox import QueuedCommand

# How long a message waits for a room that is being entered again.
ROOM_REENTRY_SECONDS = 10.0
MAX_SENT_MESSAGES = 50


class SentMessages:
    """The last messages that the phone sent, in this process only: a bounce is told with their first words."""

    def __init__(self) -> None:
        self._sent: OrderedDict[str, SentMessage] = OrderedDict()

    def add(self, message_id: str, to: str, body: str) -> None:
        """The oldest is forgotten when there are too many."""
        self._sent[message_id] = SentMessage(to, bounces.first_words(body))
        if len(self._sent) > MAX_SENT_MESSAGES:
            self._sent.popitem(last=False)

    def find(self, message_id: str) -> SentMessage | None:
        """The message of this id, if the phone sent it a short while ago."""
        return self._sent.get(message_id)

    def includes(self, jid: str) -> bool:
        """Whether one of them went to this user."""
        return any(jid == each.to for each in self._sent.values())


class MessageCommands:
    """`language`: that of the phone's texts, "" for an unknown one."""

    def __init__(
        self, sent: SentMessages, rooms: RoomEntry, spelling: Spelling, scheduler: SessionScheduler, language: Callable[[], str]
    ) -> None:
        self._sent, self._rooms, self._spelling, self._scheduler = sent, rooms, spelling, scheduler
        self._language = language

    def send_message(self, queued: QueuedCommand, command: SendMessage) -> None:
        """To a user, or to one occupant of a room, who goes by the room's address."""
        if command.gid:
            self._rooms.wait_until_entered(rooms.split_occupant(command.to)[0], ROOM_REENTRY_SECONDS)
        self._sent.add(command.id, command.to, command.body)
        if command.valid:
            self._scheduler.check_by(time.monotonic() + command.valid + 0.5)
        if not command.gid:
            command = replace(command, to=self._spelling.spelled(command.to))
        queued.transmit(stanzas.message_octets(command, self._language()))

    def send_group_message(self, queued: QueuedCommand, command: SendGroupMessage) -> None:
        """To everybody in a room."""
        self._rooms.wait_until_entered(command.to, ROOM_REENTRY_SECONDS)
        self._sent.add(command.id, command.to, command.body)
        queued.transmit(stanzas.groupchat(command))


def send_stanza(queued: QueuedCommand, command: SendStanza) -> None:
    """A stanza that a worker has made."""
    queued.transmit(stanzas.xml_to_node(command.tree))


def send_receipt(queued: QueuedCommand, command: SendReceipt) -> None:
    """A delivery receipt."""
    queued.transmit(stanzas.receipt(command.to, command.id))
