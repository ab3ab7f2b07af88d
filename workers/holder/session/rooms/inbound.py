"""Reads the stanzas that come from rooms. Each is given to inbound_presence, inbound_messages or invitations."""

from functools import partial

from xmpp.simplexml import Node

from onesoup.csp.groups import Room
from onesoup.csp.invitations import INVITATION_STANZA_PREFIX
from onesoup.csp.text import addresses
from onesoup.xmpp import rooms
from onesoup.xmpp.stream import stanzas
from onesoup.xmpp.xml import Xml
from workers.holder.session.inbound_batch import InboundBatch
from workers.holder.session.rooms.inbound_messages import RoomInboundMessages
from workers.holder.session.rooms.inbound_presence import RoomInboundPresence
from workers.holder.session.rooms.invitations import Invitations
from workers.holder.session.rooms.notices import notice_item
from workers.holder.session.rooms.room_batch import RoomBatch
from workers.holder.session.rooms.table import RoomTable
from workers.holder.session.store import SessionStore

# A phone for which more items wait is away: it is not told of everybody who comes and goes in a busy room.
MAX_ITEMS_BEFORE_NOTICE = 100


class InboundRooms:
    """Implements RoomStanzas."""

    def __init__(
        self,
        table: RoomTable,
        store: SessionStore,
        presence: RoomInboundPresence,
        messages: RoomInboundMessages,
        invitations: Invitations,
    ) -> None:
        self._table, self._store = table, store
        self._presence, self._messages, self._invitations = presence, messages, invitations

    def find(self, jid: str) -> Room | None:
        """The room with this bare JID, joined or being entered."""
        return self._table.find(jid)

    def subscription_answered(self, jid: str, accepted: bool, batch: InboundBatch) -> None:
        """A contact has answered the user's request for presence, which may have been an invitation."""
        self._invitations.subscription_answered(jid, accepted, batch)

    def deliver_placeholder(self, sender: str, batch: InboundBatch) -> None:
        """A message to the whole room was too big to read: the phone is told that there was one."""
        self._messages.deliver_placeholder(sender, batch)

    def take_stanzas(self, nodes: list[Node], batch: InboundBatch) -> list[Node]:
        """Reads the stanzas that come from rooms, and returns the others."""
        others, taken = [], []
        for stanza in nodes:
            tree = stanzas.stanza_to_xml(stanza) if self._may_be_of_room(stanza) else None
            if tree is not None and self._is_of_room(tree):
                taken.append((stanza, tree))
            else:
                others.append(stanza)
        if taken:
            names = {name for _, tree in taken if "/" in (name := _occupant_name(tree.get("from")))}
            room_batch = RoomBatch(batch, self._store.occupants(sorted(names)))
            for stanza, tree in taken:
                batch.attempt(stanza, partial(self._take_stanza, stanza, tree, room_batch), self._messages.read_plain_text)
            self._add_notices(room_batch)
        return others

    def _may_be_of_room(self, stanza: Node) -> bool:
        """A quick test, which most stanzas that have nothing to do with rooms fail."""
        if stanza.getName() not in ("presence", "message"):
            return False
        return (
            stanza.getAttr("type") == "groupchat"
            or any(child.getName() == "x" for child in stanza.getChildren() if child)
            or (stanza.getAttr("id") or "").startswith(INVITATION_STANZA_PREFIX)
            or bool(self._table.joined or self._table.entering)
        )

    def _is_of_room(self, tree: Xml) -> bool:
        if self._table.find(addresses.bare(tree.get("from"))) is not None or tree.get("type") == "groupchat":
            return True
        return rooms.is_room_presence(tree) if tree.name == "presence" else self._invitations.is_invitation(tree)

    def _take_stanza(self, stanza: Node, tree: Xml, room_batch: RoomBatch) -> None:
        room = addresses.bare(tree.get("from"))
        if room in self._table.joined:
            self._table.note_activity(room)
        if tree.name == "presence":
            self._presence.read_presence(rooms.read_presence(tree), room_batch)
        elif not self._invitations.take_message(stanza, tree, room_batch.batch):
            self._messages.read_message(stanza, tree, room_batch)

    def _add_notices(self, room_batch: RoomBatch) -> None:
        for jid, notice in room_batch.notices.items():
            room, parts = self._table.find(jid), list(notice.parts())
            if parts and room is not None and room.notice and self._store.count_waiting() < MAX_ITEMS_BEFORE_NOTICE:
                room_batch.batch.changes.items += [notice_item(jid, room.gid, part) for part in parts]


def _occupant_name(sender: str) -> str:
    """room/nick with the bare JID of the room in its normal form."""
    room, nick = rooms.split_occupant(sender)
    return f"{room}/{nick}" if nick else room
