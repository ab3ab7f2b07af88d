"""Roster item exchange (XEP-0144): contacts that somebody suggests to the user, in a message or an iq. Pure."""

from dataclasses import dataclass
from typing import Any

from onesoup.csp.text import addresses
from onesoup.xmpp import namespaces

ACTIONS = ("add", "modify", "delete")
# Items of one stanza that are read.
MAX_EXCHANGED_ITEMS = 500
MAX_EXCHANGED_NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class SuggestedContact:
    """One item: what to do (one of ACTIONS) with whom, under which name and in which roster groups."""

    action: str
    jid: str
    name: str
    groups: tuple[str, ...]


def read_exchange(stanza: Any) -> list[SuggestedContact]:
    """The contacts of a stanza; none when it suggests none. Items without a bare JID or with an unknown action are left out."""
    exchange = stanza.getTag("x", namespace=namespaces.ROSTER_EXCHANGE)
    found = []
    for item in exchange.getTags("item")[:MAX_EXCHANGED_ITEMS] if exchange is not None else ():
        jid, action = addresses.bare(item.getAttr("jid") or ""), item.getAttr("action") or "add"
        if "@" not in jid or action not in ACTIONS:
            continue
        groups = (each.getData().strip() for each in item.getTags("group"))
        name = (item.getAttr("name") or "").strip()[:MAX_EXCHANGED_NAME_CHARS]
        found.append(SuggestedContact(action, jid, name, tuple(each[:MAX_EXCHANGED_NAME_CHARS] for each in groups if each)))
    return found
