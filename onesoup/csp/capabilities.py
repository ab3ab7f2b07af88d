"""Capability negotiation (flows.md 4.6, cir.md 2). A method is agreed only when the phone asked and it works here."""

from dataclasses import dataclass

from onesoup.csp.elements import (
    CIRURL,
    AcceptedContentType,
    AgreedCapabilityList,
    CapabilityList,
    CIRHTTPAddress,
    ClientCapabilityRequest,
    ClientCapabilityResponse,
)
from onesoup.csp.handsets import Handset
from onesoup.csp.session import Capabilities

DEFAULT_ACCEPTED = 102_400
DEFAULT_PARSER = 131_072
# What goes around a text, and around one contact's presence, in XML; octets.
ENVELOPE, PRESENCE = 1000, 1200
LEAST_TEXT = 160
MOST_CONTACTS = 20
# The server's own order of preference, cir.md 2.4.
METHODS = ("STCP", "SUDP", "WAPUDP", "WAPSMS", "SSMS", "SHTTP")
# S60 takes any bytes for its answer; a cookie that cannot stand in one line would never reach it whole (cir.md 1).
_NO_LINE = frozenset("\r\n\0")
# S60 reads a CIR into 512 octets.
MAX_COOKIE = 490
# Characters behind "WVCI 1.3 " in one short message of packed text, and those that the GSM alphabet has not in one septet.
MAX_SSMS_COOKIE = 143
_NO_SEPTET = frozenset("[\\]^`{|}~")
UDP_PORT = 3717
# Ports of services that answer whoever asks: nobody's phone listens there (cir.md 11.2).
_NO_UDP = frozenset({1900, 3702, 5353, 11211})
# Bearers beside STCP by which the server speaks first.
ALSO = frozenset({"SUDP", "WAPUDP", "WAPSMS", "SSMS"})


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
    request: ClientCapabilityRequest, version: str, offer: Offer, handset: Handset, cookie: str
) -> tuple[ClientCapabilityResponse, Capabilities]:
    """The answer, and what the session keeps of it."""
    wish = request.capability_list or CapabilityList()
    methods = _methods(wish.supported_cir_method, version, offer, handset, cookie)
    poll_min = _poll_min(wish.server_poll_min, offer.poll_min, handset)
    parser = wish.parser_size or DEFAULT_PARSER
    kept = Capabilities(
        # A text has to fit into a message that the phone's parser takes.
        accepted=max(min(_accepted(wish), parser - ENVELOPE), LEAST_TEXT),
        parser=parser,
        multi_trans=max(wish.multi_trans or 1, 1),
        delivery="N" if (wish.initial_delivery_method or "").upper() == "N" else "P",
        methods=tuple(methods),
        any_content=bool(wish.any_content),
        types=tuple(_type(each) for each in wish.accepted_content_type),
    )
    if version == "1.1":
        return ClientCapabilityResponse(request.client_id, _echo(wish, methods, poll_min, offer)), kept
    return ClientCapabilityResponse(agreed_capability_list=_agreed(wish, version, methods, poll_min, offer)), kept


def contacts_at_once(caps: Capabilities) -> int:
    """How many contacts one PresenceNotification may name, so that the phone's parser takes it."""
    return max(1, min(MOST_CONTACTS, (caps.parser - ENVELOPE) // PRESENCE))


def udp_port(request: ClientCapabilityRequest) -> int:
    """Where the phone listens for SUDP; 0 when it is no port that may be sent to."""
    port = (request.capability_list.udp_port if request.capability_list else None) or UDP_PORT
    return port if 1024 <= port <= 65535 and port not in _NO_UDP else 0


def _methods(asked: list[str], version: str, offer: Offer, handset: Handset, cookie: str) -> list[str]:
    """Each method once, in the server's order: asked for, working here, and able to carry this cookie (cir.md 2.4)."""
    wanted = {name.strip().upper() for name in asked}
    length = len(cookie.encode("utf-8", "surrogatepass"))
    if _NO_LINE & set(cookie) or length > MAX_COOKIE:
        return []
    agreed = [name for name in METHODS if name in wanted and name in offer.methods]
    short = cookie.isascii() and length <= MAX_SSMS_COOKIE and not _NO_SEPTET & set(cookie)
    good = {
        "WAPSMS": length <= offer.sms_cookie,
        "SSMS": short and (version == "1.3" or handset.takes_ssms),
        # It is only a cheaper poll, and 1.1 has no element for its URL.
        "SHTTP": version != "1.1" and bool(offer.url) and not {"STCP", "SUDP", "WAPUDP"} & set(agreed),
    }
    return [name for name in agreed if good.get(name, True)]


def _poll_min(asked: int | None, own: int, handset: Handset) -> int:
    seconds = max(asked or 0, own)
    return max(seconds // 2, 1) if handset.halve_poll_min else seconds


def _accepted(wish: CapabilityList) -> int:
    for length in (wish.accepted_content_length, wish.accepted_text_content_length, wish.accepted_push_length):
        if length:
            return length
    return DEFAULT_ACCEPTED


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
        accepted_content_length=_accepted(wish),
        supported_bearer=_bearers(wish),
        multi_trans=max(wish.multi_trans or 1, 1),
        parser_size=wish.parser_size or DEFAULT_PARSER,
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
