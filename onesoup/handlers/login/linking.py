"""Links between phone log-ins and XMPP accounts, with phone passwords. Users make them here after proving the account's XMPP
password; admins with `onesoup accounts` (onesoup.commands.accounts)."""

import secrets
import time
from collections.abc import Callable

import structlog

from onesoup.csp import access
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import reasons, throttle
from onesoup.handlers.numbers import Issued, check_code, issue_code
from onesoup.store import keys
from onesoup.store.account.accounts import LinkedAccount
from onesoup.store.account.keyring import KeyRingError
from onesoup.store.account.phone_numbers import CodeCheck

log = structlog.get_logger()

ORIGIN_PAGE, ORIGIN_ADMIN = "page", "admin"
MIN_PHONE_PASSWORD, MAX_PHONE_PASSWORD = 6, 50  # S60 takes 50 characters
# The first press of each number key: no letter takes a second press, or a look. Twelve of eight letters are 36 random bits.
# That is enough because log-in attempts are limited: a guesser has five tries and then one in 15 minutes at an account
# (docs/accounts.md). It is not enough for somebody who has recorded a digest on the phone's line and tries passwords at home:
# that line is not encrypted anyway, and the XMPP password is never on it.
_EASY = "adgjmptw"
EASY_PASSWORD_LENGTH = 12


def easy_phone_password() -> str:
    """A password that is typed on number keys with twelve presses."""
    return "".join(secrets.choice(_EASY) for _ in range(EASY_PASSWORD_LENGTH))


def phone_password_objection(phone_password: str, password: str) -> str | None:
    """What is wrong with a phone password, as text for its user; None when it is good."""
    if len(phone_password) < MIN_PHONE_PASSWORD:
        return f"The phone password must have at least {MIN_PHONE_PASSWORD} characters."
    if len(phone_password) > MAX_PHONE_PASSWORD:
        return f"The phone password may have at most {MAX_PHONE_PASSWORD} characters."
    if not all("!" <= char <= "~" for char in phone_password):
        return "Use plain letters, digits and signs: phones send letters with accents, and spaces, in different ways."
    if phone_password == password:
        return "The phone password must not be your XMPP password: phones send it in such a way that others can read it."
    return None


def find_link(services: GatewayServices, login: str) -> LinkedAccount | None:
    """The link of a log-in, or None. A link that no key can decrypt counts as none: its user can still log in with the XMPP
    password."""
    return _opened(lambda: services.accounts.find(login))


def read_link(services: GatewayServices, login: str, record: bytes | None) -> LinkedAccount | None:
    """As find_link(), of a record that was read before."""
    return _opened(lambda: services.accounts.read(login, record))


def _opened(find: Callable[[], LinkedAccount | None]) -> LinkedAccount | None:
    try:
        return find()
    except KeyRingError as error:
        log.warning("link-lost", reason=str(error))
        return None


def meant_account(services: GatewayServices, user_id: str | None, peer: Peer) -> str:
    """The account that the user id of a log-in means, served here or not; "" for none."""
    try:
        return access.login_address(user_id, throttle.domain_policy(services.policy, peer)).jid
    except CspError:
        return ""


def likely_account(services: GatewayServices, user_id: str | None, peer: Peer) -> str:
    """As meant_account; of a domain that is not served here, the account of the same name at the domain that is: its owner has
    most likely typed a wrong domain."""
    jid, default = meant_account(services, user_id, peer), throttle.domain_policy(services.policy, peer).default
    if jid and addresses.domain_of(jid) not in services.policy.domains and default:
        return f"{jid.rpartition('@')[0]}@{default}"
    return jid


def account_of(services: GatewayServices, peer: Peer, text: str) -> str:
    """The account that an address means here. 531 or 516 when it can mean none."""
    jid = access.login_address(text, throttle.domain_policy(services.policy, peer)).jid
    if addresses.domain_of(jid) not in services.policy.domains:
        raise CspError(StatusCode.DOMAIN_NOT_SUPPORTED, "domain not served here")
    return jid


def verify_password(services: GatewayServices, peer: Peer, jid: str, password: str, deadline: float) -> None:
    """Checks the password at the XMPP server. CspError with the code that a log-in of a phone would get."""
    throttle.refuse_blocked_account(services, jid)
    given = bool(password) and len(password) <= access.MAX_PASSWORD_LENGTH
    good = throttle.admit_login(services, peer, jid, throttle.password_key(services, jid, password) if given else None)
    job = {
        "verify": jid,
        "cred": services.ring.seal(password.encode("utf-8", "surrogatepass"), f"cred:{jid}"),
    }
    ticket = throttle.login_ticket(services, peer, jid, jid, password)
    answer = throttle.ask_holder(services, keys.shard_of(jid, "verify"), job, ticket, good, deadline)
    if answer["code"] != StatusCode.SUCCESSFUL:
        raise CspError(answer["code"], answer.get("text", ""), reasons.holder_reason(answer))


def set_phone_password(
    services: GatewayServices, peer: Peer, jid: str, password: str, phone_password: str, deadline: float
) -> None:
    """Stores a phone password for an account, after checking its XMPP password. Replaces the stored one."""
    verify_password(services, peer, jid, password, deadline)
    old = _own_link(services, jid)
    number = old.number if old else ""
    services.accounts.link(jid, jid, password, phone_password, origin=ORIGIN_PAGE, number=number, made=int(time.time()))
    log.info("account-linked", origin=ORIGIN_PAGE)


def remove_phone_password(services: GatewayServices, peer: Peer, jid: str, password: str, deadline: float) -> bool:
    """Removes what is stored for an account, after checking its XMPP password. False when nothing was stored."""
    verify_password(services, peer, jid, password, deadline)
    link = _own_link(services, jid)
    if link is None:
        return False
    services.accounts.unlink(jid)
    log.info("account-unlinked", origin=ORIGIN_PAGE)
    return True


def send_code(services: GatewayServices, peer: Peer, jid: str, password: str, number: str, deadline: float) -> Issued:
    """Sends a code to a phone number, after checking the account's XMPP password."""
    verify_password(services, peer, jid, password, deadline)
    return issue_code(services, jid, number)


def confirm_code(services: GatewayServices, peer: Peer, jid: str, password: str, code: str, deadline: float) -> CodeCheck:
    """Checks the code. When it is right, wake-ups by SMS go to the number."""
    verify_password(services, peer, jid, password, deadline)
    return check_code(services, jid, code.strip())


def wakes_by_sms(services: GatewayServices) -> bool:
    """Whether this service sends wake-ups by SMS."""
    return "SMS" in services.lines.live()


def _own_link(services: GatewayServices, jid: str) -> LinkedAccount | None:
    """The account's link. 403 when an admin has linked this log-in to another account."""
    link = find_link(services, jid)
    if link is not None and link.jid != jid:
        raise CspError(StatusCode.FORBIDDEN, "this log-in is managed by the operator")
    return link
