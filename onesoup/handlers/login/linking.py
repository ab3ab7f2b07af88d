"""Linked accounts: a password for the phone that stands for an XMPP account's own. Whoever makes a link here has shown the
account's password first; what admins do is in onesoup.commands.accounts."""

import secrets
import time

import structlog

from onesoup.csp import access
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import throttle
from onesoup.handlers.numbers import Issued, check_code, issue_code
from onesoup.store import keys
from onesoup.store.account.accounts import LinkedAccount
from onesoup.store.account.keyring import KeyRingError
from onesoup.store.account.phone_numbers import Checked

log = structlog.get_logger()

PAGE, ADMIN = "page", "admin"
LEAST, MOST = 6, 50  # S60 takes 50 characters
# The first press of each number key: no letter takes a second press, or a look. Twelve of eight letters are 36 random bits.
# That is enough because log-in attempts are limited: a guesser has five tries and then one in 15 minutes at an account
# (docs/accounts.md). It is not enough for somebody who has recorded a digest on the phone's line and tries passwords at home:
# that line is not encrypted anyway, and the XMPP password is never on it.
_EASY = "adgjmptw"
EASY_LENGTH = 12


def easy_password() -> str:
    """A password that is typed on number keys with twelve presses."""
    return "".join(secrets.choice(_EASY) for _ in range(EASY_LENGTH))


def objection(phone_password: str, password: str) -> str | None:
    """What is wrong with a phone password, for its user; None when it is good."""
    if len(phone_password) < LEAST:
        return f"The phone password must have at least {LEAST} characters."
    if len(phone_password) > MOST:
        return f"The phone password may have at most {MOST} characters."
    if not all("!" <= char <= "~" for char in phone_password):
        return "Phones write letters with accents, and blanks, in different ways: use plain letters, digits and signs."
    if phone_password == password:
        return "The phone password must not be your XMPP password: phones send it over lines where others can read it."
    return None


def found(services: GatewayServices, login: str) -> LinkedAccount | None:
    """The link of a log-in. One that no key opens any more counts as none: whoever knows the XMPP password still gets in."""
    try:
        return services.accounts.find(login)
    except KeyRingError as error:
        log.warning("link-lost", reason=str(error))
        return None


def whose(services: GatewayServices, peer: Peer, text: str) -> str:
    """The account that an address means here; 531 or 516 when that can be nobody's."""
    jid = access.wish(text, throttle.domains(services.policy, peer)).jid
    if addresses.domain_of(jid) not in services.policy.domains:
        raise CspError(StatusCode.DOMAIN_NOT_SUPPORTED, "domain not served here")
    return jid


def verify(services: GatewayServices, peer: Peer, jid: str, password: str, deadline: float) -> None:
    """Nothing when the XMPP server takes the password; else what a log-in of a phone would be told."""
    given = bool(password) and len(password) <= access.MAX_PASSWORD
    throttle.admit(services, peer, jid, throttle.word(services, jid, password) if given else None)
    job = {
        "verify": jid,
        "cred": services.ring.seal(password.encode("utf-8", "surrogatepass"), f"cred:{jid}"),
    }
    ticket = throttle.ticket(services, peer, jid, jid, password)
    answer = throttle.ask_holder(services, keys.shard_of(jid, "verify"), job, ticket, deadline)
    if answer["code"] != StatusCode.SUCCESSFUL:
        raise CspError(answer["code"], answer.get("text", ""))


def choose(services: GatewayServices, peer: Peer, jid: str, password: str, phone_password: str, deadline: float) -> None:
    """Stores a phone password for an account whose XMPP password is shown. What was there is replaced."""
    verify(services, peer, jid, password, deadline)
    old = _own_link(services, jid)
    number = old.number if old else ""
    services.accounts.link(jid, jid, password, phone_password, origin=PAGE, number=number, made=int(time.time()))
    log.info("account-linked", origin=PAGE)


def forget(services: GatewayServices, peer: Peer, jid: str, password: str, deadline: float) -> bool:
    """Removes what is stored for an account whose XMPP password is shown; False when nothing was."""
    verify(services, peer, jid, password, deadline)
    link = _own_link(services, jid)
    if link is None:
        return False
    services.accounts.unlink(jid)
    log.info("account-unlinked", origin=PAGE)
    return True


def send_code(services: GatewayServices, peer: Peer, jid: str, password: str, number: str, deadline: float) -> Issued:
    """Sends a code to the phone of somebody who has shown the account's XMPP password."""
    verify(services, peer, jid, password, deadline)
    return issue_code(services, jid, number)


def confirm_code(services: GatewayServices, peer: Peer, jid: str, password: str, code: str, deadline: float) -> Checked:
    """Makes the number to which the code was sent the account's own, for wake-ups by SMS."""
    verify(services, peer, jid, password, deadline)
    return check_code(services, jid, code.strip())


def wakes_by_sms(services: GatewayServices) -> bool:
    """Whether a number is of any use here."""
    return "SMS" in services.lines.live()


def _own_link(services: GatewayServices, jid: str) -> LinkedAccount | None:
    """The account's link. 403 where an admin lets this log-in stand for another account."""
    link = found(services, jid)
    if link is not None and link.jid != jid:
        raise CspError(StatusCode.FORBIDDEN, "this log-in is managed by the operator")
    return link
