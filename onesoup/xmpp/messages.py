"""Message stanzas -> texts for the phone (xmpp-mapping.md 6.2). Pure; `own` is the bare JID of the session."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from onesoup.csp import addresses

CARBONS, FORWARD, DELAY, OLD_DELAY = "urn:xmpp:carbons:2", "urn:xmpp:forward:0", "urn:xmpp:delay", "jabber:x:delay"
MARKERS, BLOCKED = "urn:xmpp:chat-markers:0", "urn:xmpp:blocking:errors"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
XHTML, BODY = "http://jabber.org/protocol/xhtml-im", "http://www.w3.org/1999/xhtml"
RECEIPTS, STANZA_ID, OOB = "urn:xmpp:receipts", "urn:xmpp:sid:0", "jabber:x:oob"
CORRECTION = "urn:xmpp:message-correct:0"
# How `Incoming.seen` begins for a message that our own server's archive has numbered.
NUMBERED = "a "
ENCRYPTED = ("eu.siacs.conversations.axolotl", "urn:xmpp:omemo:2", "urn:xmpp:openpgp:0", "jabber:x:encrypted")
PICTURES = ("jpg", "jpeg", "jpe", "png", "gif", "webp", "bmp")
MAX_URL = 2000
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,5})$")
_STAMP = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that somebody wrote: `seen` names the stanza for duplicates, `receipt` its id when a receipt is asked, `url`
    the part of the body that leads to a picture, as far as can be told from here."""

    sender: str
    sender_full: str
    body: str
    time: int | None
    seen: str
    receipt: str = ""
    url: str = ""


def read_message(stanza: Any, own: str) -> Incoming | None:
    """What the phone is told of a message, or None when that is nothing. A carbon counts as the message in it, once, and
    only when our own account sent it (else anybody could speak for anybody)."""
    inner = _unwrapped(stanza, own)
    if inner is None:
        return None
    kind = inner.getAttr("type") or "normal"
    sender = addresses.bare(inner.getAttr("from") or "") or own
    if kind == "error" or kind == "groupchat":
        return None
    body = body_of(inner, kind)
    if not body:
        return None
    return Incoming(
        sender=sender,
        sender_full=inner.getAttr("from") or own,
        body=body,
        time=delay(inner, addresses.domain_of(own), own),
        seen=_seen(inner, own, sender),
        receipt=(inner.getAttr("id") or "") if inner.getTag("request", namespace=RECEIPTS) is not None else "",
        url=_picture(inner, body),
    )


def _picture(stanza: Any, body: str) -> str:
    """A file that the sender shares (XEP-0066), or a body that is nothing but the address of a picture. A file whose name
    says that it is something else is left alone."""
    shared = _shared(stanza)
    url = shared if shared in body else ""
    url = url or (body if _WEB.fullmatch(body) else "")
    if not _WEB.fullmatch(url) or len(url) > MAX_URL:
        return ""
    suffix = _SUFFIX.search(urlsplit(url).path)
    if suffix is None:
        return url if shared else ""
    return url if suffix.group(1).lower() in PICTURES else ""


def _shared(stanza: Any) -> str:
    link = stanza.getTag("x", namespace=OOB)
    return (link.getTagData("url") or "").strip() if link is not None else ""


def _unwrapped(stanza: Any, own: str) -> Any:
    if stanza.getTag("sent", namespace=CARBONS) is not None:
        return None
    received = stanza.getTag("received", namespace=CARBONS)
    if received is None:
        return stanza
    if addresses.bare(stanza.getAttr("from") or own) != own:
        return None
    forwarded = received.getTag("forwarded", namespace=FORWARD)
    return None if forwarded is None else forwarded.getTag("message")


def body_of(stanza: Any, kind: str) -> str:
    """What is to be read of a message; "" for nothing."""
    body = stanza.getTagData("body") or ""
    body = body or _marked_up(stanza)
    subject = (stanza.getTagData("subject") or "").strip()
    if kind == "normal" and subject and body:
        body = f"{subject}\n{body}"
    if not body and any(str(child.getNamespace()) in ENCRYPTED for child in stanza.getChildren() if child):
        return "[encrypted message]"
    url = _shared(stanza)
    if url and url not in body:
        body = f"{body}\n{url}".strip()
    if body and stanza.getTag("replace", namespace=CORRECTION) is not None:
        body = "* " + body
    return body


def _marked_up(stanza: Any) -> str:
    """The text of a message that has it in XHTML only (XEP-0071)."""
    markup = stanza.getTag("html", namespace=XHTML)
    root = markup.getTag("body", namespace=BODY) if markup is not None else None
    return "".join(_words(root)).strip() if root is not None else ""


def _words(node: Any) -> Iterator[str]:
    """Text in the order in which it stands; paragraphs and breaks begin a line."""
    children = list(node.getChildren())
    for number, text in enumerate(node.data):
        yield text or ""
        if number < len(children) and children[number]:
            yield from _words(children[number])
            if children[number].getName() in ("br", "p", "div", "li"):
                yield "\n"
    for child in children[len(node.data) :]:
        if child:
            yield from _words(child)


def _seen(stanza: Any, own: str, sender: str) -> str:
    """The archive's id where our own server gave one, else sender and id; a message without an id is always new."""
    for tag in stanza.getTags("stanza-id", namespace=STANZA_ID):
        if addresses.bare(tag.getAttr("by") or "") == own and tag.getAttr("id"):
            return f"{NUMBERED}{tag.getAttr('id')}"
    return f"i {sender} {stanza.getAttr('id')}" if stanza.getAttr("id") else ""


def delay(stanza: Any, domain: str, own: str) -> int | None:
    """The oldest time that our own server says this message was held since, seconds since the epoch."""
    times = []
    for tag in [*stanza.getTags("delay", namespace=DELAY), *stanza.getTags("x", namespace=OLD_DELAY)]:
        # Without a name anybody could have put it there, to date a message back.
        by = addresses.bare(tag.getAttr("from") or "")
        if by not in (domain, own):
            continue
        stamp = parse_stamp(tag.getAttr("stamp") or "")
        if stamp is not None:
            times.append(stamp)
    return min(times, default=None)


def parse_stamp(text: str) -> int | None:
    """XEP-0082, and the old form of XEP-0091."""
    match = _STAMP.match(text)
    if match is None:
        return None
    *parts, zone = match.groups()
    try:
        moment = datetime.datetime(*(int(part) for part in parts), tzinfo=datetime.UTC)  # type: ignore[misc, arg-type]
        if zone and zone != "Z":
            sign = -1 if zone[0] == "+" else 1
            moment += sign * datetime.timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    except (ValueError, OverflowError):  # OverflowError: a zone that leads out of the calendar
        return None
    return int(moment.timestamp())


def read_receipt(stanza: Any) -> tuple[str, str] | None:
    """(recipient, our message's id) of a delivery receipt (XEP-0184), or of the news that it was read (XEP-0333). Old peers
    name the message by the stanza's id."""
    received, read = stanza.getTag("received", namespace=RECEIPTS), stanza.getTag("displayed", namespace=MARKERS)
    if stanza.getAttr("type") == "error":
        return None
    stanza_id = ""
    if received is not None:
        stanza_id = received.getAttr("id") or stanza.getAttr("id") or ""
    elif read is not None:
        stanza_id = read.getAttr("id") or ""
    return (addresses.bare(stanza.getAttr("from") or ""), stanza_id) if stanza_id else None


# Bounces that the sender should hear of although no report was asked (xmpp-mapping.md 6.4).
TOLD = {
    "service-unavailable": "recipient cannot be reached",
    "item-not-found": "no such user",
    "remote-server-not-found": "no such server",
    "remote-server-timeout": "the other server does not answer",
}


def read_bounce(stanza: Any) -> tuple[str, str, str] | None:
    """(recipient, id, condition) of an error for a message that we sent; None for anything else."""
    if stanza.getAttr("type") != "error" or not stanza.getAttr("id"):
        return None
    return addresses.bare(stanza.getAttr("from") or ""), stanza.getAttr("id"), _condition(stanza.getTag("error"))


def _condition(error: Any) -> str:
    """The defined condition; "blocked" where the recipient is on our own block list (XEP-0191), and the condition that fits
    where a server says in words only that it talks to no other."""
    children = [child for child in (error.getChildren() if error is not None else ()) if child]
    if any(str(child.getNamespace()) == BLOCKED for child in children):
        return "blocked"
    names = [child.getName() for child in children if str(child.getNamespace()) == STANZAS and child.getName() != "text"]
    words = " ".join(child.getData() or "" for child in children if child.getName() == "text").lower()
    if names[:1] == ["not-allowed"] and "remote domains" in words:
        return "remote-server-not-found"
    return str(names[0]) if names else "undefined-condition"
