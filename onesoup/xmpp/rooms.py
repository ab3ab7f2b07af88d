"""Rooms (XEP-0045) as groups: what stanzas of a room say, what is asked of a room, and how its configuration reads as group
properties (xmpp-mapping.md 7). Pure; rooms are bare JIDs, XML is onesoup.xmpp.xml."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from onesoup.csp.groups import ADMIN_LEVEL, MOD_LEVEL, USER_LEVEL
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses, digits
from onesoup.xmpp import errors
from onesoup.xmpp.namespaces import ARCHIVE as KEEPS
from onesoup.xmpp.namespaces import (
    BOOKMARKS,
    DISCO_INFO,
    DISCO_ITEMS,
    MUC,
    MUC_ADMIN,
    MUC_OWNER,
    MUC_USER,
    PING,
    PUBSUB,
)
from onesoup.xmpp.namespaces import DATA_FORMS as DATA
from onesoup.xmpp.namespaces import LEGACY_BOOKMARKS as OLD_BOOKMARKS
from onesoup.xmpp.namespaces import PRIVATE_STORAGE as PRIVATE
from onesoup.xmpp.namespaces import STANZA_ERRORS as STANZAS
from onesoup.xmpp.xml import Xml, leaf

# What Prosody and ejabberd call an archive (XEP-0313) in their forms.
KEEPING = ("muc#roomconfig_enablearchiving", "mam")
CONFIG, INFO = "muc#roomconfig_", "muc#roominfo_"
MAX_ITEMS = 50

# The affiliations and roles that make a level. What an occupant may do decides, not who it is.
ADMINS = ("owner", "admin")


@dataclass(frozen=True, slots=True)
class RoomPresence:
    """A presence from a room. `nick` is "" for the room itself; `jid` is set where the room shows it."""

    room: str
    nick: str
    available: bool
    jid: str = ""
    role: str = "participant"
    affiliation: str = "none"
    codes: frozenset[int] = frozenset()
    new_nick: str = ""
    destroyed: bool = False
    # The condition of an error; "" for none.
    error: str = ""

    @property
    def level(self) -> str:
        return level(self.role, self.affiliation)


def level(role: str, affiliation: str) -> str:
    """The privilege level of an occupant."""
    if affiliation in ADMINS:
        return ADMIN_LEVEL
    return MOD_LEVEL if role == "moderator" else USER_LEVEL


def of_room(stanza: Xml) -> bool:
    """Whether a presence can only have come from a room."""
    return stanza.find("x", MUC_USER) is not None or stanza.find("x", MUC) is not None


def is_topic(message: Xml) -> bool:
    """XEP-0045 section 8.1: a subject beside a body or a thread is that of one message."""
    return message.find("subject") is not None and message.find("body") is None and message.find("thread") is None


def split(jid: str) -> tuple[str, str]:
    """(room, nick) of an occupant's JID."""
    return addresses.bare(jid), jid.partition("/")[2]


def read_presence(stanza: Xml) -> RoomPresence:
    room, nick = split(stanza.get("from"))
    x = stanza.find("x", MUC_USER) or Xml("x")
    item = x.find("item") or Xml("item")
    kind = stanza.get("type")
    return RoomPresence(
        room,
        nick,
        kind == "",
        addresses.bare(item.get("jid")) if item.get("jid") else "",
        item.get("role") or "participant",
        item.get("affiliation") or "none",
        codes(stanza),
        item.get("nick") if 303 in codes(stanza) else "",
        x.find("destroy") is not None,
        condition(stanza) if kind == "error" else "",
    )


def codes(stanza: Xml) -> frozenset[int]:
    """The status codes that a room has put into a stanza."""
    x = stanza.find("x", MUC_USER) or Xml("x")
    found = (each.get("code") for each in x.all("status"))
    return frozenset(int(each) for each in found if each.isascii() and each.isdigit() and len(each) < 5)


def condition(stanza: Xml) -> str:
    """The defined condition of an error stanza."""
    error = stanza.find("error") or Xml("error")
    named = (child.name for child in error.children if child.ns in (STANZAS, "") and child.name != "text")
    return next(named, "undefined-condition")


# Why the server takes somebody out of a room -> what the phone is told in LeaveGroup-Response.
_REMOVED = (
    (301, StatusCode.REJECTED),
    (321, StatusCode.NOT_A_GROUP_MEMBER),
    (322, StatusCode.NOT_A_GROUP_MEMBER),
    (332, StatusCode.SERVICE_UNAVAILABLE),
    (333, StatusCode.SERVICE_UNAVAILABLE),
    (307, StatusCode.GROUP_IS_RESTRICTED),
)


def removed(seen: RoomPresence) -> int:
    """The code for a phone that was removed from a room."""
    if seen.destroyed:
        return StatusCode.GROUP_DOES_NOT_EXIST
    return next((code for status, code in _REMOVED if status in seen.codes), 503)


# --- conditions of refusals (xmpp-mapping.md 6.4) ---

JOIN = {
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
# A message into a room, or to somebody in it.
TO_ALL = {
    "not-acceptable": StatusCode.GROUP_IS_NOT_JOINED,
    "forbidden": StatusCode.INSUFFICIENT_GROUP_PRIVILEGES,
    "item-not-found": StatusCode.UNKNOWN_USER,
    "not-allowed": StatusCode.INSUFFICIENT_GROUP_PRIVILEGES,
}
TO_ONE = {
    "not-acceptable": StatusCode.GROUP_WITHOUT_PRIVATE_MESSAGES,
    "forbidden": StatusCode.GROUP_WITHOUT_PRIVATE_MESSAGES,
    "item-not-found": StatusCode.UNKNOWN_USER,
}


def join_code(condition: str) -> int:
    return JOIN.get(condition, StatusCode.INTERNAL_ERROR)


def command_code(condition: str, who: bool = False) -> int:
    """`who`: the request named a user, who may be what was not found."""
    return StatusCode.UNKNOWN_USER if who and condition == "item-not-found" else errors.command_code(condition)


# --- stanzas to a room ---


def join(room: str, nick: str, history: int, characters: int, password: str = "", since: str = "") -> Xml:
    """Presence that enters. At most `history` messages of before, or those `since` a time, in so many characters."""
    limits = {"maxstanzas": str(history)} if history or not since else {}
    if since:
        limits = {"since": since, "maxstanzas": str(MAX_ITEMS)}
    if limits.get("maxstanzas") != "0" and characters:
        limits["maxchars"] = str(characters)
    children = [Xml("history", attrs=limits)]
    if password:
        children.append(leaf("password", password))
    return Xml("presence", attrs={"to": f"{room}/{nick}"}, children=[Xml("x", MUC, children=children)])


def leave(room: str, nick: str) -> Xml:
    return Xml("presence", attrs={"to": f"{room}/{nick}", "type": "unavailable"})


def topic(room: str, stanza_id: str, text: str) -> Xml:
    return Xml("message", attrs={"to": room, "type": "groupchat", "id": stanza_id}, children=[leaf("subject", text)])


# --- requests: (type, payload) ---


@dataclass(frozen=True, slots=True)
class RoomRequest:
    """An iq that a worker wants to have sent; `to` "" is the own account."""

    to: str
    type: str
    payload: Xml


@dataclass(frozen=True, slots=True)
class RoomReply:
    """What came back: the condition of a refusal, else "" and the payload."""

    error: str = ""
    payload: Xml = field(default_factory=lambda: Xml("query"))


def ask_info(jid: str) -> RoomRequest:
    return RoomRequest(jid, "get", Xml("query", DISCO_INFO))


def ask_items(jid: str) -> RoomRequest:
    return RoomRequest(jid, "get", Xml("query", DISCO_ITEMS))


def ask_config(room: str) -> RoomRequest:
    return RoomRequest(room, "get", Xml("query", MUC_OWNER))


def configure(room: str, values: Mapping[str, list[str]]) -> RoomRequest:
    """The whole form, filled in."""
    fields = [
        Xml("field", attrs={"var": var}, children=[leaf("value", each) for each in each_value])
        for var, each_value in values.items()
    ]
    form = Xml("x", DATA, {"type": "submit"}, fields)
    return RoomRequest(room, "set", Xml("query", MUC_OWNER, children=[form]))


def destroy(room: str) -> RoomRequest:
    return RoomRequest(room, "set", Xml("query", MUC_OWNER, children=[Xml("destroy")]))


def ask_affiliated(room: str, affiliation: str) -> RoomRequest:
    return RoomRequest(room, "get", Xml("query", MUC_ADMIN, children=[Xml("item", attrs={"affiliation": affiliation})]))


def ask_role(room: str, role: str) -> RoomRequest:
    return RoomRequest(room, "get", Xml("query", MUC_ADMIN, children=[Xml("item", attrs={"role": role})]))


def ask_oneself(room: str, nick: str) -> RoomRequest:
    """A ping of the own nick: the room answers it in one way or another, whether we are in it or not (XEP-0410)."""
    return RoomRequest(f"{room}/{nick}", "get", Xml("ping", PING))


# Whoever answered the ping has let it through to us, or is us and knows no ping.
_INSIDE = frozenset({"", "service-unavailable", "feature-not-implemented"})
# A way to the room that is broken just now says nothing about the room.
_NOBODY_KNOWS = frozenset({"remote-server-not-found", "remote-server-timeout"})


def still_inside(condition: str) -> bool | None:
    """What the answer to ask_oneself() says; None: it does not. XEP-0410 has item-not-found for a nick that has just changed, but
    rooms that are there no more say the same: whoever enters again finds out."""
    return None if condition in _NOBODY_KNOWS else condition in _INSIDE


def affiliate(room: str, jid: str, affiliation: str) -> RoomRequest:
    return RoomRequest(
        room, "set", Xml("query", MUC_ADMIN, children=[Xml("item", attrs={"jid": jid, "affiliation": affiliation})])
    )


def give_role(room: str, nick: str, role: str) -> RoomRequest:
    return RoomRequest(room, "set", Xml("query", MUC_ADMIN, children=[Xml("item", attrs={"nick": nick, "role": role})]))


def read_admin(payload: Xml) -> list[tuple[str, str]]:
    """(bare JID or "", nick or "") of each item of an answer."""
    return [(addresses.bare(item.get("jid")) if item.get("jid") else "", item.get("nick")) for item in payload.all("item")]


# --- services ---


def is_service(info: Xml) -> bool:
    """Whether these are rooms, and for people: identity conference/text (gateways have others)."""
    identities = [(each.get("category"), each.get("type")) for each in info.all("identity")]
    return ("conference", "text") in identities and any(each.get("var") == MUC for each in info.all("feature"))


def item_jids(items: Xml) -> list[str]:
    return [each.get("jid").lower() for each in items.all("item") if each.get("jid")][:MAX_ITEMS]


# --- what a room is like ---


@dataclass(frozen=True, slots=True)
class About:
    """disco#info of a room."""

    name: str = ""
    features: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def description(self) -> str:
        return self.fields.get(f"{INFO}description", "")

    @property
    def members_only(self) -> bool:
        return "muc_membersonly" in self.features


def read_info(query: Xml) -> About:
    identity = next((each for each in query.all("identity") if each.get("category") == "conference"), Xml("identity"))
    form = query.find("x", DATA) or Xml("x")
    values = {each.get("var"): each.text_of("value") for each in form.all("field")}
    features = frozenset(each.get("var") for each in query.all("feature"))
    return About(identity.get("name"), features, values)


def properties(about: About, private: bool) -> dict[str, str]:
    """Group properties of a room, as far as it tells them. `private`: by the form of its GroupID."""
    fields, features = about.fields, about.features
    found = {
        "Name": about.name,
        "AccessType": "Restricted" if about.members_only else "Open",
        "Type": "Private" if private else "Public",
        "Searchable": "F" if "muc_hidden" in features else "T",
        "AutoDelete": "F" if "muc_persistent" in features else "T",
        "History": "T" if KEEPS in features else "F",
        "RequireInvitation": "T" if about.members_only else "F",
        "Topic": fields.get(f"{INFO}subject", ""),
        "ActiveUsers": fields.get(f"{INFO}occupants", ""),
        "MaxActiveUsers": fields.get(f"{CONFIG}maxusers") or fields.get(f"{INFO}maxusers", ""),
        "PrivateMessaging": "F" if fields.get(f"{CONFIG}allowpm") == "none" else "T",
    }
    return {name: value for name, value in found.items() if value or name == "Name"}


def may_change_topic(about: About, role: str) -> bool:
    allowed = about.fields.get(f"{INFO}changesubject") or about.fields.get(f"{INFO}subjectmod", "0")
    return role == "moderator" or allowed.strip().lower() in ("1", "true")


# --- configuration ---

_BOOLEAN = {"T": "1", "F": "0"}


def _wishes(values: Mapping[str, str], welcome: str | None) -> dict[str, str]:
    """Group properties as fields of the room's form. Those of no counterpart are left out."""
    wished: dict[str, str] = {}
    if "Name" in values:
        wished["roomname"] = values["Name"]
    if "AccessType" in values:
        wished["membersonly"] = "1" if values["AccessType"] == "Restricted" else "0"
    if values.get("RequireInvitation") == "T":
        wished["membersonly"] = "1"
    if "Searchable" in values:
        wished["publicroom"] = _BOOLEAN[values["Searchable"]]
    if "PrivateMessaging" in values:
        wished["allowpm"] = "anyone" if values["PrivateMessaging"] == "T" else "none"
    if "MaxActiveUsers" in values:
        wished["maxusers"] = values["MaxActiveUsers"]
    if "AutoDelete" in values:
        wished["persistentroom"] = "0" if values["AutoDelete"] == "T" else "1"
    if welcome is not None:
        wished["roomdesc"] = welcome
    keeps = {name: _BOOLEAN[values["History"]] for name in KEEPING if "History" in values}
    return keeps | {f"{CONFIG}{name}": value for name, value in wished.items()}


def fill(config: Xml, values: Mapping[str, str], welcome: str | None = None) -> dict[str, list[str]] | None:
    """The fields of an owner's form with the wishes in it, every other as it was; None when it is no form. A field that the
    room does not have, or a choice that it does not offer, is left out: nothing of it can be had there."""
    form = config.find("x", DATA)
    if form is None:
        return None
    wished = _wishes(values, welcome)
    filled = {}
    for each in form.all("field"):
        var = each.get("var")
        if not var or each.get("type") == "fixed":
            continue
        old = [value.text for value in each.all("value")]
        offered = [option.text_of("value") for option in each.all("option")]
        wish = wished.get(var)
        if wish is not None and offered and wish not in offered:
            wish = _nearest(wish, offered)
        filled[var] = old if wish is None else [wish]
    return filled


def _nearest(wish: str, offered: Iterable[str]) -> str | None:
    """The smallest number that is large enough, where numbers are offered: ejabberd has a list for the number of users."""
    least = digits.ascii_number(wish)
    if least is None:
        return None
    large = [count for each in offered if (count := digits.ascii_number(each)) is not None and count >= least]
    return str(min(large)) if large else None


# --- bookmarks (XEP-0402, else XEP-0048 in private storage) ---


@dataclass(frozen=True, slots=True)
class Bookmark:
    room: str
    nick: str = ""
    auto: bool = False
    name: str = ""


def ask_bookmarks() -> RoomRequest:
    return RoomRequest("", "get", Xml("pubsub", PUBSUB, children=[Xml("items", attrs={"node": BOOKMARKS})]))


def read_bookmarks(payload: Xml) -> dict[str, Bookmark]:
    items = payload.find("items") or Xml("items")
    found = {}
    for item in items.all("item"):
        conference = item.find("conference", BOOKMARKS)
        if conference is not None:
            room = addresses.bare(item.get("id"))
            auto = conference.get("autojoin") in ("1", "true")
            found[room] = Bookmark(room, conference.text_of("nick"), auto, conference.get("name"))
    return found


def bookmark(mark: Bookmark) -> RoomRequest:
    """Keeps a bookmark for all clients of the account. Nobody else may read it, and the node keeps every item."""
    attrs = {"autojoin": "true" if mark.auto else "false", **({"name": mark.name} if mark.name else {})}
    conference = Xml("conference", BOOKMARKS, attrs, [leaf("nick", mark.nick)] if mark.nick else [])
    item = Xml("item", attrs={"id": mark.room}, children=[conference])
    publish = Xml("publish", attrs={"node": BOOKMARKS}, children=[item])
    options = Xml("publish-options", children=[_options()])
    return RoomRequest("", "set", Xml("pubsub", PUBSUB, children=[publish, options]))


def _options() -> Xml:
    values = {
        "FORM_TYPE": f"{PUBSUB}#publish-options",
        "pubsub#persist_items": "true",
        "pubsub#max_items": "max",
        "pubsub#send_last_published_item": "never",
        "pubsub#access_model": "whitelist",
    }
    fields = [
        Xml("field", attrs={"var": var, **({"type": "hidden"} if var == "FORM_TYPE" else {})}, children=[leaf("value", value)])
        for var, value in values.items()
    ]
    return Xml("x", DATA, {"type": "submit"}, fields)


def ask_old_bookmarks() -> RoomRequest:
    return RoomRequest("", "get", Xml("query", PRIVATE, children=[Xml("storage", OLD_BOOKMARKS)]))


def old_bookmark(payload: Xml, mark: Bookmark) -> RoomRequest:
    """The whole storage with one bookmark put in: what else stands there stays as it is."""
    storage = payload.find("storage", OLD_BOOKMARKS) or Xml("storage", OLD_BOOKMARKS)
    kept = [each for each in storage.children if each.name != "conference" or addresses.bare(each.get("jid")) != mark.room]
    attrs = {"jid": mark.room, "autojoin": "true" if mark.auto else "false", **({"name": mark.name} if mark.name else {})}
    kept.append(Xml("conference", attrs=attrs, children=[leaf("nick", mark.nick)] if mark.nick else []))
    return RoomRequest("", "set", Xml("query", PRIVATE, children=[Xml("storage", OLD_BOOKMARKS, children=kept)]))
