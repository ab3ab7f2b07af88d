"""Messages from rooms: lines to everybody and private ones, topics, bounces, and what comes from a room's archive."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from xmpp.simplexml import Node

from onesoup.csp.groups import Room
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.store import records
from onesoup.xmpp import archive, bounces, messages, rooms
from onesoup.xmpp.stream import stanzas
from onesoup.xmpp.xml import Xml
from workers.holder.session.inbound_batch import GroupPlace, InboundBatch, SentMessage, is_too_long, repeat_rule
from workers.holder.session.interfaces import ContactRules
from workers.holder.session.phone_texts import PhoneTexts
from workers.holder.session.rooms.checks import RoomChecks
from workers.holder.session.rooms.inbound_presence import RoomInboundPresence
from workers.holder.session.rooms.joining import RoomJoining
from workers.holder.session.rooms.room_batch import RoomBatch, jid_of
from workers.holder.session.rooms.room_records import RoomRecords
from workers.holder.session.rooms.table import RoomTable
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

MAX_TOPIC_CHARS = 500
# Status codes of a room whose configuration has changed (XEP-0045 section 10.2.1).
CONFIG_CHANGED_STATUSES = frozenset({104, 172, 173, 174})
# What the user reads of a message that a room has refused.
REFUSED_BY_ROOM_TEXTS = {
    StatusCode.GROUP_IS_NOT_JOINED: "you are not in this group any more",
    StatusCode.INSUFFICIENT_GROUP_PRIVILEGES: "you may not speak in this group",
    StatusCode.GROUP_WITHOUT_PRIVATE_MESSAGES: "no private messages here",
}
UNKNOWN_OCCUPANT_TEXT = "nobody of that name is here"
# Stands for a line that is too long to be read or told.
TOO_LONG_PLACEHOLDER = "[a message that was too long]"


@dataclass(frozen=True, slots=True)
class RoomLine:
    """A text that an occupant has written: `private`, to this phone alone. `seen` and `said` as in a Delivery."""

    jid: str
    nick: str
    room: Room
    text: str
    seen: str = ""
    when: int | None = None
    said: str = ""
    private: bool = False

    @property
    def place(self) -> GroupPlace:
        return place_in(self.room, self.nick, self.private)


class RoomInboundMessages:
    """Reads messages of rooms. `sent_message` finds a message that the phone sent a short while ago, by its stanza id."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        table: RoomTable,
        room_records: RoomRecords,
        joining: RoomJoining,
        checks: RoomChecks,
        presence: RoomInboundPresence,
        texts: PhoneTexts,
        rules: ContactRules,
        sent_message: Callable[[str], SentMessage | None],
    ) -> None:
        self._state, self._store, self._table, self._records = state, store, table, room_records
        self._joining, self._checks, self._presence = joining, checks, presence
        self._texts, self._rules, self._sent_message = texts, rules, sent_message

    def read_message(self, stanza: Node, tree: Xml, room_batch: RoomBatch) -> None:
        """Reads one message. Those of rooms that were left are ignored."""
        jid, nick = rooms.split_occupant(tree.get("from"))
        room = self._table.find(jid)
        if room is None:
            return
        if (query_id := archive.query_id_of(stanza)) is not None:
            query = self._table.archive_queries.get(query_id)
            if query is not None and query.room == jid and not nick:
                query.take_message(stanza)
            return
        pending = self._table.entering.get(jid)
        if pending is not None and pending.unconfirmed is not None and tree.get("type") == "groupchat":
            # COMPAT(rooms older than XEP-0045 1.21): nothing else tells that the room has let us in.
            self._presence.take_own_presence(pending.unconfirmed, room, pending, room_batch)
        if tree.get("type") == "error":
            self._take_bounce(jid, nick, room, stanza, room_batch)
        elif tree.get("type") == "groupchat":
            self._take_group_message(jid, nick, room, stanza, tree, room_batch)
        elif nick:
            self._take_private_message(jid, nick, room, stanza, room_batch)

    # --- to everybody ---

    def _take_group_message(self, jid: str, nick: str, room: Room, stanza: Node, tree: Xml, room_batch: RoomBatch) -> None:
        """A line to everybody, a new topic, or a change of the configuration."""
        batch, language = room_batch.batch, room_batch.batch.profile.language
        if not nick and rooms.status_codes(tree) & CONFIG_CHANGED_STATUSES:
            batch.after.append(lambda: self._checks.check_settings(jid))
        if rooms.is_topic(tree):
            topic = messages.text_in(stanza, "subject", language)
            self._take_topic(jid, room, topic.strip()[:MAX_TOPIC_CHARS], room_batch)
            return
        text = messages.body_of(stanza, "groupchat", language)
        when, stored_since = self._times(jid, stanza)
        seen = messages.name_of(stanza, f"{jid}/{nick}", text, jid)
        line = RoomLine(jid, nick, room, text, seen, when, repeat_rule(stored_since, batch.repeated))
        if self._deliver_line(line, room_batch.occupant_jid(f"{jid}/{nick}"), batch):
            room.at = max(room.at, when or int(time.time()))
            batch.changes.rooms[jid] = records.pack_room(room)

    def _take_topic(self, jid: str, room: Room, topic: str, room_batch: RoomBatch) -> None:
        """The first topic after entering is the present one, and no change."""
        if room.topic is not None and room.topic != topic:
            room_batch.notice(jid).about["Topic"] = topic
        room.topic = topic
        room_batch.batch.after.append(lambda: self._records.note_topic(jid, topic))
        room_batch.batch.changes.rooms[jid] = records.pack_room(room)

    def _deliver_line(self, line: RoomLine, author: str, batch: InboundBatch) -> bool:
        """Delivers a line to the phone; False when it is not for it. `author`: bare JID, "" where the room hides it."""
        own = not line.private and line.nick == line.room.nick  # COMPAT(all): phones show their own line themselves
        unwanted = line.private and not line.room.private
        if not line.text or own or unwanted or batch.full:  # a line that is missed stays in the room's history
            return False
        if self._rules.refuses_in(line.jid, line.nick, author, private=line.private):
            return False
        text = TOO_LONG_PLACEHOLDER if is_too_long(line.text) else line.text
        self._texts.deliver(batch, line.jid, text, line.when, line.seen, b"", line.place, line.said)
        return True

    def _times(self, jid: str, stanza: Node) -> tuple[int | None, int | None]:
        """Since when a message was stored on the way: by stamps that are believed, and by any stamp.

        A stamp that names a trusted host may still be forged: the message comes from its room, and any occupant could have
        written the stamp."""
        own, kept = self._state.session.jid, messages.delay_stamps(stanza)
        believed = messages.believed_stamp(kept, jid, addresses.domain_of(jid), own, addresses.domain_of(own))
        return believed, messages.oldest(kept)

    # --- to the phone alone ---

    def _take_private_message(self, jid: str, nick: str, room: Room, stanza: Node, room_batch: RoomBatch) -> None:
        """A private line, or the receipt of one that the phone has written to this occupant."""
        batch, name = room_batch.batch, f"{jid}/{nick}"
        receipt = messages.read_receipt(stanza)
        if receipt is not None:
            self._texts.report(batch, name, receipt[1], code=StatusCode.SUCCESSFUL)
            return
        text = messages.body_of(stanza, "chat", batch.profile.language)
        if text and (batch.full or is_too_long(text)):
            batch.answers += stanzas.message_refusal(stanza)
            return
        when, stored_since = self._times(jid, stanza)
        seen = messages.name_of(stanza, name, text, self._state.session.jid)
        line = RoomLine(jid, nick, room, text, seen, when, repeat_rule(stored_since, batch.repeated), private=True)
        self._deliver_line(line, room_batch.occupant_jid(name), batch)

    def _take_bounce(self, jid: str, nick: str, room: Room, stanza: Node, room_batch: RoomBatch) -> None:
        """A message of the phone did not arrive. The phone was answered 200, so it gets a text that says otherwise."""
        batch, bounce, recipient = room_batch.batch, bounces.read_bounce(stanza), f"{jid}/{nick}" if nick else jid
        sent = self._sent_message(bounce.id) if bounce is not None else None
        if bounce is None or sent is None or sent.to != recipient:
            return
        codes = rooms.PRIVATE_MESSAGE_CODES if nick else rooms.GROUP_MESSAGE_CODES
        code = codes.get(bounce.condition, StatusCode.UNABLE_TO_DELIVER)
        self._texts.report(batch, recipient, bounce.id, code)
        reason = REFUSED_BY_ROOM_TEXTS.get(code)
        if reason is None:
            unknown = nick and code == StatusCode.UNKNOWN_USER
            reason = UNKNOWN_OCCUPANT_TEXT if unknown else bounces.bounce_reason(bounce.condition)
        text = bounces.bounce_text(reason, bounce.text, sent.words or bounce.words)
        place = place_in(room, nick, private=bool(nick))
        self._texts.deliver(batch, jid, text, None, f"b {recipient} {bounce.id}", b"", place)
        if code == StatusCode.GROUP_IS_NOT_JOINED:
            batch.after.append(lambda: self._joining.rejoin_room(jid))

    # --- messages that could not be read as usual ---

    def deliver_placeholder(self, sender: str, batch: InboundBatch) -> None:
        """A message to the whole room was too big to read: the phone is told that there was one."""
        self._deliver_plain(sender, TOO_LONG_PLACEHOLDER, batch)

    def read_plain_text(self, stanza: Node, batch: InboundBatch) -> None:
        """Reads the bare text of a message of which something else could not be read."""
        kind, text = stanza.getAttr("type"), messages.text_in(stanza, "body")
        if stanza.getName() == "message" and kind != "error" and text.strip():
            self._deliver_plain(stanza.getAttr("from") or "", text, batch, private=kind != "groupchat")

    def _deliver_plain(self, sender: str, text: str, batch: InboundBatch, private: bool = False) -> None:
        jid, nick = rooms.split_occupant(sender)
        room, name = self._table.find(jid), f"{jid}/{nick}"
        if room is not None:
            author = jid_of(self._store.occupants([name]).get(name))
            self._deliver_line(RoomLine(jid, nick, room, text, private=private), author, batch)


def place_in(room: Room, nick: str, private: bool) -> GroupPlace:
    """Where a text of this occupant stands."""
    return GroupPlace(room.gid, nick, private, room.delivery, room.length)
