"""Invitations of one held session: what comes becomes a question to the phone, what others answer is told to it
(xmpp-mapping.md 8)."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from onesoup.csp import copies, groups
from onesoup.csp.invitations import Invitation
from onesoup.handlers import records
from onesoup.handlers.context import token
from onesoup.store.feed import Delivery
from onesoup.xmpp import invitations
from onesoup.xmpp.invitations import Declined, Invited
from onesoup.xmpp.xml import Xml

if TYPE_CHECKING:
    from workers.held import Held, Shared
    from workers.intake import Batch

# The same invitation may come through the room and directly.
TWICE_SECONDS = 60.0
# So long an invitation into a room is good: it has no end of its own.
ROOM_SECONDS = 86_400
MAX_NOTE = 400
# Longer addresses, nicks and passwords are no handset's; an invitation with one is not told.
MAX_ADDRESS, MAX_NICK, MAX_PASSWORD = 512, 255, 255


class Invitations:
    def __init__(self, held: "Held", shared: "Shared") -> None:
        self._held, self._shared = held, shared
        # (room, inviter, through the room) -> when it came, and the InviteID that the phone was told.
        self._lately: dict[tuple[str, str, bool], tuple[float, str]] = {}

    def is_one(self, message: Xml) -> bool:
        return invitations.read(message) is not None

    def take(self, message: Xml, done: "Batch") -> bool:
        """Whether a message was an invitation, or the answer to one."""
        found = invitations.read(message)
        if isinstance(found, Invited):
            self._invited(found, message.get("id"), done)
        elif isinstance(found, Declined):
            self._answered(found.room, found.who, False, found.reason, done)
        return found is not None

    def _invited(self, invited: Invited, stanza_id: str, done: "Batch") -> None:
        """A new question to the phone. It outlives the session: the invitation was acknowledged to the server."""
        now = time.time()
        if done.full or not _sane(invited) or self._refused(invited):
            return
        invite_id = self._earlier(invited, now)
        if invite_id:
            self._lately[invited.room, invited.inviter, invited.mediated] = now, invite_id
            if invited.mediated:
                self._through_the_room(invited, invite_id)
            return
        service = invited.room.rpartition("@")[2]
        gid = groups.group_id(invited.room, self._shared.groups.domain_of(service))
        invite = Invitation(
            "GR", invited.room, gid, invited.inviter, invited.nick, int(now) + ROOM_SECONDS, invited.mediated, invited.password
        )
        invite_id = token(16)
        self._lately[invited.room, invited.inviter, invited.mediated] = now, invite_id
        self._shared.invites.put(self._held.session.jid, "in", invite_id, records.pack_invitation(invite))
        payload = records.pack_event(
            "invite",
            invited.inviter,
            int(now),
            id=invite_id,
            gid=gid,
            nick=invited.nick,
            note=invited.reason[:MAX_NOTE],
            seconds=ROOM_SECONDS,
        )
        seen = f"inv {invited.room} {stanza_id}" if stanza_id else ""
        copy = copies.name([invited.room, invited.inviter, stanza_id], self._held.session.resource, now)
        done.changes.items.append(Delivery(f"k-{invite_id}", invited.room, payload, seen=seen, copy=copy))

    def _refused(self, invited: Invited) -> bool:
        if invited.nick:
            return self._held.refuses_in(invited.room, invited.nick, "")
        return self._held.refuses(invited.inviter) or self._held.refuses_in(invited.room, "", "")

    def _earlier(self, invited: Invited, now: float) -> str:
        """The InviteID under which the phone knows this invitation already, "" for none. The room may name the inviter by nick
        and he himself by address: of two forms for one room, the second is the same."""
        self._lately = {key: (at, name) for key, (at, name) in self._lately.items() if now - at < TWICE_SECONDS}
        return next(
            (
                name
                for (room, who, mediated), (_, name) in self._lately.items()
                if room == invited.room and (who == invited.inviter or mediated is not invited.mediated)
            ),
            "",
        )

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

    def came(self, room: str, jid: str, done: "Batch") -> None:
        """Somebody shows up in a room: perhaps because the user has invited him."""
        self._answered(room, jid, True, "", done)

    def agreed(self, jid: str, acceptance: bool, done: "Batch") -> None:
        """Somebody lets the user see his presence, or does not."""
        self._answered("", jid, acceptance, "", done, kind="PR")

    def _answered(self, room: str, jid: str, acceptance: bool, note: str, done: "Batch", kind: str = "") -> None:
        own = self._held.session.jid
        now = int(time.time())
        over = []
        for invite_id, record in self._shared.invites.all(own, "out").items():
            invite = records.unpack_invitation(record)
            if invite.until < now:
                over.append(invite_id)
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
