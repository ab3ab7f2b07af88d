"""Groups as phones see them: GroupIDs, who is in a group in the form of each version, and properties (messages.md 13). A
group is an XMPP room here, named by its bare JID; values in, values out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from onesoup.csp.codec.generated_elements import (
    AdminMapList,
    AdminMapping,
    GroupProperties,
    Joined,
    Left,
    Mapping,
    ModMapping,
    OwnProperties,
    Property,
    ScreenName,
    User,
    UserList,
    UserMapList,
    UserMapping,
    WelcomeNote,
)
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses

ADMIN_LEVEL, MOD_LEVEL, USER_LEVEL = "Admin", "Mod", "User"
ACCESS_LEVELS = (ADMIN_LEVEL, MOD_LEVEL, USER_LEVEL)


@dataclass(frozen=True, slots=True)
class GroupName:
    """What a GroupID means: the local part of the room, and the domain whose rooms it is among (None: the user's own)."""

    local: str
    domain: str | None
    # The user of wv:user/group@domain; "" for a public group.
    owner: str = ""


def parse_group_id(text: str | None) -> GroupName:
    """Both forms of a public group, wv:/room@domain and wv:room@domain, and the private one, wv:user/room@domain. 400 for
    none, 901 for what is no address."""
    if not (text or "").strip():
        raise CspError(StatusCode.BAD_REQUEST, "a GroupID is missing")
    address = addresses.parse_address(text or "")
    owner, name = (address.user, address.resource) if address.resource else ("", address.user)
    whole = f"{owner}/{name}" if owner else name or ""
    local = addresses.escape_local(addresses.fold(whole.strip()))
    if not local or not name or len(local.encode()) > addresses.MAX_PART or local.startswith("\\20") or local.endswith("\\20"):
        raise CspError(StatusCode.GENERAL_ADDRESS_ERROR, "the name of the group is empty, too long or has blanks at an end")
    domain = addresses.normal_domain(address.domain) if address.domain else None
    return GroupName(local, domain, addresses.fold(owner))


def group_id(room: str, domain: str | None = None) -> str:
    """The GroupID of a room that the phone has not named. `domain` is the one whose rooms these are, where that is known: its
    users' phones name the room by it, as they cannot know the service. Only with it a private group can be told as such."""
    local, _, service = room.rpartition("@")
    owner, slash, name = addresses.unescape_local(local).partition("/")
    if slash and owner and name and domain:
        return f"wv:{addresses.encode_part(owner)}/{addresses.encode_part(name)}@{domain}"
    return f"wv:/{addresses.encode_part(addresses.unescape_local(local))}@{domain or service}"


def is_private(room: str) -> bool:
    """Whether a room was made as a group of a user, wv:user/group@domain."""
    owner, _, name = addresses.unescape_local(room.rpartition("@")[0]).partition("/")
    return bool(owner and name)


def screen_name(nick: str) -> str:
    """How phones see a nick, and write it: they take blanks away from both ends of a value."""
    return nick.strip()


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a group. `user` is the wv: address, "" where the group hides it; `level` one of LEVELS."""

    nick: str
    user: str = ""
    level: str = USER_LEVEL


# What stands around an answer with members, and around each of them, in octets of XML, generously.
_FRAME, _AROUND = 1500, 75


def fitting_members(members: Sequence[Member], gid: str, parser: int) -> list[Member]:
    """As many of them as a phone's parser takes, those who may most before the others; in the order in which they stood."""
    room, taken = parser - _FRAME, []
    for number in sorted(range(len(members)), key=lambda number: ACCESS_LEVELS.index(members[number].level)):
        each = members[number]
        room -= _AROUND + sum(len(escape(text).encode("utf-8", "replace")) for text in (each.nick, each.user, gid))
        if room < 0:
            break
        taken.append(number)
    return [members[number] for number in sorted(taken)]


def user_map_list(members: Sequence[Member], flat: bool) -> UserMapList:
    """From 1.2 on. COMPAT(Android): flat, each UserMapping is one member."""
    if flat:
        return UserMapList(
            user_mapping=[UserMapping(s_name=screen_name(each.nick), user_id=each.user or None) for each in members]
        )
    return UserMapList(user_mapping=[UserMapping(mapping=_mappings(members))] if members else [])


def user_list(members: Iterable[Member], gid: str) -> UserList:
    """Members by screen name: in 1.1 always, in later versions those who have left."""
    return UserList(screen_name=[ScreenName(s_name=screen_name(each.nick), group_id=gid) for each in members])


def joined_members(members: Sequence[Member], gid: str, version: str, flat: bool) -> Joined:
    """The members who have joined, for a GroupChangeNotice; in 1.3 also for the answer to JoinGroup."""
    if flat or version != "1.1":
        return Joined(user_map_list=user_map_list(members, flat))
    return Joined(user_list=user_list(members, gid))


def left_members(members: Sequence[Member], gid: str, flat: bool) -> Left:
    """The members who have left. COMPAT(Android): by the address under which it was told that they came, if any."""
    if not flat:
        return Left(user_list=user_list(members, gid))
    return Left(
        user_list=UserList(
            user=[User(user_id=each.user) for each in members if each.user],
            screen_name=[ScreenName(s_name=screen_name(each.nick), group_id=gid) for each in members if not each.user],
        )
    )


def admin_map_list(members: Sequence[Member]) -> AdminMapList:
    """What an administrator is told of who is in the group."""
    by_level = {level: [each for each in members if each.level == level] for level in ACCESS_LEVELS}
    return AdminMapList(
        admin_mapping=AdminMapping(mapping=_mappings(by_level[ADMIN_LEVEL])) if by_level[ADMIN_LEVEL] else None,
        mod_mapping=ModMapping(mapping=_mappings(by_level[MOD_LEVEL])) if by_level[MOD_LEVEL] else None,
        user_mapping=UserMapping(mapping=_mappings(by_level[USER_LEVEL])) if by_level[USER_LEVEL] else None,
    )


def _mappings(members: Iterable[Member]) -> list[Mapping]:
    return [Mapping(s_name=screen_name(each.nick), user_id=each.user or None) for each in members]


# --- properties ---

# As they are written; read without case (messages.md 13).
PROPERTY_NAMES = (
    "Name",
    "AccessType",
    "Type",
    "PrivateMessaging",
    "Searchable",
    "Topic",
    "ActiveUsers",
    "MaxActiveUsers",
    "AutoDelete",
    "Validity",
    "History",
    "RequireInvitation",
    "MinimumAge",
)
OWN_NAMES = ("PrivilegeLevel", "AutoJoin", "ShowID", "PrivateMessaging", "IsMember")
# Names that phones of 1.1 and 1.2 have never heard of (messages.md 13).
LATER_NAMES = frozenset({"History", "RequireInvitation", "MinimumAge"})
TRUTH_PROPERTIES = frozenset(
    {"History", "PrivateMessaging", "Searchable", "AutoDelete", "RequireInvitation", "AutoJoin", "ShowID", "IsMember"}
)
NUMBER_PROPERTIES = frozenset({"MaxActiveUsers", "Validity", "MinimumAge"})
CHOICE_PROPERTIES = {"AccessType": ("Open", "Restricted"), "Type": ("Public", "Private")}
# A phone may send these back as it got them; they change nothing.
READ_ONLY = frozenset({"Type", "ActiveUsers", "PrivilegeLevel", "IsMember"})
MAX_PROPERTY_LENGTH = 500


def read_properties(properties: Sequence[Property], names: Sequence[str] = PROPERTY_NAMES) -> dict[str, str]:
    """Name -> value of what a phone wants to set. 806 for a property or a value that does not exist."""
    known = {name.lower(): name for name in names}
    wishes = {}
    for each in properties:
        name = known.get((each.name or "").strip().lower())
        if name is None:
            raise CspError(StatusCode.INVALID_GROUP_PROPERTIES, "unknown group property")
        wishes[name] = _value(name, (each.value or "").strip())
    return {name: value for name, value in wishes.items() if name not in READ_ONLY}


def _value(name: str, value: str) -> str:
    if name in TRUTH_PROPERTIES:
        value = value.upper()
        good = value in ("T", "F")
    elif name in CHOICE_PROPERTIES:
        value = value.capitalize()
        good = value in CHOICE_PROPERTIES[name]
    else:
        good = len(value) <= MAX_PROPERTY_LENGTH and (
            name not in NUMBER_PROPERTIES or (value.isascii() and value.isdigit() and len(value) < 10)
        )
    if not good:
        raise CspError(StatusCode.INVALID_GROUP_PROPERTIES, f"no such value of {name}")
    return value


def group_properties(values: dict[str, str], version: str, welcome: str = "") -> GroupProperties:
    names = [name for name in PROPERTY_NAMES if version == "1.3" or name not in LATER_NAMES]
    return GroupProperties(property=_properties(values, names), welcome_note=note_result(welcome))


def own_properties(values: dict[str, str]) -> OwnProperties:
    return OwnProperties(property=_properties(values, OWN_NAMES))


def _properties(values: dict[str, str], names: Sequence[str]) -> list[Property]:
    return [Property(name=name, value=values[name]) for name in names if name in values]


def note_result(text: str) -> WelcomeNote | None:
    return WelcomeNote(content_type="text/plain", content_data=text) if text else None


# --- what is kept of them ---


@dataclass(slots=True)
class Room:
    """A room that a session has joined. `gid` is how the phone names it; `notice`: it wants to be told of changes; `at` when the
    last message came; `about` the properties that changes are told of; `delivery` and `length` how the phone wants its messages
    (P, N, or as others), and how long at most (0: as others)."""

    gid: str
    nick: str
    notice: bool = False
    role: str = "participant"
    affiliation: str = "none"
    topic: str | None = None
    private: bool = True
    at: int = 0
    password: str = ""
    about: dict[str, str] = field(default_factory=dict)
    delivery: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True)
class KeptProperties:
    """What an account has settled for a room, which outlives its sessions. `private`: private messages are taken."""

    gid: str
    nick: str = ""
    created: bool = False
    auto: bool = False
    show_id: bool = True
    private: bool = True


def same_group_id(one: str, other: str) -> bool:
    """Whether two GroupIDs are spelled alike, as phones compare them."""
    return one.strip().lower().removeprefix("wv:") == other.strip().lower().removeprefix("wv:")
