"""Where the rooms of a domain are, for workers and holders alike, and what of a room changes are told of."""

from collections.abc import Callable
from typing import Protocol

from onesoup.csp import groups
from onesoup.csp.errors import BackendError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.xmpp import rooms
from onesoup.xmpp.errors import is_fact
from onesoup.xmpp.rooms import About, RoomReply

Query = Callable[..., list[RoomReply]]
MAX_ASKED_SERVICES, MAX_ROOM_VALUE_LENGTH = 12, 200
CONDITION_TIMEOUT, CONDITION_NO_SERVER = "remote-server-timeout", "remote-server-not-found"
# Services usually have one of these names: they are asked first.
LIKELY_SERVICE_NAMES = ("conference", "muc", "rooms", "chat", "groups")
TOLD_PROPERTIES = ("Name", "AccessType", "Searchable", "AutoDelete", "RequireInvitation", "PrivateMessaging", "MaxActiveUsers")


class KnownServices(Protocol):
    """What is known of the room services of domains."""

    def service(self, domain: str) -> str | None:
        """The service that has the rooms of a domain: "" for none, None while that is not known."""

    def domain_of(self, service: str) -> str | None:
        """The domain whose rooms a service has, as far as it is known."""


def find_room_service(query: Query, domain: str) -> str:
    """The service of a domain: itself, one that it names, or conference.domain; "" when it has none. BackendError when that
    cannot be told just now: 504 for no answer, 503 for any other error."""
    about, items = query(rooms.ask_info(domain), rooms.ask_items(domain))
    if rooms.is_service(about.payload):
        return domain
    if late := [each for each in (about, items) if each.error == CONDITION_TIMEOUT]:
        raise _unknown(late)  # there is no time left to ask others
    named = [jid for jid in rooms.item_jids(items.payload) if "@" not in jid]
    guess = f"conference.{domain}"
    candidates = sorted(dict.fromkeys([*named, guess]), key=lambda jid: jid.partition(".")[0] not in LIKELY_SERVICE_NAMES)[
        :MAX_ASKED_SERVICES
    ]
    replies = dict(zip(candidates, query(*[rooms.ask_info(jid) for jid in candidates]), strict=True))
    if found := next((jid for jid, reply in replies.items() if not reply.error and rooms.is_service(reply.payload)), None):
        return found
    made_up = replies.pop(guess, RoomReply()) if guess not in named else RoomReply()
    asked = [about, items, *replies.values()]
    if items.error and made_up.error != CONDITION_NO_SERVER:
        asked.append(made_up)  # a domain that does not say what it has may have this
    if unsure := [each for each in asked if each.error and not is_fact(each.error)]:
        raise _unknown(unsure)
    return ""


def _unknown(failed: list[RoomReply]) -> BackendError:
    late = any(each.error == CONDITION_TIMEOUT for each in failed)
    return BackendError(
        StatusCode.TIMEOUT if late else StatusCode.SERVICE_UNAVAILABLE, "the domain does not say now whether it has groups"
    )


def domain_of(known: KnownServices, own: str, service: str) -> str | None:
    """The domain whose rooms a service has, as far as it is known; `own` is the user's domain."""
    domain = known.domain_of(service)
    return own if domain is None and known.service(own) == service else domain


def group_id(room: str, domain: str | None) -> str:
    """How phones are told of a room that they have not named: as those of its own domain name it, wherever that is known. So
    the founder of a group and those invited into it have one name for it."""
    if domain is None and groups.is_private(room):
        # Only gateways like this one make such rooms, and where their domain has its rooms.
        first, _, rest = addresses.domain_of(room).partition(".")
        domain = rest if first in LIKELY_SERVICE_NAMES and rest else None
    return groups.group_id(room, domain)


def told_properties(about: About) -> dict[str, str]:
    """The properties of a room whose changes a phone is told."""
    found = rooms.properties(about, private=False)
    return {name: found[name][:MAX_ROOM_VALUE_LENGTH] for name in TOLD_PROPERTIES if name in found}
