"""What an operator means by a word: a user, the users of a domain, or one session.

A session is named by the first digits of its id's hash, as in the logs: who has the id itself can act as the phone."""

import re
from dataclasses import dataclass

from onesoup.csp.errors import CspError
from onesoup.csp.text import addresses
from onesoup.operators.living import session_named, user_sids
from onesoup.operators.operator import Operator, OperatorError

_SESSION_NAME = re.compile("[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class MeantTarget:
    """Whom an operator means: the user `jid`, or, where `sid` is not "", this one session, which logs call `name`."""

    jid: str
    sid: str = ""
    name: str = ""


def user_meant(user: str, default: str) -> str:
    """The bare JID of a user as operators write it: alice, alice@example.org, wv:alice. `default` is the domain of the first."""
    try:
        return addresses.to_jid(user, default)
    except CspError as error:
        raise OperatorError(str(error)) from None


def session_filter(user: str | None, domain: str | None, default: str) -> str:
    """What the JID of a session must be, or what it must end with; "" for all sessions."""
    if domain and user:
        raise OperatorError("--domain or --user, not both")
    if user:
        return user_meant(user, default)
    try:
        return f"@{addresses.normal_domain(domain)}" if domain else ""
    except CspError as error:
        raise OperatorError(str(error)) from None


def looks_like_session(word: str) -> bool:
    return _SESSION_NAME.fullmatch(word) is not None


def named_target(operator: Operator, word: str) -> MeantTarget:
    """What an operator means by a word. A user may be called as a session is: then what is there decides, and what may be both is
    refused."""
    jid = user_meant(word, operator.domain)
    sid = session_named(operator.client, word) if looks_like_session(word) else ""
    if sid and user_sids(operator.client, jid):
        raise OperatorError(f"{word} is a session, and {jid} is logged in too: which of them? Write {jid} for the user")
    return MeantTarget(jid, sid, word if sid else "")
