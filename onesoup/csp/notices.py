"""Notifications of CSP 1.3: what a phone may subscribe, and those that XMPP gives a reason for (xmpp-mapping.md 2). Pure."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from onesoup.csp import lists
from onesoup.csp.codec.generated_elements import ContactListIDList, NotificationRequest, NotificationTypeList, UserIDList
from onesoup.csp.errors import CspError
from onesoup.csp.lists import ContactList, Cut, Item
from onesoup.csp.status import StatusCode

# Known by their names (messages.md 14). Any of them may be subscribed; the two below are told.
NOTICE_TYPES = frozenset(
    {"AC", "ANC", "AND", "ANU", "ATCL", "BLC", "BLUC", "CLC", "CLCR", "CLD", "EC", "EG", "GC", "GD", "GLC", "GLUC", "GMAU"}
    | {"GMG", "GMR", "GMU", "IA", "IC", "IR", "OEU", "PPU", "SPA"}
)
AUTHORIZATION_NOTICE = "ANU"
LISTS_NOTICE = "CLC"


def notice_types(wanted: NotificationTypeList | None) -> list[str]:
    """The types that a request names. 402 when it names none, or an unknown one."""
    names = [each.strip().upper() for each in (wanted.notification_type if wanted else ()) if each.strip()]
    if not names or not NOTICE_TYPES.issuperset(names):
        raise CspError(StatusCode.BAD_PARAMETER, "unknown notification type" if names else "no notification type")
    return names


def authorization(user_id: str) -> NotificationRequest:
    """Somebody wants to see the user's presence."""
    return NotificationRequest(notification_type=AUTHORIZATION_NOTICE, user_id_list=UserIDList([user_id]))


def lists_changed(names: list[str]) -> NotificationRequest:
    return NotificationRequest(notification_type=LISTS_NOTICE, contact_list_id_list=ContactListIDList(names))


def changed_lists(
    stored: Mapping[str, ContactList],
    changes: Iterable[tuple[Item | None, Item | None]],
    cuts: Mapping[str, Cut] = MappingProxyType({}),
) -> list[str]:
    """Tokens of the lists that look different after the changes, each from an item to an item; None where there is none. Who
    may see whom is no matter of lists. `cuts` are those lists that the phone sees in parts."""
    changes = list(changes)
    everybody = [item for change in changes for item in change if item is not None]
    tokens = []
    for token, each in lists.in_parts(lists.all_lists(stored, everybody), cuts).items():
        if not each.private and any(_name_in(each, old) != _name_in(each, new) for old, new in changes):
            tokens.append(token)
    return tokens


def _name_in(contact_list: ContactList, item: Item | None) -> str | None:
    return item.name if item is not None and item.shown and lists.belongs_to_list(contact_list, item) else None
