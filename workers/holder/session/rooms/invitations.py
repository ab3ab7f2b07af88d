"""Invitations of one held session: what comes becomes a question to the phone, what others answer is told to it
(xmpp-mapping.md 8)."""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xmpp.simplexml import Node

from onesoup.csp import copies
from onesoup.csp.invitations import Invitation, stanza_id
from onesoup.csp.text import addresses
from onesoup.runtime.ids import token
from onesoup.store import records
from onesoup.store.session.holder_side import Delivery
from onesoup.xmpp import invitations, messages, room_service, rooms
from onesoup.xmpp.invitations import Bounced, Declined, Invited
from onesoup.xmpp.xml import Xml
from workers.holder.session.inbound import said_at

if TYPE_CHECKING:
    from workers.holder.session.inbound import InboundBatch
    from workers.holder.session.session import HolderServices, XmppSession

# The same invitation may come through the room and directly, or again from somebody who is impatient.
TWICE_SECONDS = 60.0
# Invitations that are remembered here meanwhile.
MOST_KNOWN = 200
# So long an invitation into a room is good: it has no end of its own.
ROOM_SECONDS = 86_400
MAX_NOTE = 400
# Longer addresses, nicks and passwords are no handset's; an invitation with one is not told.
MAX_ADDRESS, MAX_NICK, MAX_PASSWORD = 512, 255, 255
# What a room says to whoever may not invite.
NOT_YOURS = ("forbidden", "not-allowed", "not-authorized", "not-acceptable")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that the phone was asked: when the invitation first came, and its InviteID."""

    at: float
    id: str


class Invitations:
    def __init__(self, held: "XmppSession", shared: "HolderServices") -> None:
        self._held, self._shared = held, shared
        # By room, inviter, and whether it came through the room.
        self._lately: dict[tuple[str, str, bool], Asked] = {}

    def is_one(self, message: Xml) -> bool:
        return invitations.read_invitation(message) is not None

    def take(self, stanza: Node, message: Xml, done: "InboundBatch") -> bool:
        """Whether a message was an invitation, or the answer to one."""
        found = invitations.read_invitation(message)
        if isinstance(found, Invited):
            self._invited(found, stanza, message, done)
        elif isinstance(found, Declined):
            self._answered(found.room, found.who, False, found.reason, done)
        elif isinstance(found, Bounced):
            self._bounced(found, done)
        return found is not None

    def _invited(self, invited: Invited, stanza: Node, message: Xml, done: "InboundBatch") -> None:
        """A new question to the phone. It outlives the session: the invitation was acknowledged to the server."""
        now, key = time.time(), (invited.room, invited.inviter, invited.mediated)
        sender = self._sender(invited, message.get("from"))
        if sender is None or done.full or not _sane(invited):
            return
        earlier = self._earlier(invited, now)
        if earlier is not None:
            self._lately.setdefault(key, earlier)
            if invited.mediated:
                self._through_the_room(invited, earlier.id)
            return
        self._lately.pop(key, None)
        self._lately[key] = asked = Asked(now, token(16))
        gid = self._gid(invited.room)
        invite = Invitation(
            "GR", invited.room, gid, invited.inviter, invited.nick, int(now) + ROOM_SECONDS, invited.mediated, invited.password
        )
        self._shared.invites.put(self._held.session.jid, "in", asked.id, records.pack_invitation(invite))
        payload = records.pack_event(
            "invite",
            invited.inviter,
            int(now),
            id=asked.id,
            gid=gid,
            note=invited.reason[:MAX_NOTE],
            seconds=ROOM_SECONDS,
            **sender,
        )
        names = [invited.room, invited.inviter, message.get("id")]
        copy = copies.copy_name(names, self._held.session.resource, now)
        seen = f"inv {' '.join(names)} {invited.reason}"
        said = said_at(messages.oldest(messages.delay_stamps(stanza)), done.again)
        done.changes.items.append(Delivery(f"k-{asked.id}", invited.room, payload, seen=seen, copy=copy, said=said))

    def _gid(self, room: str) -> str:
        own = addresses.domain_of(self._held.session.jid)
        return room_service.group_id(room, room_service.domain_of(self._shared.groups, own, addresses.domain_of(room)))

    # --- who invites ---

    def _sender(self, invited: Invited, sender: str) -> dict[str, str | bool] | None:
        """How the phone is told of who invites; None when the user does not want to hear from whoever that is."""
        if not invited.mediated:
            return self._direct_sender(invited, sender)
        held, room, who, nick = self._held, invited.room, invited.inviter, invited.nick
        if who == room:
            return None if held.refuses_in(room, nick, "", private=True) else {"nick": nick, "room": True}
        if self._believed(room, who):
            return None if held.refuses_in(room, "", who, private=True) else {"nick": ""}
        # The room may name anybody. A name opens no door, but may close one.
        if held.blocks(who) or held.refuses_in(room, "", "", private=True):
            return None
        return {"nick": who, "room": True}

    def _direct_sender(self, invited: Invited, sender: str) -> dict[str, str | bool] | None:
        if self._held.refuses_in(invited.room, "", ""):
            return None
        via, nick = rooms.split(sender)
        joined = self._held.rooms.find(via)
        if joined is None:
            return None if self._held.refuses(invited.inviter) else {"nick": ""}
        if self._held.refuses_in(via, nick, "", private=True):
            return None
        return {"nick": nick, "room": True, "via": joined.gid}  # somebody in a group whispers it

    def _believed(self, room: str, who: str) -> bool:
        """Whether a room service may speak for whom it names: it is that of the user's own domain, or of theirs, as these
        domains have said themselves."""
        service, theirs = addresses.domain_of(room), addresses.domain_of(who)
        domains = {theirs, addresses.domain_of(self._held.session.jid)}
        return service == theirs or any(self._shared.groups.service(each) == service for each in domains)

    # --- the same one again ---

    def _earlier(self, invited: Invited, now: float) -> Asked | None:
        """The question that this invitation was put to the phone as already, a short while ago, if the phone has not answered
        it. The room may name the inviter by nick, or not at all, and he himself comes by address."""
        self._forget_old(now)
        for (room, who, mediated), asked in self._lately.items():
            hidden = mediated is not invited.mediated and room in (who, invited.inviter)
            same = room == invited.room and (who == invited.inviter or hidden)
            if same and self._is_open(asked.id):
                return asked
        return None

    def _forget_old(self, now: float) -> None:
        known = [(key, asked) for key, asked in self._lately.items() if now - asked.at < TWICE_SECONDS]
        self._lately = dict(known[-MOST_KNOWN:])

    def _is_open(self, invite_id: str) -> bool:
        record = self._shared.invites.get(self._held.session.jid, "in", invite_id)
        return record is not None and not records.unpack_invitation(record).answered

    def _through_the_room(self, invited: Invited, invite_id: str) -> None:
        """The form that can be declined has come second; and the room knows its password."""
        own, record = self._held.session.jid, self._shared.invites.get(self._held.session.jid, "in", invite_id)
        if record is None:
            return  # the phone has answered it
        known = records.unpack_invitation(record)
        changed = replace(
            known, who=invited.inviter, nick=invited.nick, mediated=True, password=known.password or invited.password
        )
        self._shared.invites.put(own, "in", invite_id, records.pack_invitation(changed))

    # --- answers to our own ---

    def _bounced(self, bounced: Bounced, done: "InboundBatch") -> None:
        """The phone was told 200, so now it is told otherwise. Rooms do not let everybody invite."""
        for record in self._shared.invites.all(self._held.session.jid, "out").values():
            invite = records.unpack_invitation(record)
            for jid in invite.invited if invite.mark else ():
                if stanza_id(invite.mark, jid) == bounced.stanza_id and bounced.sender in (invite.room, jid):
                    refused = bounced.sender == invite.room and bounced.condition in NOT_YOURS
                    reason = "the group does not let you invite" if refused else "it could not be delivered"
                    self._answered(invite.room, jid, False, f"not delivered: {reason}", done, mark=invite.mark)

    def came(self, room: str, jid: str, done: "InboundBatch") -> None:
        """Somebody shows up in a room: perhaps because the user has invited him."""
        self._answered(room, jid, True, "", done)

    def agreed(self, jid: str, acceptance: bool, done: "InboundBatch") -> None:
        """Somebody lets the user see his presence, or does not."""
        self._answered("", jid, acceptance, "", done, kind="PR")

    def _answered(
        self, room: str, jid: str, acceptance: bool, note: str, done: "InboundBatch", kind: str = "", mark: str = ""
    ) -> None:
        own = self._held.session.jid
        now = int(time.time())
        over = []
        for invite_id, record in self._shared.invites.all(own, "out").items():
            invite = records.unpack_invitation(record)
            if invite.until < now:
                over.append(invite_id)
            elif mark and invite.mark != mark:
                continue
            elif invite.room == room and jid in invite.invited and (not kind or invite.kind == kind):
                payload = records.pack_event("invited", jid, now, id=invite_id, yes=acceptance, note=note[:MAX_NOTE])
                done.changes.items.append(Delivery(f"k-{token(16)}", jid, payload))
                rest = tuple(each for each in invite.invited if each != jid)
                if rest:
                    self._shared.invites.put(own, "out", invite_id, records.pack_invitation(invite.without(jid)))
                else:
                    over.append(invite_id)
        self._shared.invites.remove(own, "out", *over)


def _sane(invited: Invited) -> bool:
    """Whether every part of it is as long as such things are."""
    addresses = max(len(invited.room.encode()), len(invited.inviter.encode())) <= MAX_ADDRESS
    return addresses and len(invited.nick) <= MAX_NICK and len(invited.password) <= MAX_PASSWORD
