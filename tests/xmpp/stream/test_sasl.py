"""SASL mechanisms against the examples of their RFCs, and servers that cheat."""

import base64
import contextlib
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.xmpp.stream.sasl import (
    MAX_ROUNDS,
    TLS_SERVER_END_POINT,
    TLS_UNIQUE,
    ChannelBinding,
    Plain,
    SaslError,
    Scram,
    choose_mechanism,
    decode,
    encode,
    mechanism_strength,
    password_newly_exposed,
    saslprep,
)
from onesoup.xmpp.stream.scram_cache import SaltedPasswords
from tests.support.secrets import secret_text

# (mechanism, client nonce, server-first, client-final, server-final): RFC 5802 section 5, RFC 7677 section 3.
VECTORS = [
    (
        "SCRAM-SHA-1",
        "fyko+d2lbbFgONRv9qkxdawL",
        b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    (
        "SCRAM-SHA-256",
        "rOprNGfwEbeRWgbNEkqO",
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v[0])
def test_scram_follows_the_rfc_example(vector):
    name, nonce, server_first, client_final, server_final = vector
    scram = Scram(name, "user", "pencil", nonce=nonce)
    assert scram.first() == b"n,,n=user,r=" + nonce.encode()
    assert scram.step(server_first) == client_final
    scram.finish(server_final)


def test_server_proof_may_come_in_a_last_challenge():
    name, nonce, server_first, _, server_final = VECTORS[0]
    scram = Scram(name, "user", "pencil", nonce=nonce)
    scram.step(server_first)
    assert scram.step(server_final) == b""
    scram.finish(b"")


@pytest.mark.parametrize("proof", [b"", b"v=", b"v=AAAA", b"e=other-error", b"v=rmF9pqV8S7suAoZWja4dJRkFsKU="])
def test_a_server_without_the_right_proof_is_refused(proof):
    name, nonce, server_first, _, _ = VECTORS[0]
    scram = Scram(name, "user", "pencil", nonce=nonce)
    scram.step(server_first)
    with pytest.raises(SaslError):
        scram.finish(proof)


def test_success_without_any_exchange_proves_nothing():
    scram = Scram("SCRAM-SHA-1", "user", "pencil")
    scram.first()
    with pytest.raises(SaslError):
        scram.finish(b"v=")


@pytest.mark.parametrize(
    "challenge",
    [
        b"",
        b"r=other,s=QSXC,i=4096",
        b"r=nonce,s=QSXC,i=4096",  # nothing added to our nonce
        b"r=nonceX,s=QSXC,i=0",
        b"r=nonceX,s=QSXC,i=-1",
        b"r=nonceX,s=QSXC,i=1e3",
        b"r=nonceX,s=QSXC,i=" + str(MAX_ROUNDS + 1).encode(),
        b"r=nonceX,s=QSXC,i=" + b"9" * 5000,
        b"r=nonceX,s=,i=4096",
        b"r=nonceX,s=***,i=4096",
        b"m=must,r=nonceX,s=QSXC,i=4096",
        b"\xff\xfe",
    ],
)
def test_bad_challenges_are_refused_before_any_work(challenge):
    def never(*_):
        raise AssertionError

    with pytest.raises(SaslError):
        Scram("SCRAM-SHA-256", "user", "pencil", nonce="nonce", derive=never).step(challenge)


@given(st.binary(max_size=200))
def test_any_challenge_gives_an_answer_or_a_sasl_error(challenge):
    with contextlib.suppress(SaslError):
        Scram("SCRAM-SHA-1", "user", "pencil", derive=lambda *_: b"x" * 20).step(challenge)


def test_sha_512_proves_both_sides():
    """No RFC gives an example, so this is the server's half, written out."""
    scram = Scram("SCRAM-SHA-512", "user", "pencil", nonce="abc")
    server_first = "r=abcdef,s=c2FsdA==,i=1000"
    final = scram.step(server_first.encode()).decode()
    bare, proof = final.rsplit(",p=", 1)
    signed = f"n=user,r=abc,{server_first},{bare}".encode()
    salted = hashlib.pbkdf2_hmac("sha512", b"pencil", b"salt", 1000)
    stored = hashlib.sha512(hmac.digest(salted, b"Client Key", "sha512")).digest()
    signature = hmac.digest(stored, signed, "sha512")
    client_key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True))
    assert hashlib.sha512(client_key).digest() == stored
    server = hmac.digest(hmac.digest(salted, b"Server Key", "sha512"), signed, "sha512")
    scram.finish(b"v=" + base64.b64encode(server))


def test_strongest_first_and_plain_in_private_only():
    def chosen(*offered, private=True, user="u"):
        mechanism = choose_mechanism(offered, user, "p", private=private)
        return mechanism and mechanism.name

    assert chosen("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS") == "SCRAM-SHA-256"
    assert chosen("DIGEST-MD5", "SCRAM-SHA-1", "PLAIN") == "SCRAM-SHA-1"
    assert chosen("PLAIN") == "PLAIN"
    assert chosen("PLAIN", private=False) is None
    assert chosen("DIGEST-MD5", "X-OAUTH2", "ANONYMOUS") is None
    assert chosen("ANONYMOUS", "PLAIN", user="") == "ANONYMOUS"


def test_names_are_escaped_and_prepared():
    assert Scram("SCRAM-SHA-1", "a=b,c", "p", nonce="N").first() == b"n,,n=a=3Db=2Cc,r=N"
    assert Plain("u", "p").first() == b"\0u\0p"
    # RFC 4013 section 3: soft hyphen goes, roman numeral nine is IX, ordinal a is a.
    assert saslprep("I\u00adX") == "IX"
    assert saslprep("\u2168") == "IX"
    assert saslprep("\u00aa") == "a"
    assert saslprep("pass\U0001f600") == "pass\U0001f600"
    assert saslprep("\x07") == "\x07"


def test_base_64_of_nothing_is_an_equals_sign():
    assert (encode(b""), decode("="), decode(""), decode(encode(b"x"))) == ("=", b"", b"", b"x")


def test_salted_passwords_are_made_once_and_forgotten_in_order():
    known = SaltedPasswords(size=2)
    first = known("sha1", b"pw", b"salt", 10)
    assert first == hashlib.pbkdf2_hmac("sha1", b"pw", b"salt", 10)
    assert known("sha1", b"pw", b"salt", 10) is first
    assert known("sha1", b"other", b"salt", 10) != first
    known("sha1", b"third", b"salt", 10)
    assert known("sha1", b"pw", b"salt", 10) is not first
    assert b"pw" not in {part for key in known._known for part in key}


def test_what_another_process_has_made_of_a_password_is_made_for_no_other():
    password = secret_text()
    scram = Scram("SCRAM-SHA-1", "u", password, derive=SaltedPasswords())
    scram.step(b"r=" + scram.first().rpartition(b"r=")[2] + b"x,s=c2FsdA==,i=10")
    salted = SaltedPasswords().of(password, scram.proof)
    assert salted.value == hashlib.pbkdf2_hmac("sha1", password.encode(), b"salt", 10)
    known = SaltedPasswords()
    known.learn(password, salted._replace(value=b"learned"))
    assert known.of(password, scram.proof).value == b"learned"
    assert known.of(secret_text(), scram.proof).value != b"learned"


# Channel binding.


def channel(*bindings, taken=None):
    return ChannelBinding({name: name.encode for name in bindings}, frozenset(taken) if taken is not None else None)


@pytest.mark.parametrize(
    ("offered", "ours", "name", "header"),
    [
        (["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256"], channel(TLS_UNIQUE, TLS_SERVER_END_POINT), "SCRAM-SHA-1-PLUS", b"p=tls-unique,,"),
        (["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"], channel(TLS_UNIQUE), "SCRAM-SHA-256-PLUS", b"p=tls-unique,,"),
        # TLS 1.3, and the server does not say what it takes, or takes only what we have not.
        (["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"], channel(TLS_SERVER_END_POINT), "SCRAM-SHA-1", b"n,,"),
        (["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"], channel(TLS_SERVER_END_POINT, taken=["tls-exporter"]), "SCRAM-SHA-1", b"n,,"),
        (
            ["SCRAM-SHA-1-PLUS"],
            channel(TLS_SERVER_END_POINT, taken=["tls-exporter", TLS_SERVER_END_POINT]),
            "SCRAM-SHA-1-PLUS",
            b"p=tls-server-end-point,,",
        ),
        (
            ["SCRAM-SHA-1-PLUS"],
            channel(TLS_UNIQUE, TLS_SERVER_END_POINT, taken=[TLS_SERVER_END_POINT]),
            "SCRAM-SHA-1-PLUS",
            b"p=tls-server-end-point,,",
        ),
        # It offers none: one that does and was cut short will see this.
        (["SCRAM-SHA-1", "PLAIN"], channel(TLS_UNIQUE, TLS_SERVER_END_POINT), "SCRAM-SHA-1", b"y,,"),
        (["SCRAM-SHA-1"], channel(), "SCRAM-SHA-1", b"n,,"),
    ],
)
def test_how_a_log_in_is_bound_to_its_channel(offered, ours, name, header):
    mechanism = choose_mechanism(offered, "u", "p", private=True, channel=ours)
    assert mechanism.name == name
    assert mechanism.first().startswith(header + b"n=u,r=")


def test_the_binding_is_part_of_what_is_proved():
    def final(bound):
        scram = Scram("SCRAM-SHA-1-PLUS", "user", "pencil", nonce="N", gs2="p=tls-unique,,", bound=bound)
        return scram.step(b"r=Nserver,s=QSXCR+Q6sek8bf92,i=10").split(b",p=")

    (bound, proof), (other_bound, other_proof) = final(b"\x01\x02"), final(b"\x01\x03")
    assert base64.b64decode(bound.partition(b",")[0][2:]) == b"p=tls-unique,,\x01\x02"
    assert bound != other_bound
    assert proof != other_proof


def test_strengths_have_an_order_and_a_password_given_away_is_a_loss():
    names = ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-512-PLUS"]
    assert sorted(names, key=mechanism_strength) == names
    assert mechanism_strength("X-OTHER") < mechanism_strength("PLAIN")
    assert password_newly_exposed("SCRAM-SHA-1", "PLAIN")
    assert not password_newly_exposed("", "PLAIN")
    assert not password_newly_exposed("PLAIN", "PLAIN")
    assert not password_newly_exposed("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1")
