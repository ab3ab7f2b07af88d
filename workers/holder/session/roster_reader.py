"""Reads the roster: the whole of it entry by entry, and roster pushes (RFC 6121 section 2)."""

import time

import structlog
from xmpp.simplexml import Node

from onesoup.csp import messages
from onesoup.csp.presence import OFFLINE_PRESENCE
from onesoup.csp.text import addresses
from onesoup.runtime.ids import ordered_id
from onesoup.store import records
from onesoup.store.bounds import MOST_ROSTER
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.xmpp import contacts
from onesoup.xmpp.stream.events import TooBig

log = structlog.get_logger(__name__)

# Items that are read of one push; servers send one (RFC 6121 section 2.1.6).
MAX_PUSHED_ITEMS = 100
# Bytes of all records of a roster; MOST_ROSTER limits their number.
MAX_ROSTER_BYTES = 8 * 1024 * 1024


class RosterReader:
    """Collects the items of a roster as packed records, up to the limits. `left_out` counts the items beyond them."""

    def __init__(self) -> None:
        self.items: dict[str, bytes] = {}
        self.left_out = self._size = 0

    def add(self, tag: Node) -> None:
        """Reads the next item. An item that cannot be read is skipped."""
        if isinstance(tag, TooBig):
            self.left_out += 1
            return
        try:
            item = contacts.read_item(tag) if tag.getName() == "item" else None
            record = records.pack_item(item) if item is not None else b""
        except Exception as error:  # a bug that one item triggers must not cost the others
            log.warning("roster-item-failed", kind=type(error).__name__)
            return
        if item is None:
            return
        size = len(item.jid) + len(record)
        if len(self.items) >= MOST_ROSTER or self._size + size > MAX_ROSTER_BYTES:
            self.left_out += 1
        else:
            self._size += size
            self.items[item.jid] = record

    def left_out_notice(self, own: str) -> Delivery:
        """The announcement for a user some of whose contacts are left out. `own`: the user's bare JID."""
        words = f"Your contact list is too long. {self.left_out} contacts are not shown."
        text = messages.Text(ordered_id(time.time()), addresses.domain_of(own), words, int(time.time()))
        return Delivery(text.id, text.sender, records.pack_announcement(text))


def apply_roster_push(query: Node, changes: StreamChanges) -> None:
    """Puts the items of a roster push into the changes."""
    for tag in query.getTags("item")[:MAX_PUSHED_ITEMS]:
        item = contacts.read_item(tag)
        if item is None:
            jid = addresses.bare(tag.getAttr("jid") or "")
            changes.roster.pop(jid, None)
            changes.unroster.append(jid)
            changes.presence[jid] = records.pack_shown(OFFLINE_PRESENCE)
        else:
            # The last push of one read counts. The store removes after it has added.
            changes.unroster = [jid for jid in changes.unroster if jid != item.jid]
            changes.roster[item.jid] = records.pack_item(item)
