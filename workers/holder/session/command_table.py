"""Which function carries out which command. Commands that a worker waits for, and that servers or people answer, run in greenlets
of their own: no message waits behind them."""

from collections.abc import Mapping

from onesoup.xmpp import answers
from onesoup.xmpp.answers import ContactDetails
from onesoup.xmpp.commands import (
    AskInfo,
    AskServer,
    Block,
    ChangeProfile,
    ChangeRoomSettings,
    Command,
    DestroyRoom,
    FetchPicture,
    FetchProfiles,
    FetchRoomHistory,
    GoOnline,
    GoOnlineSoon,
    JoinRoom,
    JoinRoomLater,
    LeaveRoom,
    ListRooms,
    LogOut,
    LookUpContacts,
    PublishAvatar,
    PublishContactInfo,
    PublishLocation,
    PublishMood,
    PublishNick,
    ReloadCapabilities,
    RemoveRosterItem,
    SearchDirectory,
    SendGroupMessage,
    SendMedia,
    SendMessage,
    SendReceipt,
    SendStanza,
    SendSubscription,
    SetNotices,
    SetRosterItem,
    ShowPresence,
    StoreLists,
    Unblock,
)
from workers.holder.session.block_commands import BlockCommands
from workers.holder.session.interfaces import CommandAnswerer, ContactQueries
from workers.holder.session.lifecycle import LifecycleCommands
from workers.holder.session.media import MediaCommands
from workers.holder.session.messages import MessageCommands, send_receipt, send_stanza
from workers.holder.session.outbox import Handler, QueuedCommand
from workers.holder.session.presence import PresenceCommands
from workers.holder.session.roster_commands import RosterCommands

ROOM_COMMANDS = (AskServer, JoinRoom, JoinRoomLater, LeaveRoom, DestroyRoom, FetchRoomHistory, ChangeRoomSettings)
QUERIES = (SearchDirectory, FetchProfiles, ChangeProfile, ListRooms, AskInfo)


def command_table(
    messages: MessageCommands,
    media: MediaCommands,
    roster: RosterCommands,
    blocks: BlockCommands,
    presence: PresenceCommands,
    lifecycle: LifecycleCommands,
    rooms: CommandAnswerer,
    queries: CommandAnswerer,
    contacts: ContactQueries,
) -> Mapping[type[Command], Handler]:
    """The handlers of one session."""
    return {
        SendMessage: messages.send_message,
        SendGroupMessage: messages.send_group_message,
        SendStanza: send_stanza,
        SendReceipt: send_receipt,
        SendMedia: media.send_media,
        FetchPicture: media.fetch_picture,
        ShowPresence: presence.show_presence,
        GoOnline: presence.go_online,
        GoOnlineSoon: presence.go_online_soon,
        PublishMood: presence.publish_mood,
        PublishNick: presence.publish_nick,
        PublishLocation: presence.publish_location,
        PublishAvatar: presence.publish_avatar,
        PublishContactInfo: presence.publish_contact_info,
        SetRosterItem: roster.set_item,
        RemoveRosterItem: roster.remove_item,
        SendSubscription: roster.send_subscription,
        Block: blocks.change_blocks,
        Unblock: blocks.change_blocks,
        StoreLists: roster.store_lists,
        ReloadCapabilities: lifecycle.reload_capabilities,
        SetNotices: lifecycle.set_notices,
        LogOut: lifecycle.log_out,
        LookUpContacts: look_up_with(contacts),
        **dict.fromkeys(ROOM_COMMANDS, answer_with(rooms)),
        **dict.fromkeys(QUERIES, answer_with(queries)),
    }


def answer_with(part: CommandAnswerer) -> Handler:
    """Removes a command, and answers it when its part has the answer."""

    def handle(queued: QueuedCommand, command: Command) -> None:
        queued.answer_later(lambda: part.answer(command))

    return handle


def look_up_with(contacts: ContactQueries) -> Handler:
    """vCards and pictures of contacts. The command stays until they have been found: it is run again on the next stream."""

    def handle(queued: QueuedCommand, command: LookUpContacts) -> None:
        def run() -> None:
            cards, pictures = contacts.together(command.cards, command.pictures, command.within)
            queued.answer(answers.pack(ContactDetails(cards, pictures)))

        queued.run_in_background(run)

    return handle
