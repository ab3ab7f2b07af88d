"""Inbound iq requests: pushes of the roster and the block list, and questions of others about the phone."""

import time

from xmpp.simplexml import Node

from onesoup.csp.text import addresses
from onesoup.store import records
from onesoup.store.session.stream_changes import Delivery
from onesoup.xmpp import blocking, contacts, namespaces
from onesoup.xmpp.stream import stanzas
from workers.holder.session.inbound_batch import InboundBatch
from workers.holder.session.inbound_transports import InboundTransports
from workers.holder.session.interfaces import ContactFacts
from workers.holder.session.phone_texts import event_id
from workers.holder.session.roster_reader import apply_roster_push

# (element, namespace) of what a server pushes to its own users.
SERVER_PUSHES = (("query", namespaces.ROSTER), ("block", namespaces.BLOCKING), ("unblock", namespaces.BLOCKING))


class InboundIq:
    """Reads iq requests for the session of `own`, a bare JID."""

    __slots__ = ("_facts", "_own", "_transports")

    def __init__(self, own: str, facts: ContactFacts, transports: InboundTransports) -> None:
        self._own, self._facts, self._transports = own, facts, transports

    def read_iq(self, stanza: Node, batch: InboundBatch) -> None:
        """Takes a push, or answers a question. Each get or set gets one answer."""
        if stanza.getAttr("type") not in ("get", "set"):
            return
        push = self._server_push(stanza)
        if push is None and stanza.getAttr("type") == "set" and self._transports.take_exchange(stanza, batch):
            batch.answers.append(stanzas.iq_result(stanza))
        elif push is None:
            batch.answers.append(stanzas.iq_answer(stanza, self._own, batch.profile, time.time()))
        elif push.getName() == "query":
            self._notify_changed_lists(push, batch)
            apply_roster_push(push, batch.changes)
            batch.answers.append(stanzas.iq_result(stanza))
        else:
            self._facts.blocked(push.getName(), blocking.read_items(push))
            batch.answers.append(stanzas.iq_result(stanza))

    def refuse_iq(self, stanza: Node, batch: InboundBatch) -> None:
        """Answers a request that could not be read with an error."""
        if stanza.getAttr("type") in ("get", "set"):
            batch.answers.append(stanzas.iq_error(stanza, "internal-server-error"))

    def _notify_changed_lists(self, push: Node, batch: InboundBatch) -> None:
        """A phone that wants to know it (1.3) is told which lists another client has changed."""
        items = {addresses.bare(tag.getAttr("jid") or ""): contacts.read_item(tag) for tag in push.getTags("item")}
        tokens = self._facts.lists_changed(items)
        if tokens and not batch.full:
            event = records.pack_event("lists", self._own, int(time.time()), tokens=tokens)
            batch.changes.items.append(Delivery(event_id(), self._own, event))

    def _server_push(self, stanza: Node) -> Node | None:
        """The element that our own server has pushed. A push from anybody else would let strangers write the roster."""
        if stanza.getAttr("type") != "set":
            return None
        if stanza.getAttr("from") and addresses.bare(stanza.getAttr("from")) not in (self._own, addresses.domain_of(self._own)):
            return None
        for name, namespace in SERVER_PUSHES:
            if (push := stanza.getTag(name, namespace=namespace)) is not None:
                return push
        return None
