"""Instant messages: text or a picture out of a SendMessage-Request, a NewMessage out of what is stored (flows.md 6,
messages.md 10)."""

import base64
import binascii
import datetime
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from onesoup.csp import capabilities
from onesoup.csp.codec.generated_elements import (
    Group,
    MessageInfo,
    MessageNotification,
    NewMessage,
    Recipient,
    ScreenName,
    Sender,
    SendMessageRequest,
    User,
)
from onesoup.csp.errors import CspError
from onesoup.csp.groups import screen_name
from onesoup.csp.session import Capabilities, Session
from onesoup.csp.status import StatusCode

MARKUP_TYPES = ("text/html", "application/xhtml+xml")
# Text of its own kind, which no chat shows: it goes as a file, as pictures do.
CARD_TYPES = ("text/x-vcard", "text/vcard", "text/directory", "text/x-vcalendar", "text/calendar")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,60}/[a-z0-9][a-z0-9.+_-]{0,60}")
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
_SUFFIXES = {"image/jpeg": "jpg", "image/vnd.wap.wbmp": "wbmp", "audio/amr": "amr", "text/x-vcard": "vcf", "text/vcard": "vcf"}
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
    """A message for the phone: `sender` is a bare JID, `time` seconds since the epoch. With `data` it is a picture or the
    like, and `body` says the same to phones that do not take that type. In a group, `sender` is the room, `group` its GroupID,
    `nick` who wrote it ("" the room itself); `private`: to this phone alone. `copy` names it among the copies of other phones
    (onesoup.csp.copies), "" where there are none."""

    id: str
    sender: str
    body: str
    time: int
    type: str = "text/plain"
    data: bytes = b""
    group: str = ""
    nick: str = ""
    private: bool = False
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a phone sends that is no text: its type, a name for a file, its octets."""

    type: str
    name: str
    data: bytes


def attachment(request: SendMessageRequest) -> Attachment | None:
    """The content of a message when it is not text. 415 for a type that is none, 400 for BASE64 that is none, 402 without
    content."""
    about = request.message_info or MessageInfo()
    kind = _kind(about)
    if not _is_file(kind):
        return None
    if not _TYPE.fullmatch(kind):
        raise CspError(StatusCode.UNSUPPORTED_MEDIA_TYPE, "no such content type")
    text = request.content_data or ""
    if (about.content_encoding or "").strip().upper() == "BASE64":
        data = _octets(text)
    elif kind.startswith("text/"):
        data = text.encode("utf-8", "replace")
    else:
        raise CspError(StatusCode.BAD_REQUEST, "content that is not text needs BASE64")
    if not data:
        raise CspError(StatusCode.BAD_PARAMETER, "a message needs content")
    return Attachment(kind, _file_name(about.content_name or "", kind), data)


def _kind(about: MessageInfo) -> str:
    return (about.content_type or "text/plain").partition(";")[0].strip().lower()


def _is_file(kind: str) -> bool:
    return kind in CARD_TYPES or not (kind.startswith("text/") or kind in MARKUP_TYPES)


def _file_name(name: str, kind: str) -> str:
    """A name that is safe in any file system: the phone's own, else the main type with the usual ending."""
    name = _NOT_IN_NAMES.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip("._")[-60:]
    main, _, sub = kind.partition("/")
    return name or f"{main}.{_SUFFIXES.get(kind, sub)}"


def message_content(request: SendMessageRequest, unescape: bool) -> str:
    """The plain text of a message. 415 for content that is not text, 400 for BASE64 that is none, 402 without content."""
    about = request.message_info or MessageInfo()
    kind, parameters = _kind(about), (about.content_type or "").partition(";")[2]
    if _is_file(kind):
        raise CspError(StatusCode.UNSUPPORTED_MEDIA_TYPE, "this is no text")
    text = request.content_data or ""
    if (about.content_encoding or "").strip().upper() == "BASE64":
        text = decode_text(text, parameters)
    elif unescape:
        text = _ENTITY.sub(lambda match: _ENTITIES[match.group()], text)
    if kind in MARKUP_TYPES:
        text = html.unescape(_TAGS.sub("", text))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text or about.message_uri or ""
    if not text:
        raise CspError(StatusCode.BAD_PARAMETER, "a message needs a text")
    return text


def link(request: SendMessageRequest) -> str:
    """The address that a message without content consists of, else "" (MessageURI)."""
    about = request.message_info or MessageInfo()
    return "" if request.content_data else about.message_uri or ""


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CspError(StatusCode.BAD_REQUEST, "ContentData is not BASE64") from None


def decode_text(text: str, parameters: str) -> str:
    octets = _octets(text)
    match = _CHARSET.search(parameters)
    try:
        return octets.decode(match.group(1) if match and _CHARSETS.fullmatch(match.group(1)) else "utf-8")
    except (UnicodeDecodeError, LookupError):
        return octets.decode("utf-8", "replace")


def timestamp(seconds: int) -> str:
    """UTC in the basic form, the only one that every known phone reads."""
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}Z"


def fitting_text(text: Text, caps: Capabilities) -> Text:
    """The message as a phone of these capabilities takes it: what it does not take as a picture it gets as text."""
    if text.data and not capabilities.takes_content(caps, text.type, len(text.data)):
        return replace(text, type="text/plain", data=b"")
    return text


def content_data(text: Text) -> str:
    """ContentData. Binary content is BASE64 text in XML and in WBXML alike (wire.md, golden rule 10)."""
    return base64.b64encode(text.data).decode() if text.data else text.body


def message_info(text: Text, session: Session, spelling: str | None) -> MessageInfo:
    """What goes before the content: Sender and MessageID always, type and encoding, size in octets."""
    return MessageInfo(
        message_id=text.id,
        content_type=text.type,
        content_encoding="BASE64" if text.data else "None",
        content_size=len(text.data or text.body.encode("utf-8", "replace")),
        recipient=_recipient(text, session, spelling),
        sender=_sender(text, session, spelling),
        date_time=timestamp(text.time),
    )


def _recipient(text: Text, session: Session, spelling: str | None) -> Recipient:
    if text.group and not text.private:
        return Recipient(group=[Group(group_id=spelling or text.group)])
    return Recipient(user=[User(user_id=session.own)])


def _sender(text: Text, session: Session, spelling: str | None) -> Sender:
    if not text.group:
        return Sender(user=User(user_id=session.spelled(text.sender, spelling)))
    gid = spelling or text.group
    if not text.nick:
        return Sender(group=Group(group_id=gid))
    return Sender(group=Group(screen_name=ScreenName(s_name=screen_name(text.nick), group_id=gid)))


def new_message(text: Text, session: Session, spelling: str | None) -> NewMessage:
    """A message as it is pushed to the phone."""
    return NewMessage(message_info=message_info(text, session, spelling), content_data=content_data(text))


def message_notification(text: Text, session: Session, spelling: str | None) -> MessageNotification:
    """Only the news of a text, for a phone that fetches by itself (delivery method N)."""
    return MessageNotification(message_info=message_info(text, session, spelling))


def split_text(body: str, accepted: int, fits: Callable[[str], bool] = lambda _part: True) -> list[str]:
    """A text in parts of at most `accepted` octets of UTF-8 that fit, cut between characters, at a blank where one is near. A
    part has one character at least."""
    accepted = max(accepted, 16)
    parts, at = [], 0
    while True:
        head = _head(body[at : at + accepted], accepted, fits)
        if at + len(head) >= len(body):
            break
        blank = head.rfind(" ")
        if blank > len(head) * 3 // 4:
            head = head[: blank + 1]
        parts.append(head.rstrip(" "))
        at += len(head)
    return [part for part in (*parts, body[at:]) if part.strip(" ")] or [body]


def _head(text: str, accepted: int, fits: Callable[[str], bool]) -> str:
    """The longest beginning that may go out in one part."""
    text = text.encode("utf-8", "replace")[:accepted].decode("utf-8", "ignore")
    if not text or fits(text):
        return text
    low, high = 1, len(text) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle - 1)
    return text[:low]
