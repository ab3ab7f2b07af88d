"""How addresses are written towards our server: a domain in Unicode, or in Punycode as the server's own contacts write it."""

from collections.abc import Iterable

from xmpp.simplexml import Node

from onesoup.csp.text import addresses
from workers.holder.session.interfaces import Spelling
from workers.holder.session.store import SessionStore

# Domains in Punycode whose spelling is remembered in a session.
MAX_SPELLED_DOMAINS = 50


class DomainSpelling(Spelling):
    """Learns from the addresses of received stanzas, and from the roster."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        # Domain in Unicode -> the domain as its users write it, in Punycode.
        self._domains: dict[str, str] = {}

    def note(self, nodes: Iterable[Node]) -> None:
        """Learns how the senders of these stanzas write their domains."""
        for node in nodes:
            sender = node.getAttr("from") or ""
            if "xn--" in sender:
                domain = addresses.domain_of(sender)
                self._domains[domain] = sender.partition("/")[0].rpartition("@")[2]
                if len(self._domains) > MAX_SPELLED_DOMAINS:
                    del self._domains[next(iter(self._domains))]

    def spellings(self, jid: str) -> list[str]:
        """A bare JID as our server has it, then the other ways to write it: a server takes a domain in Punycode for a different
        one."""
        if jid.isascii():
            return [jid]
        local, at, domain = jid.rpartition("@")
        item = self._store.roster_item(jid)
        first = item.spelled if item is not None and item.spelled else f"{local}{at}{self._domains.get(domain, domain)}"
        return list(dict.fromkeys([first, jid, f"{local}{at}{addresses.ascii_domain(domain)}"]))

    def spelled(self, jid: str) -> str:
        """A bare JID as our server has it."""
        return self.spellings(jid)[0]
