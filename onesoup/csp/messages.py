"""Instant messages: text out of a SendMessage-Request, a NewMessage out of a stored text (flows.md 6, messages.md 10)."""

import base64
import binascii
import datetime
import html
import re
from dataclasses import dataclass

from onesoup.csp.elements import MessageInfo, MessageNotification, NewMessage, Recipient, Sender, SendMessageRequest, User
from onesoup.csp.errors import CspError
from onesoup.csp.session import Session

TEXT_TYPES = ("text/plain", "text/html", "application/xhtml+xml")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
# Python knows many codecs that are no charset of a text, some of them slow, some giving halves of surrogate pairs.
_CHARSETS = re.compile(
    r"utf-?8|utf-?(16|32)(-?[bl]e)?|(us-)?ascii|iso[-_]8859[-_]\d+|latin-?1|windows-\d+|cp\d+|koi8-[rtu]"
    r"|gbk?|gb\d+|big5(-hkscs)?|shift[-_]jis|euc-\w+|iso-2022-\w+",
    re.IGNORECASE,
)
_TAGS = re.compile(r"<[^>]*>")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_ENTITY = re.compile("|".join(_ENTITIES))


@dataclass(frozen=True, slots=True)
class Text:
    """A text for the phone: `sender` is a bare JID, `time` seconds since the epoch."""

    id: str
    sender: str
    body: str
    time: int


def content(request: SendMessageRequest, unescape: bool) -> str:
    """The plain text of a message. 415 for content that is not text, 400 for BASE64 that is none, 402 without content."""
    about = request.message_info or MessageInfo()
    kind, _, parameters = (about.content_type or "text/plain").partition(";")
    kind = kind.strip().lower()
    if not kind.startswith("text/") and kind not in TEXT_TYPES:
        raise CspError(415, "only text can be sent")
    text = request.content_data or ""
    if (about.content_encoding or "").strip().upper() == "BASE64":
        text = _decoded(text, parameters)
    elif unescape:
        text = _ENTITY.sub(lambda match: _ENTITIES[match.group()], text)
    if kind in ("text/html", "application/xhtml+xml"):
        text = html.unescape(_TAGS.sub("", text))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text or about.message_uri or ""
    if not text:
        raise CspError(402, "a message needs a text")
    return text


def _decoded(text: str, parameters: str) -> str:
    try:
        octets = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CspError(400, "ContentData is not BASE64") from None
    match = _CHARSET.search(parameters)
    try:
        return octets.decode(match.group(1) if match and _CHARSETS.fullmatch(match.group(1)) else "utf-8")
    except (UnicodeDecodeError, LookupError):
        return octets.decode("utf-8", "replace")


def timestamp(seconds: int) -> str:
    """UTC in the basic form, the only one that every known phone reads."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{moment.year:04}{moment:%m%dT%H%M%SZ}"


def info(text: Text, session: Session, spelling: str | None) -> MessageInfo:
    """What goes before the content: Sender and MessageID always, plain text, size in octets."""
    return MessageInfo(
        message_id=text.id,
        content_type="text/plain",
        content_encoding="None",
        content_size=len(text.body.encode("utf-8", "replace")),
        recipient=Recipient(user=[User(user_id=session.own)]),
        sender=Sender(user=User(user_id=session.spelled(text.sender, spelling))),
        date_time=timestamp(text.time),
    )


def new_message(text: Text, session: Session, spelling: str | None) -> NewMessage:
    """A text as it is pushed to the phone."""
    return NewMessage(message_info=info(text, session, spelling), content_data=text.body)


def notification(text: Text, session: Session, spelling: str | None) -> MessageNotification:
    """Only the news of a text, for a phone that fetches by itself (delivery method N)."""
    return MessageNotification(message_info=info(text, session, spelling))


def split(body: str, accepted: int) -> list[str]:
    """A text in parts of at most `accepted` octets of UTF-8, cut between characters, at a blank where one is near."""
    accepted = max(accepted, 16)
    parts = []
    while len(body.encode("utf-8", "replace")) > accepted:
        head = body.encode("utf-8", "replace")[:accepted].decode("utf-8", "ignore")
        blank = head.rfind(" ")
        if blank > len(head) * 3 // 4:
            head = head[: blank + 1]
        parts.append(head.rstrip(" "))
        body = body[len(head) :]
    return [part for part in (*parts, body) if part.strip(" ")] or [body]
