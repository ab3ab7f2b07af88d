"""What a settings document says: ImpsSettings becomes a tree of characteristics and parameters (ota.md 2), and the tree XML text.

The limits are those of the strictest reader that is known, Nokia S60."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from onesoup.provisioning.errors import ProvisioningError

APPLICATION_ID = "wA"  # registered for IMPS
CONTENT_TYPES = "application/vnd.wv.csp.wbxml"
MAX_URL, MAX_PROVISIONED_USER_ID, MAX_PASSWORD, MAX_NAME = 100, 50, 50, 30
# The chat client takes the settings whatever SERVICES says; S60's presence client wants an APPLICATION of its own with PR.
CHAT, PRESENCE = "IM", "PR"
_HEAD = (
    '<?xml version="1.0"?>\n'
    '<!DOCTYPE wap-provisioningdoc PUBLIC "-//WAPFORUM//DTD PROV 1.0//EN" "http://www.wapforum.org/DTD/prov.dtd">\n'
)


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """How the phone reaches the Internet. Without `user` the access point asks for no log-in; `method` is PAP or CHAP."""

    apn: str
    name: str = ""
    user: str = ""
    password: str = ""
    method: str = "PAP"


@dataclass(frozen=True, slots=True)
class ImpsSettings:
    """What a phone's chat client is to be set to. An empty `password` leaves it to the user to type. Without `access_point` the
    phone uses one that it has."""

    url: str
    user_id: str
    password: str = ""
    name: str = "onesoup"
    provider: str = ""
    access_point: AccessPoint | None = None
    services: tuple[str, ...] = (CHAT, PRESENCE)

    def __post_init__(self) -> None:
        _check("the server's address", self.url, MAX_URL)
        _check("the user id", self.user_id, MAX_PROVISIONED_USER_ID)
        _check("the password", self.password, MAX_PASSWORD, needed=False)
        _check("the name", self.name, MAX_NAME)
        if not self.url.startswith("http://"):
            raise ProvisioningError("the server's address must begin with http://: such phones know no TLS of today")
        if not self.services:
            raise ProvisioningError("no service is named")


@dataclass(frozen=True, slots=True)
class SettingsParameter:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A named group of parameters and further groups, in document order."""

    type: str
    content: tuple["SettingsParameter | Characteristic", ...] = field(default=())

    def values(self, name: str) -> Iterator[str]:
        """The values of the parameters of this name, in this group and those inside it."""
        for each in self.content:
            if isinstance(each, Characteristic):
                yield from each.values(name)
            elif each.name == name:
                yield each.value

    def groups(self, kind: str) -> Iterator["Characteristic"]:
        """The groups of this type directly inside."""
        return (each for each in self.content if isinstance(each, Characteristic) and each.type == kind)


def document(settings: ImpsSettings) -> Characteristic:
    """The whole document: a group of type "" that holds the access point and one APPLICATION for each service."""
    point = settings.access_point
    groups = [_access_point(point)] if point is not None else []
    groups += [_application(settings, service) for service in settings.services]
    return Characteristic("", tuple(groups))


def to_xml(root: Characteristic) -> str:
    """The document as text, as Kannel's sendota takes it."""
    return "\n".join((_HEAD + '<wap-provisioningdoc version="1.1">', *_lines(root), "</wap-provisioningdoc>")) + "\n"


def settings_of(root: Characteristic) -> list[ImpsSettings]:
    """What the IMPS applications of a document set, as a phone reads it. ProvisioningError for a document without one."""
    points = {next(group.values("NAPID"), ""): _read_access_point(group) for group in root.groups("NAPDEF")}
    found = [
        ImpsSettings(
            url=next(group.values("ADDR"), ""),
            user_id=next(group.values("AAUTHNAME"), ""),
            password=next(group.values("AAUTHSECRET"), ""),
            name=next(group.values("NAME"), ""),
            provider=next(group.values("PROVIDER-ID"), ""),
            access_point=points.get(next(group.values("TO-NAPID"), "")),
            services=tuple(group.values("SERVICES")),
        )
        for group in root.groups("APPLICATION")
        if next(group.values("APPID"), "").lower() == APPLICATION_ID.lower()
    ]
    if not found:
        raise ProvisioningError("no APPLICATION with APPID wA")
    return found


def _lines(group: Characteristic) -> Iterator[str]:
    for each in group.content:
        if isinstance(each, SettingsParameter):
            yield f'<parm name="{_quoted(each.name)}" value="{_quoted(each.value)}"/>'
        else:
            yield f'<characteristic type="{_quoted(each.type)}">'
            yield from _lines(each)
            yield "</characteristic>"


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def _group(kind: str, *content: "SettingsParameter | Characteristic | tuple[str, str]") -> Characteristic:
    return Characteristic(kind, tuple(SettingsParameter(*each) if isinstance(each, tuple) else each for each in content))


def _access_point(point: AccessPoint) -> Characteristic:
    login = _group("NAPAUTHINFO", ("AUTHTYPE", point.method), ("AUTHNAME", point.user), ("AUTHSECRET", point.password))
    return _group(
        "NAPDEF",
        ("NAPID", "NAP1"),
        ("NAME", point.name or point.apn),
        ("BEARER", "GSM-GPRS"),
        ("NAP-ADDRESS", point.apn),
        ("NAP-ADDRTYPE", "APN"),
        *([login] if point.user else []),
    )


def _read_access_point(group: Characteristic) -> AccessPoint:
    found = {each.name: each.value for each in group.content if isinstance(each, SettingsParameter)}
    user, password = next(group.values("AUTHNAME"), ""), next(group.values("AUTHSECRET"), "")
    return AccessPoint(found.get("NAP-ADDRESS", ""), found.get("NAME", ""), user, password, next(group.values("AUTHTYPE"), "PAP"))


def _application(settings: ImpsSettings, service: str) -> Characteristic:
    password = [("AAUTHSECRET", settings.password)] if settings.password else []
    return _group(
        "APPLICATION",
        ("APPID", APPLICATION_ID),
        *([("PROVIDER-ID", settings.provider)] if settings.provider else []),
        ("NAME", settings.name),
        *([("TO-NAPID", "NAP1")] if settings.access_point is not None else []),
        ("AACCEPT", CONTENT_TYPES),
        ("SERVICES", service),
        _group("APPADDR", ("ADDR", settings.url)),
        _group("APPAUTH", ("AAUTHNAME", settings.user_id), *password),
    )


def _check(what: str, value: str, most: int, needed: bool = True) -> None:
    if needed and not value:
        raise ProvisioningError(f"{what} is missing")
    if len(value) > most:
        raise ProvisioningError(f"{what} has {len(value)} characters, and phones take {most}")
    if any(char < " " for char in value):
        raise ProvisioningError(f"{what} holds a control character")
