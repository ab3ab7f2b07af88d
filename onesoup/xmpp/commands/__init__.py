"""Commands from a worker to the holder of a session: what is to happen on the XMPP side. They wait in the session's outbox.

A command is a frozen dataclass; `op` is its name in the stored record. What comes back to a worker that waits is in
onesoup.xmpp.answers. Begin with record.py: how commands are stored, and what may change there.
"""

from onesoup.xmpp.commands import record
from onesoup.xmpp.commands.contacts import (
    AskInfo,
    Block,
    ChangeProfile,
    FetchProfiles,
    ListRooms,
    LookUpContacts,
    RemoveRosterItem,
    SearchDirectory,
    SendSubscription,
    SetRosterItem,
    StoreLists,
    Unblock,
)
from onesoup.xmpp.commands.messages import (
    FetchPicture,
    SendGroupMessage,
    SendMedia,
    SendMessage,
    SendReceipt,
    SendStanza,
    outgoing,
)
from onesoup.xmpp.commands.presence import (
    GoOnline,
    GoOnlineSoon,
    PublishAvatar,
    PublishContactInfo,
    PublishLocation,
    PublishMood,
    PublishNick,
    ShowPresence,
)
from onesoup.xmpp.commands.record import BadCommand, Command, ReplyAddress, UnknownCommand, answered, of_request, pack
from onesoup.xmpp.commands.rooms import (
    AskServer,
    ChangeRoomSettings,
    DestroyRoom,
    FetchRoomHistory,
    JoinRoom,
    JoinRoomLater,
    LeaveRoom,
)
from onesoup.xmpp.commands.session import LogOut, ReloadCapabilities, SetNotices

COMMANDS_BY_OP: dict[str, type[Command]] = {
    kind.op: kind
    for kind in (
        SendMessage,
        SendGroupMessage,
        SendMedia,
        FetchPicture,
        SendStanza,
        SendReceipt,
        AskServer,
        JoinRoom,
        JoinRoomLater,
        LeaveRoom,
        DestroyRoom,
        FetchRoomHistory,
        ChangeRoomSettings,
        ShowPresence,
        GoOnline,
        GoOnlineSoon,
        PublishMood,
        PublishNick,
        PublishLocation,
        PublishAvatar,
        PublishContactInfo,
        SetRosterItem,
        RemoveRosterItem,
        SendSubscription,
        Block,
        Unblock,
        StoreLists,
        LookUpContacts,
        SearchDirectory,
        FetchProfiles,
        ChangeProfile,
        ListRooms,
        AskInfo,
        ReloadCapabilities,
        SetNotices,
        LogOut,
    )
}


def unpack(stored: bytes) -> Command:
    """The command of a record; UnknownCommand for one of a later version. BadCommand."""
    return record.unpack(stored, COMMANDS_BY_OP)


__all__ = [
    "COMMANDS_BY_OP",
    "AskInfo",
    "AskServer",
    "BadCommand",
    "Block",
    "ChangeProfile",
    "ChangeRoomSettings",
    "Command",
    "DestroyRoom",
    "FetchPicture",
    "FetchProfiles",
    "FetchRoomHistory",
    "GoOnline",
    "GoOnlineSoon",
    "JoinRoom",
    "JoinRoomLater",
    "LeaveRoom",
    "ListRooms",
    "LogOut",
    "LookUpContacts",
    "PublishAvatar",
    "PublishContactInfo",
    "PublishLocation",
    "PublishMood",
    "PublishNick",
    "ReloadCapabilities",
    "RemoveRosterItem",
    "ReplyAddress",
    "SearchDirectory",
    "SendGroupMessage",
    "SendMedia",
    "SendMessage",
    "SendReceipt",
    "SendStanza",
    "SendSubscription",
    "SetNotices",
    "SetRosterItem",
    "ShowPresence",
    "StoreLists",
    "Unblock",
    "UnknownCommand",
    "answered",
    "of_request",
    "outgoing",
    "pack",
    "unpack",
]
