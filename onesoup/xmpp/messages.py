"""Message stanzas -> texts for the phone (xmpp-mapping.md 6.2). Pure; `own` is the bare JID of the session."""

import datetime
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from onesoup.csp.text import addresses
from onesoup.wire.datatypes import legal_text
from onesoup.xmpp import message_extras, namespaces

# How `Incoming.seen` begins for a message that our own server's archive has numbered.
ARCHIVE_NUMBERED_PREFIX = "a "
OMEMO_NAMESPACES = (namespaces.OMEMO_AXOLOTL, namespaces.OMEMO)
ENCRYPTION_NAMESPACES = (*OMEMO_NAMESPACES, namespaces.OPENPGP, namespaces.LEGACY_OPENPGP)
_ENCRYPTED = frozenset(ENCRYPTION_NAMESPACES)
# Marks of a body that only says that there is something which cannot be read.
STAND_IN_NAMESPACES = (namespaces.EXPLICIT_ENCRYPTION, namespaces.FALLBACK)
PICTURE_SUFFIXES = ("jpg", "jpeg", "jpe", "png", "gif", "webp", "bmp")
MAX_LINK_LENGTH = 2000
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,5})$")
_STAMP = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message that somebody wrote. `time`: since when it was kept on the way, as far as that is believed. `seen` is its name
    where repeats are looked for; `copied`: it is a copy, of what may have come by itself too. `receipt` is its id when a receipt
    is asked, `url` the part of the body that leads to a picture, as far as can be told from here."""

    sender: str
    sender_full: str
    body: str
    time: int | None = None
    seen: str = ""
    copied: bool = False
    receipt: str = ""
    url: str = ""


def read_message(stanza: Any, own: str, language: str = "") -> InboundMessage | None:
    """What the phone is told of a message, or None when that is nothing. A carbon counts as the message in it, once, and
    only when our own account sent it (else anybody could speak for anybody)."""
    inner = _written(stanza, own)
    if inner is None:
        return None
    full = inner.getAttr("from") or own
    sender = addresses.bare(full)
    body = body_of(inner, inner.getAttr("type") or "normal", language)
    if not body:
        return None
    kept = delay_stamps(inner)
    return InboundMessage(
        sender=sender,
        sender_full=full,
        body=body,
        time=believed_stamp(kept, own, addresses.domain_of(own), addresses.domain_of(sender)) if kept else None,
        seen=name_of(inner, full, body, own),
        copied=inner is not stanza,
        receipt=(inner.getAttr("id") or "") if inner.getTag("request", namespace=namespaces.RECEIPTS) is not None else "",
        url=_picture(inner, body),
    )


def read_plainly(stanza: Any, own: str) -> InboundMessage | None:
    """The words of a message and who wrote them, and nothing that could go wrong: for what read_message() fails at."""
    inner = _written(stanza, own)
    if inner is None:
        return None
    full, body = inner.getAttr("from") or own, text_in(inner, "body")
    return InboundMessage(addresses.bare(full), full, body) if body.strip() else None


def _written(stanza: Any, own: str) -> Any:
    """The message that somebody wrote to this user, as it came or in a carbon."""
    inner = _unwrapped(stanza, own)
    return None if inner is None or inner.getAttr("type") in ("error", "groupchat") else inner


def name_of(stanza: Any, sender: str, body: str, by: str) -> str:
    """What names a message where repeats are looked for: who wrote it, what it says in all its languages (`body`: what was read
    of it, where it has no body), and its id, which senders use twice.

    The id that an archive of `by` gave counts instead, where there is one. Should somebody else have put it there, it tells this
    sender's own texts apart, and nobody else's.
    """
    id, kind = stanza.getAttr("id"), "m "
    for tag in children_named(stanza, "stanza-id", namespaces.STANZA_IDS):
        if tag.getAttr("id") and addresses.bare(tag.getAttr("by") or "") == by:
            id, kind = tag.getAttr("id"), ARCHIVE_NUMBERED_PREFIX
            break
    said = [tag.getData() or "" for tag in children_named(stanza, "body")] or [body]
    words = "\0".join((sender, id or "", *said)).encode("utf-8", "surrogatepass")
    return f"{kind}{hashlib.blake2b(words, digest_size=16).hexdigest()}"


def _picture(stanza: Any, body: str) -> str:
    """A file that the sender shares (XEP-0066), or a body that is nothing but the address of a picture. A file whose name
    says that it is something else is left alone."""
    shared = _shared(stanza)
    url = shared if shared in body else ""
    url = url or (body if _WEB.fullmatch(body) else "")
    if not _WEB.fullmatch(url) or len(url) > MAX_LINK_LENGTH:
        return ""
    try:
        path = urlsplit(url).path
    except ValueError:  # http://[test
        return ""
    suffix = _SUFFIX.search(path)
    if suffix is None:
        return url if shared else ""
    return url if suffix.group(1).lower() in PICTURE_SUFFIXES else ""


def _shared(stanza: Any) -> str:
    link = stanza.getTag("x", namespace=namespaces.OUT_OF_BAND)
    return (link.getTagData("url") or "").strip() if link is not None else ""


def _unwrapped(stanza: Any, own: str) -> Any:
    if stanza.getTag("sent", namespace=namespaces.CARBONS) is not None:
        return None
    received = stanza.getTag("received", namespace=namespaces.CARBONS)
    if received is None:
        return stanza
    if addresses.bare(stanza.getAttr("from") or own) != own:
        return None
    forwarded = received.getTag("forwarded", namespace=namespaces.FORWARD)
    return None if forwarded is None else forwarded.getTag("message")


def body_of(stanza: Any, kind: str, language: str = "") -> str:
    """What is to be read of a message, in this language where there are several; "" for nothing."""
    body = text_in(stanza, "body", language) or legal_text(_marked_up(stanza))
    if not body.strip():
        body = ""
    hidden = [child for child in stanza.getChildren() if child and child.getNamespace() in _ENCRYPTED]
    if hidden and not any(_says_something(each) for each in hidden):
        # Keys alone. What stands in for the text that cannot be read stands for nothing here.
        if any(child and str(child.getNamespace()) in STAND_IN_NAMESPACES for child in stanza.getChildren()):
            return ""
    elif hidden and not body:
        return "[encrypted message]"
    extras = [child for child in stanza.getChildren() if child and child.getNamespace() in message_extras.EXTRA_NAMESPACES]
    if extras:
        body = message_extras.with_extras(body, extras, stanza)
    body = message_extras.with_answers(body)
    if kind == "normal" and body and (subject := text_in(stanza, "subject", language).strip()):
        body = f"{subject}\n{body}"
    url = legal_text(_shared(stanza))
    if url and url not in body:
        body = f"{body}\n{url}".strip()
    return body


def _says_something(hidden: Any) -> bool:
    """Whether there is a text in what is encrypted. Without one OMEMO sends keys only."""
    return str(hidden.getNamespace()) not in OMEMO_NAMESPACES or hidden.getTag("payload") is not None


def children_named(stanza: Any, name: str, namespace: str = "") -> list[Any]:
    """The children of that name, of any namespace where none is given: in a third of the time that xmpppy takes."""
    return [
        child
        for child in stanza.getChildren()
        if child and child.name == name and (not namespace or child.namespace == namespace)
    ]


def text_in(stanza: Any, name: str, language: str = "") -> str:
    """Of several texts that differ in language (RFC 6121 section 5.2.3) the one in this language, else the one in the stanza's
    own, else the first. Without what no phone may be shown."""
    tags = children_named(stanza, name)
    if len(tags) < 2:
        return legal_text(tags[0].getData() or "") if tags else ""
    around = str(stanza.getAttr("xml:lang") or "").lower()
    found = []
    for tag in tags:
        own = str(tag.getAttr("xml:lang") or "").lower()
        written = own or around
        fits = 0 if not language else 3 if written == language else 2 if written.partition("-")[0] == language else 0
        text = legal_text(tag.getData() or "")
        if text:
            found.append((fits or (own in ("", around)), text))
    return max(found, key=lambda each: each[0], default=(0, ""))[1]


def _marked_up(stanza: Any) -> str:
    """The text of a message that has it in XHTML only (XEP-0071)."""
    markup = stanza.getTag("html", namespace=namespaces.XHTML_IM)
    root = markup.getTag("body", namespace=namespaces.XHTML) if markup is not None else None
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


def believed_stamp(kept: Iterable[tuple[str, int]], *keepers: str) -> int | None:
    """The oldest of these stamps that one of the keepers has made: the user's own server, the room that a message comes from, the
    domain of whoever wrote it. Anybody else could date a message back."""
    return min((stamp for by, stamp in kept if by in keepers), default=None)


def delay_stamps(stanza: Any) -> list[tuple[str, int]]:
    """(bare JID or "", seconds since the epoch) of each entity that says it has kept the message since then."""
    found = []
    for tag in [*children_named(stanza, "delay", namespaces.DELAY), *children_named(stanza, "x", namespaces.LEGACY_DELAY)]:
        stamp = parse_stamp(tag.getAttr("stamp") or "")
        if stamp is not None:
            found.append((addresses.bare(tag.getAttr("from") or ""), stamp))
    return found


def oldest(kept: Iterable[tuple[str, int]]) -> int | None:
    """The oldest of these stamps, from any entity."""
    return min((stamp for _, stamp in kept), default=None)


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
    received, read = (
        stanza.getTag("received", namespace=namespaces.RECEIPTS),
        stanza.getTag("displayed", namespace=namespaces.CHAT_MARKERS),
    )
    if stanza.getAttr("type") == "error":
        return None
    stanza_id = ""
    if received is not None:
        stanza_id = received.getAttr("id") or stanza.getAttr("id") or ""
    elif read is not None:
        stanza_id = read.getAttr("id") or ""
    return (addresses.bare(stanza.getAttr("from") or ""), stanza_id) if stanza_id else None
