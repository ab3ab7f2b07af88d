"""What a new stream needs before the phone hears of it, and beside that: roster, presence, carbons (XEP-0280), the block list
(XEP-0191), the upload service (XEP-0363), whether the server stores messages for offline clients, contact lists restored."""

import itertools

import gevent

from onesoup.store.account.lists import AccountLists
from onesoup.store.bounds import TooMuch
from onesoup.store.errors import StoreDown
from onesoup.store.session.holder_side import ROSTER_ITEMS_PER_SCRIPT
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.xmpp import namespaces
from onesoup.xmpp.blocking import read_items
from onesoup.xmpp.stream import Options, Stream, StreamFailure, stanzas
from workers.holder.picture_transfer import PictureTransfer
from workers.holder.session.block_rules import BlockRules
from workers.holder.session.contact_refresh import StaleContacts
from workers.holder.session.interfaces import ChangeWriter, OwnPresenceView
from workers.holder.session.roster_reader import RosterReader
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

SETUP_TIMEOUT_SECONDS = 5.0
# The feature of a server that stores messages for offline clients (XEP-0160).
OFFLINE_STORE_FEATURE = "msgoffline"


class StreamSetup:
    """Prepares the streams of one session. What is learned before the session has its record waits for first_changes()."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        changes: ChangeWriter,
        rules: BlockRules,
        stale: StaleContacts,
        own_presence: OwnPresenceView,
        *,
        lists: AccountLists,
        pictures: PictureTransfer,
        options: Options,
    ) -> None:
        self._state, self._store, self._changes = state, store, changes
        self._rules, self._stale, self._own_presence = rules, stale, own_presence
        self._lists, self._pictures, self._options = lists, pictures, options
        self._first_roster: RosterReader | None = None
        self._upload_limit: int | None = None
        # Whether Redis knows contact lists of the account, as a log-in has found; None: ask.
        self.has_lists: bool | None = None

    def prepare(self, stream: Stream) -> None:
        """Returns when roster, presence and lists are there; the rest is asked for in greenlets. What need not wait for another
        answer goes out in one write. StreamFailure, StoreDown."""
        if not stream.carbons:
            gevent.spawn(self._enable_carbons, stream)
        gevent.spawn(self._fetch_block_list, stream)
        known = self._pictures.known_service(self._state.session.domain)
        if known is None or self._state.recorded:
            gevent.spawn(self._find_upload_service, stream)
        else:
            self._upload_limit = known.limit
        if stream.bind2 and self._options.past.stores(self._state.session.domain) is None:
            gevent.spawn(self._find_offline_store, stream)
        has_lists, self.has_lists = self.has_lists, None  # the next stream asks
        lists = None if has_lists else gevent.spawn(self._restore_lists, stream, has_lists)
        self._fetch_roster(stream)
        if lists is not None and (down := lists.get()) is not None:
            raise down
        if self._own_presence.now is not None:
            self._stale.expect_all()
            stream.send(stanzas.presence(self._own_presence.now))
            self._stale.sweep_later(stream)

    # --- roster ---

    def _fetch_roster(self, stream: Stream) -> None:
        roster = RosterReader()
        result = stream.request_list(stanzas.roster_get(), SETUP_TIMEOUT_SECONDS, roster.add)
        if result.getAttr("type") != "result" or result.getTag("query", namespace=namespaces.ROSTER) is None:
            return
        if self._state.recorded:
            gone = sorted(set(self._store.roster_jids()) - set(roster.items))
            self._store.replace_roster(roster.items, gone, [])
        else:
            self._first_roster = roster

    def store_rest(self, first: StreamChanges) -> None:
        """The session has its record now, and in it what first_changes() has told: stores what was too much for that script,
        or was learned meanwhile."""
        if self._upload_limit is not None and first.upload_limit is None:
            self._changes.store(StreamChanges(upload_limit=self._upload_limit))
        roster, self._first_roster = self._first_roster, None
        if roster is not None:
            rest = dict(list(roster.items.items())[ROSTER_ITEMS_PER_SCRIPT:])
            if rest or roster.left_out:
                self._store.replace_roster(rest, (), self._notice_of_left_out(roster))

    def _notice_of_left_out(self, roster: RosterReader) -> list[Delivery]:
        """What the user is told, once, of contacts that are too many."""
        jid = self._state.session.jid
        if not roster.left_out or self._lists.notices.has(jid, "roster"):
            return []
        self._lists.notices.add(jid, "roster")
        return [roster.left_out_notice(jid)]

    # --- the rest ---

    def _restore_lists(self, stream: Stream, has_lists: bool | None) -> StoreDown | None:
        """When Redis knows no lists of the account, it gets those that the server has kept. Returns why it could not."""
        try:
            if has_lists is None and self._has_lists():
                return None
            kept = stanzas.lists_in(stream.request(stanzas.lists_get(), SETUP_TIMEOUT_SECONDS))
            if kept and not self._has_lists():  # another phone of the account may have made some meanwhile
                self._lists.contacts.put_records(self._state.session.jid, kept)
        except (StreamFailure, TooMuch):
            pass  # a server without private storage, or too slow: the lists begin anew from the roster
        except StoreDown as down:
            return down
        return None

    def _has_lists(self) -> bool:
        return bool(self._lists.contacts.count(self._state.session.jid))

    def _enable_carbons(self, stream: Stream) -> None:
        try:
            stream.request(stanzas.carbons(), SETUP_TIMEOUT_SECONDS)
        except StreamFailure:
            return  # without carbons messages still come, to the client with the highest priority

    def _fetch_block_list(self, stream: Stream) -> None:
        """Entries of the account's other clients. From now on the server pushes changes."""
        try:
            result = stream.request(stanzas.blocklist(), SETUP_TIMEOUT_SECONDS)
        except StreamFailure:
            return
        found = result.getTag("blocklist", namespace=namespaces.BLOCKING)
        if result.getAttr("type") == "result" and found is not None:
            self._rules.server_list(read_items(found))

    def _find_offline_store(self, stream: Stream) -> None:
        """Whether the server has stored messages for the account: Bind 2 would throw them away (docs/adr/0004)."""
        domain = self._state.session.domain
        try:
            found = stanzas.features_in(stream.request(stanzas.disco(domain), SETUP_TIMEOUT_SECONDS))
        except StreamFailure:
            return  # another log-in asks again
        if found:  # no error, that is
            self._options.past.learn(domain, OFFLINE_STORE_FEATURE in found)

    def _find_upload_service(self, stream: Stream) -> None:
        """Whether the server takes files: a phone that sends one in vain is told at once."""
        service = self._pictures.service(stream, self._state.session.domain)
        if service is None or self._state.closing:
            return
        self._upload_limit = service.limit
        if self._state.recorded:
            self._changes.store(StreamChanges(upload_limit=service.limit))

    def first_changes(self) -> StreamChanges:
        """What was learned before the session had its record: as much as goes into one script. More is left to store_rest()."""
        roster = self._first_roster.items if self._first_roster is not None else {}
        first = dict(itertools.islice(roster.items(), ROSTER_ITEMS_PER_SCRIPT))
        return StreamChanges(upload_limit=self._upload_limit, roster=first)
