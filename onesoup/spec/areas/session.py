"""Cases about negotiation, polls and log-out, after those of `login.py`: the area session."""

from dataclasses import replace

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    ClientCapabilityResponse,
    ClientID,
    Disconnect,
    GetListRequest,
    GetListResponse,
    GetSPInfoRequest,
    GetSPInfoResponse,
    KeepAliveRequest,
    KeepAliveResponse,
    LogoutRequest,
    PollingRequest,
    ServiceResponse,
    Status,
    VersionList,
    WVCSPVersionDiscoveryRequest,
    WVCSPVersionDiscoveryResponse,
)
from onesoup.phone import checks
from onesoup.spec.areas.judged import standing
from onesoup.spec.areas.login import area, expect_over
from onesoup.spec.areas.marks import CHAT_LEVEL, CLIENT_SEEN, ONE, OPTIONAL, TWO
from onesoup.spec.case import SINCE_1_2, CaseFailed, expect
from onesoup.spec.exchange import SpecExchange, elements_of, name_of
from onesoup.spec.phone import SPEC_PROFILE, SpecPhone, described
from onesoup.spec.scene import Scene, fresh_word
from onesoup.wire.document import Document


@area.case(
    "capabilities",
    "The agreed capabilities come as CapabilityList in CSP 1.1 and as AgreedCapabilityList later.",
    "flows.md 4.6",
    TWO,
    "A Nokia S60 reads one name only; an Android that finds ClientID first falls back to slow polling.",
    CHAT_LEVEL,
)
def capabilities(scene: Scene) -> None:
    phone = scene.phone()
    phone.login()
    phone.negotiate_capabilities()
    answer = last_content(phone.watch.exchanges[-1])
    checks.primitive(answer, scene.version, phone.profile, scene.version == "1.1")  # type: ignore[arg-type]


@area.case(
    "capabilities.multi-trans",
    "No more open transactions are agreed than the phone asked for.",
    "messages.md 6",
    TWO,
    "An Android, which does one thing at a time, loses all but the last.",
)
def capabilities_multi_trans(scene: Scene) -> None:
    agreed = scene.alice.agreed
    found = agreed.multi_trans if agreed else None
    expect(found in (None, 1), f"MultiTrans {found} where 1 was asked for")


@area.case(
    "capabilities.order",
    "Capabilities in an odd order are understood.",
    "messages.md 1",
    CLIENT_SEEN,
    "An Android writes AcceptedContentLength and ParserSize right after ClientType; its log-in ends here.",
    CHAT_LEVEL,
)
def capabilities_order(scene: Scene) -> None:
    phone = scene.phone()
    phone.login()
    wishes = CapabilityList(client_type="MOBILE_PHONE", parser_size=262144, multi_trans=1, initial_delivery_method="P")
    request = ClientCapabilityRequest(client_id=ClientID(url=phone.client_id), capability_list=wishes)

    def reverse(document: Document) -> None:
        for element in elements_of(document, "CapabilityList"):
            element.children = list(reversed(element.children))

    answer = last_content(scene.sent(phone, scene.bytes_of(phone, request, reverse)))
    expect(isinstance(answer, ClientCapabilityResponse), f"{described_or_nothing(answer)} to capabilities in an odd order")


@area.case(
    "services",
    "Service-Response leaves out Functions when all is granted, and AllFunctions holds a WVCSPFeat.",
    "flows.md 4.7",
    CLIENT_SEEN,
    "A Nokia S60 reads an empty WVCSPFeat as everything denied; an Android without AllFunctions hangs.",
    CHAT_LEVEL,
)
def services(scene: Scene) -> None:
    phone = scene.phone()
    phone.login()
    answer: ServiceResponse = phone.negotiate_services()
    checks.primitive(answer, scene.version, phone.profile, True)


@area.case(
    "services.client-id",
    "Service- and ClientCapability-Response hold no ClientID after CSP 1.1.",
    "flows.md 4.6",
    CLIENT_SEEN,
    "An Android takes the first child for the list: no CIR, slow polls.",
    versions=SINCE_1_2,
)
def services_client_id(scene: Scene) -> None:
    phone = scene.phone()
    phone.login()
    answer = phone.negotiate_services()
    expect(answer.client_id is None, "a ClientID in Service-Response")


@area.case(
    "keep-alive",
    "A KeepAlive-Request without content is answered with 200.",
    "flows.md 4.3",
    TWO,
    "A Nokia S60 logs out after the second failure.",
    CHAT_LEVEL,
)
def keep_alive(scene: Scene) -> None:
    answer = scene.alice.ask(KeepAliveRequest(), KeepAliveResponse)
    found = answer.keep_alive_time
    expect(found is None or found > 5, f"KeepAliveTime {found}")


@area.case(
    "keep-alive.wish",
    "A KeepAlive-Request with a TimeToLive is answered with 200 and what is granted, or with 605.",
    "flows.md 4.3",
    ONE,
    "A Razr V3 sends its wish with every one, and may take another code for the end.",
)
def keep_alive_wish(scene: Scene) -> None:
    scene.alice.ask(KeepAliveRequest(time_to_live=900), KeepAliveResponse, 200, 605)


@area.case(
    "poll.empty",
    "A poll with nothing waiting gets an empty body, or a Status in mode Response, within 20 s.",
    "flows.md 5.1",
    TWO,
    "Clients show an error, or poll in a loop; a Nokia S60 fails a poll that takes longer.",
    CHAT_LEVEL,
)
def poll_empty(scene: Scene) -> None:
    phone = scene.started()
    for _ in range(20):
        phone.run_once()
        if not phone.last_reply:
            return
        message = phone.watch.exchanges[-1].message
        if message and message.transactions[0].mode is Mode.RESPONSE and not message.poll:
            return
    raise CaseFailed("twenty polls in a row, and still the server says that something waits")


@area.case(
    "poll.no-id",
    "A poll without TransactionID is answered.",
    "flows.md 2",
    TWO,
    "An Android, which leaves the element out, gets no message.",
    CHAT_LEVEL,
)
def poll_no_id(scene: Scene) -> None:
    alice, text = scene.alice, fresh_word("no id ")
    scene.undo(lambda: setattr(alice, "profile", SPEC_PROFILE))
    alice.profile = replace(SPEC_PROFILE, poll_tid=None)
    scene.bob.send(alice.address, text)
    alice.hears(text)


@area.case(
    "poll.unknown",
    "A poll with an unknown SessionID gets 604 or 600, not an empty body.",
    "flows.md 4.4",
    TWO,
    "The phone stays logged in on its screen, and hears nothing more.",
    CHAT_LEVEL,
)
def poll_unknown(scene: Scene) -> None:
    expect_over(stranger(scene), PollingRequest())


@area.case(
    "unknown",
    "A request with an unknown SessionID gets a Status 604 or 600.",
    "flows.md 4.4",
    TWO,
    "The phone does not log in again, and fails whatever its owner does.",
    CHAT_LEVEL,
)
def unknown(scene: Scene) -> None:
    expect_over(stranger(scene))


def stranger(scene: Scene) -> SpecPhone:
    phone = scene.phone()
    phone.session_id = "spec-no-such-session"
    return phone


@area.case(
    "logout",
    "A Logout-Request is answered with success, and the session is over.",
    "flows.md 4.4",
    TWO,
    "Messages go on to a phone that is switched off.",
    CHAT_LEVEL,
)
def logout(scene: Scene) -> None:
    phone = scene.phone()
    phone.login()
    session = phone.session_id
    phone.logout()
    phone.session_id = session
    expect_over(phone)
    phone.session_id = None


@area.case(
    "logout.form",
    "The answer to Logout-Request is Disconnect in CSP 1.1 and Status later.",
    "flows.md 4.4",
    TWO,
    "Known clients take either; small ones may wait for the right one.",
)
def logout_form(scene: Scene) -> None:
    phone = scene.phone()
    phone.login()
    answer = phone.request(LogoutRequest(), ending=True)
    phone.session_id = None
    wanted = Disconnect if scene.version == "1.1" else Status
    expect(isinstance(answer, wanted), f"{described(answer)} in CSP {scene.version}")


@area.case(
    "several-requests",
    "Several transactions in one message are all run.",
    "messages.md 1.3",
    ONE,
    "A Nokia S60 with three open transactions may send them together.",
)
def several_requests(scene: Scene) -> None:
    phone = scene.phone()
    phone.login()
    message = phone.message(KeepAliveRequest())
    message.transactions.append(Transaction(Mode.REQUEST, "second", GetListRequest()))
    _, answer = phone.post(message)
    names = [name_of(each.content) for each in answer.transactions] if answer else []
    expect(KeepAliveResponse.NAME in names and GetListResponse.NAME in names, f"answered with {names}")


@area.case(
    "answer.unknown",
    "An answer to a transaction that the server never began is taken and ignored.",
    "flows.md 15",
    ONE,
    "An Android, which may answer twice, gets an error for its second answer.",
)
def answer_unknown(scene: Scene) -> None:
    phone = scene.phone()
    phone.login()
    phone.acknowledge("never-begun", Status())


@area.case(
    "provider",
    "GetSPInfo is answered with its own response.",
    "messages.md 7",
    TWO,
    "Phones that show the provider's name show nothing.",
    feature="FundamentalFeat/ServiceFunc/GETSPI",
)
def provider(scene: Scene) -> None:
    scene.alice.ask(GetSPInfoRequest(client_id=ClientID(url=scene.alice.client_id)), GetSPInfoResponse)


@area.case(
    "version-discovery",
    "A version discovery outside a session is answered with its own response.",
    "flows.md 3",
    ONE,
    "No known client asks.",
    OPTIONAL,
    versions=("1.2",),
)
def version_discovery(scene: Scene) -> None:
    request = WVCSPVersionDiscoveryRequest(version_list=VersionList())
    answer = scene.phone().request(request, outband=True)
    expect(isinstance(answer, WVCSPVersionDiscoveryResponse), described(answer))


def last_content(exchange: SpecExchange) -> object:
    return exchange.message.transactions[0].content if exchange.message else None


def described_or_nothing(answer: object) -> str:
    return described(answer) if hasattr(answer, "NAME") else "nothing"  # type: ignore[arg-type]


standing(
    area,
    "id-echo",
    "Every answer repeats the SessionID of its request.",
    "flows.md 2",
    ONE,
    "A Nokia S60 drops the answer, and waits on.",
    CHAT_LEVEL,
)
standing(
    area,
    "transaction-id",
    "Every answer repeats the TransactionID of its request.",
    "messages.md 1.2",
    TWO,
    "Every phone waits on, until its time is over.",
    CHAT_LEVEL,
)
standing(
    area,
    "mode",
    "A request is answered in mode Response.",
    "flows.md 2",
    CLIENT_SEEN,
    "An Android takes the answer for a new transaction of the server, and hangs.",
    CHAT_LEVEL,
)
standing(
    area,
    "server-transaction-id",
    "The server's own TransactionIDs are new, have 1 to 50 characters, and cannot be a phone's.",
    "flows.md 2",
    ONE,
    "A Nokia S60 drops a repeated one without an answer; an Android does not answer an empty one.",
    CHAT_LEVEL,
)
