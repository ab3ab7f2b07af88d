"""Where the rooms of a domain are, for workers and holders alike, and what of a room changes are told of."""

from collections.abc import Callable

from onesoup.xmpp import rooms
from onesoup.xmpp.rooms import About, Reply, Request

Query = Callable[..., list[Reply]]
MOST, MAX_VALUE = 12, 200
# Services usually have one of these names: they are asked first.
LIKELY = ("conference", "muc", "rooms", "chat", "groups")
TOLD = ("Name", "AccessType", "Searchable", "AutoDelete", "RequireInvitation", "PrivateMessaging", "MaxActiveUsers")


def look(query: Query, domain: str) -> str:
    """The service of a domain: itself, one that it names, or conference.domain; "" when there is none. BackendError when
    somebody does not answer."""
    about, items = query(rooms.ask_info(domain), rooms.ask_items(domain))
    if rooms.is_service(about.payload):
        return domain
    named = [jid for jid in rooms.item_jids(items.payload) if "@" not in jid]
    candidates = sorted(dict.fromkeys([*named, f"conference.{domain}"]), key=lambda jid: jid.partition(".")[0] not in LIKELY)[
        :MOST
    ]
    answers: list[tuple[str, Request]] = [(jid, rooms.ask_info(jid)) for jid in candidates]
    for (jid, _), reply in zip(answers, query(*[request for _, request in answers]), strict=True):
        if not reply.error and rooms.is_service(reply.payload):
            return jid
    return ""


def told(about: About) -> dict[str, str]:
    """The properties of a room whose changes a phone is told."""
    found = rooms.properties(about, private=False)
    return {name: found[name][:MAX_VALUE] for name in TOLD if name in found}
