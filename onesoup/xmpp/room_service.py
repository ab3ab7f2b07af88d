"""Finds the room service of a domain, names rooms as groups, and selects the changes that phones are told."""

from collections.abc import Callable
from typing import Protocol

from onesoup.csp import groups
from onesoup.csp.errors import BackendError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.xmpp import room_requests, room_settings
from onesoup.xmpp.errors import is_fact
from onesoup.xmpp.room_requests import RoomReply
from onesoup.xmpp.room_settings import RoomInfo

RoomQuery = Callable[..., list[RoomReply]]
MAX_SERVICE_CANDIDATES, MAX_PROPERTY_CHARS = 12, 200
TIMEOUT_CONDITION, NO_SERVER_CONDITION = "remote-server-timeout", "remote-server-not-found"
# The first label of most room services; these are asked first.
USUAL_SERVICE_NAMES = ("conference", "muc", "rooms", "chat", "groups")
NOTIFIED_PROPERTIES = (
    "Name",
    "AccessType",
    "Searchable",
    "AutoDelete",
    "RequireInvitation",
    "PrivateMessaging",
    "MaxActiveUsers",
)


class KnownServices(Protocol):
    """What is known of the room services of domains."""

    def service(self, domain: str) -> str | None:
        """The service that has the rooms of a domain: "" for none, None while that is not known."""

    def domain_of(self, service: str) -> str | None:
        """The domain whose rooms a service has, as far as it is known."""


def find_room_service(query: RoomQuery, domain: str) -> str:
    """The room service of a domain: itself, one that it lists, or conference.domain; "" when it has none. A bridge to another
    network has the groups of its own domain, and is nobody else's service. BackendError when a server does not tell: 504 when it
    does not answer, 503 for any other error."""
    about, items = query(room_requests.ask_info(domain), room_requests.ask_items(domain))
    if room_settings.is_room_service(about.payload) or room_settings.is_rooms_of_bridge(about.payload):
        return domain
    if late := [each for each in (about, items) if each.error == TIMEOUT_CONDITION]:
        raise _unknown(late)  # there is no time left to ask others
    named = [jid for jid in room_settings.item_jids(items.payload) if "@" not in jid]
    guess = f"conference.{domain}"
    usual_first = sorted(dict.fromkeys([*named, guess]), key=lambda jid: jid.partition(".")[0] not in USUAL_SERVICE_NAMES)
    candidates = usual_first[:MAX_SERVICE_CANDIDATES]
    replies = dict(zip(candidates, query(*[room_requests.ask_info(jid) for jid in candidates]), strict=True))
    for jid, reply in replies.items():
        if not reply.error and room_settings.is_room_service(reply.payload):
            return jid
    made_up = replies.pop(guess, RoomReply()) if guess not in named else RoomReply()
    asked = [about, items, *replies.values()]
    if items.error and made_up.error != NO_SERVER_CONDITION:
        asked.append(made_up)  # a domain that does not say what it has may have this
    if unsure := [each for each in asked if each.error and not is_fact(each.error)]:
        raise _unknown(unsure)
    return ""


def _unknown(failed: list[RoomReply]) -> BackendError:
    late = any(each.error == TIMEOUT_CONDITION for each in failed)
    return BackendError(
        StatusCode.TIMEOUT if late else StatusCode.SERVICE_UNAVAILABLE, "the domain does not say now whether it has groups"
    )


def domain_of(known: KnownServices, own: str, service: str) -> str | None:
    """The domain whose rooms a service has, None when that is not known; `own` is the user's domain."""
    domain = known.domain_of(service)
    return own if domain is None and known.service(own) == service else domain


def group_id(room: str, domain: str | None) -> str:
    """The GroupID of a room that the phone has not named itself: as users of the room's own domain name it, where that is known.
    So the creator of a group and those who are invited have one name for it."""
    if domain is None and groups.is_private(room):
        # Only gateways like this one make such rooms, and where their domain has its rooms.
        first, _, rest = addresses.domain_of(room).partition(".")
        domain = rest if first in USUAL_SERVICE_NAMES and rest else None
    return groups.group_id(room, domain)


def notified_properties(about: RoomInfo) -> dict[str, str]:
    """The properties of a room of whose changes a phone is notified."""
    found = room_settings.group_properties(about, private=False)
    return {name: found[name][:MAX_PROPERTY_CHARS] for name in NOTIFIED_PROPERTIES if name in found}
