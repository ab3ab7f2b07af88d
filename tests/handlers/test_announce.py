"""The command that tells everybody something: whom it means, and what it says when it cannot."""

import pytest
from click.testing import CliRunner

from onesoup.commands.announce import announce
from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import CapabilityList, ClientCapabilityRequest, NewMessage, PollingRequest


@pytest.fixture
def run(services, redis, monkeypatch):
    def command(*words, url=redis.url):
        monkeypatch.setenv("ONESOUP_REDIS_URL", url)
        monkeypatch.setenv("ONESOUP_DOMAIN", "example.org")
        done = CliRunner().invoke(announce, words)
        return done.exit_code, done.output

    return command


def heard(phone):
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, "", PollingRequest())))
    if reply is None:
        return None
    assert isinstance(reply.transactions[0].content, NewMessage)
    return reply.transactions[0].content.content_data


def test_it_means_everybody_a_domain_or_somebody(new_phone, run):
    phones = {}
    for user in ("alice@example.org", "bob@example.org", "carol@xmpp.example.net"):
        phones[user] = new_phone(client_id=user[:3])
        phones[user].log_in(f"wv:{user}")
    for words, told in (
        ((), set(phones)),
        (("--domain", "Example.ORG"), {"alice@example.org", "bob@example.org"}),
        (("--user", "alice"), {"alice@example.org"}),
        (("--user", "wv:carol@xmpp.example.net"), {"carol@xmpp.example.net"}),
        (("--domain", "net"), set()),
    ):
        said = f"told {len(told)} session{'' if len(told) == 1 else 's'}\n"
        expected = (0, said) if told else (1, "onesoup: nobody was told: nobody of these is logged in\n")
        assert run(f"hello {words}", *words) == expected
        assert {user for user, phone in phones.items() if heard(phone) == f"hello {words}"} == told


def test_a_phone_with_a_line_is_woken_for_it(phone, run, services, redis):
    services.sessions.stcp_lines.bind(phone.sid, "cir:one")
    assert run("hello") == (0, "told 1 session\n")
    assert heard(phone) == "hello"


def test_what_is_too_long_for_a_phone_comes_in_parts(phone, run):
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(accepted_content_length=100)))
    assert run("word " * 50)[1] == "told 1 session\n"
    assert len(heard(phone)) <= 160  # the least that any phone takes


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((" ",), "no text"),
        (("x", "--domain", "a.example", "--user", "b"), "not both"),
        (("x", "--user", "sip:b"), "not a wv: address"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(run, words, reason):
    code, output = run(*words)
    assert code == 1
    assert reason in output
    assert output.count("\n") == 1


def test_without_redis_it_says_so(run):
    code, output = run("x", url="redis://127.0.0.1:1/0")
    assert (code, "does not answer" in output) == (3, True)
