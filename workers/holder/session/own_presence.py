"""What others see of the phone: its presence, and in it which news of contacts it takes (XEP-0115, XEP-0163). It goes out when
others can see the difference, and is kept for the next stream and the next holder."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import gevent
import structlog
from gevent.lock import BoundedSemaphore

from onesoup.csp import presence
from onesoup.observability.logs import short
from onesoup.store import records
from onesoup.store.account.accounts import ATTRIBUTE_LISTS, DEFAULT_TARGET
from onesoup.store.account.handsets import NODES, OWN, PHOTO
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.session.holder_side import StreamChanges
from onesoup.xmpp import commands, extras
from onesoup.xmpp.stream import StreamFailure, stanzas

if TYPE_CHECKING:
    from workers.holder.session.session import HolderServices, XmppSession

log = structlog.get_logger()

# A phone that says nothing of itself is seen so long after its log-in at the latest: until then it gets no messages.
LATEST_SECONDS = 4.0
# So long after the first presence those of the contacts have come.
SETTLED_SECONDS = 2.0
# What is shown of a phone that publishes nothing.
AVAILABLE: dict[str, Any] = {"show": None, "status": None, "priority": 0}
# What a phone says with its presence, and what of all that is kept goes out in it. The rest is told to who asks.
SAID = ("show", "status", "priority", "lang", "kind", "zone", "model")
BROADCAST = ("show", "status", "priority", "lang", "kind", "photo", "notify")


class OwnPresence:
    """The presence of `held`. `settled`: whether the flood of first presences, which follows the own one, is over."""

    __slots__ = ("_held", "_lock", "_presence", "_shared", "settled")

    def __init__(self, held: "XmppSession", shared: "HolderServices") -> None:
        self._held, self._shared = held, shared
        self._presence: dict[str, Any] | None = None
        self._lock = BoundedSemaphore(1)
        self.settled = False

    @property
    def now(self) -> dict[str, Any] | None:
        """What everybody sees of the phone, None before it is seen."""
        return self._presence

    def adopt(self, shown: dict[str, Any] | None) -> None:
        """What an earlier holder published counts as published."""
        self._presence, self.settled = shown, shown is not None
        if shown is not None:
            self._profiled(shown)

    def show(self, command: dict[str, Any]) -> None:
        """Broadcasts presence unless it is what everybody has got already. StreamFailure when it could not go out."""
        self._publish({name: command.get(name) for name in SAID})

    def picture(self, name: str) -> None:
        """Presence names the picture from now on (XEP-0153), after the next log-in too."""
        self._publish({"photo": name})
        session = self._held.session
        self._shared.handsets.put(session.jid, session.resource, PHOTO, name)

    def interested(self, subscribed: bool, asked: Iterable[str]) -> None:
        """Asks contacts' servers for what the session's subscriptions use, and what it asks for itself from time to time, and
        for nothing else. `subscribed`: the subscriptions may have changed."""
        before = (self._presence or {}).get("asked") or []
        named = sorted({*before, *asked})
        if not subscribed and named == before:
            self.go_online()
            return
        session, wished = self._held.session, self._shared.feed.wishes(self._held.sid)
        wishes = [records.unpack_wishes(record)[0] for record in set(wished.values())]
        nodes = extras.wanted_nodes([*wishes, named] if named else wishes)
        self._publish({"notify": nodes, "asked": named})
        if subscribed:
            self._shared.handsets.put(session.jid, session.resource, NODES, records.pack_plain(nodes))
            gevent.spawn(self._review)

    def _review(self) -> None:
        try:
            self._held.lookups.review()
        except (StoreDown, NoSession) as error:
            log.info("review-waits", sid=short(self._held.sid), reason=type(error).__name__)

    def _publish(self, changed: dict[str, Any]) -> None:
        """What is shown of the phone, with these changes; it goes out when others can see the difference."""
        held = self._held
        with self._lock:
            before = self._presence
            wanted = {**(before or self._first()), **changed}
            if wanted == before:
                return
            self._profiled(wanted)
            if before is None or any(before.get(name) != wanted.get(name) for name in BROADCAST):
                assert held.stream is not None
                held.stream.send(stanzas.presence(wanted))
                held.doors.show(stanzas.presence(wanted))
            self._presence = wanted
            self._shared.feed.store(held.sid, held.fence, StreamChanges(fields={"shown": records.pack_plain(wanted)}))
        if not self.settled:
            gevent.spawn_later(SETTLED_SECONDS, self._settle)

    def _first(self) -> dict[str, Any]:
        """Before the phone has said anything: what it said before its last log-out. It will probably subscribe what it
        subscribed then: to show other abilities a moment later would be one more presence for every contact."""
        session, handsets = self._held.session, self._shared.handsets
        record = handsets.get(session.jid, session.resource, NODES)
        shown = {**self._remembered(), "notify": records.unpack_plain(record, [])}
        photo = handsets.get(session.jid, session.resource, PHOTO)
        return shown if photo is None else {**shown, "photo": photo.decode()}

    def _remembered(self) -> dict[str, Any]:
        session = self._held.session
        own = records.unpack_plain(self._shared.handsets.get(session.jid, session.resource, OWN), {})
        if not own:
            return AVAILABLE
        allowed, _ = records.unpack_grant(self._shared.lists.get(session.jid, DEFAULT_TARGET, ATTRIBUTE_LISTS))
        said = commands.presence(presence.published_presence(presence.own_list(own), allowed))
        return {name: said.get(name) for name in SAID}

    def _profiled(self, shown: dict[str, Any]) -> None:
        """Who asks is told the same as presence says; it may ask before presence has gone out to all."""
        self._held.intake.profile = stanzas.PhoneProfile(
            kind=shown.get("kind") or stanzas.DEFAULT_PHONE_PROFILE.kind,
            notify=tuple(shown.get("notify") or ()),
            language=shown.get("lang") or "",
            zone=shown.get("zone") or "",
            model=shown.get("model") or "",
        )

    def _settle(self) -> None:
        self.settled = True

    def expect(self) -> None:
        """The phone is to be seen soon, whatever it does."""
        if self._presence is None:
            gevent.spawn_later(LATEST_SECONDS, self.go_online_by_itself)

    def go_online(self) -> None:
        """Initial presence, for a phone that has not published anything itself."""
        if self._presence is None:
            self._publish({})

    def go_online_by_itself(self) -> bool:
        """As go_online(), when nobody waits for it. False when it is left for later."""
        held = self._held
        if held.closing or held.stream is None or not held.stream.open:
            return False
        try:
            self.go_online()
        except (StreamFailure, StoreDown, Fenced, NoSession) as error:
            log.info("presence-waits", sid=short(held.sid), reason=type(error).__name__)
            return False
        return True
