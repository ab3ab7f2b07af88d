"""Errors for messages that we sent -> what the phone is told (xmpp-mapping.md 6.4). Pure."""

import re
from dataclasses import dataclass
from typing import Any

from onesoup.wire.datatypes import legal_text
from onesoup.xmpp import namespaces
from onesoup.xmpp.messages import text_in

# Characters of a message by which its writer knows it again, and of what a server says about it.
MAX_QUOTED_LENGTH, MAX_BOUNCE_TEXT_LENGTH = 40, 160

# Conditions of our own: the recipient is on the user's block list; the user's server talks to no other; another server cannot
# be reached, though it may exist.
USER_BLOCKS, NO_OTHERS, SERVER_UNREACHABLE = "blocked", "no-other-servers", "remote-server-timeout"
SERVER_NOT_FOUND = "remote-server-not-found"
BOUNCE_REASONS = {
    "bad-request": "the server could not read it",
    "conflict": "refused because of a conflict",
    "feature-not-implemented": "the recipient takes no messages",
    "forbidden": "you may not write to this user",
    "gone": "this address is not in use any more",
    "internal-server-error": "an error of the server",
    "item-not-found": "no such user",
    "jid-malformed": "this is no valid address",
    "not-acceptable": "the recipient does not take it",
    "not-allowed": "this is not allowed",
    "not-authorized": "you may not write to this user",
    "payment-required": "the server wants to be paid for it",
    "policy-violation": "it is against the rules of the server",
    "recipient-unavailable": "recipient cannot be reached",
    "redirect": "the user has another address now",
    "registration-required": "you have to register first",
    "resource-constraint": "it is too long, or too much is waiting there",
    "service-unavailable": "recipient cannot be reached",
    "subscription-required": "only contacts may write to this user",
    USER_BLOCKS: "you have blocked this user",
    NO_OTHERS: "your server talks to no other server",
    SERVER_NOT_FOUND: "no such server",
    SERVER_UNREACHABLE: "the other server cannot be reached now",
}
# Servers say remote-server-not-found of any that they could not reach. Only the words tell that DNS knows no such name.
_NO_SUCH_NAME = re.compile(
    r"nxdomain|non-?exist[ae]nt domain|non-existing domain|no such (domain|host)|unknown host|host not found"
    r"|name or service not known|does not exist|failed idna",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Bounce:
    """`sender` is the address that reports it, `id` that of our message, `text` what the server says about it, `words` how the
    message began if it came back."""

    sender: str
    id: str
    condition: str
    text: str = ""
    words: str = ""


def read_bounce(stanza: Any) -> Bounce | None:
    """An error for a message that may be ours; None for anything else."""
    if stanza.getAttr("type") != "error" or not stanza.getAttr("id"):
        return None
    error = stanza.getTag("error")
    children = [child for child in (error.getChildren() if error is not None else ()) if child]
    text = " ".join(child.getData() or "" for child in children if child.getName() == "text")
    named = [child for child in children if str(child.getNamespace()) == namespaces.STANZA_ERRORS and child.getName() != "text"]
    blocked = any(str(child.getNamespace()) == namespaces.BLOCKING_ERRORS for child in children)
    condition = USER_BLOCKS if blocked else _condition(named[0].getName() if named else "undefined-condition", text)
    # Of <gone/> and <redirect/> the content is the new address.
    address = (named[0].getData() or "") if named else ""
    return Bounce(
        stanza.getAttr("from") or "",
        stanza.getAttr("id"),
        condition,
        _shortened(f"{address} {text}", MAX_BOUNCE_TEXT_LENGTH),
        first_words(text_in(stanza, "body")),
    )


def is_unreachable(stanza: Any) -> bool:
    """Whether an error says that the other server cannot be reached just now."""
    error = stanza.getTag("error")
    if error is None:
        return False
    text = " ".join(each.getData() or "" for each in error.getTags("text"))
    return any(_condition(child.getName(), text) == SERVER_UNREACHABLE for child in error.getChildren() if child)


def _condition(name: str, text: str) -> str:
    """The condition that fits, where a server's words say more than its own."""
    if name == "not-allowed" and "remote domains" in text.lower():
        return NO_OTHERS
    if name == SERVER_NOT_FOUND and not _NO_SUCH_NAME.search(text):
        return SERVER_UNREACHABLE
    return name


def first_words(body: str) -> str:
    """How a message began, in one line."""
    return _shortened(body, MAX_QUOTED_LENGTH)


def _shortened(text: str, most: int) -> str:
    line = " ".join(legal_text(text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 3].rstrip() + "..."


def bounce_text(reason: str, text: str = "", words: str = "") -> str:
    """What the phone reads. `reason` is in our words."""
    more = f" ({text})" if text and text.lower() not in reason.lower() else ""
    return f"not delivered: {reason}{more}" + (f': "{words}"' if words else "")


def bounce_reason(condition: str) -> str:
    return BOUNCE_REASONS.get(condition, "the server refused it")
