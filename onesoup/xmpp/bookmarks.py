"""Bookmarks of rooms: XEP-0402, else XEP-0048 in private storage. Pure."""

from dataclasses import dataclass

from onesoup.csp.text import addresses
from onesoup.xmpp import namespaces
from onesoup.xmpp.room_requests import RoomRequest
from onesoup.xmpp.xml import Xml, leaf


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A room that the account remembers. `auto`: clients enter it after log-in."""

    room: str
    nick: str = ""
    auto: bool = False
    name: str = ""


def ask_bookmarks() -> RoomRequest:
    """The bookmarks of the account (XEP-0402)."""
    return RoomRequest("", "get", Xml("pubsub", namespaces.PUBSUB, children=[Xml("items", attrs={"node": namespaces.BOOKMARKS})]))


def read_bookmarks(payload: Xml) -> dict[str, Bookmark]:
    """The bookmarks in an answer to ask_bookmarks(), by room."""
    items = payload.find("items") or Xml("items")
    found = {}
    for item in items.all("item"):
        conference = item.find("conference", namespaces.BOOKMARKS)
        if conference is not None:
            room = addresses.bare(item.get("id"))
            auto = conference.get("autojoin") in ("1", "true")
            found[room] = Bookmark(room, conference.text_of("nick"), auto, conference.get("name"))
    return found


def publish_bookmark(mark: Bookmark) -> RoomRequest:
    """Publishes a bookmark for all clients of the account (XEP-0402). Others may not read it; the node keeps every item."""
    attrs = {"autojoin": "true" if mark.auto else "false", **({"name": mark.name} if mark.name else {})}
    conference = Xml("conference", namespaces.BOOKMARKS, attrs, [leaf("nick", mark.nick)] if mark.nick else [])
    item = Xml("item", attrs={"id": mark.room}, children=[conference])
    publish = Xml("publish", attrs={"node": namespaces.BOOKMARKS}, children=[item])
    options = Xml("publish-options", children=[_publish_options()])
    return RoomRequest("", "set", Xml("pubsub", namespaces.PUBSUB, children=[publish, options]))


def _publish_options() -> Xml:
    values = {
        "FORM_TYPE": f"{namespaces.PUBSUB}#publish-options",
        "pubsub#persist_items": "true",
        "pubsub#max_items": "max",
        "pubsub#send_last_published_item": "never",
        "pubsub#access_model": "whitelist",
    }
    fields = [
        Xml("field", attrs={"var": var, **({"type": "hidden"} if var == "FORM_TYPE" else {})}, children=[leaf("value", value)])
        for var, value in values.items()
    ]
    return Xml("x", namespaces.DATA_FORMS, {"type": "submit"}, fields)


def ask_old_bookmarks() -> RoomRequest:
    """The private storage with bookmarks (XEP-0048)."""
    return RoomRequest(
        "", "get", Xml("query", namespaces.PRIVATE_STORAGE, children=[Xml("storage", namespaces.LEGACY_BOOKMARKS)])
    )


def store_old_bookmark(payload: Xml, mark: Bookmark) -> RoomRequest:
    """Writes the private storage with one bookmark replaced (XEP-0048). Other entries stay as they are."""
    storage = payload.find("storage", namespaces.LEGACY_BOOKMARKS) or Xml("storage", namespaces.LEGACY_BOOKMARKS)
    kept = [each for each in storage.children if each.name != "conference" or addresses.bare(each.get("jid")) != mark.room]
    attrs = {"jid": mark.room, "autojoin": "true" if mark.auto else "false", **({"name": mark.name} if mark.name else {})}
    kept.append(Xml("conference", attrs=attrs, children=[leaf("nick", mark.nick)] if mark.nick else []))
    return RoomRequest(
        "", "set", Xml("query", namespaces.PRIVATE_STORAGE, children=[Xml("storage", namespaces.LEGACY_BOOKMARKS, children=kept)])
    )
