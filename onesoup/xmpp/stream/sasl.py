"""SASL as RFC 6120 section 6 uses it: SCRAM (RFC 5802, 7677), PLAIN (RFC 4616), ANONYMOUS. No I/O, no clock.

A mechanism is an object with `first()`, then `step(challenge)` for each challenge, then `finish(data of success)`.

Left out: DIGEST-MD5 (RFC 6331 made it historic), jabber:iq:auth, and of the channel bindings tls-exporter (RFC 9266), which
the ssl module does not give. So over TLS 1.3 a -PLUS is used where the server takes tls-server-end-point (XEP-0440).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import stringprep
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

# (hash name, password, salt, rounds) -> SaltedPassword
Derive = Callable[[str, bytes, bytes, int], bytes]

# A server that asks for more would keep a core busy for seconds at each log-in.
MAX_ROUNDS = 1_000_000

# Strongest first.
SCRAM_HASHES = {"SCRAM-SHA-512": "sha512", "SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}
PLUS_SUFFIX = "-PLUS"
# From weak to strong. What a server has proved to offer once, it should offer again.
MECHANISM_STRENGTHS = ("ANONYMOUS", "PLAIN", *reversed(SCRAM_HASHES), *(name + PLUS_SUFFIX for name in reversed(SCRAM_HASHES)))
# Channel bindings, the strongest first: this one connection, then this one certificate.
TLS_UNIQUE, TLS_SERVER_END_POINT = "tls-unique", "tls-server-end-point"


class SaslError(Exception):
    """The server broke the mechanism's rules, or did not prove that it knows the password."""


class Known(Protocol):
    """A memory of the mechanisms that worked, by domain."""

    def best(self, domain: str) -> str:
        """The strongest that worked before, empty when there is none."""

    def worked(self, domain: str, name: str) -> None: ...


class Forgetful:
    """A memory that keeps nothing."""

    def best(self, domain: str) -> str:
        return ""

    def worked(self, domain: str, name: str) -> None:
        """Forgotten at once."""


@dataclass(frozen=True)
class PasswordProof:
    """What tells a password that a server has taken from any other: SCRAM's StoredKey (RFC 5802 section 3), from which neither
    the password nor a log-in can be made."""

    hash_name: str
    salt: bytes
    rounds: int
    stored_key: bytes

    def fits(self, password: str, derive: Derive) -> bool:
        salted = derive(self.hash_name, saslprep(password).encode(), self.salt, self.rounds)
        return hmac.compare_digest(self.stored_key, _client_keys(self.hash_name, salted)[1])


class Mechanism(Protocol):
    name: str
    # Of the password that the server has taken, when `finish` has returned; None of one without a salt.
    proof: PasswordProof | None

    def first(self) -> bytes: ...
    def step(self, challenge: bytes) -> bytes: ...
    def finish(self, success: bytes) -> None: ...


def derive(hash_name: str, password: bytes, salt: bytes, rounds: int) -> bytes:
    """PBKDF2 on the spot. 10,000 rounds take 5 ms of processor time."""
    return hashlib.pbkdf2_hmac(hash_name, password, salt, rounds)


@dataclass(frozen=True)
class ChannelBinding:
    """What ties a log-in to the TLS connection under it. `taken`: bindings that the server takes, None when it does not say."""

    bindings: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    taken: frozenset[str] | None = None

    def agreed(self) -> str:
        """The binding to use, empty for none. A server that does not say takes tls-unique: it had nothing else to mean."""
        taken = self.taken if self.taken is not None else {TLS_UNIQUE}
        return next((name for name in (TLS_UNIQUE, TLS_SERVER_END_POINT) if name in self.bindings and name in taken), "")


NO_CHANNEL = ChannelBinding()


def choose_mechanism(
    offered: Iterable[str],
    user: str,
    password: str,
    *,
    private: bool,
    derive: Derive = derive,
    channel: ChannelBinding = NO_CHANNEL,
) -> Mechanism | None:
    """The strongest mechanism that the server offers and we accept. `private`: only the server reads the password.

    An empty user asks for ANONYMOUS.
    """
    names = {name.strip().upper() for name in offered}
    if not user:
        return Anonymous() if "ANONYMOUS" in names else None
    binding = channel.agreed()
    for name in SCRAM_HASHES if binding else ():
        if name + PLUS_SUFFIX in names:
            return Scram(
                name + PLUS_SUFFIX, user, password, derive=derive, gs2=f"p={binding},,", bound=channel.bindings[binding]()
            )
    # "y": we could bind, and believe that the server cannot. One that can then knows that somebody cut its offer short.
    could = bool(channel.bindings) and not any(name.endswith(PLUS_SUFFIX) for name in names)
    for name in SCRAM_HASHES:
        if name in names:
            return Scram(name, user, password, derive=derive, gs2="y,," if could else "n,,")
    return Plain(user, password) if private and "PLAIN" in names else None


def mechanism_strength(name: str) -> int:
    """The higher the stronger; -1 for one that is not known."""
    return MECHANISM_STRENGTHS.index(name) if name in MECHANISM_STRENGTHS else -1


def password_newly_exposed(best: str, name: str) -> bool:
    """Whether the server learns the password now, and did not before: no change of a configuration that could be accepted."""
    return best.startswith("SCRAM-") and not name.startswith("SCRAM-")


class Anonymous:
    """RFC 4505, without trace information."""

    name = "ANONYMOUS"
    proof: PasswordProof | None = None

    def first(self) -> bytes:
        return b""

    def step(self, challenge: bytes) -> bytes:
        raise SaslError("unexpected challenge")

    def finish(self, success: bytes) -> None:
        """Nothing to prove."""


class Plain:
    """RFC 4616. Only for an encrypted connection to a server with a verified certificate."""

    name = "PLAIN"
    proof: PasswordProof | None = None

    def __init__(self, user: str, password: str) -> None:
        self._message = b"\0" + saslprep(user).encode() + b"\0" + saslprep(password).encode()

    def first(self) -> bytes:
        return self._message

    def step(self, challenge: bytes) -> bytes:
        raise SaslError("unexpected challenge")

    def finish(self, success: bytes) -> None:
        """Nothing to prove: the certificate did."""


class Scram:
    """RFC 5802. After `finish` the server has proved that it knows the password too."""

    def __init__(
        self,
        name: str,
        user: str,
        password: str,
        *,
        derive: Derive = derive,
        nonce: str = "",
        gs2: str = "n,,",
        bound: bytes = b"",
    ) -> None:
        """`gs2`: the header that says how the channel is bound (RFC 5802 section 6); `bound`: the binding's data."""
        self.name, self._hash, self._derive = name, SCRAM_HASHES[name.removesuffix(PLUS_SUFFIX)], derive
        self._gs2, self._binding = gs2.encode(), base64.b64encode(gs2.encode() + bound).decode()
        self._password = saslprep(password).encode()
        self._nonce = nonce or secrets.token_urlsafe(24)
        escaped = saslprep(user).replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={escaped},r={self._nonce}"
        self._signature = b""
        self._proved = False
        self.proof: PasswordProof | None = None

    def first(self) -> bytes:
        return self._gs2 + self._bare.encode()

    def step(self, challenge: bytes) -> bytes:
        # Some servers put their proof into a last challenge and leave <success/> empty: RFC 5802 allows both.
        if self._signature:
            self._verify(challenge)
            return b""
        fields = _fields(challenge)
        nonce, salt, rounds = self._server_first(fields)
        salted = self._derive(self._hash, self._password, salt, rounds)
        without_proof = f"c={self._binding},r={nonce}"
        signed = f"{self._bare},{challenge.decode()},{without_proof}".encode()
        client_key, stored_key = _client_keys(self._hash, salted)
        self.proof = PasswordProof(self._hash, salt, rounds, stored_key)
        self._signature = hmac.digest(hmac.digest(salted, b"Server Key", self._hash), signed, self._hash)
        signature = hmac.digest(stored_key, signed, self._hash)
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature, strict=True))).decode()
        return f"{without_proof},p={proof}".encode()

    def finish(self, success: bytes) -> None:
        if success:
            self._verify(success)
        if not self._proved:
            raise SaslError("the server gave no proof")

    def _server_first(self, fields: dict[str, str]) -> tuple[str, bytes, int]:
        nonce = fields.get("r", "")
        if "m" in fields or not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise SaslError("bad nonce or unknown extension")
        rounds = int(fields.get("i", "0")) if fields.get("i", "").isdecimal() and len(fields["i"]) < 8 else 0
        if not 1 <= rounds <= MAX_ROUNDS:
            raise SaslError("bad iteration count")
        salt = decode(fields.get("s", ""))
        if not salt:
            raise SaslError("no salt")
        return nonce, salt, rounds

    def _verify(self, message: bytes) -> None:
        given = decode(_fields(message).get("v", ""))
        if not self._signature or not hmac.compare_digest(given, self._signature):
            raise SaslError("the server's proof is wrong")
        self._proved = True


def _client_keys(hash_name: str, salted: bytes) -> tuple[bytes, bytes]:
    """ClientKey, which proves the password, and StoredKey, which only checks it."""
    client_key = hmac.digest(salted, b"Client Key", hash_name)
    return client_key, hashlib.new(hash_name, client_key).digest()


def decode(text: str) -> bytes:
    """Base 64 as SASL over XMPP uses it; "=" stands for empty data (RFC 6120 section 6.4.2)."""
    if text.strip() in ("", "="):
        return b""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        raise SaslError("not base 64") from None


def encode(data: bytes, empty: str = "=") -> str:
    """`empty` stands for empty data."""
    return base64.b64encode(data).decode() or empty


def _fields(message: bytes) -> dict[str, str]:
    """The attributes of a SCRAM message: a=...,b=... with one letter each."""
    try:
        parts = message.decode().split(",")
    except UnicodeDecodeError:
        raise SaslError("not UTF-8") from None
    return {part[0]: part[2:] for part in parts if part[1:2] == "="}


def saslprep(text: str) -> str:
    """SASLprep (RFC 4013) as a query string: unassigned code points stay. Text that it forbids is used as it is."""
    if text.isascii() and text.isprintable():  # nothing to map and nothing forbidden, as nearly always
        return text
    mapped = "".join(" " if stringprep.in_table_c12(char) else char for char in text if not stringprep.in_table_b1(char))
    mapped = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    return text if any(_forbidden(char) for char in mapped) else mapped


def _forbidden(char: str) -> bool:
    return (
        stringprep.in_table_c12(char)
        or stringprep.in_table_c21_c22(char)
        or stringprep.in_table_c3(char)
        or stringprep.in_table_c4(char)
        or stringprep.in_table_c5(char)
        or stringprep.in_table_c6(char)
        or stringprep.in_table_c7(char)
        or stringprep.in_table_c8(char)
        or stringprep.in_table_c9(char)
    )
