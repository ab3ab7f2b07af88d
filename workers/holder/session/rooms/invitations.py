"""Invitations into rooms (xmpp-mapping.md 8): the phone is asked about those that come, and told how its own were answered."""

import time
from dataclasses import dataclass, replace

from xmpp.simplexml import Node

from onesoup.csp import copies
from onesoup.csp.invitations import ROOM_INVITATION_SECONDS, Invitation, stanza_id
from onesoup.csp.text import addresses
from onesoup.runtime.ids import token
from onesoup.store import records
from onesoup.store.account.groups import GroupStore, InvitationStore
from onesoup.store.session.stream_changes import Delivery
from onesoup.xmpp import invitations, messages, room_service, rooms
from onesoup.xmpp.invitations import Bounced, Declined, Invited
from onesoup.xmpp.xml import Xml
from workers.holder.session.inbound_batch import InboundBatch, repeat_rule
from workers.holder.session.interfaces import ContactRules
from workers.holder.session.rooms.table import RoomTable
from workers.holder.session.state import SessionState

# An invitation that comes again within this time, through the room or directly, is the same one.
REPEATED_INVITATION_SECONDS = 60.0
MAX_REMEMBERED_INVITATIONS = 200
MAX_INVITATION_NOTE_CHARS = 400
# Limits of one invitation. No handset has longer values; an invitation beyond them is ignored.
MAX_INVITER_JID_BYTES, MAX_INVITER_NICK_CHARS, MAX_ROOM_PASSWORD_CHARS = 512, 255, 255
# Conditions with which a room refuses the invitations of an occupant who may not invite.
MAY_NOT_INVITE_CONDITIONS = ("forbidden", "not-allowed", "not-authorized", "not-acceptable")


@dataclass(frozen=True, slots=True)
class PhoneQuestion:
    """A question that the phone was asked: when the invitation first came, seconds since the epoch; its InviteID and GroupID."""

    at: float
    id: str
    gid: str


class Invitations:
    """The invitations of one session, both ways. Their records are the account's: they outlive the session."""

    def __init__(
        self, state: SessionState, table: RoomTable, invites: InvitationStore, groups: GroupStore, rules: ContactRules
    ) -> None:
        self._state, self._table, self._invites, self._groups, self._rules = state, table, invites, groups, rules
        # By room, inviter, and whether it came through the room.
        self._recent: dict[tuple[str, str, bool], PhoneQuestion] = {}

    def is_invitation(self, message: Xml) -> bool:
        """Whether a message invites, or answers an invitation."""
        return invitations.read_invitation(message) is not None

    def take_message(self, stanza: Node, message: Xml, batch: InboundBatch) -> bool:
        """Takes an invitation, or the answer to one. False when the message is neither."""
        found = invitations.read_invitation(message)
        if isinstance(found, Invited):
            self._take_invitation(found, stanza, message, batch)
        elif isinstance(found, Declined):
            self._answered(found.room, found.who, False, found.reason, batch)
        elif isinstance(found, Bounced):
            self._take_bounce(found, batch)
        return found is not None

    def _take_invitation(self, invited: Invited, stanza: Node, message: Xml, batch: InboundBatch) -> None:
        """Asks the phone. The invitation was acknowledged to the server, so it is kept beyond the end of the session."""
        now, key = time.time(), (invited.room, invited.inviter, invited.mediated)
        sender = self._sender(invited, message.get("from"))
        if sender is None or batch.full or not _within_limits(invited):
            return
        earlier = self._find_repeated(invited, now)
        if earlier is not None:
            self._recent.setdefault(key, earlier)
            if invited.mediated:
                self._make_declinable(invited, earlier.id)
            return
        self._recent.pop(key, None)
        self._recent[key] = asked = PhoneQuestion(now, token(16), self._group_id(invited.room))
        self._keep_invitation(invited, asked)
        names = [invited.room, invited.inviter, message.get("id")]
        copy = copies.copy_name(names, self._state.session.resource, now)
        seen = f"inv {' '.join(names)} {invited.reason}"
        said = repeat_rule(messages.oldest(messages.delay_stamps(stanza)), batch.repeated)
        payload = self._question_event(invited, asked, sender)
        batch.changes.items.append(Delivery(f"k-{asked.id}", invited.room, payload, seen=seen, copy=copy, said=said))

    def _keep_invitation(self, invited: Invited, asked: PhoneQuestion) -> None:
        invite = Invitation(
            "GR",
            invited.room,
            asked.gid,
            invited.inviter,
            invited.nick,
            int(asked.at) + ROOM_INVITATION_SECONDS,
            invited.mediated,
            invited.password,
        )
        self._invites.received.put(self._state.session.jid, asked.id, invite)

    def _question_event(self, invited: Invited, asked: PhoneQuestion, sender: dict[str, str | bool]) -> bytes:
        return records.pack_event(
            "invite",
            invited.inviter,
            int(asked.at),
            id=asked.id,
            gid=asked.gid,
            note=invited.reason[:MAX_INVITATION_NOTE_CHARS],
            seconds=ROOM_INVITATION_SECONDS,
            **sender,
        )

    def _group_id(self, room: str) -> str:
        own = addresses.domain_of(self._state.session.jid)
        return room_service.group_id(room, room_service.domain_of(self._groups, own, addresses.domain_of(room)))

    # --- who invites ---

    def _sender(self, invited: Invited, sender: str) -> dict[str, str | bool] | None:
        """How the phone is told who invites; None when the user does not want to hear from them."""
        if not invited.mediated:
            return self._direct_sender(invited, sender)
        room, who, nick = invited.room, invited.inviter, invited.nick
        if who == room:
            return None if self._rules.refuses_in(room, nick, "", private=True) else {"nick": nick, "room": True}
        if self._may_name(room, who):
            return None if self._rules.refuses_in(room, "", who, private=True) else {"nick": ""}
        # The room may have invented the name. It counts when it is blocked, but not when it is in the grant list.
        if self._rules.blocks(who) or self._rules.refuses_in(room, "", "", private=True):
            return None
        return {"nick": who, "room": True}

    def _direct_sender(self, invited: Invited, sender: str) -> dict[str, str | bool] | None:
        if self._rules.refuses_in(invited.room, "", ""):
            return None
        via, nick = rooms.split_occupant(sender)
        joined = self._table.find(via)
        if joined is None:
            return None if self._rules.refuses(invited.inviter) else {"nick": ""}
        if self._rules.refuses_in(via, nick, "", private=True):
            return None
        return {"nick": nick, "room": True, "via": joined.gid}  # an occupant of a group has sent it in private

    def _may_name(self, room: str, who: str) -> bool:
        """Whether a room may name this inviter: its service belongs to the user's domain or to the inviter's, as these domains
        have said themselves."""
        service, theirs = addresses.domain_of(room), addresses.domain_of(who)
        domains = {theirs, addresses.domain_of(self._state.session.jid)}
        return service == theirs or any(self._groups.service(each) == service for each in domains)

    # --- repeated invitations ---

    def _find_repeated(self, invited: Invited, now: float) -> PhoneQuestion | None:
        """The question that the phone was asked about the same invitation a short while ago, and has not answered. The room may
        name the inviter by nick, or not at all, where the direct invitation has the address."""
        self._forget_old_questions(now)
        for (room, who, mediated), asked in self._recent.items():
            hidden = mediated is not invited.mediated and room in (who, invited.inviter)
            same = room == invited.room and (who == invited.inviter or hidden)
            if same and self._is_open(asked.id):
                return asked
        return None

    def _forget_old_questions(self, now: float) -> None:
        known = [(key, asked) for key, asked in self._recent.items() if now - asked.at < REPEATED_INVITATION_SECONDS]
        self._recent = dict(known[-MAX_REMEMBERED_INVITATIONS:])

    def _is_open(self, invite_id: str) -> bool:
        known = self._invites.received.get(self._state.session.jid, invite_id)
        return known is not None and not known.answered

    def _make_declinable(self, invited: Invited, invite_id: str) -> None:
        """The mediated form has come second: it can be declined, and has the room's password."""
        own, known = self._state.session.jid, self._invites.received.get(self._state.session.jid, invite_id)
        if known is None:
            return  # the phone has answered it
        changed = replace(
            known, who=invited.inviter, nick=invited.nick, mediated=True, password=known.password or invited.password
        )
        self._invites.received.put(own, invite_id, changed)

    # --- answers to the user's own invitations ---

    def _take_bounce(self, bounced: Bounced, batch: InboundBatch) -> None:
        """An invitation did not arrive: the phone, which was answered 200, is told why. Rooms do not let everybody invite."""
        for invite in self._invites.sent.all(self._state.session.jid).values():
            for jid in invite.invited if invite.mark else ():
                if stanza_id(invite.mark, jid) == bounced.stanza_id and bounced.sender in (invite.room, jid):
                    refused = bounced.sender == invite.room and bounced.condition in MAY_NOT_INVITE_CONDITIONS
                    reason = "the group does not let you invite" if refused else "it could not be delivered"
                    self._answered(invite.room, jid, False, f"not delivered: {reason}", batch, mark=invite.mark)

    def occupant_joined(self, room: str, jid: str, batch: InboundBatch) -> None:
        """An occupant has come into a room, perhaps because the user has invited them."""
        self._answered(room, jid, True, "", batch)

    def subscription_answered(self, jid: str, accepted: bool, batch: InboundBatch) -> None:
        """A contact lets the user see their presence, or does not."""
        self._answered("", jid, accepted, "", batch, kind="PR")

    def _answered(
        self, room: str, jid: str, accepted: bool, note: str, batch: InboundBatch, kind: str = "", mark: str = ""
    ) -> None:
        """Tells the phone how `jid` has answered its invitations into this room. Removes those that have expired, and those that
        everybody has answered."""
        own, now, finished = self._state.session.jid, int(time.time()), []
        for invite_id, invite in self._invites.sent.all(own).items():
            if invite.until < now:
                finished.append(invite_id)
            elif _is_meant(invite, room, jid, kind, mark):
                note = note[:MAX_INVITATION_NOTE_CHARS]
                payload = records.pack_event("invited", jid, now, id=invite_id, yes=accepted, note=note)
                batch.changes.items.append(Delivery(f"k-{token(16)}", jid, payload))
                rest = invite.without(jid)
                if rest.invited:
                    self._invites.sent.put(own, invite_id, rest)
                else:
                    finished.append(invite_id)
        self._invites.sent.remove(own, *finished)


def _is_meant(invite: Invitation, room: str, jid: str, kind: str, mark: str) -> bool:
    """Whether an answer of `jid` is one to this invitation. `kind` and `mark` count where they are known."""
    fits = (not mark or invite.mark == mark) and (not kind or invite.kind == kind)
    return fits and invite.room == room and jid in invite.invited


def _within_limits(invited: Invited) -> bool:
    """Whether no part of an invitation is longer than a handset's may be."""
    addresses = max(len(invited.room.encode()), len(invited.inviter.encode())) <= MAX_INVITER_JID_BYTES
    return addresses and len(invited.nick) <= MAX_INVITER_NICK_CHARS and len(invited.password) <= MAX_ROOM_PASSWORD_CHARS
