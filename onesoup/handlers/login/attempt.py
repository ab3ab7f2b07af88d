"""One Login-Request, and what is known about it before any password is checked."""

import hashlib
from dataclasses import dataclass

from onesoup.csp import access, handsets
from onesoup.csp.codec.generated_elements import LoginRequest
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import linking, throttle
from onesoup.store.account.accounts import LinkedAccount
from onesoup.store.account.login_limits import LoginAttempt
from onesoup.store.redis.commands import RedisCommand

MAX_CLIENT_ID, MAX_SESSION_COOKIE = 500, 1000


@dataclass(slots=True)
class LoginContext:
    """One Login-Request and what is known about it. `old` is the session in whose descriptor it came."""

    services: GatewayServices
    request: LoginRequest
    transaction_id: str
    version: str
    peer: Peer
    deadline: float
    old: str | None
    wish: access.LoginWish
    client_id: str
    client_kind: str
    handset: handsets.Handset
    link: LinkedAccount | None
    # The network states the account's phone number.
    vouched: bool
    scheme: str
    encoding: str
    # Why the phone has proved nothing, for the log.
    unproved: str = ""
    # What was known of log-ins to the account when the request came, until it has been used.
    entry: LoginAttempt | None = None

    @property
    def handset_name(self) -> str:
        """What both phases of a four-way log-in share (flows.md 4.2): the account and the handset's own data. Some handsets
        give the second phase another TransactionID."""
        return self._name()

    @property
    def name(self) -> str:
        """Name of this phase, and of the other one if that has the same TransactionID."""
        return self._name(self.transaction_id)

    def _name(self, *more: str) -> str:
        parts = self.wish.jid, self.client_id, self.request.session_cookie or "", *more
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What was read of an account when a Login-Request came that names it: the record of its link, and what is known of log-ins
    to it from there."""

    jid: str
    link: bytes | None
    entry: LoginAttempt


def account_commands(services: GatewayServices, jid: str, peer: Peer) -> tuple[RedisCommand, RedisCommand]:
    """What a KnownAccount is made of."""
    place = throttle.place_key(services, peer)
    return services.accounts.record_command(jid), services.guard.enter_command(jid, place)


def login_scheme(request: LoginRequest) -> str:
    if request.password is not None:
        return "pwd"
    if request.digest_bytes is not None:
        return "digest"
    return "challenge" if request.digest_schema else "none"


def start_attempt(
    services: GatewayServices,
    request: LoginRequest,
    transaction_id: str,
    version: str,
    peer: Peer,
    deadline: float,
    old: str | None,
    encoding: str,
    account: KnownAccount | None = None,
) -> LoginContext:
    """Finds the account that a Login-Request means; `account` is most likely that. 531 and 516 when no account here can be
    meant."""
    policy, scheme = services.policy, login_scheme(request)
    numbered = services.accounts.of_number(peer.number) if peer.number else None
    if numbered is not None and (owner := linking.find_link(services, numbered)) is not None and owner.number != peer.number:
        numbered = None  # that log-in has another number since
    if numbered and not (request.user_id or "").strip():
        wish = access.LoginWish(numbered, addresses.from_jid(numbered), False)
    else:
        wish = access.login_address(request.user_id, throttle.domain_policy(policy, peer))
    client_id, kind = access.client_id_text(request.client_id)
    known = account if account is not None and account.jid == wish.jid else None
    link = linking.read_link(services, wish.jid, known.link) if known else linking.find_link(services, wish.jid)
    if len(client_id) > MAX_CLIENT_ID or len(request.session_cookie or "") > MAX_SESSION_COOKIE:
        raise CspError(StatusCode.BAD_PARAMETER, "ClientID or SessionCookie too long")
    if addresses.domain_of(link.jid if link else wish.jid) not in policy.domains:
        raise CspError(StatusCode.DOMAIN_NOT_SUPPORTED, "domain not served here")
    vouched = link is not None and numbered == wish.jid
    if vouched and scheme != "challenge":
        scheme = "msisdn"
    old = request.session_id or old
    who = wish, client_id, kind, handsets.find_handset(client_id, peer.user_agent, transaction_id), link, vouched, scheme
    entry = known.entry if known else None
    return LoginContext(services, request, transaction_id, version, peer, deadline, old, *who, encoding=encoding, entry=entry)
