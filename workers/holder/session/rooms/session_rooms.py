"""Builds the parts that care for the rooms of one session. See the modules beside it for what each does."""

from collections.abc import Callable

from onesoup.store.account.groups import GroupStore, InvitationStore
from workers.holder.session.inbound_batch import SentMessage
from workers.holder.session.interfaces import ChangeWriter, ContactRules, OwnPresenceView, RoomStream, SessionScheduler
from workers.holder.session.phone_texts import PhoneTexts
from workers.holder.session.rooms.checks import RoomChecks
from workers.holder.session.rooms.commands import RoomCommands
from workers.holder.session.rooms.inbound import InboundRooms
from workers.holder.session.rooms.inbound_messages import RoomInboundMessages
from workers.holder.session.rooms.inbound_presence import RoomInboundPresence
from workers.holder.session.rooms.invitations import Invitations
from workers.holder.session.rooms.joining import RoomJoining
from workers.holder.session.rooms.requests import RoomClient
from workers.holder.session.rooms.room_records import RoomRecords
from workers.holder.session.rooms.table import RoomTable
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore


class SessionRooms:
    """The session calls `table`, `joining`, `checks` and `commands`; stanzas go through `inbound`."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        stream: RoomStream,
        changes: ChangeWriter,
        scheduler: SessionScheduler,
        own_presence: OwnPresenceView,
        texts: PhoneTexts,
        rules: ContactRules,
        sent_message: Callable[[str], SentMessage | None],
        groups: GroupStore,
        invites: InvitationStore,
        check_seconds: float,
    ) -> None:
        client = RoomClient(stream)
        self.table = table = RoomTable(store, check_seconds)
        room_records = RoomRecords(state, table, changes, groups)
        self.joining = RoomJoining(state, store, table, room_records, client, stream, own_presence, texts, groups)
        self.checks = RoomChecks(state, table, room_records, client, self.joining, groups)
        self.commands = RoomCommands(state, table, room_records, client, self.joining, rules)
        invitations = Invitations(state, table, invites, groups, rules)
        presence = RoomInboundPresence(state, table, room_records, self.joining, invitations, scheduler)
        messages = RoomInboundMessages(
            state, store, table, room_records, self.joining, self.checks, presence, texts, rules, sent_message
        )
        self.inbound = InboundRooms(table, store, presence, messages, invitations)
