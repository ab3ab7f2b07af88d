"""What a room keeps of what was said (XEP-0313): the question for its last messages, and each of them as it comes. Pure."""

from dataclasses import dataclass
from typing import Any

from onesoup.csp.text import addresses
from onesoup.xmpp import namespaces
from onesoup.xmpp.messages import body_of, parse_stamp
from onesoup.xmpp.rooms import RoomRequest
from onesoup.xmpp.xml import Xml, leaf


@dataclass(frozen=True, slots=True)
class ArchivedMessage:
    """`id` is the archive's; `nick` "" is the room itself; `time` in seconds since the epoch."""

    id: str
    nick: str
    body: str
    time: int


def archive_query(room: str, query: str, most: int) -> RoomRequest:
    """For the last messages, oldest first. They come by themselves and carry the name of the query, and then the answer."""
    form = Xml(
        "x",
        namespaces.DATA_FORMS,
        {"type": "submit"},
        [Xml("field", attrs={"var": "FORM_TYPE", "type": "hidden"}, children=[leaf("value", namespaces.ARCHIVE)])],
    )
    page = Xml("set", namespaces.RESULT_SETS, children=[leaf("max", str(most)), Xml("before")])
    return RoomRequest(room, "set", Xml("query", namespaces.ARCHIVE, {"queryid": query}, [form, page]))


def last_archive_id(answer: Xml) -> str:
    """The archive's id of the last message that came, "" for none."""
    page = answer.find("set", namespaces.RESULT_SETS)
    return page.text_of("last") if page is not None else ""


def query_of(stanza: Any) -> str | None:
    """The query that a message answers; None for one that is no part of an archive."""
    result = stanza.getTag("result", namespace=namespaces.ARCHIVE)
    return None if result is None else str(result.getAttr("queryid") or "")


def read_archived(stanza: Any, room: str) -> tuple[str, ArchivedMessage | None]:
    """The archive's id of a message, and what it said to everybody, if it said anything."""
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
