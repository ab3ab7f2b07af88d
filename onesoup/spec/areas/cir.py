"""Cases about CIR: how the server wakes a phone that does not poll. STCP is what can be seen from anywhere."""

from onesoup.csp.codec.generated_elements import CapabilityList, ClientCapabilityRequest, ClientCapabilityResponse, ClientID
from onesoup.phone.errors import PhoneError, Unreachable
from onesoup.phone.stcp import LineClosed, PhoneStcpLine
from onesoup.spec.areas.marks import CHAT_LEVEL, CLIENT_SEEN, ONE, TWO
from onesoup.spec.case import Area, CaseFailed, NotOffered, expect
from onesoup.spec.phone import SpecPhone
from onesoup.spec.scene import Scene, fresh_word

METHODS = ("WAPSMS", "WAPUDP", "STCP", "SUDP")

area = Area("cir", "CIR: waking a phone")


def agreed_methods(scene: Scene, *offered: str) -> list[str]:
    """What the server agrees when these are offered."""
    phone = scene.phone()
    phone.login()
    wishes = CapabilityList(
        client_type="MOBILE_PHONE",
        initial_delivery_method="P",
        multi_trans=1,
        supported_bearer=["HTTP"],
        supported_cir_method=list(offered),
    )
    own = ClientID(url=phone.client_id) if scene.version == "1.1" else None
    answer = phone.ask(ClientCapabilityRequest(client_id=own, capability_list=wishes), ClientCapabilityResponse)
    agreed = answer.capability_list or answer.agreed_capability_list
    return list(agreed.supported_cir_method) if agreed else []


@area.case(
    "agreed.offered",
    "No CIR method is agreed that the phone did not offer.",
    "cir.md 2.3",
    CLIENT_SEEN,
    "An unknown value spoils the message for a Nokia S60; an Android falls back to slow polls.",
    CHAT_LEVEL,
)
def agreed_offered(scene: Scene) -> None:
    expect(agreed_methods(scene) == [], f"agreed without an offer: {agreed_methods(scene)}")
    strange = set(agreed_methods(scene, "STCP")) - {"STCP"}
    expect(not strange, f"agreed though not offered: {sorted(strange)}")


@area.case(
    "agreed.once",
    "Each agreed CIR method is listed once.",
    "cir.md 2.3",
    ONE,
    "A Nokia S60 counts two of the same as not agreed.",
    CHAT_LEVEL,
)
def agreed_once(scene: Scene) -> None:
    found = agreed_methods(scene, *METHODS)
    expect(len(found) == len(set(found)), f"agreed: {found}")


@area.case(
    "agreed.sms",
    "CIR by SMS is not agreed with a phone whose number is not proved.",
    "cir.md 2.3",
    ONE,
    "A Nokia S60 drops its connection and waits for an SMS that never comes.",
)
def agreed_sms(scene: Scene) -> None:
    expect("WAPSMS" not in agreed_methods(scene, *METHODS), "WAPSMS is agreed")


def with_stcp(scene: Scene, account: int = 1) -> SpecPhone:
    """A phone that has agreed STCP; NotOffered when the server does not have it."""
    phone = scene.phone(account, cir=["STCP"])
    phone.login()
    agreed = phone.negotiate_capabilities()
    if "STCP" not in agreed.supported_cir_method:
        raise NotOffered("STCP is not agreed")
    phone.negotiate_services()
    phone.publish()
    return phone


def line_of(scene: Scene, phone: SpecPhone, session: str = "") -> PhoneStcpLine:
    """The phone's line, not opened yet."""
    host, port = phone.stcp or ("", 0)
    line = PhoneStcpLine(
        host, port, session or phone.session_id or "", phone.cookie, scene.watch.deadline.left(scene.watch.patience)
    )
    scene.undo(line.close)
    return line


@area.case(
    "stcp.address",
    "With STCP come TCPAddress and TCPPort.",
    "cir.md 2.3",
    CLIENT_SEEN,
    "A Nokia S60 has no default; an Android takes port 3171.",
)
def stcp_address(scene: Scene) -> None:
    agreed = with_stcp(scene).agreed
    expect(agreed and agreed.tcp_address and agreed.tcp_port, "TCPAddress or TCPPort is missing")


@area.case(
    "stcp.hello",
    "HELO with the SessionID is answered with OK.",
    "cir.md 3.1",
    TWO,
    "An Android that cannot connect fails its whole log-in; a Nokia S60 closes the line.",
)
def stcp_hello(scene: Scene) -> None:
    line_of(scene, with_stcp(scene)).open()


@area.case(
    "stcp.ping",
    "PING is answered with OK, with a blank behind it too.",
    "cir.md 3.1",
    CLIENT_SEEN,
    "A Nokia S60 closes the line; an Android writes the blank.",
)
def stcp_ping(scene: Scene) -> None:
    line = line_of(scene, with_stcp(scene)).open()
    line.ping()
    line.ping(b"PING \r\n")


@area.case(
    "stcp.unknown",
    "HELO with an unknown SessionID closes the line.",
    "cir.md 3.2",
    ONE,
    "A phone waits on a line that will never wake it.",
)
def stcp_unknown(scene: Scene) -> None:
    line = line_of(scene, with_stcp(scene), "spec-no-such-session")
    try:
        line.open()
    except (LineClosed, Unreachable):
        return
    except PhoneError as error:
        raise CaseFailed(f"the line stays open: {error}") from None
    raise CaseFailed("an unknown SessionID got OK")


@area.case(
    "stcp.wake",
    "A message wakes the phone with WVCI, the version and its own cookie.",
    "cir.md 1",
    TWO,
    "A Nokia S60 with CIR polls once a day: it gets its messages tomorrow. It ignores any other cookie.",
)
def stcp_wake(scene: Scene) -> None:
    scene.alone(1)
    phone, text = with_stcp(scene), fresh_word("wake ")
    phone.run_once()
    line = line_of(scene, phone).open()
    scene.alice.send(phone.address, text)
    expect(line.wait(scene.watch.deadline.left(scene.watch.patience + 5)), "no WVCI came")
    phone.hears(text)
