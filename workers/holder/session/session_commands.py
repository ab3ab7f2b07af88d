"""Builds what carries out the commands of workers for one session: the outbox, and a handler for each command."""

from functools import partial

from onesoup.store.redis.channels import send_reply
from onesoup.store.session.request_effects import UNKNOWN_PRESENCE_MS
from onesoup.xmpp.commands import ReplyAddress
from workers.holder.session.block_commands import BlockCommands
from workers.holder.session.block_rules import BlockRules
from workers.holder.session.command_table import command_table
from workers.holder.session.connection import SessionConnection
from workers.holder.session.contact_lookups import ContactLookups
from workers.holder.session.inbound import InboundStanzas
from workers.holder.session.interfaces import SessionControl, SessionScheduler, Spelling
from workers.holder.session.lifecycle import LifecycleCommands
from workers.holder.session.media import MediaCommands
from workers.holder.session.messages import MessageCommands, SentMessages
from workers.holder.session.outbox import Outbox
from workers.holder.session.own_presence import OwnPresence
from workers.holder.session.presence import PresenceCommands
from workers.holder.session.publishing import Publisher
from workers.holder.session.queries import SessionQueries
from workers.holder.session.rooms.session_rooms import SessionRooms
from workers.holder.session.roster_commands import RosterCommands
from workers.holder.session.services import HolderServices
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore


class SessionCommands:
    """`sent` and `roster` are what other parts ask about the phone's commands; `make_outbox` makes the outbox, when the parts
    that its handlers use are there."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        stream: SessionConnection,
        spelling: Spelling,
        rules: BlockRules,
        services: HolderServices,
    ) -> None:
        self._state, self._store, self._stream = state, store, stream
        self._spelling, self._services = spelling, services
        self._rules = rules
        self.sent = SentMessages()
        self.roster = RosterCommands(state, store, stream, spelling, services.lists)

    def make_outbox(
        self,
        session: SessionControl,
        schedule: SessionScheduler,
        rooms: SessionRooms,
        inbound: InboundStanzas,
        own_presence: OwnPresence,
        publisher: Publisher,
        queries: SessionQueries,
        lookups: ContactLookups,
    ) -> Outbox:
        """The outbox of this session."""
        state, store, stream, services = self._state, self._store, self._stream, self._services

        def presence_wanted() -> None:
            services.later(state.sid, UNKNOWN_PRESENCE_MS / 1000)

        def reply(to: ReplyAddress, payload: bytes) -> None:
            send_reply(services.client, to.channel, to.name, payload)

        # Made when there are commands, in some 5 us: a table that is kept takes 4 KB a session.
        table = partial(
            command_table,
            MessageCommands(self.sent, rooms.table, self._spelling, schedule, lambda: inbound.profile.language),
            MediaCommands(state, store, stream, services.pictures, inbound.report_failure),
            self.roster,
            BlockCommands(store, stream, self._spelling, own_presence, self._rules.changed),
            PresenceCommands(stream, own_presence, publisher, rooms.joining, presence_wanted),
            LifecycleCommands(state, store, session),
            rooms.commands,
            queries,
            lookups,
        )
        return Outbox(state, store, stream, table, reply, session.drop)
