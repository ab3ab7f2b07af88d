"""Inbound presence and published events (PEP) of contacts: what is stored, what the phone is told, what must be fetched."""

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from xmpp.simplexml import Node

from onesoup.csp import presence
from onesoup.csp.presence import Shown
from onesoup.csp.text import addresses
from onesoup.store import records
from onesoup.store.session.contacts import ContactRecord
from onesoup.store.session.stream_changes import ALWAYS, LIVE, Delivery, StreamChanges
from onesoup.xmpp import bounces, contacts, published_events, vcards
from onesoup.xmpp import messages as xmpp_messages
from onesoup.xmpp.contacts import Resource
from onesoup.xmpp.published_events import Extras
from onesoup.xmpp.stream import stanzas
from workers.holder.session.inbound_batch import CLIENT_LOOKUP, PICTURE_LOOKUP, ContactChange, ContactLookup, InboundBatch
from workers.holder.session.inbound_transports import InboundTransports
from workers.holder.session.interfaces import ContactFacts, RoomStanzas
from workers.holder.session.phone_texts import PhoneTexts, event_id

# Characters of the note in a presence subscription request that the phone is shown.
MAX_SUBSCRIBE_NOTE_CHARS = 500


class InboundPresence:
    """Reads presence for the session of `own`, a bare JID. `client_kinds`: caps node -> kind of client; it grows elsewhere. Keeps
    nothing of a contact but the order in which presences came."""

    __slots__ = ("_client_kinds", "_facts", "_order", "_own", "_reserved", "_rooms", "_texts", "_transports")

    def __init__(
        self,
        own: str,
        facts: ContactFacts,
        texts: PhoneTexts,
        rooms: RoomStanzas,
        transports: InboundTransports,
        client_kinds: Mapping[str, str],
        reserved: frozenset[str] = frozenset(),
    ) -> None:
        """`reserved`: addresses that the gateway answers for; presence from there is not read."""
        self._reserved, self._transports = reserved, transports
        self._own, self._facts, self._texts, self._rooms, self._client_kinds = own, facts, texts, rooms, client_kinds
        self._order = int(time.time())

    def read_presence(self, nodes: list[Node], batch: InboundBatch) -> None:
        """Reads presence stanzas and event messages, in the order they came. Of each contact only the last state is stored."""
        by_contact: dict[str, list[Node]] = {}
        for stanza in nodes:
            jid = addresses.bare(stanza.getAttr("from") or "")
            kind = stanza.getAttr("type") or ""
            if not jid or jid == self._own or jid in self._reserved:
                continue
            if stanza.getName() == "message" or kind in ("", "unavailable", "error", "unsubscribed"):
                by_contact.setdefault(jid, []).append(stanza)
            if kind == "error" and bounces.is_unreachable(stanza):
                batch.unreachable.add(addresses.domain_of(jid))
            if kind in ("subscribed", "unsubscribed"):
                self._rooms.subscription_answered(jid, kind == "subscribed", batch)
            if kind == "subscribe":
                batch.attempt(stanza, partial(self._subscribe_request, jid, stanza, batch))
        stored = self._facts.kept(list(by_contact)) if by_contact else {}
        for jid, its_nodes in by_contact.items():
            batch.attempt(its_nodes[-1], partial(self._read_contact, jid, its_nodes, stored[jid], batch))

    def _read_contact(self, jid: str, its_nodes: list[Node], stored: ContactRecord, batch: InboundBatch) -> None:
        """Reads all that came from one contact, in order."""
        resources, published, shown = _unpack_contact(stored)
        before = published
        for stanza in its_nodes:
            if stanza.getName() == "message":
                published = published_events.read_event(stanza, published) or published
                continue
            self._order += 1
            name = (stanza.getAttr("from") or "").partition("/")[2]
            resources, shown = contacts.with_presence(
                resources, name, stanza, self._order, batch.profile.language, self._client_kinds
            )
            photo = vcards.photo_hash(stanza)
            if photo is not None and name:
                published = replace(published, photo=photo)
            batch.seen.add(jid)
            batch.changes.resources[jid] = records.pack_plain(contacts.to_plain(resources)) if resources else b""
        if published != before:
            batch.changes.extras[jid] = records.pack_plain(published_events.to_plain(published))
        _show_contact(jid, stored, published_events.with_published(shown, published), batch)
        batch.lookups += wanted_lookups(jid, resources, published, stored.wishes)

    def apply_lookup(self, jid: str, stored: ContactRecord, change: ContactChange) -> InboundBatch:
        """Puts what was fetched of a contact into what is stored of it."""
        batch = InboundBatch()
        resources, published, shown = _unpack_contact(stored)
        resources, published = change(resources, published)
        if resources:
            shown = contacts.aggregate(resources.values())
            batch.changes.resources[jid] = records.pack_plain(contacts.to_plain(resources))
        batch.changes.extras[jid] = records.pack_plain(published_events.to_plain(published))
        _show_contact(jid, stored, published_events.with_published(shown, published), batch)
        return batch

    def _subscribe_request(self, jid: str, stanza: Node, batch: InboundBatch) -> None:
        """A contact asks for the user's presence (xmpp-mapping.md 5.3). The user has granted it in advance, or is asked once."""
        asker = (stanza.getAttr("from") or "").partition("/")[0]
        if self._facts.refuses(jid):
            if self._facts.blocks(jid):  # one that is only missing in the grant list may be added: the server will ask again
                batch.answers.append(stanzas.directed_presence("unsubscribed", asker))
            return
        # A server or a transport is let in when the roster has it: who registers there wants it to know.
        if self._facts.granted(jid) or ("@" not in jid and self._facts.item(jid) is not None):
            batch.answers.append(stanzas.directed_presence("subscribed", asker))
            return
        if self._transports.take_request(jid, stanza, batch):
            return
        if batch.full:
            return  # nothing is decided: the server asks again with the next log-in
        self._ask_user(jid, stanza, batch)

    def _ask_user(self, jid: str, stanza: Node, batch: InboundBatch) -> None:
        note = xmpp_messages.text_in(stanza, "status", batch.profile.language).strip()[:MAX_SUBSCRIBE_NOTE_CHARS]
        asked_before = self._facts.waits(jid)
        self._facts.asks(jid, note)
        # A request that comes after the user's answer is a new one. Above the limit of pending requests none is noted.
        said = LIVE if not asked_before and self._facts.waits(jid) else ALWAYS
        now = int(time.time())
        if note:
            self._texts.deliver(batch, jid, note, now, f"note {jid} {note}", b"", said=said)
        event = records.pack_event("auth", jid, now)
        batch.changes.items.append(Delivery(event_id(), jid, event, seen=f"auth {jid}", said=said))


def wanted_lookups(
    jid: str, resources: Mapping[str, Resource], published: Extras, wishes: bytes | None, again: bool = False
) -> list[ContactLookup]:
    """What a subscription with these wishes needs of a contact and is not known.

    What was tried before is tried `again` only when the phone asks anew: a picture that breaks the stream would break it each
    time."""
    if wishes is None:
        return []
    names = records.unpack_wishes(wishes)[0]
    found = []
    if presence.wants_attribute(names, "status_content") and published.wanted:
        fresh = published.tried != published.wanted
        if fresh or (again and not published.picture):
            found.append(ContactLookup(PICTURE_LOOKUP, jid, published.wanted))
    if presence.wants_attribute(names, "client_info"):
        for resource, each in resources.items():
            if each.caps and not each.client:
                found.append(ContactLookup(CLIENT_LOOKUP, jid, each.caps, resource))
    return found


def offline_changes(jids: list[str]) -> StreamChanges:
    """The changes that show these contacts as offline."""
    return StreamChanges(resources=dict.fromkeys(jids, b""), presence={jid: records.pack_shown(Shown()) for jid in jids})


def _show_contact(jid: str, stored: ContactRecord, shown: Shown, batch: InboundBatch) -> None:
    """Stores what is shown of a contact. The phone is told when something changed that it has subscribed."""
    batch.changes.presence[jid] = records.pack_shown(shown)
    before = records.unpack_shown(stored.presence)
    if before is None or stored.wishes is None:
        return
    if not presence.presence_differs(before, shown, records.unpack_wishes(stored.wishes)[0]):
        batch.changes.quiet.add(jid)


def _unpack_contact(stored: ContactRecord) -> tuple[dict[str, Resource], Extras, Shown]:
    """An offline contact is shown as it was stored last: its last presence may have had a status text."""
    resources = contacts.from_plain(records.unpack_plain(stored.resources, {}))
    shown = contacts.aggregate(resources.values())
    last = records.unpack_shown(stored.presence)
    if not resources and last is not None and not last.online:
        shown = last
    return resources, published_events.from_plain(records.unpack_plain(stored.extras, None)), shown
