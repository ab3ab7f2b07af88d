"""History of a group, for GetMessageList with a GroupID: from the archive that the room keeps (xmpp-mapping.md 6.2). The
gateway keeps only the messages that it last listed for the phone, which may fetch them for a while."""

import hashlib
from base64 import b32encode
from dataclasses import replace

from onesoup.csp import fitting
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.messages import Text
from onesoup.csp.status import StatusCode
from onesoup.handlers.context import Context
from onesoup.handlers.groups.rooms import joined_room
from onesoup.xmpp import commands
from onesoup.xmpp.answers import RoomHistory
from onesoup.xmpp.archive import ArchivedMessage

DEFAULT_HISTORY, MAX_HISTORY = 20, 50
# Most bytes of XML that one MessageInfo takes.
MESSAGE_INFO_BYTES = 700
HISTORY_ID_PREFIX = "h."


def group_history(ctx: Context, group: str, count: int | None) -> tuple[list[Text], int]:
    """The last messages to the whole group, oldest first, and their number. 808 when the group is not joined; 821 when it has
    no archive."""
    room, own = joined_room(ctx, group)
    most = max(min(DEFAULT_HISTORY if count is None else count, MAX_HISTORY, ctx.caps.parser // MESSAGE_INFO_BYTES), 1)
    answer = ctx.ask(commands.FetchRoomHistory(room, most), RoomHistory)
    if answer.error == "remote-server-timeout":
        raise BackendError(StatusCode.TIMEOUT, "the group does not answer")
    if answer.error or not answer.found:
        raise CspError(StatusCode.HISTORY_IS_NOT_SUPPORTED, "no history")
    texts = [text for each in answer.found for text in _texts(ctx, room, own.gid, each)][-most:]
    ctx.services.histories.put(ctx.sid, texts)
    return texts, len(texts)


def _texts(ctx: Context, room: str, gid: str, kept: ArchivedMessage) -> list[Text]:
    """One message, in parts that fit the phone. Its id is the same each time it is listed."""
    whole = Text(_id(room, kept.id, 0), room, kept.body, kept.time, group=gid, nick=kept.nick)
    session = replace(ctx.session, version=ctx.version, encoding=ctx.encoding.value)
    parts = fitting.text_parts(whole, session, ctx.caps, spelling=gid)
    return [replace(whole, id=_id(room, kept.id, number), body=part) for number, part in enumerate(parts)]


def _id(room: str, name: str, part: int) -> str:
    digest = hashlib.blake2b(f"{room}\n{name}\n{part}".encode("utf-8", "surrogatepass"), digest_size=10).digest()
    return HISTORY_ID_PREFIX + b32encode(digest).decode().lower()


def remembered_message(ctx: Context, message_id: str) -> Text | None:
    """A message that was listed for the phone; None when it is not kept."""
    return ctx.services.histories.get(ctx.sid, message_id) if message_id.startswith(HISTORY_ID_PREFIX) else None
