"""Commands that show something of the user: presence, and what is published beside it."""

from collections.abc import Callable

import gevent

from onesoup.xmpp.commands import (
    GoOnline,
    GoOnlineSoon,
    PublishAvatar,
    PublishContactInfo,
    PublishLocation,
    PublishMood,
    PublishNick,
    ShowPresence,
)
from onesoup.xmpp.stream import stanzas
from workers.holder.session.interfaces import CommandStream, LoginRooms, OwnPresenceControl, VcardPublisher
from workers.holder.session.outbox import QueuedCommand

# A phone that publishes nothing itself is shown as available this long after Service-Response (xmpp-mapping.md 2).
GO_ONLINE_DELAY_SECONDS = 3.0


class PresenceCommands:
    """`presence_wanted`: the first presence of contacts will come soon, and is to be told to the phone."""

    def __init__(
        self,
        stream: CommandStream,
        presence: OwnPresenceControl,
        publisher: VcardPublisher,
        rooms: LoginRooms,
        presence_wanted: Callable[[], None],
    ) -> None:
        self._stream, self._presence, self._publisher, self._rooms = stream, presence, publisher, rooms
        self._presence_wanted = presence_wanted

    # --- presence ---

    def show_presence(self, queued: QueuedCommand, command: ShowPresence) -> None:
        """What the phone says of itself."""
        self._presence.show(command)
        queued.remove()

    def go_online(self, queued: QueuedCommand, command: GoOnline) -> None:
        """Initial presence, if it has not been sent."""
        self._presence.interested(command.interests, command.asked)
        self._presence_wanted()
        queued.remove()

    def go_online_soon(self, queued: QueuedCommand, _command: GoOnlineSoon) -> None:
        """The command stays until everybody sees the phone: if the session goes to another holder before, that one shows it."""
        self._rooms.join_automatic()
        if self._presence.now is not None:
            queued.remove()
            return
        queued.set_aside()
        gevent.spawn_later(GO_ONLINE_DELAY_SECONDS, self._go_online_by_itself, queued)

    def _go_online_by_itself(self, queued: QueuedCommand) -> None:
        shown = self._presence.go_online_by_itself()
        queued.put_back()
        if shown:
            queued.finish()

    # --- beside it ---

    def publish_mood(self, queued: QueuedCommand, command: PublishMood) -> None:
        """User Mood (XEP-0107)."""
        queued.transmit(stanzas.publish_mood(self._stream.new_id(), command.value))

    def publish_nick(self, queued: QueuedCommand, command: PublishNick) -> None:
        """User Nickname (XEP-0172)."""
        queued.transmit(stanzas.publish_nick(self._stream.new_id(), command.value))

    def publish_location(self, queued: QueuedCommand, command: PublishLocation) -> None:
        """User Location (XEP-0080)."""
        queued.transmit(stanzas.publish_place(self._stream.new_id(), command.value))

    def publish_avatar(self, queued: QueuedCommand, command: PublishAvatar) -> None:
        """User Avatar (XEP-0084)."""
        queued.run_in_background(lambda: self._publisher.picture(command.data))

    def publish_contact_info(self, queued: QueuedCommand, command: PublishContactInfo) -> None:
        """Details in the account's vCard (XEP-0054)."""
        queued.run_in_background(lambda: self._publisher.details(command.text))
