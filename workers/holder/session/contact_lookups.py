"""What of contacts must be fetched: pictures, what their clients are, vCards. Greenlets of their own, few at a time: none of it
delays a message, and whatever a contact answers, the worst is that it is not known."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import gevent
import structlog
from gevent.lock import BoundedSemaphore
from xmpp.simplexml import Node

from onesoup.csp import capabilities
from onesoup.csp.presence import Picture
from onesoup.csp.text import vcards
from onesoup.images.threads import scaled
from onesoup.observability.logs import short
from onesoup.store import records
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.pictures import ScaledPictures
from onesoup.xmpp import caps, contacts, extras, namespaces
from onesoup.xmpp import vcards as xmpp_vcards
from onesoup.xmpp.contacts import Resource
from onesoup.xmpp.extras import Extras
from onesoup.xmpp.stream import StreamFailure, stanzas
from onesoup.xmpp.stream.errors import FAILURE_NO_ANSWER
from workers.holder.session.inbound import CLIENT, PICTURE, ContactLookup, looks

if TYPE_CHECKING:
    from workers.holder.session.session import XmppSession

log = structlog.get_logger()

ANSWER_SECONDS = 8.0
AT_ONCE, MOST_WAITING = 3, 500
# The names of clients that a holder remembers; there are some hundreds in the world.
MOST_KINDS = 5000
REMEMBERED, MOST_CARDS = 600.0, 200
PIXELS = (64, 64)


class Kinds(OrderedDict[str, str]):
    """Name of a client -> the phone's word for it. The oldest goes when there are too many."""

    def __setitem__(self, name: str, kind: str) -> None:
        super().__setitem__(name, kind)
        if len(self) > MOST_KINDS:
            self.popitem(last=False)


@dataclass(slots=True)
class Library:
    """What all sessions of a holder have fetched together."""

    pictures: ScaledPictures
    kinds: Kinds = field(default_factory=Kinds)
    # Whoever makes a picture fit holds its lock: it is made once, and the others find it.
    making: MutableMapping[str, BoundedSemaphore] = field(default_factory=WeakValueDictionary)


class Lookups:
    """The fetching of one session."""

    def __init__(self, held: "XmppSession", library: Library) -> None:
        self._held, self._library = held, library
        self._waiting: OrderedDict[ContactLookup, None] = OrderedDict()
        self._busy = 0
        self._asked: set[ContactLookup] = set()
        self._cards: OrderedDict[str, tuple[float, str]] = OrderedDict()
        # Pictures, and contacts, that had none to show a short while ago.
        self._refused: OrderedDict[str, float] = OrderedDict()

    def add(self, wanted: Iterable[ContactLookup]) -> None:
        """These are fetched soon; a client is asked once in a session."""
        for look in wanted:
            if look in self._waiting or look in self._asked or len(self._waiting) >= MOST_WAITING:
                continue
            self._waiting[look] = None
            if self._busy < AT_ONCE:
                self._busy += 1
                gevent.spawn(self._work)

    def review(self) -> None:
        """The phone has subscribed: what of its contacts is needed now and was not before."""
        feed, sid = self._held.feed, self._held.sid
        wishes = {jid: record for jid, record in feed.wishes(sid).items() if not jid.startswith("/")}
        for jid, kept in feed.kept(sid, list(wishes)).items():
            resources = contacts.from_plain(records.unpack_plain(kept.resources, {}))
            published = extras.from_plain(records.unpack_plain(kept.extras, None))
            self.add(looks(jid, resources, published, kept.wishes, again=True))

    def _work(self) -> None:
        try:
            while self._waiting and not self._held.closing:
                look, _ = self._waiting.popitem(last=False)
                self._run(look)
        finally:
            self._busy -= 1

    def _run(self, look: ContactLookup) -> None:
        try:
            if look.kind == PICTURE:
                self.picture(look.jid)
            else:
                self._client(look)
        except (StreamFailure, StoreDown, Fenced, NoSession) as error:
            log.debug("look-failed", sid=short(self._held.sid), kind=look.kind, reason=type(error).__name__)
        except Exception as error:
            # Whatever a contact has answered costs this look and nothing else.
            log.exception("bug", kind=type(error).__name__, look=look.kind)

    # --- pictures ---

    def picture(self, jid: str, ask: bool = False) -> str:
        """The name under which the contact's picture is kept, "" when it has none that can be shown. With `ask`, the contact's
        server is asked which it is, where neither presence nor PEP has said so."""
        form = capabilities.picture_form(self._held.caps())
        if form is None:
            return ""
        published = self._known(jid)
        wanted = published.wanted
        if self._was_refused(wanted or jid):
            return ""
        if not wanted:
            name = self._unannounced(jid, form) if ask else ""
            if ask and not name:
                self._refuse(jid)
            return name
        if published.tried == wanted and published.picture:
            return published.picture
        name = f"{wanted}.{form.name}"
        if not self._library.pictures.has(name):
            # Noted before it is asked for: what cannot be read ends the stream, and must not do so again and again.
            self._learn_picture(jid, wanted, "")
            try:
                octets = self._fetched(jid, published)
            except StreamFailure as failure:
                if failure.kind == FAILURE_NO_ANSWER:  # the stream lives: nothing is known of the picture yet
                    self._learn_picture(jid, "", "")
                raise
            if octets is None or not self._made(name, octets, form, jid):
                self._refuse(wanted)
                return ""
        self._learn_picture(jid, wanted, name)
        return name

    def _refuse(self, name: str) -> None:
        self._refused[name] = time.monotonic()
        if len(self._refused) > MOST_WAITING:
            self._refused.popitem(last=False)

    def _was_refused(self, name: str) -> bool:
        return time.monotonic() - self._refused.get(name, -REMEMBERED) < REMEMBERED

    def _fetched(self, jid: str, published: Extras) -> bytes | None:
        """The octets, if they are those that were announced."""
        if published.avatar:
            payload = stanzas.pep_payload(
                self._told(stanzas.pep_get(self._held.spelled(jid), namespaces.AVATAR_DATA, published.avatar))
            )
            octets = xmpp_vcards.base64_bytes(payload.getData() or "") if payload is not None else None
        else:
            octets = xmpp_vcards.photo_bytes(stanzas.vcard_in(self._told(stanzas.vcard_get(self._held.spelled(jid)))))
        if octets is None or hashlib.sha1(octets, usedforsecurity=False).hexdigest() != published.wanted:
            return None
        return octets

    def _unannounced(self, jid: str, form: capabilities.PictureForm) -> str:
        """A picture that only the vCard knows of."""
        octets = xmpp_vcards.photo_bytes(stanzas.vcard_in(self._told(stanzas.vcard_get(self._held.spelled(jid)))))
        if octets is None:
            return ""
        name = f"{hashlib.sha1(octets, usedforsecurity=False).hexdigest()}.{form.name}"
        return name if self._made(name, octets, form, jid) else ""

    def _made(self, name: str, octets: bytes, form: capabilities.PictureForm, jid: str) -> bool:
        lock = self._library.making.get(name)
        if lock is None:
            lock = self._library.making[name] = BoundedSemaphore(1)
        with lock:
            if self._library.pictures.has(name):
                return True
            try:
                picture = fitted(octets, form.types, form.octets)
            except ValueError as error:
                log.info("picture-refused", sid=short(self._held.sid), reason=str(error)[:80])
                return False
            self._library.pictures.put(name, records.pack_picture(picture), jid)
            return True

    def _learn_picture(self, jid: str, tried: str, name: str) -> None:
        self._held.learn(jid, lambda resources, published: (resources, replace(published, tried=tried, picture=name)))

    # --- clients ---

    def _client(self, look: ContactLookup) -> None:
        kind = self._library.kinds.get(look.name)
        if kind is None:
            self._asked.add(look)
            if len(self._asked) > MOST_WAITING:
                self._asked.clear()
            try:
                answer = self._told(stanzas.disco(f"{self._held.spelled(look.jid)}/{look.resource}", caps.node_of(look.name)))
            except StreamFailure:
                self._asked.discard(look)
                raise
            query = answer.getTag("query", namespace=namespaces.DISCO_INFO)
            kind = caps.client_type(query)
            if caps.caps_match(look.name, query):
                self._library.kinds[look.name] = kind

        def told(resources: dict[str, Resource], published: Extras) -> tuple[dict[str, Resource], Extras]:
            changed = {name: replace(each, client=kind) if each.caps == look.name else each for name, each in resources.items()}
            return changed, published

        self._held.learn(look.jid, told)

    # --- vCards ---

    def card(self, jid: str) -> str:
        """The contact's vCard for a phone, "" when there is none."""
        now = time.monotonic()
        known = self._cards.get(jid)
        if known is not None and now - known[0] < REMEMBERED:
            return known[1]
        text = vcards.text_of(xmpp_vcards.read_vcard(stanzas.vcard_in(self._told(stanzas.vcard_get(self._held.spelled(jid))))))
        self._cards[jid] = now, text
        if len(self._cards) > MOST_CARDS:
            self._cards.popitem(last=False)
        return text

    def together(self, cards: Iterable[str], pictures: Iterable[str], within: float) -> tuple[dict[str, str], dict[str, str]]:
        """vCards and names of pictures, by JID, as far as they come in time."""
        jobs = [(jid, self.card) for jid in cards] + [(jid, self._picture_asked) for jid in pictures]
        waiting = [(each, jid, gevent.spawn(self._tried, each, jid)) for jid, each in jobs]
        gevent.joinall([greenlet for _, _, greenlet in waiting], timeout=within)
        found: tuple[dict[str, str], dict[str, str]] = ({}, {})
        for each, jid, greenlet in waiting:
            if greenlet.value:
                found[0 if each == self.card else 1][jid] = greenlet.value
        return found

    def _picture_asked(self, jid: str) -> str:
        return self.picture(jid, ask=True)

    def _tried(self, work: object, jid: str) -> str:
        try:
            return str(work(jid))  # type: ignore[operator]
        except (StreamFailure, StoreDown, Fenced, NoSession) as error:
            log.debug("look-failed", sid=short(self._held.sid), reason=type(error).__name__)
        except Exception as error:
            log.exception("bug", kind=type(error).__name__)
        return ""

    # --- both ---

    def _known(self, jid: str) -> Extras:
        return extras.from_plain(records.unpack_plain(self._held.kept([jid])[jid].extras, None))

    def _told(self, iq: Node) -> Node:
        """The answer, which may be remembered. StreamFailure for one that says only that it cannot be told now."""
        stream = self._held.stream
        if stream is None:
            raise StreamFailure("closed", "local")
        answer = stream.request(iq, ANSWER_SECONDS)
        if not stanzas.is_fact(answer):
            raise StreamFailure(FAILURE_NO_ANSWER, stanzas.error_condition(answer))
        return answer


def fitted(octets: bytes, types: Iterable[str], most: int, pixels: tuple[int, int] = PIXELS) -> Picture:
    """A picture of one of these types, small enough. ValueError when there can be none. Not on the greenlets' thread."""
    return scaled(octets, tuple(types), most, pixels)


__all__ = ["CLIENT", "PICTURE", "ContactLookup", "Kinds", "Library", "Lookups", "fitted"]
