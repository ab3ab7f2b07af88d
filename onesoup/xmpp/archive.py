"""The message archive of a room (XEP-0313): asks for its last messages, and reads each of them as it comes. Pure."""

from dataclasses import dataclass
from typing import Any

from onesoup.csp.text import addresses
from onesoup.xmpp import namespaces
from onesoup.xmpp.messages import body_of, parse_stamp
from onesoup.xmpp.room_requests import RoomRequest
from onesoup.xmpp.xml import Xml, leaf


@dataclass(frozen=True, slots=True)
class ArchivedMessage:
    """`id` is the archive's; `nick` "" is the room itself; `time` in seconds since the epoch."""

    id: str
    nick: str
    body: str
    time: int


def ask_last_messages(room: str, query: str, most: int) -> RoomRequest:
    """Asks for the last messages, oldest first. Each is a stanza with the id of the query; the answer to the iq comes last."""
    form = Xml(
        "x",
        namespaces.DATA_FORMS,
        {"type": "submit"},
        [Xml("field", attrs={"var": "FORM_TYPE", "type": "hidden"}, children=[leaf("value", namespaces.ARCHIVE)])],
    )
    page = Xml("set", namespaces.RESULT_SETS, children=[leaf("max", str(most)), Xml("before")])
    return RoomRequest(room, "set", Xml("query", namespaces.ARCHIVE, {"queryid": query}, [form, page]))


def last_message_id(answer: Xml) -> str:
    """The archive's id of the last message that the answer counts, "" for none."""
    page = answer.find("set", namespaces.RESULT_SETS)
    return page.text_of("last") if page is not None else ""


def query_id_of(stanza: Any) -> str | None:
    """The id of the query that a message answers; None for a message that is not from an archive."""
    result = stanza.getTag("result", namespace=namespaces.ARCHIVE)
    return None if result is None else str(result.getAttr("queryid") or "")


def read_archived_message(stanza: Any, room: str) -> tuple[str, ArchivedMessage | None]:
    """The archive's id of a message, and the message, if it was a text to the whole room."""
    result = stanza.getTag("result", namespace=namespaces.ARCHIVE)
    found = str(result.getAttr("id") or "")
    forwarded = result.getTag("forwarded", namespace=namespaces.FORWARD)
    inner = forwarded.getTag("message") if forwarded is not None else None
    if inner is None or inner.getAttr("type") != "groupchat" or addresses.bare(inner.getAttr("from") or "") != room:
        return found, None
    delay = forwarded.getTag("delay", namespace=namespaces.DELAY)
    time = parse_stamp(delay.getAttr("stamp") or "") if delay is not None else None
    body = body_of(inner, "groupchat")
    if time is None or not body:
        return found, None
    return found, ArchivedMessage(found, str(inner.getAttr("from")).partition("/")[2], body, time)
