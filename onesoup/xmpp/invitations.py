"""Invitations into rooms, mediated (XEP-0045) and direct (XEP-0249), and what comes back (xmpp-mapping.md 8). Pure."""

from dataclasses import dataclass

from onesoup.csp.invitations import INVITATION_STANZA_PREFIX
from onesoup.csp.text import addresses
from onesoup.xmpp import namespaces
from onesoup.xmpp.rooms import error_condition
from onesoup.xmpp.xml import Xml, leaf


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody invites the user into a room. A mediated invitation comes from the room: `inviter` is who the room says has asked
    it to, the room itself when it names nobody; `nick` is set when it names a screen name only. A direct one comes from the
    inviter."""

    room: str
    inviter: str
    nick: str = ""
    reason: str = ""
    password: str = ""
    mediated: bool = True


@dataclass(frozen=True, slots=True)
class Declined:
    """A person whom the user has invited does not come."""

    room: str
    who: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bounced:
    """An invitation of the user was refused by `sender`: the room, or the person who was invited."""

    sender: str
    stanza_id: str
    condition: str


def read_invitation(message: Xml) -> Invited | Declined | Bounced | None:
    """Reads an invitation, or the answer to one; None when the message is neither."""
    sender = message.get("from")
    if not sender:
        return None
    if message.get("type") == "error":
        name = message.get("id")
        return (
            Bounced(addresses.bare(sender), name, error_condition(message)) if name.startswith(INVITATION_STANZA_PREFIX) else None
        )
    # A room has no resource. With one, the sender is an occupant or a client who pretends to be the room.
    x = message.find("x", namespaces.MUC_USER) if "/" not in sender else None
    if x is not None and (invite := x.find("invite")) is not None:
        room = addresses.bare(sender)
        inviter, nick = _who(invite.get("from"), room)
        return Invited(room, inviter, nick, invite.text_of("reason"), x.text_of("password"))
    if x is not None and (decline := x.find("decline")) is not None:
        return Declined(addresses.bare(sender), addresses.bare(decline.get("from")), decline.text_of("reason"))
    direct = message.find("x", namespaces.DIRECT_INVITATION)
    if direct is not None and "@" in direct.get("jid"):
        room = addresses.bare(direct.get("jid"))
        return Invited(
            room,
            addresses.bare(sender),
            "",
            direct.get("reason").strip(),
            direct.get("password"),
            mediated=False,
        )
    return None


def _who(inviter: str, room: str) -> tuple[str, str]:
    """The inviter as the room names it: by JID, or by a nick where it hides JIDs."""
    jid = addresses.bare(inviter)
    return (room, inviter.partition("/")[2]) if jid == room or not jid else (jid, "")


def mediated_invitation(room: str, jid: str, note: str, stanza_id: str) -> Xml:
    """Asks a room to invite somebody. A members-only room makes them a member, if we may do that."""
    invite = Xml("invite", attrs={"to": jid}, children=[leaf("reason", note)] if note else [])
    return Xml("message", attrs={"to": room, "id": stanza_id}, children=[Xml("x", namespaces.MUC_USER, children=[invite])])


def direct_invitation(room: str, jid: str, note: str, stanza_id: str, password: str = "") -> Xml:
    """Invites somebody without the room's help."""
    attrs = {"jid": room, **({"reason": note} if note else {}), **({"password": password} if password else {})}
    return Xml("message", attrs={"to": jid, "id": stanza_id}, children=[Xml("x", namespaces.DIRECT_INVITATION, attrs)])


def decline_invitation(room: str, inviter: str, note: str, stanza_id: str) -> Xml:
    """Declines a mediated invitation; a direct one cannot be declined. `inviter` is a JID or an occupant's."""
    refusal = Xml("decline", attrs={"to": inviter}, children=[leaf("reason", note)] if note else [])
    return Xml("message", attrs={"to": room, "id": stanza_id}, children=[Xml("x", namespaces.MUC_USER, children=[refusal])])


def ask_presence(jid: str, note: str, stanza_id: str) -> Xml:
    status = [leaf("status", note)] if note else []
    return Xml("presence", attrs={"to": jid, "type": "subscribe", "id": stanza_id}, children=status)


def links(jid: str, note: str, urls: list[str], stanza_id: str) -> Xml:
    """A message with a note and the addresses of shared content."""
    body = "\n".join(part for part in (note, *urls) if part)
    shared = [Xml("x", namespaces.OUT_OF_BAND, children=[leaf("url", url)]) for url in urls[:1]]
    return Xml("message", attrs={"to": jid, "type": "chat", "id": stanza_id}, children=[leaf("body", body), *shared])
