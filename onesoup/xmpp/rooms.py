"""Reads stanzas of rooms (XEP-0045), and says which CSP code each refusal of a room becomes (xmpp-mapping.md 6.4 and 7).

Pure; rooms are bare JIDs, XML is onesoup.xmpp.xml. What is sent to rooms is in room_requests and bookmarks; what rooms say of
their settings is in room_settings."""

from dataclasses import dataclass

from onesoup.csp.groups import ADMIN_LEVEL, MOD_LEVEL, USER_LEVEL
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.xmpp import errors, namespaces
from onesoup.xmpp.xml import Xml

# Occupants with these affiliations are administrators of the group.
ADMIN_AFFILIATIONS = ("owner", "admin")


@dataclass(frozen=True, slots=True)
class RoomPresence:
    """A presence from a room. `nick` is "" for the room itself; `jid` is set where the room shows it."""

    room: str
    nick: str
    available: bool
    jid: str = ""
    role: str = "participant"
    affiliation: str = "none"
    status_codes: frozenset[int] = frozenset()
    new_nick: str = ""
    destroyed: bool = False
    # The condition of an error; "" for none.
    error: str = ""

    @property
    def level(self) -> str:
        return privilege_level(self.role, self.affiliation)


def privilege_level(role: str, affiliation: str) -> str:
    """The privilege level of an occupant."""
    if affiliation in ADMIN_AFFILIATIONS:
        return ADMIN_LEVEL
    return MOD_LEVEL if role == "moderator" else USER_LEVEL


def is_room_presence(stanza: Xml) -> bool:
    """Whether a presence can only have come from a room."""
    return stanza.find("x", namespaces.MUC_USER) is not None or stanza.find("x", namespaces.MUC) is not None


def is_topic(message: Xml) -> bool:
    """XEP-0045 section 8.1: a subject beside a body or a thread is that of one message."""
    return message.find("subject") is not None and message.find("body") is None and message.find("thread") is None


def split_occupant(jid: str) -> tuple[str, str]:
    """(room, nick) of an occupant's JID, room/nick."""
    return addresses.bare(jid), jid.partition("/")[2]


def read_presence(stanza: Xml) -> RoomPresence:
    """Reads a presence that came from a room."""
    room, nick = split_occupant(stanza.get("from"))
    x = stanza.find("x", namespaces.MUC_USER) or Xml("x")
    item = x.find("item") or Xml("item")
    kind = stanza.get("type")
    return RoomPresence(
        room,
        nick,
        kind == "",
        addresses.bare(item.get("jid")) if item.get("jid") else "",
        item.get("role") or "participant",
        item.get("affiliation") or "none",
        status_codes(stanza),
        item.get("nick") if 303 in status_codes(stanza) else "",
        x.find("destroy") is not None,
        error_condition(stanza) if kind == "error" else "",
    )


def status_codes(stanza: Xml) -> frozenset[int]:
    """The status codes that a room has put into a stanza."""
    x = stanza.find("x", namespaces.MUC_USER) or Xml("x")
    found = (each.get("code") for each in x.all("status"))
    return frozenset(int(each) for each in found if each.isascii() and each.isdigit() and len(each) < 5)


def error_condition(stanza: Xml) -> str:
    """The defined condition of an error stanza."""
    error = stanza.find("error") or Xml("error")
    named = (child.name for child in error.children if child.ns in (namespaces.STANZA_ERRORS, "") and child.name != "text")
    return next(named, "undefined-condition")


# Status code with which a room removes somebody -> code that the phone gets in LeaveGroup-Response.
_REMOVAL_CODES = (
    (301, StatusCode.REJECTED),
    (321, StatusCode.NOT_A_GROUP_MEMBER),
    (322, StatusCode.NOT_A_GROUP_MEMBER),
    (332, StatusCode.SERVICE_UNAVAILABLE),
    (333, StatusCode.SERVICE_UNAVAILABLE),
    (307, StatusCode.GROUP_IS_RESTRICTED),
)


def removal_code(seen: RoomPresence) -> int:
    """The code for a phone that was removed from a room."""
    if seen.destroyed:
        return StatusCode.GROUP_DOES_NOT_EXIST
    return next((code for status, code in _REMOVAL_CODES if status in seen.status_codes), 503)


# --- conditions of refusals (xmpp-mapping.md 6.4) ---

JOIN_CODES = {
    "bad-request": StatusCode.BAD_PARAMETER,
    "conflict": StatusCode.SCREEN_NAME_ALREADY_IN_USE,
    "feature-not-implemented": StatusCode.SERVICE_NOT_SUPPORTED,
    "forbidden": StatusCode.REJECTED,
    "gone": StatusCode.GROUP_DOES_NOT_EXIST,
    "internal-server-error": StatusCode.INTERNAL_ERROR,
    "item-not-found": StatusCode.GROUP_DOES_NOT_EXIST,
    "jid-malformed": StatusCode.BAD_PARAMETER,
    "not-acceptable": StatusCode.SCREEN_NAME_ALREADY_IN_USE,
    "not-allowed": StatusCode.INSUFFICIENT_GROUP_PRIVILEGES,
    "not-authorized": StatusCode.GROUP_IS_RESTRICTED,
    "policy-violation": StatusCode.SERVICE_UNAVAILABLE,
    "recipient-unavailable": StatusCode.SERVICE_UNAVAILABLE,
    "redirect": StatusCode.GROUP_DOES_NOT_EXIST,
    "registration-required": StatusCode.NOT_A_GROUP_MEMBER,
    "remote-server-not-found": StatusCode.DOMAIN_NOT_SUPPORTED,
    "remote-server-timeout": StatusCode.TIMEOUT,
    "resource-constraint": StatusCode.TOO_MANY_JOINED_USERS,
    "service-unavailable": StatusCode.TOO_MANY_JOINED_USERS,
    "subscription-required": StatusCode.NOT_A_GROUP_MEMBER,
}

# Refusals of a message to the whole room.
GROUP_MESSAGE_CODES = {
    "not-acceptable": StatusCode.GROUP_IS_NOT_JOINED,
    "forbidden": StatusCode.INSUFFICIENT_GROUP_PRIVILEGES,
    "item-not-found": StatusCode.UNKNOWN_USER,
    "not-allowed": StatusCode.INSUFFICIENT_GROUP_PRIVILEGES,
}

# Refusals of a private message to one occupant.
PRIVATE_MESSAGE_CODES = {
    "not-acceptable": StatusCode.GROUP_WITHOUT_PRIVATE_MESSAGES,
    "forbidden": StatusCode.GROUP_WITHOUT_PRIVATE_MESSAGES,
    "item-not-found": StatusCode.UNKNOWN_USER,
}


def join_code(condition: str) -> int:
    """The code for a phone that a room does not let in."""
    return JOIN_CODES.get(condition, StatusCode.INTERNAL_ERROR)


def command_code(condition: str, who: bool = False) -> int:
    """The code for a refused request. `who`: the request named a user, so "item-not-found" may mean that user."""
    return StatusCode.UNKNOWN_USER if who and condition == "item-not-found" else errors.command_code(condition)
