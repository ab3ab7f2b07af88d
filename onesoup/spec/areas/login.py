"""Cases about log-in: the first part of the area session."""

from onesoup.csp.codec.generated_elements import (
    ClientID,
    KeepAliveRequest,
    KeepAliveResponse,
    LoginRequest,
    LoginResponse,
    PollingRequest,
)
from onesoup.phone import checks
from onesoup.phone.errors import Refused, SessionOver
from onesoup.spec.areas.marks import CHAT_LEVEL, CLIENT_SEEN, FROM_MEMORY, ONE, TWO
from onesoup.spec.case import Area, CaseFailed, expect
from onesoup.spec.phone import SPEC_PROFILE, SpecPhone, code_of, described
from onesoup.spec.scene import Scene, fresh_word

area = Area("session", "Session: log-in, negotiation, polls, log-out")


@area.case(
    "login.plain",
    "A log-in with the password is answered with 200 and a SessionID.",
    "flows.md 4.1",
    TWO,
    "No phone gets in; an Android hangs on 200 without a SessionID.",
    CHAT_LEVEL,
)
def login_plain(scene: Scene) -> None:
    phone = scene.phone()
    fits(scene, phone, phone.login())


@area.case(
    "login.md5",
    "A log-in without password is answered with a Nonce and MD5, and its digest opens a session.",
    "flows.md 4.2",
    TWO,
    "An MD5-only phone, which up to a third of them were, does not get in.",
    CHAT_LEVEL,
)
def login_md5(scene: Scene) -> None:
    phone = scene.phone(way="MD5")
    fits(scene, phone, phone.login())


@area.case(
    "login.sha",
    "A phone that offers SHA alone gets in with its digest.",
    "flows.md 4.2",
    TWO,
    "An Android that is set to SHA does not get in.",
)
def login_sha(scene: Scene) -> None:
    scene.phone(way="SHA").login()


@area.case(
    "login.schema-list",
    "Digest schemas in one element with commas are understood.",
    "flows.md 4.2",
    ONE,
    "A CSP 1.1 phone that writes PWD,SHA,MD4,MD5,MD6 into one element does not get in.",
)
def login_schema_list(scene: Scene) -> None:
    phone = scene.phone()
    answer = first_phase(phone, ["PWD,SHA,MD4,MD5,MD6"])
    expect(answer.nonce, "no Nonce for schemas in one element")


@area.case(
    "login.schema-chosen",
    "The answer to a log-in without password names one schema, and one that was offered.",
    "flows.md 4.2",
    CLIENT_SEEN,
    "An Android ends the log-in with an error, or hangs without one.",
    CHAT_LEVEL,
)
def login_schema_chosen(scene: Scene) -> None:
    answer = first_phase(scene.phone(), ["MD5", "SHA"])
    expect(answer.digest_schema in ("MD5", "SHA"), f"DigestSchema {answer.digest_schema!r} where MD5 and SHA were offered")


@area.case(
    "login.nonce",
    "The Nonce has 1 to 200 ASCII characters, and no SessionID stands beside it.",
    "flows.md 4.2",
    TWO,
    "A Nokia S60 rejects the answer; an Android takes itself for logged in.",
    CHAT_LEVEL,
)
def login_nonce(scene: Scene) -> None:
    answer = first_phase(scene.phone(), ["MD5"])
    nonce = answer.nonce or ""
    expect(1 <= len(nonce) <= 200 and nonce.isascii(), f"a Nonce of {len(nonce)} characters")
    expect(not answer.session_id, "a SessionID beside the Nonce")


@area.case(
    "login.nonce-fresh",
    "Each log-in gets a Nonce of its own.",
    "flows.md 4.2",
    ONE,
    "Somebody who has recorded one log-in can repeat it, and gets into the account.",
)
def login_nonce_fresh(scene: Scene) -> None:
    nonces = {first_phase(scene.phone(), ["MD5"]).nonce for _ in range(2)}
    expect(len(nonces) == 2, "the same Nonce twice")


def first_phase(phone: SpecPhone, schemas: list[str]) -> LoginResponse:
    """The answer to a log-in without a password."""
    request = LoginRequest(
        user_id=phone.user,
        client_id=ClientID(url=phone.client_id),
        digest_schema=schemas,
        time_to_live=3600,
        session_cookie=phone.cookie,
    )
    answer = phone.request(request, outband=True)
    if not isinstance(answer, LoginResponse):
        raise CaseFailed(f"{described(answer)} in the first phase: a Nokia S60 rejects it, an Android hangs")
    expect(code_of(answer) in (None, 200, 401), f"{described(answer)} in the first phase")
    return answer


def fits(scene: Scene, phone: SpecPhone, answer: LoginResponse) -> None:
    """What clients look at in an answer that lets them in."""
    checks.primitive(answer, scene.version, phone.profile, True)


@area.case(
    "login.session-id",
    "The SessionID has at most 50 characters, letters, digits and a few marks.",
    "messages.md 1.1",
    ONE,
    "A Nokia S60 leaves the log-in with an error.",
    CHAT_LEVEL,
)
def login_session_id(scene: Scene) -> None:
    found = scene.alice.session_id or ""
    expect(0 < len(found) <= 50, f"a SessionID of {len(found)} characters")
    expect(found.isascii() and found.isprintable() and " " not in found, "a SessionID with blanks or other signs")


@area.case(
    "login.client-id",
    "Login-Response names the ClientID that the phone sent.",
    "messages.md 4",
    TWO,
    "Clients that compare it take the answer for somebody else's.",
)
def login_client_id(scene: Scene) -> None:
    phone = scene.phone()
    answer = phone.login()
    found = answer.client_id.url if answer.client_id else None
    expect(found == phone.client_id, f"ClientID {found!r} where {phone.client_id!r} was sent")


@area.case(
    "login.keep-alive-time",
    "KeepAliveTime is more than 5 s and no more than the TimeToLive that was asked for.",
    "flows.md 4.3",
    CLIENT_SEEN,
    "An Android reads 5 s or less as two hours, and its session runs out.",
)
def login_keep_alive_time(scene: Scene) -> None:
    found = scene.phone().login().keep_alive_time
    expect(found is None or 5 < found <= SPEC_PROFILE.ttl, f"KeepAliveTime {found} where {SPEC_PROFILE.ttl} was asked for")  # type: ignore[operator]


@area.case(
    "login.wrong-password",
    "A wrong password is refused with 409 or 401, and without a SessionID.",
    "flows.md 4.2",
    TWO,
    "A Nokia S60 asks for the password again only for these codes.",
    CHAT_LEVEL,
)
def login_wrong_password(scene: Scene) -> None:
    refusal = refused_login(scene.phone(password=fresh_word("wrong")))
    expect(refusal.code in (401, 409, 531), f"refused with {refusal.code}")


@area.case(
    "login.wrong-digest",
    "A wrong digest is refused, and not with 401.",
    "flows.md 4.2",
    CLIENT_SEEN,
    "An Android repeats the request without end, hundreds of times a second.",
    CHAT_LEVEL,
)
def login_wrong_digest(scene: Scene) -> None:
    refusal = refused_login(scene.phone(password=fresh_word("wrong"), way="MD5"))
    expect(refusal.code in (409, 531), f"refused with {refusal.code}")


def refused_login(phone: SpecPhone) -> Refused:
    try:
        phone.login()
    except Refused as refusal:
        return refusal
    raise CaseFailed("a wrong password opened a session")


@area.case(
    "login.spelling",
    "A user id gets in with wv: in front and in capitals, too.",
    "messages.md 3",
    TWO,
    "A Razr V3 puts wv: in front of what its owner typed; phones begin words with a capital.",
)
def login_spelling(scene: Scene) -> None:
    user = scene.alice.user.removeprefix("wv:")
    scene.phone(user=f"wv:{user}").login()
    scene.phone(user=user.capitalize()).login()


@area.case(
    "login.no-cookie",
    "A log-in without SessionCookie and TimeToLive gets in.",
    "cir.md 1",
    FROM_MEMORY,
    "Small clients that know no CIR do not get in.",
)
def login_no_cookie(scene: Scene) -> None:
    phone = scene.phone()
    request = LoginRequest(user_id=phone.user, client_id=ClientID(url=phone.client_id), password=phone.password)
    answer = phone.request(request, outband=True)
    phone.session_id = getattr(answer, "session_id", None)
    expect(phone.session_id, f"{described(answer)} without a SessionID")


@area.case(
    "login.anew",
    "A log-in of the same user and client ends the session before it.",
    "flows.md 4.5",
    TWO,
    "Messages go to a session that no phone has any more.",
)
def login_anew(scene: Scene) -> None:
    first = scene.started(client_id=(client := fresh_word("onesoup-spec-")))
    second = scene.phone(client_id=client)
    second.login()
    if second.session_id != first.session_id:
        expect_over(first)
    second.ask(KeepAliveRequest(), KeepAliveResponse)


@area.case(
    "login.two-phones",
    "Two clients of one user have a session each, and both stay.",
    "flows.md 4.5",
    TWO,
    "A user with two phones is logged out on one whenever the other logs in.",
)
def login_two_phones(scene: Scene) -> None:
    one, other = scene.phone(), scene.phone()
    one.login()
    other.login()
    expect(one.session_id != other.session_id, "two clients got one session")
    for phone in (one, other):
        phone.ask(KeepAliveRequest(), KeepAliveResponse)


@area.case(
    "login.resent",
    "The same bytes of a log-in, sent again, give the same session.",
    "flows.md 15",
    ONE,
    "A Nokia S60 that lost the answer sends it again, and its first session stays behind.",
)
def login_resent(scene: Scene) -> None:
    phone = scene.phone()
    phone.login()
    again = scene.sent(phone, phone.last)
    content = again.message.transactions[0].content if again.message else None
    found = getattr(content, "session_id", None)
    expect(found == phone.session_id, "a repeated log-in got another answer")


@area.case(
    "login.inband",
    "A log-in that carries the old SessionID in its descriptor is answered like a fresh one.",
    "flows.md 4.5",
    CLIENT_SEEN,
    "An Android that takes its session up again hangs.",
)
def login_inband(scene: Scene) -> None:
    phone = scene.phone(way="MD5")
    phone.login()
    answer = phone.login(inband=True)
    expect(answer.session_id, "no SessionID in the answer")
    phone.ask(KeepAliveRequest(), KeepAliveResponse)


def expect_over(phone: SpecPhone, request: KeepAliveRequest | PollingRequest | None = None) -> None:
    """The phone's session is unknown to the server."""
    try:
        if isinstance(request, PollingRequest):
            phone.poll()
        else:
            phone.request(request or KeepAliveRequest())
    except SessionOver as over:
        expect(over.code in (600, 601, 604) or "Disconnect" in str(over), f"the session is refused with {over.code}")
        return
    raise CaseFailed("the server answers as if there were such a session")
