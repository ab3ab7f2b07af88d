"""What was said in a group, for GetMessageList with a GroupID: the archive that the room itself keeps (xmpp-mapping.md 6.2).
Nothing of a group is kept here but what the phone was told of last, which it may fetch for a while."""

import hashlib
from base64 import b32encode
from dataclasses import replace
from typing import Any

from onesoup.csp import fitting
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.messages import Text
from onesoup.csp.status import StatusCode
from onesoup.handlers.context import Context
from onesoup.handlers.groups.rooms import inside
from onesoup.xmpp import commands

USUAL, MOST = 20, 50
# What the news of one message takes of a phone's parser at most, in octets of XML.
OF_EACH = 700
PREFIX = "h."


def history(ctx: Context, group: str, count: int | None) -> tuple[list[Text], int]:
    """The last messages to everybody, oldest first, and how many they are. 808 when the group is not joined; 821 when it keeps
    nothing."""
    room, own = inside(ctx, group)
    most = max(min(USUAL if count is None else count, MOST, ctx.caps.parser // OF_EACH), 1)
    answer: Any = ctx.ask(commands.history(room, most))
    if answer["error"] == "remote-server-timeout":
        raise BackendError(StatusCode.TIMEOUT, "the group does not answer")
    if answer["error"] or not answer["found"]:
        raise CspError(StatusCode.HISTORY_IS_NOT_SUPPORTED, "no history")
    texts = [text for each in answer["found"] for text in _texts(ctx, room, own.gid, *each)][-most:]
    ctx.services.histories.put(ctx.sid, texts)
    return texts, len(texts)


def _texts(ctx: Context, room: str, gid: str, name: str, nick: str, body: str, time: int) -> list[Text]:
    """One message, in as many parts as the phone's limit makes of it. The same one has the same id whenever it is told."""
    whole = Text(_id(room, name, 0), room, body, time, group=gid, nick=nick)
    session = replace(ctx.session, version=ctx.version, encoding=ctx.encoding.value)
    parts = fitting.parts(whole, session, ctx.caps, spelling=gid)
    return [replace(whole, id=_id(room, name, number), body=part) for number, part in enumerate(parts)]


def _id(room: str, name: str, part: int) -> str:
    digest = hashlib.blake2b(f"{room}\n{name}\n{part}".encode("utf-8", "surrogatepass"), digest_size=10).digest()
    return PREFIX + b32encode(digest).decode().lower()


def remembered(ctx: Context, message_id: str) -> Text | None:
    """A message that the phone was told of."""
    return ctx.services.histories.get(ctx.sid, message_id) if message_id.startswith(PREFIX) else None
