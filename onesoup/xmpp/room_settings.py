"""Settings of rooms as group properties (xmpp-mapping.md 7): read from disco#info, written into a room's configuration form.

Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from onesoup.csp.text import digits
from onesoup.xmpp import namespaces
from onesoup.xmpp.xml import Xml

# Feature of a room with an archive (XEP-0313), and the form fields of Prosody and ejabberd that switch it on.
ARCHIVE_FIELDS = ("muc#roomconfig_enablearchiving", "mam")

CONFIG_PREFIX, INFO_PREFIX = "muc#roomconfig_", "muc#roominfo_"
# Items that are read of the answer of a server or service to disco#items.
MAX_DISCO_ITEMS = 50

# --- services ---


def is_room_service(info: Xml) -> bool:
    """Whether disco#info is that of a room service for people: identity conference/text; gateways have others."""
    return ("conference", "text") in _identities(info) and _has_rooms(info)


def is_rooms_of_bridge(info: Xml) -> bool:
    """Whether disco#info is that of a bridge to another network which has groups: a gateway, or conference/irc."""
    return any(category in ("gateway", "conference") for category, _ in _identities(info)) and _has_rooms(info)


def _identities(info: Xml) -> list[tuple[str, str]]:
    return [(each.get("category"), each.get("type")) for each in info.all("identity")]


def _has_rooms(info: Xml) -> bool:
    return any(each.get("var") == namespaces.MUC for each in info.all("feature"))


def item_jids(items: Xml) -> list[str]:
    """The addresses in an answer to disco#items."""
    return [each.get("jid").lower() for each in items.all("item") if each.get("jid")][:MAX_DISCO_ITEMS]


# --- what a room is like ---


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """disco#info of a room."""

    name: str = ""
    features: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def description(self) -> str:
        return self.fields.get(f"{INFO_PREFIX}description", "")

    @property
    def members_only(self) -> bool:
        return "muc_membersonly" in self.features


def read_room_info(query: Xml) -> RoomInfo:
    """Reads disco#info of a room."""
    identity = next((each for each in query.all("identity") if each.get("category") == "conference"), Xml("identity"))
    form = query.find("x", namespaces.DATA_FORMS) or Xml("x")
    values = {each.get("var"): each.text_of("value") for each in form.all("field")}
    features = frozenset(each.get("var") for each in query.all("feature"))
    return RoomInfo(identity.get("name"), features, values)


def group_properties(about: RoomInfo, private: bool) -> dict[str, str]:
    """The group properties that a room tells. `private` depends on the form of its GroupID."""
    fields, features = about.fields, about.features
    found = {
        "Name": about.name,
        "AccessType": "Restricted" if about.members_only else "Open",
        "Type": "Private" if private else "Public",
        "Searchable": "F" if "muc_hidden" in features else "T",
        "AutoDelete": "F" if "muc_persistent" in features else "T",
        "History": "T" if namespaces.ARCHIVE in features else "F",
        "RequireInvitation": "T" if about.members_only else "F",
        "Topic": fields.get(f"{INFO_PREFIX}subject", ""),
        "ActiveUsers": fields.get(f"{INFO_PREFIX}occupants", ""),
        "MaxActiveUsers": fields.get(f"{CONFIG_PREFIX}maxusers") or fields.get(f"{INFO_PREFIX}maxusers", ""),
        "PrivateMessaging": "F" if fields.get(f"{CONFIG_PREFIX}allowpm") == "none" else "T",
    }
    return {name: value for name, value in found.items() if value or name == "Name"}


def may_change_topic(about: RoomInfo, role: str) -> bool:
    """Whether an occupant with this role may change the topic."""
    allowed = about.fields.get(f"{INFO_PREFIX}changesubject") or about.fields.get(f"{INFO_PREFIX}subjectmod", "0")
    return role == "moderator" or allowed.strip().lower() in ("1", "true")


# --- configuration ---

_BOOLEAN = {"T": "1", "F": "0"}


def _wished_fields(values: Mapping[str, str], welcome: str | None) -> dict[str, str]:
    """Group properties as form fields. Properties without a counterpart are left out."""
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
    keeps = {name: _BOOLEAN[values["History"]] for name in ARCHIVE_FIELDS if "History" in values}
    return keeps | {f"{CONFIG_PREFIX}{name}": value for name, value in wished.items()}


def fill_config_form(config: Xml, values: Mapping[str, str], welcome: str | None = None) -> dict[str, list[str]] | None:
    """Puts group properties into an owner's form and returns all its fields; None when `config` is no form.

    Other fields stay as they were. A field that the room does not have, or a choice that it does not offer, is left out."""
    form = config.find("x", namespaces.DATA_FORMS)
    if form is None:
        return None
    wished = _wished_fields(values, welcome)
    filled = {}
    for each in form.all("field"):
        var = each.get("var")
        if not var or each.get("type") == "fixed":
            continue
        old = [value.text for value in each.all("value")]
        offered = [option.text_of("value") for option in each.all("option")]
        wish = wished.get(var)
        if wish is not None and offered and wish not in offered:
            wish = _smallest_sufficient(wish, offered)
        filled[var] = old if wish is None else [wish]
    return filled


def _smallest_sufficient(wish: str, offered: Iterable[str]) -> str | None:
    """The smallest offered number that is not below `wish`: ejabberd offers a list for the number of users. None without one."""
    least = digits.ascii_number(wish)
    if least is None:
        return None
    large = [count for each in offered if (count := digits.ascii_number(each)) is not None and count >= least]
    return str(min(large)) if large else None
