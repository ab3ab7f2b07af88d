"""What the phone publishes that takes more than one stanza: its picture, and details for the account's vCard. When the stream
breaks before the last one, all is done again on the next stream."""

import hashlib
from collections.abc import Callable

import structlog
from gevent.lock import BoundedSemaphore
from xmpp.simplexml import Node

from onesoup.csp.text import vcards
from onesoup.observability.logs import short
from onesoup.xmpp import namespaces
from onesoup.xmpp.stream import stanzas
from workers.holder.session.contact_lookups import fitted
from workers.holder.session.interfaces import IqClient
from workers.holder.session.state import SessionState

log = structlog.get_logger()

PUBLISH_TIMEOUT_SECONDS = 8.0
# XEP-0084 section 4.2.1 and XEP-0153 section 4: pictures of 32 to 96 pixels, and few bytes.
OWN_PICTURE_PIXELS, MAX_OWN_PICTURE_BYTES = (96, 96), 32_768


class Publisher:
    """Of one session. One change of the vCard at a time: it is read, changed and written."""

    def __init__(self, state: SessionState, client: IqClient, picture_published: Callable[[str], None]) -> None:
        """`picture_published` is called with the name of the picture that is shown now, "" for none."""
        self._state, self._client, self._picture_published = state, client, picture_published
        # Held while the account's vCard is changed.
        self.card_lock = BoundedSemaphore(1)

    def picture(self, octets: bytes) -> None:
        """Publishes this picture; b"" publishes that there is none. Data that is no picture is ignored."""
        if octets:
            try:
                _, octets = fitted(octets, ("image/png",), MAX_OWN_PICTURE_BYTES, OWN_PICTURE_PIXELS)
            except ValueError as error:
                log.info("picture-refused", sid=short(self._state.sid), reason=str(error)[:80])
                return
        name = hashlib.sha1(octets, usedforsecurity=False).hexdigest() if octets else ""
        with self.card_lock:
            if name != self._shown():
                self._show(name, octets)
        self._picture_published(name)

    def _shown(self) -> str | None:
        """The name of the picture that the account has published by PEP, "" for none, None when that is unknown."""
        result = self._ask(stanzas.pep_get("", namespaces.AVATAR_METADATA))
        if result.getAttr("type") != "result":
            return "" if stanzas.error_condition(result) == "item-not-found" else None
        payload = stanzas.pep_payload(result)
        info = payload.getTag("info") if payload is not None else None
        return str(info.getAttr("id") or "") if info is not None else ""

    def _show(self, name: str, octets: bytes) -> None:
        if octets:
            self._ask(stanzas.publish_avatar_data(self._client.new_id(), name, octets))
        self._ask(stanzas.publish_avatar(self._client.new_id(), name, len(octets)))
        own = self._state.session.jid
        if namespaces.AVATAR_CONVERSION not in stanzas.features_in(self._ask(stanzas.disco(own))):
            # The server does not copy it (XEP-0398). Clients that know only the vCard (XEP-0153) see it there.
            self._change_vcard(photo=octets)

    def details(self, text: str) -> None:
        """Puts properties of a vCard of the phone into the account's vCard; the others stay."""
        card = vcards.read_vcard_text(text)
        if card:
            with self.card_lock:
                self._change_vcard(card=card)

    def _change_vcard(self, photo: bytes | None = None, card: vcards.Card | None = None) -> None:
        result = self._ask(stanzas.vcard_get())
        if result.getAttr("type") != "result" and stanzas.error_condition(result) != "item-not-found":
            return  # a vCard that cannot be read must not be written: what is in it would be lost
        self._ask(stanzas.vcard_set(stanzas.vcard_in(result), photo=photo, card=card))

    def _ask(self, iq: Node) -> Node:
        return self._client.request(iq, PUBLISH_TIMEOUT_SECONDS)
