"""A server that cannot prove who it is gets no password, and a domain that leads into our own network no connection: the phone is
told 503 or 516, and the log has a line that says why."""

import json
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from onesoup.demo.servers import Prosody, RedisServer
from onesoup.demo.stack import Stack
from onesoup.phone.errors import Refused
from tests import conftest
from tests.support.secrets import secret_text
from tests.support.world import StoryPhone
from tests.xmpp.stream.stub import Peer, Stub, self_signed

# domain -> (kind, condition) in the log
WRONG = {
    "old-tls.example": ("tls", "handshake"),
    "plain-only.example": ("no-mechanism", "none-common"),
}
# Domains of the phone's choice that lead into our own network.
INSIDE = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "localhost.localdomain"]


@pytest.fixture(scope="module")
def seen() -> dict[str, bytes]:
    """What clients said to servers that must not hear a password."""
    return {}


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory, seen: dict[str, bytes]) -> Iterator[tuple[dict[str, int], Path]]:
    """The servers, and a file with the authorities that are believed."""
    directory = tmp_path_factory.mktemp("wrong")
    contexts = {
        "old-tls.example": self_signed(directory, "old-tls.example"),
    }
    old = contexts["old-tls.example"][1]
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    believed = directory / "believed.pem"
    believed.write_bytes(b"".join(file.read_bytes() for file, _ in contexts.values()))

    def talk(domain: str, peer: Peer) -> None:
        if domain in contexts:
            peer.start_tls(contexts[domain][1])
        else:
            peer.offer("PLAIN")
        seen[domain] = peer.sock.recv(1000)

    stubs = {domain: Stub(lambda peer, domain=domain: talk(domain, peer)) for domain in WRONG}  # type: ignore[misc]
    yield {domain: stub.port for domain, stub in stubs.items()}, believed
    for stub in stubs.values():
        stub.stop()


@pytest.fixture(scope="module")
def open_stack(
    tmp_path_factory: pytest.TempPathFactory, routes: tuple[dict[str, int], Path], redis_server: RedisServer
) -> Iterator[Stack]:
    """A gateway for any domain. Its own XMPP server is not running: nobody here gets that far."""
    ports, believed = routes
    directory = tmp_path_factory.mktemp("open")
    env = {
        "ONESOUP_DOMAINS": ",".join([*ports, "any"]),
        "ONESOUP_XMPP_ROUTES": ",".join(f"{domain}=127.0.0.1:{port}" for domain, port in ports.items()),
        "ONESOUP_XMPP_CA": str(believed),
        "ONESOUP_XMPP_INSECURE": "plain-only.example",
        "ONESOUP_WEB_WORKERS": "1",
    }
    with conftest._made(directory, env=env, prosody=Prosody(directory / "prosody")) as running:
        yield running


def lines(stack: Stack, event: str, domain: str) -> list[dict[str, str]]:
    found = [json.loads(line) for line in stack.logs("holder").splitlines() if line.startswith("{")]
    return [line for line in found if line["event"] == event and line.get("domain") == domain]


def refusal(stack: Stack, user: str) -> Refused:
    with pytest.raises(Refused) as refused, StoryPhone(stack.url, user, secret_text("pass"), way="plain") as phone:
        phone.login()
    return refused.value


@pytest.mark.parametrize("domain", WRONG)
def test_a_server_that_cannot_be_trusted_is_503_and_hears_no_password(
    open_stack: Stack, seen: dict[str, bytes], domain: str
) -> None:
    refused = refusal(open_stack, f"alice@{domain}")
    assert refused.code == 503
    kind, condition = WRONG[domain]
    if kind == "tls":
        assert "TLS" in str(refused)
    (line,) = lines(open_stack, "xmpp-login-failed", domain)
    assert (line["kind"], line["condition"]) == (kind, condition)
    assert line["reason"]
    assert not seen.get(domain)


@pytest.mark.parametrize("domain", INSIDE)
def test_no_phone_draws_us_into_our_own_network(open_stack: Stack, domain: str) -> None:
    assert refusal(open_stack, f"alice@{domain}").code in (503, 516)
    refused = lines(open_stack, "address-refused", domain)
    failed = lines(open_stack, "xmpp-login-failed", domain)
    # Where the name leads nowhere nothing had to be refused.
    assert refused or failed[0]["kind"] == "dns"
