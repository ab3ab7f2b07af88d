"""Who may not log in is told why, in a Login-Response; who has no session is told so, in whatever it asked."""

import json

import pytest

from onesoup.csp.codec.codec import read_message
from onesoup.csp.codec.generated_elements import LoginResponse
from onesoup.phone.errors import Refused, SessionOver
from onesoup.runtime.ports import free_port
from tests.support.secrets import secret_text
from tests.support.untrusted import EXPIRED, SELF_SIGNED, STRIPPED, WRONG_NAME, Untrusted
from tests.support.world import MATRIX, Person, StoryPhone, World

WAYS = ["plain", "MD5", "SHA"]


def refusal(phone: StoryPhone) -> int:
    """The code with which a log-in is refused; it stands in a Login-Response without SessionID."""
    with pytest.raises(Refused) as refused:
        phone.login()
    answer = read_message(phone.last_reply).transactions[0].content
    assert isinstance(answer, LoginResponse)
    assert answer.session_id is None
    return refused.value.code


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_a_wrong_password_is_409_and_the_right_one_works_after_it(world: World, version: str, encoding, way: str) -> None:  # type: ignore[no-untyped-def]
    (alice,) = world.cast("alice")
    options = {"version": version, "encoding": encoding, "way": way}
    assert refusal(world.phone(alice, password=secret_text("wrong"), **options)) == 409
    assert world.phone(alice, **options).login().session_id


@pytest.mark.parametrize("way", WAYS)
def test_an_unknown_user_is_refused_like_a_wrong_password(world: World, way: str) -> None:
    """So that nobody learns who has an account."""
    nobody = Person("Nobody", f"nobody-{way}".lower(), secret_text(), world.stack.domain)
    assert refusal(world.phone(nobody, way=way)) == 409


@pytest.mark.parametrize("way", WAYS)
def test_a_domain_that_is_not_served_is_516(world: World, way: str) -> None:
    stranger = Person("Stranger", "stranger", secret_text(), "elsewhere.example")
    assert refusal(world.phone(stranger, way=way)) == 516


@pytest.mark.parametrize(
    ("domain", "condition"),
    [
        (WRONG_NAME, "certificate"),
        (EXPIRED, "certificate"),
        (SELF_SIGNED, "certificate"),
        (STRIPPED, "not-offered"),
    ],
)
def test_an_xmpp_server_that_cannot_be_trusted_is_503_and_gets_no_password(
    world: World, untrusted: Untrusted, domain: str, condition: str
) -> None:
    """The operator's log says why; the phone may try again later."""
    victim = Person("Victim", "victim", secret_text(), domain)
    before = len(world.stack.logs("holder"))
    assert refusal(world.phone(victim)) == 503
    lines = [json.loads(line) for line in world.stack.logs("holder")[before:].splitlines() if line.startswith("{")]
    (line,) = [each for each in lines if each["event"] == "xmpp-login-failed" and each["domain"] == domain]
    assert (line["kind"], line["condition"]) == ("tls", condition)
    heard = b"".join(peer.seen for peer in untrusted.heard[domain])
    assert b"<auth" not in heard
    assert victim.password.encode() not in heard


@pytest.mark.parametrize("user", ["", "wv:", "wv:alice/friends@localhost", "@localhost", "a\x01b@localhost"])
def test_an_id_that_can_be_nobody_s_is_531(world: World, user: str) -> None:
    if "\x01" in user:
        user = user.replace("\x01", "%01")
    (alice,) = world.cast("alice")
    assert refusal(world.phone(alice, user=user)) == 531


@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_an_unknown_session_is_604_in_a_poll_and_in_any_request(world: World, version: str, encoding) -> None:  # type: ignore[no-untyped-def]
    (alice,) = world.cast("alice")
    phone = world.phone(alice, version=version, encoding=encoding)
    for ask in (phone.poll, phone.get_lists, phone.keep_alive, lambda: phone.send(alice.wv, secret_text())):
        phone.session_id = "00" + "x" * 26
        with pytest.raises(SessionOver) as over:
            ask()
        assert over.value.code == 604


def test_a_request_without_any_session_is_604(world: World) -> None:
    (alice,) = world.cast("alice")
    with pytest.raises(SessionOver) as over:
        world.phone(alice).get_lists()
    assert over.value.code == 604


def test_an_id_is_taken_in_every_spelling(world: World) -> None:
    """With and without wv:, with and without domain, in capitals, escaped."""
    (alice,) = world.cast("alice")
    for user in (alice.user, alice.wv, f"wv:{alice.user}", alice.jid.upper(), alice.jid.replace("a", "%61", 1)):
        phone = world.phone(alice, user=user)
        phone.login()
        phone.negotiate()
        phone.get_lists()
        assert phone.session_id


def test_an_xmpp_server_sees_few_wrong_passwords_and_who_was_there_before_still_gets_in(world: World) -> None:
    """A gateway with the limit as it comes: 15 an hour for a domain, 10 of them for one address."""
    alice, new = world.cast("alice", "newcomer")
    world.phone(alice).login()
    port = free_port()
    limited = {"ONESOUP_HTTP_PORT": str(port), "ONESOUP_REFUSALS_AT_SERVER": "15", "ONESOUP_WEB_WORKERS": "1"}
    world.stack.start("web", "web-limited", limited)
    url = f"http://127.0.0.1:{port}/"
    before = world.stack.logs("holder").count('"not-authorized"')
    victims = [Person("Victim", f"victim{number}", secret_text(), world.stack.domain) for number in range(13)]
    assert [refusal(world.phone(victim, url=url)) for victim in victims] == [409] * 10 + [503] * 3
    assert world.stack.logs("holder").count('"not-authorized"') - before == 10
    assert refusal(world.phone(new, url=url)) == 503
    assert world.phone(alice, url=url).login().session_id
    world.stack.stop("web-limited")
