"""FAST (XEP-0484) as values: a token of the server proves who we are in one journey, where the password needs two. No I/O.

A token stands for the password that was proved when the server gave it, and is used for no other: whoever sends another password
has to prove that. How long it is good is the memory's business.
"""

import hmac
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from xmpp.simplexml import Node

from onesoup.xmpp import namespaces
from onesoup.xmpp.messages import parse_stamp
from onesoup.xmpp.stream import sasl
from onesoup.xmpp.stream.serializer import quote

# Mechanism -> its channel binding, the strongest first. tls-exporter is left out: the ssl module does not give it.
TOKEN_MECHANISMS = {
    "HT-SHA-256-UNIQ": sasl.TLS_UNIQUE,
    "HT-SHA-256-ENDP": sasl.TLS_SERVER_END_POINT,
    "HT-SHA-256-NONE": "",
}
MAX_TOKEN_LENGTH = 1024
USE_ELEMENT = f"<fast xmlns='{namespaces.FAST}'/>"

Bindings = Mapping[str, Callable[[], bytes]]


@dataclass(frozen=True)
class LoginToken:
    """`expires`: seconds since the epoch. `proof`: of the password that it stands for."""

    mechanism: str
    secret: str
    expires: float
    proof: sasl.PasswordProof


class TokenMemory(Protocol):
    """Tokens by account and client: `address` is a bare JID, `agent` the id under which the server knows the client."""

    def recall(self, address: str, agent: str) -> LoginToken | None:
        """One that may be used now."""

    def keep(self, address: str, agent: str, token: LoginToken) -> None:
        """Instead of the one before."""

    def drop(self, address: str, agent: str) -> None: ...

    def forget(self, address: str) -> None:
        """Those of all clients of the account: its password is another one now."""


class HashedToken:
    """A mechanism of the HT-SHA-256 family (draft-schmaus-kitten-sasl-ht-09). After `finish` the server has proved that it knows
    the token too."""

    def __init__(self, token: LoginToken, user: str, bindings: Bindings) -> None:
        self.name, self.token = token.mechanism, token
        self.proof: sasl.PasswordProof | None = token.proof  # of the password that it stands for
        self._user, self._key = sasl.saslprep(user).encode(), token.secret.encode()
        binding = TOKEN_MECHANISMS[token.mechanism]
        self._bound = bindings[binding]() if binding else b""

    def first(self) -> bytes:
        return self._user + b"\0" + hmac.digest(self._key, b"Initiator" + self._bound, "sha256")

    def step(self, challenge: bytes) -> bytes:
        raise sasl.SaslError("unexpected challenge")

    def finish(self, success: bytes) -> None:
        if not hmac.compare_digest(success, hmac.digest(self._key, b"Responder" + self._bound, "sha256")):
            raise sasl.SaslError("the server's proof is wrong")


class TokenLogin:
    """What one log-in does with tokens. Without a memory it uses none and asks for none."""

    def __init__(self, memory: TokenMemory | None, address: str, agent: str, password: str, derive: sasl.Derive) -> None:
        self._memory, self._who = memory, (address, agent)
        self._password, self._derive = password, derive
        self._recalled = False
        self._token: LoginToken | None = None  # one that stands for this password
        self._kept = False  # there is one in the memory, for whatever password
        self._asked = ""  # the mechanism for which the server was asked for one

    def mechanism(self, offered: Iterable[str], user: str, bindings: Bindings) -> HashedToken | None:
        """The log-in with the token that is kept, if it may be used here and now."""
        names = usable(offered, bindings)
        if self._memory is None or not names:
            return None
        if not self._recalled:
            self._recalled, token = True, self._memory.recall(*self._who)
            self._kept = token is not None
            self._token = token if token is not None and token.proof.fits(self._password, self._derive) else None
        return HashedToken(self._token, user, bindings) if self._token is not None and self._token.mechanism in names else None

    def along(self, mechanism: sasl.Mechanism, offered: Iterable[str], bindings: Bindings) -> str:
        """What goes along with this mechanism: that it is of a token, or the question for one."""
        if isinstance(mechanism, HashedToken):
            return USE_ELEMENT
        names = usable(offered, bindings)
        if self._memory is None or not names or not isinstance(mechanism, sasl.Scram):
            return ""
        self._asked = names[0]
        return request_element(self._asked)

    def refused(self) -> None:
        """Whatever was tried, the server did not take it: no token of this client is used any more."""
        if self._memory is not None and self._kept:
            self._memory.drop(*self._who)
        self._kept, self._token = False, None

    def given(self, mechanism: sasl.Mechanism, success: Node) -> None:
        """Keeps a token that came with the success. One that replaces another one is good no longer than that: else a password
        that is not the account's any more could live on from token to token."""
        token = None
        if self._memory is not None and self._kept and self._token is None:
            self._memory.forget(self._who[0])  # the password that it stands for is not the account's any more
        if isinstance(mechanism, HashedToken):
            token = read_token(success, mechanism.name, mechanism.token.proof, mechanism.token.expires)
        elif isinstance(mechanism, sasl.Scram) and self._asked and mechanism.proof is not None:
            token = read_token(success, self._asked, mechanism.proof)
        if token is not None and self._memory is not None:
            self._memory.keep(*self._who, token)


def usable(offered: Iterable[str], bindings: Bindings) -> list[str]:
    """The mechanisms for tokens that both sides have on this connection, the strongest first."""
    names = set(offered)
    return [name for name, binding in TOKEN_MECHANISMS.items() if name in names and (not binding or binding in bindings)]


def request_element(mechanism: str) -> str:
    """Asks for a token along with the log-in."""
    return f"<request-token xmlns='{namespaces.FAST}' mechanism='{quote(mechanism)}'/>"


def read_token(success: Node, mechanism: str, proof: sasl.PasswordProof, until: float = math.inf) -> LoginToken | None:
    """The token in a <success/>, None without a good one."""
    given = success.getTag("token", namespace=namespaces.FAST)
    secret, expires = (given.getAttr("token") or "", parse_stamp(given.getAttr("expiry") or "")) if given else ("", None)
    if expires is None or not 0 < len(secret) <= MAX_TOKEN_LENGTH:
        return None
    return LoginToken(mechanism, secret, min(float(expires), until), proof)
