"""Messages of the phone that never reached the server: what goes back to the phone."""

import time
from collections.abc import Iterable, Iterator

from onesoup.csp.messages import Text
from onesoup.runtime.ids import ordered_id
from onesoup.store import records
from onesoup.xmpp import commands, rooms
from onesoup.xmpp.commands import SendGroupMessage, SendMedia, SendMessage


def undelivered_messages(waiting: Iterable[bytes]) -> dict[str, bytes]:
    """Of packed commands those that carry messages, as texts for the phone: id -> stored form."""
    items = {}
    for stored in waiting:
        for to, gid, what in _messages(commands.unpack(stored)):
            text = _text(to, gid, f"not delivered: {what}")
            items[text.id] = records.pack_stored(text)
    return items


def _messages(command: commands.Command) -> Iterator[tuple[str, str, str]]:
    """(recipient, GroupID or "", what was to be sent) of each message in a command."""
    if isinstance(command, SendMessage | SendGroupMessage):
        yield command.to, command.gid, command.body
    elif isinstance(command, SendMedia):
        for jid in dict.fromkeys(command.to.values()):
            yield jid, command.gids.get(jid, ""), command.name


def _text(to: str, gid: str, body: str) -> Text:
    """A text for the user, shown as one from the recipient."""
    room, nick = rooms.split_occupant(to) if gid else (to, "")
    now = time.time()
    return Text(ordered_id(now), room, body, int(now), group=gid, nick=nick, private=bool(nick))
