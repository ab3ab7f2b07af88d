"""What is sent to a room (XEP-0045): presence that enters and leaves, the topic, and iq requests with their replies. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from onesoup.csp.text import addresses
from onesoup.xmpp import namespaces
from onesoup.xmpp.xml import Xml, leaf

# Messages that a room is asked for when it is entered again after a break.
MAX_MISSED_MESSAGES = 50

# --- stanzas to a room ---


def enter_room(room: str, nick: str, history: int, characters: int, password: str = "", since: str = "") -> Xml:
    """Presence that enters a room. It asks for the last `history` messages, or for those `since` a time (XEP-0082), with at most
    so many `characters`; 0 is no limit."""
    limits = {"maxstanzas": str(history)} if history or not since else {}
    if since:
        limits = {"since": since, "maxstanzas": str(MAX_MISSED_MESSAGES)}
    if limits.get("maxstanzas") != "0" and characters:
        limits["maxchars"] = str(characters)
    children = [Xml("history", attrs=limits)]
    if password:
        children.append(leaf("password", password))
    return Xml("presence", attrs={"to": f"{room}/{nick}"}, children=[Xml("x", namespaces.MUC, children=children)])


def leave_room(room: str, nick: str) -> Xml:
    """Presence that leaves a room."""
    return Xml("presence", attrs={"to": f"{room}/{nick}", "type": "unavailable"})


def set_topic(room: str, stanza_id: str, text: str) -> Xml:
    """Message that changes the topic of a room."""
    return Xml("message", attrs={"to": room, "type": "groupchat", "id": stanza_id}, children=[leaf("subject", text)])


# --- requests and replies ---


@dataclass(frozen=True, slots=True)
class RoomRequest:
    """An iq to send; `to` "" is the own account."""

    to: str
    type: str
    payload: Xml


@dataclass(frozen=True, slots=True)
class RoomReply:
    """The answer to a RoomRequest: the condition of an error, else "" and the payload."""

    error: str = ""
    payload: Xml = field(default_factory=lambda: Xml("query"))


def ask_info(jid: str) -> RoomRequest:
    """disco#info of a room or service."""
    return RoomRequest(jid, "get", Xml("query", namespaces.DISCO_INFO))


def ask_items(jid: str) -> RoomRequest:
    """disco#items of a server or service."""
    return RoomRequest(jid, "get", Xml("query", namespaces.DISCO_ITEMS))


def ask_config(room: str) -> RoomRequest:
    """The configuration form of a room; for its owners."""
    return RoomRequest(room, "get", Xml("query", namespaces.MUC_OWNER))


def submit_config(room: str, values: Mapping[str, list[str]]) -> RoomRequest:
    """Sends the whole configuration form, filled in."""
    fields = [
        Xml("field", attrs={"var": var}, children=[leaf("value", each) for each in each_value])
        for var, each_value in values.items()
    ]
    form = Xml("x", namespaces.DATA_FORMS, {"type": "submit"}, fields)
    return RoomRequest(room, "set", Xml("query", namespaces.MUC_OWNER, children=[form]))


def destroy_room(room: str) -> RoomRequest:
    """Destroys a room; for its owners."""
    return RoomRequest(room, "set", Xml("query", namespaces.MUC_OWNER, children=[Xml("destroy")]))


def ask_affiliated(room: str, affiliation: str) -> RoomRequest:
    """The list of people with an affiliation; see read_admin_items()."""
    return RoomRequest(
        room, "get", Xml("query", namespaces.MUC_ADMIN, children=[Xml("item", attrs={"affiliation": affiliation})])
    )


def ask_role(room: str, role: str) -> RoomRequest:
    """The list of occupants with a role; see read_admin_items()."""
    return RoomRequest(room, "get", Xml("query", namespaces.MUC_ADMIN, children=[Xml("item", attrs={"role": role})]))


def ping_oneself(room: str, nick: str) -> RoomRequest:
    """Pings the own nick, which tells whether we are still in a room (XEP-0410); see still_inside()."""
    return RoomRequest(f"{room}/{nick}", "get", Xml("ping", namespaces.PING))


# The room delivered the ping to our nick: we answered it, or a client of ours that knows no ping refused it.
_INSIDE_CONDITIONS = frozenset({"", "service-unavailable", "feature-not-implemented"})

# The room's server cannot be reached; that says nothing about the room.
_UNREACHABLE_CONDITIONS = frozenset({"remote-server-not-found", "remote-server-timeout"})


def still_inside(condition: str) -> bool | None:
    """Whether the answer to ping_oneself() says that we are in the room; None when it does not tell.

    XEP-0410 uses item-not-found for a nick that has just changed, but rooms that do not exist any more answer the same. It
    counts as "not inside": the attempt to enter again finds out."""
    return None if condition in _UNREACHABLE_CONDITIONS else condition in _INSIDE_CONDITIONS


def set_affiliation(room: str, jid: str, affiliation: str) -> RoomRequest:
    """Gives an account an affiliation: owner, admin, member, outcast or none."""
    return RoomRequest(
        room, "set", Xml("query", namespaces.MUC_ADMIN, children=[Xml("item", attrs={"jid": jid, "affiliation": affiliation})])
    )


def set_role(room: str, nick: str, role: str) -> RoomRequest:
    """Gives an occupant a role: moderator, participant, visitor, or none to remove it."""
    return RoomRequest(
        room, "set", Xml("query", namespaces.MUC_ADMIN, children=[Xml("item", attrs={"nick": nick, "role": role})])
    )


def read_admin_items(payload: Xml) -> list[tuple[str, str]]:
    """(bare JID or "", nick or "") of each item in the answer to ask_affiliated() or ask_role()."""
    return [(addresses.bare(item.get("jid")) if item.get("jid") else "", item.get("nick")) for item in payload.all("item")]
