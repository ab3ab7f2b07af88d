"""Commands about the session itself: what the phone takes, what it wants to be told, and its log-out."""

from onesoup.csp.status import StatusCode
from onesoup.xmpp.commands import LogOut, ReloadCapabilities, SendGroupMessage, SendMedia, SendMessage, SetNotices
from workers.holder.session.interfaces import SessionControl
from workers.holder.session.outbox import WHOLE_OUTBOX, QueuedCommand
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

# What the phone has said to people: it is sent before the session ends.
MESSAGE_COMMANDS = (SendMessage, SendGroupMessage, SendMedia)


class LifecycleCommands:
    """`session` is told; it decides what follows from it."""

    def __init__(self, state: SessionState, store: SessionStore, session: SessionControl) -> None:
        self._state, self._store, self._session = state, store, session

    def reload_capabilities(self, queued: QueuedCommand, _command: ReloadCapabilities) -> None:
        """The phone has negotiated what it takes."""
        self._session.accept(self._store.capabilities())
        queued.remove()

    def set_notices(self, queued: QueuedCommand, command: SetNotices) -> None:
        """What the phone is told by Notification-Request from now on."""
        self._session.wants_notices(list(command.types))
        queued.remove()

    def log_out(self, queued: QueuedCommand, _command: LogOut) -> None:
        """Ends the session. While a message is ahead that was not sent the command stays: it runs again when that has left."""
        sid = self._state.sid
        over, waiting = self._store.over_and_commands(WHOLE_OUTBOX)
        if not over:
            queued.remove()  # it was meant for the session before this one
            return
        if not any(isinstance(each, MESSAGE_COMMANDS) for each in queued.unsent_ahead(waiting)):
            self._session.end(StatusCode.INVALID_SESSION, polite=True, sid=sid)
