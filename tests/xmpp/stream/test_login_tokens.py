"""Log-ins with a token of the server (XEP-0484), which stands for the password that was proved when it was given."""

import base64
import hashlib
import hmac
import re
import time

import pytest
from xmpp.simplexml import Node

from onesoup.demo.servers import Prosody, find_newer_prosody
from onesoup.xmpp.stream import Options, Resolver, StreamFailure, Tls
from onesoup.xmpp.stream.login_tokens import HashedToken, LoginToken, TokenLogin, read_token, usable
from onesoup.xmpp.stream.sasl import PasswordProof, SaslError, Scram, derive
from onesoup.xmpp.stream.sasl2 import agent_id
from onesoup.xmpp.stream.tls import end_point
from tests.xmpp.stream.harness import eventually
from tests.xmpp.stream.stub import SASL2, self_signed
from tests.xmpp.stream.test_login import Memory, refused
from tests.xmpp.stream.test_sasl2 import AFTER, BOUND, FULL, JID

FAST = "urn:xmpp:fast:0"
NONE, ENDP = "HT-SHA-256-NONE", "HT-SHA-256-ENDP"
_CLIENT_KEY = hmac.digest(derive("sha1", b"secret", b"salt", 1), b"Client Key", "sha1")
PROOF = PasswordProof("sha1", b"salt", 1, hashlib.sha1(_CLIENT_KEY).digest())
REFUSED = f"<failure xmlns='{SASL2}'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>"


class Kept:
    """A memory of tokens that tests can look into."""

    def __init__(self):
        self.tokens, self.dropped = {}, []

    def recall(self, address, agent):
        return self.tokens.get((address, agent))

    def keep(self, address, agent, token):
        self.tokens[address, agent] = token

    def drop(self, address, agent):
        self.dropped.append((address, agent))
        self.tokens.pop((address, agent), None)

    def forget(self, address):
        self.tokens = {who: token for who, token in self.tokens.items() if who[0] != address}

    @property
    def secrets(self):
        return [token.secret for token in self.tokens.values()]


def token(mechanism=NONE, secret="t0k", expires=2e9):
    return LoginToken(mechanism, secret, expires, PROOF)


# --- values ---


def test_both_ends_prove_that_they_know_the_token():
    """Written out, as the draft has it: the names of the two sides, then what binds to the channel."""
    one = HashedToken(token(ENDP), "a", {"tls-server-end-point": lambda: b"certificate"})
    assert one.first() == b"a\0" + hmac.digest(b"t0k", b"Initiatorcertificate", "sha256")
    one.finish(hmac.digest(b"t0k", b"Respondercertificate", "sha256"))
    for wrong in (b"", hmac.digest(b"t0k", b"Responder", "sha256"), one.first().partition(b"\0")[2]):
        with pytest.raises(SaslError):
            one.finish(wrong)
    with pytest.raises(SaslError):
        one.step(b"more")


def test_the_strongest_mechanism_that_the_connection_bears_comes_first():
    offered = [NONE, ENDP, "HT-SHA-256-UNIQ", "HT-SHA-256-EXPR", "HT-MD5-NONE"]
    end_point_only = {"tls-server-end-point": bytes}
    assert usable(offered, {}) == [NONE]
    assert usable(offered, end_point_only) == [ENDP, NONE]
    assert usable(offered, {**end_point_only, "tls-unique": bytes}) == ["HT-SHA-256-UNIQ", ENDP, NONE]
    assert usable(["HT-SHA-256-EXPR"], end_point_only) == []


@pytest.mark.parametrize(
    ("attrs", "good"),
    [
        ({"token": "t", "expiry": "2030-01-02T03:04:05Z"}, True),
        ({"token": "t", "expiry": "2030-01-02T03:04:05.123456Z"}, True),
        ({"token": "t"}, False),
        ({"token": "t", "expiry": "tomorrow"}, False),
        ({"expiry": "2030-01-02T03:04:05Z"}, False),
        ({"token": "x" * 1025, "expiry": "2030-01-02T03:04:05Z"}, False),
    ],
)
def test_a_token_without_a_sound_expiry_or_of_any_length_is_none(attrs, good):
    found = read_token(Node(f"{SASL2} success", payload=[Node(f"{FAST} token", attrs)]), NONE, PROOF)
    assert found == (LoginToken(NONE, "t", 1893553445.0, PROOF) if good else None)


def test_a_token_in_place_of_another_is_good_no_longer():
    given = Node(f"{SASL2} success", payload=[Node(f"{FAST} token", {"token": "new", "expiry": "2030-01-02T03:04:05Z"})])
    memory = Kept()
    login = TokenLogin(memory, "a@x", "agent", "secret", derive)
    login.given(HashedToken(token(expires=1000.0), "a", {}), given)
    assert memory.tokens["a@x", "agent"] == token(secret="new", expires=1000.0)


@pytest.mark.parametrize(("password", "left"), [("secret", ["a tablet", "agent"]), ("changed", [])])
def test_a_log_in_with_a_changed_password_takes_the_tokens_of_all_clients(password, left):
    """Those of the client itself and of others: they stand for a password that is none any more."""
    memory = Kept()
    for agent in ("agent", "a tablet"):
        memory.keep("a@x", agent, token())
    memory.keep("b@x", "agent", token())
    login = TokenLogin(memory, "a@x", "agent", password, derive)
    login.mechanism([NONE], "a", {})
    login.given(Scram("SCRAM-SHA-1", "a", password), Node(f"{SASL2} success"))
    assert sorted(agent for address, agent in memory.tokens if address == "a@x") == left
    assert ("b@x", "agent") in memory.tokens


def test_the_proof_of_scram_fits_its_password_alone():
    scram = Scram("SCRAM-SHA-1", "user", "pencil", nonce="fyko+d2lbbFgONRv9qkxdawL")  # RFC 5802 section 5
    scram.step(b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096")
    assert scram.proof.fits("pencil", derive)
    assert not scram.proof.fits("Pencil", derive)


# --- a server that gives tokens ---


class Bank:
    """Talks SASL2 over TLS and gives tokens; each log-in notes the mechanism that came through."""

    def __init__(self, stub, tmp_path, *, good=True, hangs_up=False, proves=True, mechanism=NONE, password="secret"):
        authority, self._context = self_signed(tmp_path, "stub.example")
        self.good, self.hangs_up, self.proves, self.password = good, hangs_up, proves, password
        self.seen, self.kept, self.certificate = [], Kept(), b""
        self._mechanism, self._given = mechanism, 0
        self.known = Memory()
        self.options = stub(self._talk).options(ca=authority, insecure=False, tokens=self.kept, known=self.known)
        self.options.past.learn("stub.example", False)

    def _talk(self, peer):
        peer.start_tls(self._context)
        inline = (
            f"{FULL}<fast xmlns='{FAST}'><mechanism>HT-SHA-256-EXPR</mechanism><mechanism>{self._mechanism}</mechanism></fast>"
        )
        peer.offer2("SCRAM-SHA-1", inline=inline)
        while True:
            asked = peer.until("</authenticate>")
            name = re.search("mechanism='([^']*)'", asked)[1]
            first = base64.b64decode(re.search("<initial-response>(.*)</initial-response>", asked)[1])
            self.seen.append((name, f"<fast xmlns='{FAST}'" in asked, f"<request-token xmlns='{FAST}'" in asked))
            if not name.startswith("HT-"):
                break
            if self.hangs_up:
                return None
            if self._knows(first):
                return self._succeed(peer, base64.b64encode(self._digest(b"Responder" if self.proves else b"other")).decode())
            peer.send(REFUSED)
        if self.password != "secret":
            peer.send(REFUSED)
            peer.until("never")
        self._given += 1
        peer.scram2(first.decode(), BOUND + self._token(), JID)
        self._on(peer)
        return None

    def _token(self):
        return f"<token xmlns='{FAST}' token='token{self._given}' expiry='2100-01-01T00:00:00Z'/>"

    def _digest(self, side):
        bound = self.certificate if self._mechanism == ENDP else b""
        return hmac.digest(f"token{self._given}".encode(), side + bound, "sha256")

    def _knows(self, first):
        return self.good and first == b"a\0" + self._digest(b"Initiator")

    def _succeed(self, peer, proof):
        peer.send(f"<success xmlns='{SASL2}'><additional-data>{proof}</additional-data>")
        peer.send(f"<authorization-identifier>{JID}</authorization-identifier>{BOUND}</success>")
        self._on(peer)

    def _on(self, peer):
        peer.send(AFTER)
        peer.until("never")


BY_PASSWORD, BY_TOKEN = ("SCRAM-SHA-1", False, True), (NONE, True, False)
WHO = ("a@stub.example", agent_id("a@stub.example", "phone"))


@pytest.fixture
def bank(stub, tmp_path):
    return lambda **more: Bank(stub, tmp_path, **more)


@pytest.fixture
def login(client):
    return lambda bank, **more: client("a", domain="stub.example", options=bank.options, **{"resource": "phone", **more})


def test_the_second_log_in_has_one_journey(bank, login):
    there = bank()
    for _ in range(3):
        one = login(there).connect()
        assert (one.stream.jid, one.stream.sm_id, one.stream.carbons) == (JID, "one", True)
        one.wait_for(lambda one=one: "urn:xmpp:csi:0" in one.stream.features)
    assert there.seen == [BY_PASSWORD, BY_TOKEN, BY_TOKEN]
    assert list(there.kept.tokens) == [WHO]
    assert there.known.learnt == [("stub.example", "SCRAM-SHA-1")], "a token says nothing of how passwords are taken"


def test_another_client_of_the_account_has_its_own(bank, login):
    there = bank()
    login(there).connect()
    login(there, resource="other").connect()
    assert there.seen == [BY_PASSWORD, BY_PASSWORD]
    assert len(there.kept.tokens) == 2


def test_a_token_is_bound_to_the_certificate_where_the_server_takes_that(bank, login, tmp_path):
    there = bank(mechanism=ENDP)
    there.certificate = end_point(Tls(tmp_path / "stub.example.crt")._contexts[True, False].get_ca_certs(binary_form=True)[-1])
    for _ in range(2):
        login(there).connect()
    assert there.seen == [BY_PASSWORD, (ENDP, True, False)]


def test_a_token_that_is_refused_is_forgotten_and_the_password_asked(bank, login):
    """On the same connection: the third log-in is by the new token."""
    there = bank()
    login(there).connect()
    there.good = False
    assert login(there).connect().stream.open
    assert there.kept.dropped == [WHO]
    there.good = True
    login(there).connect()
    assert there.seen == [BY_PASSWORD, BY_TOKEN, BY_PASSWORD, BY_TOKEN]
    assert there.kept.secrets == ["token2"]


def test_a_server_that_hangs_up_on_a_token_gets_the_password(bank, login):
    there = bank()
    login(there).connect()
    there.hangs_up = True
    assert login(there).connect().stream.open
    assert there.seen == [BY_PASSWORD, BY_TOKEN, BY_PASSWORD]


def test_another_password_is_never_let_in_by_the_token(bank, login):
    """And the token is gone: it stood for a password that may not be the account's any more."""
    there = bank()
    login(there).connect()
    there.password = "new"
    assert refused(login(there, password="wrong")) == ("auth", "not-authorized", False)
    assert there.seen == [BY_PASSWORD, BY_PASSWORD]
    assert (there.kept.tokens, there.kept.dropped) == ({}, [WHO])


def test_a_password_that_the_server_takes_now_gets_a_token_of_its_own(bank, login):
    there = bank()
    login(there).connect()
    old = there.kept.tokens[WHO]
    there.kept.tokens[WHO] = LoginToken(
        old.mechanism, old.secret, old.expires, PasswordProof("sha1", b"salt", 1, b"of the old one")
    )
    login(there).connect()
    login(there).connect()
    assert there.seen == [BY_PASSWORD, BY_PASSWORD, BY_TOKEN]


def test_a_server_that_does_not_know_the_token_it_takes_is_refused(bank, login):
    there = bank(proves=False)
    login(there).connect()
    assert refused(login(there)) == ("auth", "server-not-proved", False)
    assert there.kept.tokens == {}
    assert login(there).connect().stream.open


def test_without_a_memory_no_token_is_asked_for(bank, login, client):
    there = bank()
    options = Options(tls=there.options.tls, resolver=there.options.resolver, past=there.options.past)
    client("a", domain="stub.example", resource="phone", options=options).connect()
    assert there.seen == [("SCRAM-SHA-1", False, False)]


def test_a_server_that_is_not_verified_gets_none(stub, client):
    """Whoever is in the middle could use it again."""
    asked, kept = [], Kept()
    kept.keep(*WHO, token())

    def talk(peer):
        peer.offer2("SCRAM-SHA-1", inline=f"{FULL}<fast xmlns='{FAST}'><mechanism>{NONE}</mechanism></fast>")
        first, along = peer.introduced2()
        asked.append(along)
        peer.scram2(first, BOUND, JID)
        peer.send(AFTER)
        peer.until("never")

    options = stub(talk).options(tokens=kept)
    options.past.learn("stub.example", False)
    assert client("a", domain="stub.example", resource="phone", options=options).connect().stream.open
    assert FAST not in asked[0]


# --- a real one ---


@pytest.fixture(scope="module")
def giver(tmp_path_factory):
    program = find_newer_prosody()
    if program is None:
        pytest.skip("no Prosody with SASL2 here")
    modules = ["sasl2", "sasl2_bind2", "sasl2_sm", "sasl2_fast"]
    more = {"options": 'authentication = "internal_hashed"', "modules": modules, "program": program}
    with Prosody(tmp_path_factory.mktemp("giver"), **more) as server:
        yield server


@pytest.fixture
def real(giver, client, monkeypatch):
    """A log-in at Prosody, and the mechanisms that were used there."""
    used = []
    finish = {kind: kind.finish for kind in (HashedToken, Scram)}
    for kind, original in finish.items():
        monkeypatch.setattr(kind, "finish", lambda self, data, original=original: (original(self, data), used.append(self.name)))
    options = Options(tls=Tls(giver.ca_file), resolver=Resolver({"localhost": ("127.0.0.1", giver.port)}), tokens=Kept())
    return lambda user, **more: client(user, options=options, resource="phone", **more), used, options


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps-messages", "binds-along"])
def test_prosody_takes_its_token(giver, real, keeps):
    giver.add_account("tok", "secret")
    login, used, options = real
    options.past.learn("localhost", keeps)
    for _ in range(3):
        one = login("tok").online()
        state = one.lose_connection()
        assert login("tok", resume=state).connect().stream.resumed
    assert used[0].startswith("SCRAM-")
    assert used[1:] == [NONE] * 5
    assert all(time.time() < each.expires for each in options.tokens.tokens.values())


def test_prosody_takes_no_token_after_the_password_has_changed(giver, real):
    giver.add_account("chg", "secret")
    login, used, options = real
    one = login("chg").connect()
    given = time.time()
    eventually(lambda: int(time.time()) > int(given))  # Prosody counts in whole seconds when a password was changed
    change = [Node("username", payload=["chg"]), Node("password", payload=["changed"])]
    answer = one.stream.request(Node("iq", {"type": "set"}, [Node("jabber:iq:register query", payload=change)]), 60)
    assert answer["type"] == "result"
    one.stream.close()
    assert list(options.tokens.tokens) == [("chg@localhost", agent_id("chg@localhost", "phone"))]
    with pytest.raises(StreamFailure) as caught:
        login("chg").connect()
    assert (caught.value.kind, caught.value.condition) == ("auth", "not-authorized")
    assert options.tokens.tokens == {}
    for _ in range(2):
        assert login("chg", password="changed").connect().stream.open
    assert [name.partition("-")[0] for name in used] == ["SCRAM", "SCRAM", "HT"]
