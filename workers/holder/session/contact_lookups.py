"""Fetches what is not known of contacts: pictures, vCards, what their clients are. It runs in greenlets of its own, few at a
time, and delays no message. A contact that answers nonsense stays unknown."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace

import gevent
import structlog
from gevent.lock import BoundedSemaphore
from xmpp.simplexml import Node

from onesoup.csp import capabilities
from onesoup.csp.presence import Picture
from onesoup.csp.text import vcards
from onesoup.images.threads import scaled
from onesoup.observability.bugs import log_bug
from onesoup.observability.logs import short
from onesoup.store import records
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.redis.refusals import error_name
from onesoup.xmpp import caps, contacts, namespaces, published_events
from onesoup.xmpp import vcards as xmpp_vcards
from onesoup.xmpp.contacts import Resource
from onesoup.xmpp.published_events import Extras
from onesoup.xmpp.stream import StreamFailure, stanzas
from onesoup.xmpp.stream.errors import FAILURE_NO_ANSWER
from workers.holder.lookup_cache import LookupCache
from workers.holder.session.inbound_batch import PICTURE_LOOKUP, ContactChange, ContactLookup
from workers.holder.session.inbound_presence import wanted_lookups
from workers.holder.session.interfaces import IqClient, Spelling
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

log = structlog.get_logger()

LOOKUP_TIMEOUT_SECONDS = 8.0
MAX_PARALLEL_LOOKUPS, MAX_WAITING_LOOKUPS = 3, 500
# How long vCards, and pictures that there are not, are remembered in a session; and how many vCards.
LOOKUP_MEMORY_SECONDS, MAX_REMEMBERED_CARDS = 600.0, 200
CONTACT_PICTURE_PIXELS = (64, 64)


class ContactLookups:
    """Of one session."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        client: IqClient,
        spelling: Spelling,
        cache: LookupCache,
        learn: Callable[[str, ContactChange], None],
    ) -> None:
        """`learn` stores what was fetched of a contact."""
        self._state, self._store, self._client, self._spelling = state, store, client, spelling
        self._cache, self._learn = cache, learn
        self._waiting: OrderedDict[ContactLookup, None] = OrderedDict()
        self._busy = 0
        self._asked: set[ContactLookup] = set()
        self._cards: OrderedDict[str, tuple[float, str]] = OrderedDict()
        # Names of pictures, and JIDs, that had no picture to show a short while ago, and when that was.
        self._refused: OrderedDict[str, float] = OrderedDict()

    def add(self, wanted: Iterable[ContactLookup]) -> None:
        """Queues lookups. A client is asked once in a session."""
        for lookup in wanted:
            if lookup in self._waiting or lookup in self._asked or len(self._waiting) >= MAX_WAITING_LOOKUPS:
                continue
            self._waiting[lookup] = None
            if self._busy < MAX_PARALLEL_LOOKUPS:
                self._busy += 1
                gevent.spawn(self._work)

    def review(self) -> None:
        """The phone has changed its subscriptions: queues what they need of its contacts and is not known."""
        wishes = [jid for jid in self._store.subscriptions() if not jid.startswith("/")]
        for jid, kept in self._store.contacts(wishes).items():
            resources = contacts.from_plain(records.unpack_plain(kept.resources, {}))
            published = published_events.from_plain(records.unpack_plain(kept.extras, None))
            self.add(wanted_lookups(jid, resources, published, kept.wishes, again=True))

    def _work(self) -> None:
        try:
            while self._waiting and not self._state.closing:
                lookup, _ = self._waiting.popitem(last=False)
                self._run(lookup)
        finally:
            self._busy -= 1

    def _run(self, lookup: ContactLookup) -> None:
        try:
            if lookup.kind == PICTURE_LOOKUP:
                self.picture(lookup.jid)
            else:
                self._look_up_client(lookup)
        except (StreamFailure, StoreDown, Fenced, NoSession) as error:
            log.debug("look-failed", sid=short(self._state.sid), kind=lookup.kind, reason=error_name(error))
        except Exception as error:
            # A contact's answer can cost this lookup and nothing else.
            log_bug(error, look=lookup.kind)

    # --- pictures ---

    def picture(self, jid: str, ask: bool = False) -> str:
        """The name under which the contact's picture is kept, "" when it has none that can be shown. With `ask`, the contact's
        server is asked which it is, where neither presence nor PEP has said so."""
        form = capabilities.picture_form(self._store.capabilities())
        if form is None:
            return ""
        published = self._known(jid)
        wanted = published.wanted
        if self._was_refused(wanted or jid):
            return ""
        if not wanted:
            return self._unannounced(jid, form) if ask else ""
        if published.tried == wanted and published.picture:
            return published.picture
        name = f"{wanted}.{form.name}"
        if not self._cache.pictures.has(name) and not self._fetched(jid, published, name, form):
            return ""
        self._learn_picture(jid, wanted, name)
        return name

    def _fetched(self, jid: str, published: Extras, name: str, form: capabilities.PictureForm) -> bool:
        """Fetches the picture that the contact has announced, and makes it fit."""
        # Noted before it is asked for: an answer that cannot be read ends the stream, and must not do so again and again.
        self._learn_picture(jid, published.wanted, "")
        try:
            data = self._announced(jid, published)
        except StreamFailure as failure:
            if failure.kind == FAILURE_NO_ANSWER:  # the stream lives: nothing is known of the picture yet
                self._learn_picture(jid, "", "")
            raise
        if data is None or not self._made(name, data, form, jid):
            self._refuse(published.wanted)
            return False
        return True

    def _refuse(self, name: str) -> None:
        self._refused[name] = time.monotonic()
        if len(self._refused) > MAX_WAITING_LOOKUPS:
            self._refused.popitem(last=False)

    def _was_refused(self, name: str) -> bool:
        return time.monotonic() - self._refused.get(name, -LOOKUP_MEMORY_SECONDS) < LOOKUP_MEMORY_SECONDS

    def _announced(self, jid: str, published: Extras) -> bytes | None:
        """The bytes of the picture, if they have the announced digest."""
        if published.avatar:
            query = stanzas.pep_get(self._spelling.spelled(jid), namespaces.AVATAR_DATA, published.avatar)
            payload = stanzas.pep_payload(self._ask(query))
            data = xmpp_vcards.base64_bytes(payload.getData() or "") if payload is not None else None
        else:
            data = xmpp_vcards.photo_bytes(self._vcard(jid))
        return data if data is not None and _digest(data) == published.wanted else None

    def _unannounced(self, jid: str, form: capabilities.PictureForm) -> str:
        """The name of a picture that is only in the vCard, "" when there is none."""
        data = xmpp_vcards.photo_bytes(self._vcard(jid))
        name = f"{_digest(data)}.{form.name}" if data is not None else ""
        if data is None or not self._made(name, data, form, jid):
            self._refuse(jid)
            return ""
        return name

    def _made(self, name: str, data: bytes, form: capabilities.PictureForm, jid: str) -> bool:
        lock = self._cache.making.get(name)
        if lock is None:
            lock = self._cache.making[name] = BoundedSemaphore(1)
        with lock:
            if self._cache.pictures.has(name):
                return True
            try:
                picture = fitted(data, form.types, form.octets)
            except ValueError as error:
                log.info("picture-refused", sid=short(self._state.sid), reason=str(error)[:80])
                return False
            self._cache.pictures.put(name, records.pack_picture(picture), jid)
            return True

    def _learn_picture(self, jid: str, tried: str, name: str) -> None:
        self._learn(jid, lambda resources, published: (resources, replace(published, tried=tried, picture=name)))

    # --- clients ---

    def _look_up_client(self, lookup: ContactLookup) -> None:
        kind = self._cache.kinds.get(lookup.name)
        if kind is None:
            self._asked.add(lookup)
            if len(self._asked) > MAX_WAITING_LOOKUPS:
                self._asked.clear()
            try:
                jid = f"{self._spelling.spelled(lookup.jid)}/{lookup.resource}"
                answer = self._ask(stanzas.disco(jid, caps.node_of(lookup.name)))
            except StreamFailure:
                self._asked.discard(lookup)
                raise
            query = answer.getTag("query", namespace=namespaces.DISCO_INFO)
            kind = caps.client_type(query)
            if caps.caps_match(lookup.name, query):
                self._cache.kinds[lookup.name] = kind

        def learned(resources: dict[str, Resource], published: Extras) -> tuple[dict[str, Resource], Extras]:
            changed = {name: replace(each, client=kind) if each.caps == lookup.name else each for name, each in resources.items()}
            return changed, published

        self._learn(lookup.jid, learned)

    # --- vCards ---

    def card(self, jid: str) -> str:
        """The contact's vCard for a phone, "" when there is none."""
        now = time.monotonic()
        known = self._cards.get(jid)
        if known is not None and now - known[0] < LOOKUP_MEMORY_SECONDS:
            return known[1]
        text = vcards.text_of(xmpp_vcards.read_vcard(self._vcard(jid)))
        self._cards[jid] = now, text
        if len(self._cards) > MAX_REMEMBERED_CARDS:
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
            log.debug("look-failed", sid=short(self._state.sid), reason=error_name(error))
        except Exception as error:
            log_bug(error)
        return ""

    # --- both ---

    def _known(self, jid: str) -> Extras:
        return published_events.from_plain(records.unpack_plain(self._store.contacts([jid])[jid].extras, None))

    def _vcard(self, jid: str) -> Node | None:
        return stanzas.vcard_in(self._ask(stanzas.vcard_get(self._spelling.spelled(jid))))

    def _ask(self, iq: Node) -> Node:
        """An answer that may be remembered. StreamFailure for one that says only that nothing can be said now."""
        answer = self._client.request(iq, LOOKUP_TIMEOUT_SECONDS)
        if not stanzas.is_fact(answer):
            raise StreamFailure(FAILURE_NO_ANSWER, stanzas.error_condition(answer))
        return answer


def _digest(data: bytes) -> str:
    """The name of a picture (XEP-0084, XEP-0153)."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def fitted(data: bytes, types: Iterable[str], most: int, pixels: tuple[int, int] = CONTACT_PICTURE_PIXELS) -> Picture:
    """A picture of one of these types, of at most so many bytes and pixels. ValueError when there can be none. Works on another
    thread."""
    return scaled(data, tuple(types), most, pixels)
