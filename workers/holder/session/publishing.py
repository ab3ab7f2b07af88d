"""What the phone publishes that takes more than one stanza: its picture, and details for the account's vCard. Each is done
whole or, when the stream breaks under it, done again on the next one."""

import hashlib
from typing import TYPE_CHECKING

import structlog
from gevent.lock import BoundedSemaphore
from xmpp.simplexml import Node

from onesoup.csp.text import vcards
from onesoup.observability.logs import short
from onesoup.xmpp import namespaces
from onesoup.xmpp.stream import StreamFailure, stanzas
from workers.holder.session.contact_lookups import fitted

if TYPE_CHECKING:
    from workers.holder.session.session import XmppSession

log = structlog.get_logger()

ANSWER_SECONDS = 8.0
# XEP-0084 section 4.2.1 and XEP-0153 section 4: pictures of 32 to 96 pixels, and few octets.
PIXELS, MOST_OCTETS = (96, 96), 32_768


class Publisher:
    """The publications of one session, one at a time: a vCard is read, changed and written."""

    def __init__(self, held: "XmppSession") -> None:
        self._held = held
        # Held by whoever changes the account's vCard.
        self.changing = BoundedSemaphore(1)

    def picture(self, octets: bytes) -> None:
        """Shows this picture from now on; b"" shows none. One that is no picture is not shown, and the old one stays."""
        if octets:
            try:
                _, octets = fitted(octets, ("image/png",), MOST_OCTETS, PIXELS)
            except ValueError as error:
                log.info("picture-refused", sid=short(self._held.sid), reason=str(error)[:80])
                return
        name = hashlib.sha1(octets, usedforsecurity=False).hexdigest() if octets else ""
        with self.changing:
            if name != self._shown():
                self._show(name, octets)
        self._held.showing.picture(name)

    def _shown(self) -> str | None:
        """The name of the picture that the account shows by PEP; None when that cannot be told."""
        result = self._ask(stanzas.pep_get("", namespaces.AVATAR_METADATA))
        if result.getAttr("type") != "result":
            return "" if stanzas.error_condition(result) == "item-not-found" else None
        payload = stanzas.pep_payload(result)
        info = payload.getTag("info") if payload is not None else None
        return str(info.getAttr("id") or "") if info is not None else ""

    def _show(self, name: str, octets: bytes) -> None:
        stream = self._held.stream
        assert stream is not None
        if octets:
            self._ask(stanzas.publish_avatar_data(stream.new_id(), name, octets))
        self._ask(stanzas.publish_avatar(stream.new_id(), name, len(octets)))
        own = self._held.session.jid
        if namespaces.AVATAR_CONVERSION not in stanzas.features_in(self._ask(stanzas.disco(own))):
            # Where the server does not do so itself, clients that know only the vCard (XEP-0153) see it there.
            self._change_vcard(photo=octets)

    def details(self, text: str) -> None:
        """Puts what a phone says of its user into the account's vCard; what it does not say stays."""
        card = vcards.read_vcard_text(text)
        if card:
            with self.changing:
                self._change_vcard(card=card)

    def _change_vcard(self, photo: bytes | None = None, card: vcards.Card | None = None) -> None:
        result = self._ask(stanzas.vcard_get())
        if result.getAttr("type") != "result" and stanzas.error_condition(result) != "item-not-found":
            return  # who cannot read it must not write it: what is there would be lost
        self._ask(stanzas.vcard_set(stanzas.vcard_in(result), photo=photo, card=card))

    def _ask(self, iq: Node) -> Node:
        stream = self._held.stream
        if stream is None:
            raise StreamFailure("closed", "local")
        return stream.request(iq, ANSWER_SECONDS)
