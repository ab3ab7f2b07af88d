"""The engine refuses what a real phone could not live with, and says who would break."""

import time
from dataclasses import replace

import pytest

from onesoup.csp.codec.envelope import Message, Mode, Transaction, document_from_message
from onesoup.csp.codec.generated_elements import (
    AgreedCapabilityList,
    ClientCapabilityResponse,
    ClientID,
    Disconnect,
    GetListResponse,
    ListManageResponse,
    LoginResponse,
    MessageInfo,
    NewMessage,
    NickList,
    NickName,
    OnlineStatus,
    PollingRequest,
    Presence,
    PresenceNotificationRequest,
    PresenceSubList,
    Primitive,
    Result,
    Sender,
    ServiceResponse,
    Status,
    User,
)
from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError, Refused, SessionOver, Unreachable
from onesoup.phone.login import login_digest
from onesoup.phone.profiles import ANDROID_PROFILE, PROFILES
from onesoup.runtime.ports import free_port
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from onesoup.wire.tree import Element
from tests.support.scripted import Said, Scripted, as_octets, http, reply_to

GOOD = Result(code=200)
LOGGED_IN = LoginResponse(result=GOOD, session_id="S1", keep_alive_time=300)


def phone_at(server: Scripted, **options: object) -> Phone:
    phone = Phone(server.url, "alice", "secret", **options)  # type: ignore[arg-type]
    phone.session_id = "S1"
    return phone


def ask(said: Said, call: str = "get_lists", **options: object) -> object:
    """What a method makes of one answer."""
    with Scripted(said) as server, phone_at(server, **options) as phone:
        return getattr(phone, call)()


def sent(primitive: Primitive, tid: str = "s1") -> Said:
    """The same as a server transaction."""
    return as_octets(lambda request: reply_to(request, primitive, Mode.REQUEST, tid))


def message(text: str = "hi", **more: object) -> NewMessage:
    fields = {"message_id": "m1", "sender": Sender(user=User(user_id="wv:bob")), **more}
    return NewMessage(message_info=MessageInfo(**fields), content_data=text)  # type: ignore[arg-type]


# --- log-in ---


def test_the_digest_is_that_of_real_clients() -> None:
    assert login_digest("MD5", "n0nce123", "secret") == "iWlVv8u5cBtEufH3QCVcCA=="
    assert login_digest("SHA", "n0nce123", "secret") == "M9uHLBArrUiLjRvpGTQyei3OGnA="
    assert login_digest("MD5", "n", "€") == login_digest("MD5", "n", "?")


def test_two_way_log_in() -> None:
    with Scripted(LOGGED_IN) as server, Phone(server.url, "alice", "secret") as phone:
        phone.login()
        asked = server.asked[0].transactions[0].content
    assert (phone.session_id, phone.keep_alive_time) == ("S1", 300)
    assert (server.asked[0].session_id, asked.password, asked.digest_schema) == (None, "secret", [])


def test_four_way_log_in_uses_one_id_for_both_phases() -> None:
    challenge = LoginResponse(result=Result(code=401), nonce="n0nce123", digest_schema="MD5")
    with Scripted(challenge, LOGGED_IN) as server, Phone(server.url, "alice", "secret", profile=ANDROID_PROFILE) as phone:
        phone.login()
    first, second = (each.transactions[0] for each in server.asked)
    assert first.id == second.id == "1"
    assert (first.content.digest_schema, first.content.password) == (["MD5", "SHA"], None)
    assert (second.content.digest_schema, second.content.digest_bytes) == ([], "iWlVv8u5cBtEufH3QCVcCA==")


def test_a_handset_that_takes_pwd_sends_its_password() -> None:
    challenge = LoginResponse(result=Result(code=401), nonce="n", digest_schema="PWD")
    with Scripted(challenge, LOGGED_IN) as server, Phone(server.url, "a", "secret", profile="s60", way="MD5") as phone:
        phone.login()
        assert server.asked[1].transactions[0].content.password == "secret"


@pytest.mark.parametrize(
    ("answer", "breaks"),
    [
        (Status(result=Result(code=401)), "S60 rejects"),
        (LoginResponse(result=Result(code=401), digest_schema="MD5"), "no Nonce"),
        (LoginResponse(result=Result(code=401), nonce="n"), "not offered"),
        (LoginResponse(result=Result(code=401), nonce="n", digest_schema="PWD"), "not offered"),
        (LoginResponse(result=Result(code=401), nonce="n", digest_schema="MD5", session_id="S"), "thinks that it is logged in"),
        (LoginResponse(result=Result(code=401), nonce="n" * 201, digest_schema="MD5"), "Nonce"),
    ],
)
def test_first_phases_that_no_phone_survives(answer: Primitive, breaks: str) -> None:
    with pytest.raises(PhoneError, match=breaks):
        ask(answer, "login", profile=ANDROID_PROFILE)


@pytest.mark.parametrize(
    ("answer", "breaks"),
    [
        (LoginResponse(result=GOOD), "without SessionID"),
        (LoginResponse(result=GOOD, session_id="S" * 51), "SessionID of 51"),
        (LoginResponse(result=Result(code=409), session_id="S"), "in a refusal"),
        (Disconnect(result=GOOD), "Disconnect"),
    ],
)
def test_second_phases_that_no_phone_survives(answer: Primitive, breaks: str) -> None:
    with pytest.raises(PhoneError, match=breaks):
        ask(answer, "login")


def test_401_to_a_digest_would_be_repeated_for_ever() -> None:
    challenge = LoginResponse(result=Result(code=401), nonce="n", digest_schema="MD5")
    with Scripted(challenge, challenge) as server, pytest.raises(PhoneError, match="without end"):
        phone_at(server, profile=ANDROID_PROFILE).login()


def test_a_refusal_has_its_code() -> None:
    with pytest.raises(Refused) as refused:
        ask(LoginResponse(result=Result(code=409, description="no")), "login")
    assert (refused.value.code, refused.value.description) == (409, "no")


# --- every answer ---


@pytest.mark.parametrize(
    ("answer", "breaks"),
    [
        (http(b"", status="204 No Content"), "HTTP 204"),
        (http(b"", status="500 Oops"), "HTTP 500"),
        (http(b""), "empty answer"),
        (http(b"\x03\x11"), "cannot be read"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "no Content-Length"),
        (as_octets(lambda asked: replace(reply_to(asked, GetListResponse()), session_id="S2")), "another SessionID"),
        (as_octets(lambda asked: replace(reply_to(asked, GetListResponse()), version="1.3")), "in answer to"),
        (as_octets(lambda asked: replace(reply_to(asked, GetListResponse()), encoding=Encoding.XML)), "in answer to"),
        (as_octets(lambda asked: reply_to(asked, GetListResponse(), tid="other")), "waits on"),
        (as_octets(lambda asked: reply_to(asked, GetListResponse(), Mode.REQUEST)), "hangs"),
        (
            as_octets(
                lambda asked: replace(reply_to(asked, Status()), transactions=[Transaction(Mode.RESPONSE, "1", Status())] * 2)
            ),
            "2 transactions",
        ),
    ],
)
def test_answers_that_no_phone_survives(answer: Said, breaks: str) -> None:
    with pytest.raises(PhoneError, match=breaks):
        ask(answer)


@pytest.mark.parametrize("code", [600, 601, 604])
def test_codes_that_end_the_session(code: int) -> None:
    for call in ("get_lists", "poll", "keep_alive"):
        with pytest.raises(SessionOver) as over:
            ask(Status(result=Result(code=code)), call)
        assert over.value.code == code
    with pytest.raises(SessionOver):
        ask(sent(Disconnect(result=Result(code=code))), "poll")


@pytest.mark.parametrize(
    ("call", "answer", "breaks"),
    [
        ("get_lists", GetListResponse(), "DefaultContactList"),
        ("get_lists", GetListResponse(default_contact_list="wv:alice"), "without a resource"),
        ("get_lists", GetListResponse(contact_list=["wv:a/b"], default_contact_list="wv:a/b"), "twice"),
        ("list_contacts", ListManageResponse(nick_list=NickList()), "without a Code"),
        ("list_contacts", ListManageResponse(result=GOOD, nick_list=NickList(nick_name=[NickName(user_id="wv:b")])), "Name"),
        ("negotiate_capabilities", ClientCapabilityResponse(), "AgreedCapabilityList"),
        (
            "negotiate_capabilities",
            ClientCapabilityResponse(client_id=ClientID(url="x"), agreed_capability_list=AgreedCapabilityList()),
            "ClientID before",
        ),
        (
            "negotiate_capabilities",
            ClientCapabilityResponse(agreed_capability_list=AgreedCapabilityList(supported_cir_method=["STCP"])),
            "not offered",
        ),
    ],
)
def test_contents_that_no_phone_survives(call: str, answer: Primitive, breaks: str) -> None:
    with Scripted(answer) as server, phone_at(server) as phone:
        phone.default_list = "wv:a/b"
        with pytest.raises(PhoneError, match=breaks):
            getattr(phone, call)()


def test_android_needs_all_functions() -> None:
    with pytest.raises(PhoneError, match="AllFunctions"):
        ask(ServiceResponse(), "negotiate_services", profile=ANDROID_PROFILE)
    ask(ServiceResponse(), "negotiate_services")


def test_a_partial_success_is_none_for_a_phone() -> None:
    with Scripted(ListManageResponse(result=Result(code=201))) as server, pytest.raises(Refused) as refused:
        phone_at(server).list_contacts("wv:a/b")
    assert refused.value.code == 201


# --- server transactions ---


def test_messages_and_presence_are_taken_in_and_answered() -> None:
    shown = PresenceSubList(online_status=OnlineStatus(qualifier=True, presence_value="T"))
    told = PresenceNotificationRequest(presence=[Presence(user_id="wv:Bob", presence_sub_list=[shown])])
    script = [sent(message(), "s1"), sent(told, "s2"), http(b"")]
    with Scripted(*script) as server, phone_at(server) as phone:
        assert phone.run_once() == 2
    assert [(each.id, each.sender, each.text) for each in phone.inbox] == [("m1", "wv:bob", "hi")]
    assert phone.presences["wv:bob"].online
    answers = [each.transactions[0] for each in server.asked[1:]]
    assert answers[0].content.message_id == "m1"
    assert [(each.mode, each.id) for each in answers] == [(Mode.RESPONSE, "s1")]


@pytest.mark.parametrize(
    ("said", "breaks"),
    [
        (sent(message(), ""), "without TransactionID"),
        (sent(message(), "7"), "phone's own"),
        (sent(message(), "s" * 51), "51 characters"),
        (sent(message(message_id=None)), "without MessageID"),
        (sent(message(sender=None)), "without a Sender"),
        (sent(message(content_encoding="BASE64")), "BASE64"),
        (sent(PresenceNotificationRequest(presence=[Presence(user_id="wv:b")])), "PresenceSubList"),
        (
            sent(
                PresenceNotificationRequest(
                    presence=[Presence(user_id="wv:b", presence_sub_list=[PresenceSubList(online_status=OnlineStatus())])]
                )
            ),
            "Qualifier",
        ),
    ],
)
def test_server_transactions_that_no_phone_survives(said: Said, breaks: str) -> None:
    with pytest.raises(PhoneError, match=breaks):
        ask(said, "poll")


def test_what_another_thread_got_during_the_log_out_is_neither_shown_nor_acknowledged() -> None:
    with Scripted(sent(message())) as server, phone_at(server) as phone:
        got = phone.poll()
        assert got is not None
        phone.session_id = None
        asked = phone.last
        assert phone.answer(got) is None
        assert (phone.inbox, phone.last) == ([], asked)


def test_a_transaction_id_that_comes_twice() -> None:
    with Scripted(sent(message()), sent(message())) as server, phone_at(server) as phone:
        phone.poll()
        with pytest.raises(PhoneError, match="again"):
            phone.poll()


def test_a_poll_that_is_refused_says_so() -> None:
    with pytest.raises(Refused) as refused:
        ask(Status(result=Result(code=503)), "poll")
    assert refused.value.code == 503


@pytest.mark.parametrize(("version", "place"), [("1.1", "Session"), ("1.2", "TransactionDescriptor")])
def test_a_poll_flag_in_the_place_of_another_version(version: str, place: str) -> None:
    def misplaced(asked: Message) -> bytes:
        root = document_from_message(reply_to(asked, Status(result=GOOD)))
        session = root.root.find("Session")
        assert session is not None
        inner = session.find("Transaction").find("TransactionDescriptor")  # type: ignore[union-attr]
        (session if place == "Session" else inner).children.append(Element("Poll", "T"))  # type: ignore[union-attr]
        return http(codec.encode(root))

    with pytest.raises(PhoneError, match=f"Poll inside {place}"):
        ask(misplaced, version=version)


# --- ids, polls, transport ---


def test_ids_are_those_of_the_handset() -> None:
    def next_id(phone: Phone) -> str | None:
        return phone.message(PollingRequest()).transactions[0].id

    assert next_id(Phone("http://x/", "a", profile="s60")) == "nok1"
    android = Phone("http://x/", "a", profile="android")
    ids = [next_id(android) for _ in range(1000)]
    assert (ids[0], ids[998], ids[999]) == ("1", "999", "1")


@pytest.mark.parametrize("name", PROFILES)
def test_polls_have_the_id_of_the_handset(name: str) -> None:
    with Scripted(lambda _asked: http(b"")) as server, phone_at(server, profile=name) as phone:
        phone.poll()
    assert server.asked[0].transactions[0].id == PROFILES[name].poll_tid


def test_a_connection_is_kept_and_a_stale_one_costs_nothing() -> None:
    closing = http(b"", more="Connection: close\r\n")
    with Scripted(http(b""), closing, http(b"")) as server, phone_at(server) as phone:
        for _ in range(3):
            assert phone.poll() is None
    assert server.connections == 2


def test_s60_sends_the_same_octets_again_when_a_connection_breaks() -> None:
    with Scripted(b"", b"", GetListResponse(default_contact_list="wv:a/b")) as server, phone_at(server, profile="s60") as phone:
        assert phone.get_lists() == ["wv:a/b"]
    assert len(server.bodies) == 3
    assert len(set(server.bodies)) == 1


def test_others_give_up_when_a_connection_breaks() -> None:
    with pytest.raises(Unreachable, match="broke"):
        ask(b"")


def test_no_server_and_no_answer() -> None:
    with pytest.raises(Unreachable):
        Phone(f"http://127.0.0.1:{free_port()}/", "a", "b").login()
    slow = replace(PROFILES["generic"], timeout=0.2, poll_timeout=0.2)

    def never(_asked: Message) -> bytes:
        time.sleep(0.5)
        return b""

    with pytest.raises(Unreachable, match=r"within 0.2 s"):
        ask(never, profile=slow)


def test_a_chunked_answer_has_no_length() -> None:
    with pytest.raises(PhoneError, match="Content-Length"):
        ask(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\x03\x11\r\n0\r\n\r\n", "poll")


def test_octets_of_any_kind_can_be_posted() -> None:
    with Scripted(http(b"", status="400 Bad Request")) as server, phone_at(server) as phone:
        assert phone.raw(b"\x00\x01", "text/plain").status == 400
    assert server.bodies == [b"\x00\x01"]


def test_what_goes_and_comes_can_be_watched() -> None:
    seen: list[tuple[str, bytes]] = []
    with Scripted(http(b"")) as server, phone_at(server, trace=lambda way, octets: seen.append((way, octets))) as phone:
        phone.poll()
    assert [way for way, _ in seen] == ["sent", "received"]
    assert seen[0][1] == server.bodies[0]
