"""Builds the outbox of a session and what carries out its commands, out of the session as it is today."""

# until the session is cut: XmppSession builds these itself, from its own parts; HeldStream is then its connection.

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xmpp.simplexml import Node

from onesoup.store.redis.channels import answer
from onesoup.store.session.gateway_side import FLOOD_MS
from onesoup.xmpp.commands import ReplyAddress
from onesoup.xmpp.stream import Stream, StreamFailure
from workers.holder.session.command_table import command_table
from workers.holder.session.lifecycle import LifecycleCommands
from workers.holder.session.media import MediaCommands
from workers.holder.session.messages import MessageCommands, SentMessages
from workers.holder.session.outbox import Outbox
from workers.holder.session.presence import PresenceCommands
from workers.holder.session.roster import RosterCommands


class HeldStream:
    """The stream that a session has just now, as its outbox needs it."""

    def __init__(self, held: Any) -> None:
        self._held = held

    @property
    def open(self) -> bool:
        stream = self._find()
        return stream is not None and stream.open

    @property
    def unacked(self) -> Sequence[tuple[Any, bytes]]:
        stream = self._find()
        return stream.unacked if stream is not None else []

    def transmit(self, *nodes: Node | bytes, key: bytes, before: Callable[[int], None]) -> None:
        self._stream().send(*nodes, key=key, before=before)

    def send(self, *nodes: Node) -> None:
        self._held.send(*nodes)

    def request(self, iq: Node, timeout: float) -> Node:
        return self._stream().request(iq, timeout)

    def new_id(self) -> str:
        return self._stream().new_id()

    def _find(self) -> Stream | None:
        stream: Stream | None = self._held.stream
        return stream

    def _stream(self) -> Stream:
        stream = self._find()
        if stream is None:
            raise StreamFailure("closed", "local")
        return stream


@dataclass(frozen=True, slots=True)
class OutboxParts:
    """The outbox, and what other parts of the session ask about its commands."""

    outbox: Outbox
    sent: SentMessages
    roster: RosterCommands


def build_outbox(held: Any, shared: Any) -> OutboxParts:
    """`held` is an XmppSession whose other parts are there, `shared` its HolderServices."""
    state, store = held.state, held.kept_in
    stream, sent = HeldStream(held), SentMessages()
    roster = RosterCommands(state, store, stream, held, held, shared.lists)
    table = command_table(
        MessageCommands(sent, held.rooms, held, held, lambda: held.intake.profile.language),
        MediaCommands(state, store, stream, shared.pictures, held.intake.failed),
        roster,
        PresenceCommands(stream, held.showing, held.publisher, held.doors, lambda: shared.later(state.sid, FLOOD_MS / 1000)),
        LifecycleCommands(state, store, held),
        held.doors,
        held.directory,
        held.lookups,
    )

    def reply(to: ReplyAddress, payload: bytes) -> None:
        answer(shared.client, to.channel, to.name, payload)

    return OutboxParts(Outbox(state, store, stream, table, reply, held.drop), sent, roster)
