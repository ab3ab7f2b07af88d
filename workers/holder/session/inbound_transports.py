"""Contacts that a transport brings: a transport that the user has in the roster speaks for the users of its own domain, and for
nobody else. They come into a contact list that is named after the transport."""

from collections.abc import Iterable

from xmpp.simplexml import Node

from onesoup.csp.lists import Item
from onesoup.csp.text import addresses
from onesoup.xmpp import namespaces, roster_exchange
from onesoup.xmpp.roster_exchange import MAX_EXCHANGED_NAME_CHARS, SuggestedContact
from onesoup.xmpp.stream import stanzas
from workers.holder.session.inbound_batch import InboundBatch
from workers.holder.session.interfaces import ContactFacts
from workers.holder.session.phone_texts import event_id


class InboundTransports:
    """Takes the contacts of transports into the roster, unless `accepted` is False: then the user is asked about each."""

    __slots__ = ("_accepted", "_facts")

    def __init__(self, facts: ContactFacts, accepted: bool) -> None:
        self._facts, self._accepted = facts, accepted

    def speaks_for(self, jid: str) -> Item | None:
        """The roster item of the transport whose user this is. None when the user has no such transport, or is to be asked."""
        domain = addresses.domain_of(jid)
        if not self._accepted or domain == jid:
            return None
        transport = self._facts.item(domain)
        return transport if transport is not None and transport.subscription != "none" else None

    def take_request(self, jid: str, stanza: Node, batch: InboundBatch) -> bool:
        """Lets in a contact of a transport that asks for the user's presence. False for anybody else."""
        transport = self.speaks_for(jid)
        if transport is None:
            return False
        asker = (stanza.getAttr("from") or "").partition("/")[0]
        batch.answers.append(stanzas.directed_presence("subscribed", asker))
        item = self._facts.item(jid)
        if item is None or not (item.sees or item.ask):
            nick = stanza.getTag("nick", namespace=namespaces.NICK)
            name = nick.getData().strip()[:MAX_EXCHANGED_NAME_CHARS] if nick is not None else ""
            self._add(asker, item, name, (), transport, batch)
        return True

    def take_exchange(self, stanza: Node, batch: InboundBatch) -> bool:
        """Does what a transport asks for its users' roster items (XEP-0144). False for a stanza that suggests no contacts, or
        that comes from somebody else: nobody adds contacts of others."""
        suggested = roster_exchange.read_exchange(stanza)
        sender = addresses.bare(stanza.getAttr("from") or "")
        theirs = [each for each in suggested if addresses.domain_of(each.jid) == sender]
        transport = self.speaks_for(theirs[0].jid) if theirs else None
        if transport is None:
            return False
        for each in theirs:
            self._take_suggested(each, transport, batch)
        return True

    def _take_suggested(self, suggested: SuggestedContact, transport: Item, batch: InboundBatch) -> None:
        item = self._facts.item(suggested.jid)
        if suggested.action == "delete":
            if item is not None:
                batch.answers.append(_numbered(stanzas.roster_remove(suggested.jid)))
        elif suggested.action == "modify" and item is not None:
            changed = stanzas.roster_set(suggested.jid, suggested.name or item.name, suggested.groups or item.groups)
            batch.answers.append(_numbered(changed))
        elif item is None or not (item.sees or item.ask):
            self._add(suggested.jid, item, suggested.name, suggested.groups, transport, batch)

    def _add(self, jid: str, item: Item | None, name: str, groups: Iterable[str], transport: Item, batch: InboundBatch) -> None:
        """Names and lists that the user has given stay."""
        known = item or Item(jid)
        listed = known.groups or tuple(groups) or (transport.name or transport.jid,)
        batch.answers.append(_numbered(stanzas.roster_set(jid, known.name or name, listed)))
        batch.answers.append(stanzas.directed_presence("subscribe", jid))


def _numbered(iq: Node) -> Node:
    """Every request has an id (RFC 6120 8.1.3), though nobody waits for the answer."""
    iq.setAttr("id", event_id())
    return iq
