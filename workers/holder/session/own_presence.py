"""The phone's own presence, which also says which PEP nodes of contacts it wants (XEP-0115, XEP-0163). It is sent when others can
see a difference, and stored for the next stream and the next holder."""

from collections.abc import Callable, Iterable
from typing import Any

import gevent
import structlog
from gevent.lock import BoundedSemaphore
from xmpp.simplexml import Node

from onesoup.csp import presence
from onesoup.observability.logs import short
from onesoup.store.account.handsets import HandsetMemory
from onesoup.store.account.lists import AccountLists
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.redis.refusals import error_name
from onesoup.xmpp import published_events
from onesoup.xmpp.commands import ShowPresence
from onesoup.xmpp.stream import StreamFailure, stanzas
from workers.holder.session.interfaces import StanzaWriter
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

log = structlog.get_logger()

# A phone that publishes nothing is shown as available so long after its log-in at the latest: until then it gets no messages.
LATEST_PRESENCE_SECONDS = 4.0
# The presences of the contacts have come so long after the phone's first.
FIRST_PRESENCES_SECONDS = 2.0
# What is shown of a phone that publishes nothing.
AVAILABLE: dict[str, Any] = {"show": None, "status": None, "priority": 0}
# What a phone publishes with its presence.
PUBLISHED_FIELDS = ("show", "status", "priority", "lang", "kind", "zone", "model")
# What goes out in the presence stanza. The rest is told to those that ask (XEP-0202, XEP-0092).
BROADCAST_FIELDS = ("show", "status", "priority", "lang", "kind", "photo", "notify")


class OwnPresence:
    """The presence of one session's phone. Others see it as OwnPresenceView of interfaces.py."""

    __slots__ = (
        "_broadcast",
        "_handsets",
        "_interests_changed",
        "_lists",
        "_lock",
        "_presence",
        "_profile_changed",
        "_state",
        "_store",
        "_stream",
        "settled",
    )

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        stream: StanzaWriter,
        *,
        handsets: HandsetMemory,
        lists: AccountLists,
        broadcast: Callable[[Node], None],
        profile_changed: Callable[[stanzas.PhoneProfile], None],
        interests_changed: Callable[[], None],
    ) -> None:
        """`broadcast` sends a presence to the rooms too. `profile_changed` is called with what others may ask about the phone,
        `interests_changed` in a greenlet of its own when the phone's subscriptions may have changed."""
        self._state, self._store, self._stream = state, store, stream
        self._handsets, self._lists = handsets, lists
        self._broadcast, self._profile_changed, self._interests_changed = broadcast, profile_changed, interests_changed
        self._presence: dict[str, Any] | None = None
        self._lock = BoundedSemaphore(1)
        # Whether the flood of first presences, which follows the phone's own, is over.
        self.settled = False

    @property
    def now(self) -> dict[str, Any] | None:
        """The fields of the presence; None before the first one was sent."""
        return self._presence

    def adopt(self, shown: dict[str, Any] | None) -> None:
        """Takes over the presence that an earlier holder sent, None if it sent none."""
        self._presence, self.settled = shown, shown is not None
        if shown is not None:
            self._change_profile(shown)

    def show(self, command: ShowPresence) -> None:
        """Sends presence with these fields, unless the last one had them already. StreamFailure when it cannot be sent."""
        self._publish({name: getattr(command, name) for name in PUBLISHED_FIELDS})

    def picture(self, name: str) -> None:
        """Presence carries the name of this picture from now on (XEP-0153), after the next log-in too."""
        self._publish({"photo": name})
        session = self._state.session
        self._handsets.keep_picture_name(session.jid, session.resource, name)

    def interested(self, subscribed: bool, asked: Iterable[str]) -> None:
        """Has contacts' servers push the PEP nodes that the phone's subscriptions use, and those named in `asked`. `subscribed`:
        the subscriptions may have changed; from then on no others are pushed."""
        if not subscribed:
            self.go_online()
        shown = self._presence or {}
        named = sorted({*(before := shown.get("asked") or []), *asked})
        if subscribed:
            self._follow_subscriptions(named)
        elif named != before:
            nodes = {*(shown.get("notify") or []), *published_events.wanted_nodes([named])}
            self._publish({"notify": sorted(nodes), "asked": named})

    def _follow_subscriptions(self, asked: list[str]) -> None:
        session, subscriptions = self._state.session, self._store.subscriptions().values()
        wishes = [list(names) for names in {tuple(each.attributes) for each in subscriptions}]
        nodes = published_events.wanted_nodes([*wishes, asked] if asked else wishes)
        self._publish({"notify": nodes, "asked": asked})
        self._handsets.keep_pep_nodes(session.jid, session.resource, nodes)
        gevent.spawn(self._review)

    def _review(self) -> None:
        try:
            self._interests_changed()
        except (StoreDown, NoSession) as error:
            log.info("review-waits", sid=short(self._state.sid), reason=error_name(error))

    def _publish(self, changed: dict[str, Any]) -> None:
        """Changes fields of the presence, and sends it when others can see a difference."""
        with self._lock:
            before = self._presence
            wanted = {**(before or self._first()), **changed}
            if wanted == before:
                return
            self._change_profile(wanted)
            if before is None or any(before.get(name) != wanted.get(name) for name in BROADCAST_FIELDS):
                self._stream.transmit(stanzas.presence(wanted))
                self._broadcast(stanzas.presence(wanted))
            self._presence = wanted
            self._store.write_own_presence(wanted)
        if not self.settled:
            gevent.spawn_later(FIRST_PRESENCES_SECONDS, self._settle)

    def _first(self) -> dict[str, Any]:
        """The presence of a phone that has published nothing in this session: as before its last log-out. It will probably
        subscribe the same again; other PEP nodes a moment later would be one more presence for every contact."""
        session, handsets = self._state.session, self._handsets
        shown = {**self._remembered(), "notify": self._expected_nodes()}
        picture = handsets.picture_name(session.jid, session.resource)
        return shown if picture is None else {**shown, "photo": picture}

    def _expected_nodes(self) -> list[str]:
        """The PEP nodes that the phone's subscriptions will probably use: those of its last session. A handset that is not known
        yet will subscribe to all attributes, as most do; until it does it is remembered as one that subscribes nothing."""
        session = self._state.session
        known = self._handsets.pep_nodes(session.jid, session.resource)
        if known is None:
            self._handsets.keep_pep_nodes(session.jid, session.resource, [])
            known = published_events.wanted_nodes([[]])
        return known

    def _remembered(self) -> dict[str, Any]:
        session = self._state.session
        own = self._handsets.own_presence(session.jid, session.resource)
        if not own:
            return AVAILABLE
        allowed = self._lists.attributes.default(session.jid)
        said = ShowPresence.of(presence.published_presence(presence.own_list(own), allowed))
        return {name: getattr(said, name) for name in PUBLISHED_FIELDS}

    def _change_profile(self, shown: dict[str, Any]) -> None:
        """Answers about the phone agree with its presence from now on; a question may come before the presence arrives."""
        self._profile_changed(
            stanzas.PhoneProfile(
                kind=shown.get("kind") or stanzas.DEFAULT_PHONE_PROFILE.kind,
                notify=tuple(shown.get("notify") or ()),
                language=shown.get("lang") or "",
                zone=shown.get("zone") or "",
                model=shown.get("model") or "",
            )
        )

    def _settle(self) -> None:
        self.settled = True

    def expect(self) -> None:
        """Sends presence soon, even if the phone publishes nothing."""
        if self._presence is None:
            gevent.spawn_later(LATEST_PRESENCE_SECONDS, self.go_online_by_itself)

    def go_online(self) -> None:
        """Sends the first presence, for a phone that has not published anything itself."""
        if self._presence is None:
            self._publish({})

    def go_online_by_itself(self) -> bool:
        """As go_online(), but a failure is only logged. False when the presence has not been sent."""
        if self._state.closing or not self._stream.open:
            return False
        try:
            self.go_online()
        except (StreamFailure, StoreDown, Fenced, NoSession) as error:
            log.info("presence-waits", sid=short(self._state.sid), reason=error_name(error))
            return False
        return True
