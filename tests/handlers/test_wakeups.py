"""What a phone is agreed in negotiation: only what works end to end for it, and an SMS never at a number it merely claims."""

from dataclasses import replace

import pytest

from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    ClientID,
    KeepAliveRequest,
    LoginRequest,
)
from onesoup.handlers import wakeups
from onesoup.handlers.numbers import Issued, check_code, issue_code
from onesoup.store.account.phone_numbers import CodeCheck
from onesoup.wire.document import Encoding
from tests.support import in_redis

ALL = ["STCP", "SUDP", "WAPUDP", "WAPSMS", "SSMS", "SHTTP"]
NUMBER, VICTIM = "+15550100123", "+15550100999"


@pytest.fixture
def works(services):
    """A CIR process with everything, and settings to match."""
    services.policy = replace(
        services.policy, cir_url="http://imps.example", udp_nets=("10.0.0.0/8",), sms_prefixes=("+1555",), country_code="1"
    )
    services.lines.register("cir:1", 60_000, [*ALL, "SMS"])
    return services


def agree(phone, *methods, number=""):
    """The agreed list, with `number` as a trusted proxy said it."""
    original = phone.exchange.run
    run = lambda message, octets, peer, *rest: original(message, octets, replace(peer, number=number), *rest)  # noqa: E731
    phone.exchange.run = run
    try:
        wish = CapabilityList(supported_cir_method=list(methods), udp_port=3717)
        answer = phone.ask(ClientCapabilityRequest(capability_list=wish))
    finally:
        phone.exchange.run = original
    return answer.agreed_capability_list or answer.capability_list


def field(services, phone, name):
    return (in_redis.fields(services.sessions, phone.sid, [name])[0] or b"").decode()


def test_everything_that_works_is_agreed_once_and_in_order(phone, works):
    agreed = agree(phone, *reversed(ALL), *ALL, number=NUMBER)
    assert agreed.supported_cir_method == ["STCP", "SUDP", "WAPUDP", "WAPSMS"]
    assert (field(works, phone, "alt"), field(works, phone, "num"), field(works, phone, "udp")) == ("1", NUMBER, "3717")
    assert field(works, phone, "addr") == "10.0.0.7"


def test_without_a_process_nothing_works(phone, services):
    assert agree(phone, *ALL, number=NUMBER).supported_cir_method == []


def test_udp_only_where_it_is_routed(phone, works):
    works.policy = replace(works.policy, udp_nets=("192.168.0.0/16",))
    assert agree(phone, "SUDP", "WAPUDP").supported_cir_method == []


def test_no_sms_without_a_number_or_to_another_country(phone, works):
    assert agree(phone, "WAPSMS").supported_cir_method == []
    assert agree(phone, "WAPSMS", number="+447700900123").supported_cir_method == []


def test_a_number_from_a_trusted_proxy_is_remembered_for_the_account(phone, works):
    assert agree(phone, "WAPSMS", number=NUMBER).supported_cir_method == ["WAPSMS"]
    assert agree(phone, "WAPSMS").supported_cir_method == ["WAPSMS"], "later, without the header"
    assert works.numbers.of("alice@example.org") == [NUMBER]


def test_a_number_that_a_phone_claims_pays_for_nothing(new_phone, works):
    """Whoever logs in as often as they like, naming a victim."""
    for turn in range(200):
        phone = new_phone()
        request = LoginRequest(
            user_id=f"wv:user{turn}@example.org", client_id=ClientID(msisdn=VICTIM), password="secret", session_cookie=f"c{turn}"
        )
        phone.sid = phone.ask(request).session_id
        assert agree(phone, "WAPSMS", "SSMS").supported_cir_method == []
        assert field(works, phone, "num") == ""


def test_a_claimed_number_that_was_proved_before_is_good(new_phone, works):
    works.numbers.learn("alice@example.org", NUMBER, "code")
    for claimed, agreed in ((NUMBER, ["WAPSMS"]), (VICTIM, [])):
        phone = new_phone()
        request = LoginRequest(
            user_id="wv:alice@example.org", client_id=ClientID(msisdn=claimed), password="secret", session_cookie="c"
        )
        phone.sid = phone.ask(request).session_id
        assert agree(phone, "WAPSMS").supported_cir_method == agreed


def test_what_went_unanswered_lately_is_not_agreed(phone, works):
    for _ in range(3):
        works.wakes.unanswered("alice@example.org", ["SUDP"])
    assert agree(phone, "SUDP", "WAPUDP").supported_cir_method == ["WAPUDP"]


def test_the_url_for_shttp_leads_to_the_session_and_does_not_name_it(phone, works):
    agreed = agree(phone, "SHTTP")
    assert agreed.supported_cir_method == ["SHTTP"]
    path = agreed.cirurl.url.removeprefix("http://imps.example/cir/")
    assert len(path) == wakeups.URL_TOKEN_LENGTH
    assert phone.sid not in agreed.cirurl.url
    assert works.wakes.waits_for_token(path)[1] is False


def test_a_phone_with_stcp_only_is_no_news_for_the_engine(phone, works):
    agree(phone, "STCP")
    assert field(works, phone, "alt") == ""


@pytest.mark.parametrize("address", ["224.0.0.1", "169.254.1.1", "0.0.0.0", "not an address", ""])
def test_where_no_datagram_may_go(address):
    assert not wakeups.routable_by_udp(address, ("0.0.0.0/0",))


def test_a_number_is_proved_by_a_code(works):
    jid = "alice@example.org"
    assert issue_code(works, jid, "nonsense") is Issued.NO_NUMBER
    assert issue_code(works, jid, "+447700900123") is Issued.NOT_SERVED
    assert issue_code(works, jid, "+1 555 010-0123") is Issued.SENT
    from onesoup.store.records import unpack_command

    job = unpack_command(works.numbers.next_to_send())
    code = job["text"].rpartition(" ")[2]
    assert (job["number"], job["jid"], len(code)) == (NUMBER, jid, 6)
    wrong = "000000" if code != "000000" else "000001"
    assert check_code(works, jid, wrong) is CodeCheck.WRONG
    assert check_code(works, jid, code) is CodeCheck.RIGHT
    assert works.numbers.of(jid) == [NUMBER]


def test_asking_for_codes_has_an_end(works):
    found = [issue_code(works, f"user{n}@example.org", VICTIM) for n in range(100)]
    assert found.count(Issued.SENT) == 3
    assert found[-1] is Issued.TOO_OFTEN


def test_no_code_without_a_gateway(services):
    services.policy = replace(services.policy, sms_prefixes=("+1555",))
    assert issue_code(services, "alice@example.org", NUMBER) is Issued.NOT_SERVED


def test_a_number_that_an_admin_wrote_down_is_good(phone, works):
    works.accounts.link("alice@example.org", "alice@example.org", "x", "y", origin="admin", number=NUMBER)
    assert agree(phone, "WAPSMS").supported_cir_method == ["WAPSMS"]


# --- the CIR flag ---


def an_hour_ago(services, phone, ms=3_600_000):
    """The phone has had no line since then."""
    key = f"s:{{{phone.sid}}}"
    services.sessions._client.hset(key, "noline", int(services.sessions._client.hget(key, "noline") or 0) - ms)


@pytest.mark.parametrize(("version", "agent", "told"), [("1.2", "", False), ("1.3", "Android-Imps", False), ("1.2", "s60", True)])
def test_a_phone_without_its_line_is_told_once_in_ten_minutes(new_phone, works, version, agent, told):
    """COMPAT(S60): T is what it takes as an error; everybody else has F."""
    phone = new_phone(version=version, encoding=Encoding.WBXML, agent="" if agent == "s60" else agent)
    phone.client_id = "WV:IMPEC" if agent == "s60" else phone.client_id
    phone.log_in("wv:alice@example.org")
    agree(phone, "STCP")
    said = []
    for ms in (0, 60_000, 61_000, 0, 540_000, 61_000, 0):
        an_hour_ago(works, phone, ms)
        phone.ask(KeepAliveRequest())
        said.append(phone.reply.cir)
    assert said == [None, None, told, None, None, told, None]


def test_nobody_else_is_told(new_phone, works):
    """With a line; without an agreement; in 1.1, which has no place for it; after a line that was there until now."""
    phone = new_phone()
    phone.log_in("wv:alice@example.org")
    agree(phone, "STCP")
    works.sessions.stcp_lines.bind(phone.sid, "cir:1")
    an_hour_ago(works, phone)
    phone.ask(KeepAliveRequest())
    assert phone.reply.cir is None
    works.sessions.stcp_lines.unbind(phone.sid, "cir:1")
    phone.ask(KeepAliveRequest())
    assert phone.reply.cir is None
    for version, methods in (("1.1", ["STCP"]), ("1.2", ["SHTTP"])):
        other = new_phone(version=version, client_id=f"phone {version} {methods}")
        other.log_in("wv:alice@example.org")
        agree(other, *methods)
        works.sessions._client.hset(f"s:{{{other.sid}}}", "noline", "1000")
        other.ask(KeepAliveRequest())
        assert other.reply.cir is None


def test_a_line_that_goes_when_the_session_is_gone_leaves_nothing(works):
    works.sessions.stcp_lines.unbind("a7nobody", "cir:1")
    assert not works.sessions._client.exists("s:{a7nobody}")


# --- cookies ---


def test_a_cookie_is_kept_only_where_it_may_be_named_and_the_address_is_the_last_one(phone, works):
    agree(phone, "STCP")
    assert works.wakes.of_cookie("c00kie") == []
    works.policy = replace(works.policy, accept_cookie=True)
    agree(phone, "STCP")
    assert works.wakes.of_cookie("c00kie") == [phone.sid]
    phone.address = "10.0.0.9"
    phone.ask(KeepAliveRequest())
    assert field(works, phone, "addr") == "10.0.0.9"
