"""Capability negotiation (flows.md 4.6, cir.md 2). A method is agreed only when the phone asked and it works here."""

from dataclasses import dataclass

from onesoup.csp.codec.generated_elements import (
    CIRURL,
    AcceptedContentType,
    AgreedCapabilityList,
    CapabilityList,
    CIRHTTPAddress,
    ClientCapabilityRequest,
    ClientCapabilityResponse,
)
from onesoup.csp.handsets import Handset
from onesoup.csp.presence import CONTACT_BYTES, CONTACT_WITH_PLACE_BYTES
from onesoup.csp.session import Capabilities
from onesoup.csp.text import languages

DEFAULT_ACCEPTED = 102_400
DEFAULT_PARSER = 131_072
# Most answers are longer: a phone that names less has made a mistake, and counts as one that names nothing.
LEAST_PARSER_BYTES = 512
# What goes around a text in XML; octets.
MAX_ENVELOPE_BYTES = 1000
LEAST_TEXT = 160
# Types of contacts' pictures, the smallest for a face first, and how large one may be; the largest that fits counts.
FACE_PICTURE_TYPES: tuple[str, ...] = ("image/jpeg", "image/png", "image/gif")
PICTURE_OCTETS = (6144, 3072, 1536)
MOST_CONTACTS = 20
# The server's own order of preference, cir.md 2.4.
CIR_METHODS = ("STCP", "SUDP", "WAPUDP", "WAPSMS", "SSMS", "SHTTP")
# S60 takes any bytes for its answer; a cookie that cannot stand in one line would never reach it whole (cir.md 1).
_NO_LINE = frozenset("\r\n\0")
# S60 reads a CIR into 512 octets.
MAX_CIR_BYTES = 490
# Characters behind "WVCI 1.3 " in one short message of packed text, and those that the GSM alphabet has not in one septet.
MAX_SSMS_COOKIE = 143
_NO_SEPTET = frozenset("[\\]^`{|}~")
UDP_PORT = 3717
# Ports of services that answer any sender. No phone listens there (cir.md 11.2).
_NO_UDP = frozenset({1900, 3702, 5353, 11211})
# Bearers beside STCP by which the server speaks first.
ADDITIONAL_CIR_METHODS = frozenset({"SUDP", "WAPUDP", "WAPSMS", "SSMS"})


@dataclass(frozen=True, slots=True)
class Offer:
    """What the server has: methods that work end to end just now for this phone, where its STCP line is, the phone's own URL
    for SHTTP, and the longest cookie that goes into a WAPSMS, in octets."""

    methods: frozenset[str]
    tcp_address: str
    tcp_port: int
    poll_min: int
    url: str = ""
    sms_cookie: int = 118


def negotiate(
    request: ClientCapabilityRequest, version: str, offer: Offer, handset: Handset, cookie: str, told: int | None = None
) -> tuple[ClientCapabilityResponse, Capabilities]:
    """The answer, and what the session keeps of it. `told` is the ServerPollMin that this handset was given last."""
    wish = request.capability_list or CapabilityList()
    methods = _methods(wish.supported_cir_method, version, offer, handset, cookie)
    poll_min = _poll_min(wish.server_poll_min, offer.poll_min, handset, told)
    parser = _parser_bytes(wish)
    kept = Capabilities(
        accepted=text_length(_text_length(wish), parser),
        parser=parser,
        multi_trans=max(wish.multi_trans or 1, 1),
        delivery="N" if (wish.initial_delivery_method or "").upper() == "N" else "P",
        methods=tuple(methods),
        any_content=bool(wish.any_content) and _takes_base64(wish),
        types=tuple(_type(each) for each in wish.accepted_content_type) if _takes_base64(wish) else (),
        rich=_rich_length(wish),
        language=languages.language_tag(wish.default_language),
    )
    if version == "1.1":
        return ClientCapabilityResponse(request.client_id, _echo(wish, methods, poll_min, offer)), kept
    return ClientCapabilityResponse(agreed_capability_list=_agreed(wish, version, methods, poll_min, offer)), kept


def text_length(accepted: int, parser: int) -> int:
    """The longest text for a phone that accepts so much: it has to fit into a message that the phone's parser takes."""
    return max(min(accepted, parser - MAX_ENVELOPE_BYTES), LEAST_TEXT)


def accepted_picture_types(caps: Capabilities) -> tuple[str, ...]:
    """The types of pictures that the phone takes, as it lists them. A phone that lists nothing takes everything if it says
    so (AnyContent; S60), and nothing but text if not (Android)."""
    if caps.any_content:
        return ("image/*", *caps.types)
    return tuple(each for each in caps.types if each.lower().startswith(("image/", "*")))


def max_picture_bytes(caps: Capabilities) -> int:
    """The most octets that a picture may have: as BASE64 it must still go into what the phone's parser takes."""
    return max(min(caps.rich or caps.accepted, (caps.parser - MAX_ENVELOPE_BYTES) * 3 // 4), 0)


def takes_content(caps: Capabilities, kind: str, octets: int) -> bool:
    """Whether content of this type and length can be handed to the phone."""
    listed = {each.split(";")[0].strip().lower() for each in accepted_picture_types(caps)}
    return octets <= max_picture_bytes(caps) and bool(listed & {kind, "image/*", "*/*", "*"})


def contacts_at_once(caps: Capabilities, octets: int = CONTACT_BYTES) -> int:
    """How many contacts of so many octets one PresenceNotification may name, so that the phone's parser takes it."""
    return max(1, min(MOST_CONTACTS, (caps.parser - MAX_ENVELOPE_BYTES) // octets))


@dataclass(frozen=True, slots=True)
class PictureForm:
    """Which pictures of contacts a phone takes, by type and octets. Phones with the same form share what was made for one."""

    types: tuple[str, ...]
    octets: int

    @property
    def name(self) -> str:
        return "".join(kind.partition("/")[2][0] for kind in self.types) + str(self.octets)


def picture_form(caps: Capabilities) -> PictureForm | None:
    """None for a phone that takes no picture at all, or none so small. One that lists no types takes the usual ones."""
    named = [each.partition(";")[0].strip().lower() for each in caps.types]
    if caps.any_content or not named or {"*/*", "image/*"} & set(named):
        types = FACE_PICTURE_TYPES
    else:
        types = tuple(kind for kind in FACE_PICTURE_TYPES if kind in named or (kind == "image/jpeg" and "image/jpg" in named))
    # BASE64 makes four octets of three, and the rest of the contact's presence goes along.
    room = (caps.parser - MAX_ENVELOPE_BYTES - CONTACT_WITH_PLACE_BYTES) * 3 // 4
    octets = next((each for each in PICTURE_OCTETS if each <= room), 0)
    return PictureForm(types, octets) if types and octets else None


def udp_port(request: ClientCapabilityRequest) -> int:
    """Where the phone listens for SUDP; 0 when it is no port that may be sent to."""
    port = (request.capability_list.udp_port if request.capability_list else None) or UDP_PORT
    return port if 1024 <= port <= 65535 and port not in _NO_UDP else 0


def _methods(asked: list[str], version: str, offer: Offer, handset: Handset, cookie: str) -> list[str]:
    """Each method once, in the server's order: asked for, working here, and able to carry this cookie (cir.md 2.4)."""
    wanted = {name.strip().upper() for name in asked}
    length = len(cookie.encode("utf-8", "surrogatepass"))
    if _NO_LINE & set(cookie) or length > MAX_CIR_BYTES:
        return []
    agreed = [name for name in CIR_METHODS if name in wanted and name in offer.methods]
    short = cookie.isascii() and length <= MAX_SSMS_COOKIE and not _NO_SEPTET & set(cookie)
    good = {
        "WAPSMS": length <= offer.sms_cookie,
        "SSMS": short and (version == "1.3" or handset.takes_ssms),
        # It is only a cheaper poll, and 1.1 has no element for its URL.
        "SHTTP": version != "1.1" and bool(offer.url) and not {"STCP", "SUDP", "WAPUDP"} & set(agreed),
    }
    return [name for name in agreed if good.get(name, True)]


def _poll_min(asked: int | None, own: int, handset: Handset, told: int | None) -> int:
    if handset.halve_poll_min and asked and asked == told:
        # COMPAT(Android): when it takes its session up again it asks for what it was told, which is half of its wish already.
        return max(told, own // 2, 1)
    seconds = max(asked or 0, own)
    return max(seconds // 2, 1) if handset.halve_poll_min else seconds


def told_poll_min(response: ClientCapabilityResponse) -> int | None:
    """The ServerPollMin that a phone is told."""
    agreed = response.agreed_capability_list or response.capability_list
    return agreed.server_poll_min if agreed is not None else None


def _parser_bytes(wish: CapabilityList) -> int:
    asked = wish.parser_size or 0
    return asked if asked >= LEAST_PARSER_BYTES else DEFAULT_PARSER


def _text_length(wish: CapabilityList) -> int:
    """1.3 tells apart what it takes of text, and of anything by push or by pull; the shortest that applies holds."""
    return min(filter(None, (wish.accepted_text_content_length, _carried(wish))), default=DEFAULT_ACCEPTED)


def _rich_length(wish: CapabilityList) -> int:
    lengths = [each.accepted_rich_content_length for each in wish.accepted_content_type]
    return min(filter(None, (*lengths, _carried(wish))), default=0)


def _carried(wish: CapabilityList) -> int | None:
    pulls = (wish.initial_delivery_method or "").upper() == "N"
    return wish.accepted_content_length or (wish.accepted_pull_length if pulls else wish.accepted_push_length)


def _takes_base64(wish: CapabilityList) -> bool:
    """A phone that lists encodings without this one can get text only."""
    listed = [each.strip().upper() for each in wish.accepted_transfer_encoding]
    return not listed or "BASE64" in listed


def _type(accepted: AcceptedContentType) -> str:
    return (accepted.content_type or accepted.text or "").strip()


def _echo(wish: CapabilityList, methods: list[str], poll_min: int, offer: Offer) -> CapabilityList:
    """1.1 answers with the whole list and the server's corrections."""
    stcp = "STCP" in methods
    return CapabilityList(
        client_type=wish.client_type or "MOBILE_PHONE",
        initial_delivery_method=wish.initial_delivery_method or "P",
        any_content=True,
        accepted_charset=wish.accepted_charset,
        accepted_transfer_encoding=wish.accepted_transfer_encoding,
        accepted_content_length=_carried(wish) or DEFAULT_ACCEPTED,
        supported_bearer=_bearers(wish),
        multi_trans=max(wish.multi_trans or 1, 1),
        parser_size=_parser_bytes(wish),
        supported_cir_method=methods,
        udp_port=wish.udp_port,
        tcp_address=offer.tcp_address if stcp else None,
        tcp_port=offer.tcp_port if stcp else None,
        server_poll_min=poll_min,
        default_language=wish.default_language,
    )


def _agreed(wish: CapabilityList, version: str, methods: list[str], poll_min: int, offer: Offer) -> AgreedCapabilityList:
    stcp = "STCP" in methods
    agreed = AgreedCapabilityList(
        supported_bearer=_bearers(wish),
        supported_cir_method=methods,
        tcp_address=offer.tcp_address if stcp else None,
        tcp_port=offer.tcp_port if stcp else None,
        server_poll_min=poll_min,
    )
    if "SHTTP" in methods and version == "1.2":
        agreed.cirurl = CIRURL(url=offer.url)
    elif "SHTTP" in methods:
        agreed.cirhttp_address = CIRHTTPAddress(url=offer.url)
    if version == "1.3":
        agreed.multi_trans = max(wish.multi_trans or 1, 1)
    return agreed


def _bearers(wish: CapabilityList) -> list[str]:
    return [name for name in ("HTTP", "WSP") if name == "HTTP" or name in wish.supported_bearer]
