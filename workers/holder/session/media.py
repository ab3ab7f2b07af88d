"""Commands that move pictures: uploads for the phone, and links that may lead to one. They run beside the other commands: a slow
web server delays no text."""

import time
from collections.abc import Callable
from dataclasses import replace

import gevent
import structlog

from onesoup.csp.status import StatusCode
from onesoup.observability.bugs import log_bug
from onesoup.observability.logs import short
from onesoup.observability.request_id import in_this_request
from onesoup.store import records
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.session.stream_changes import StreamChanges
from onesoup.xmpp import commands
from onesoup.xmpp.commands import FetchPicture, SendMedia
from onesoup.xmpp.stream import StreamFailure
from workers.holder.picture_transfer import NotSent, PictureTransfer
from workers.holder.session.interfaces import CommandStream
from workers.holder.session.outbox import QueuedCommand
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

log = structlog.get_logger()

MAX_UPLOAD_TRIES = 3
# Times the number of tries so far.
UPLOAD_RETRY_SECONDS = 2.0
TRANSFER_RETRY_SECONDS = 1.0
MAX_FETCH_SECONDS = 30.0


class MediaCommands:
    """`failed` makes what the phone is told of a message (recipient, stanza id, code, reason) that was not sent."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        stream: CommandStream,
        pictures: PictureTransfer,
        failed: Callable[[str, str, int, str], StreamChanges],
    ) -> None:
        self._state, self._store, self._stream = state, store, stream
        self._pictures, self._failed = pictures, failed
        self._tries: dict[bytes, int] = {}

    def send_media(self, queued: QueuedCommand, command: SendMedia) -> None:
        """Uploads a file and sends its address."""
        queued.set_aside()
        gevent.spawn(
            in_this_request(self._run),
            queued,
            lambda: self._upload(queued, command),
            lambda: self._abandon_upload(queued, command),
        )

    def fetch_picture(self, queued: QueuedCommand, command: FetchPicture) -> None:
        """Gets the picture behind a link, and lets the message go to the phone."""
        queued.set_aside()
        gevent.spawn(
            in_this_request(self._run), queued, lambda: self._fetch(queued, command), lambda: self._reveal_link(queued, command)
        )

    def _run(self, queued: QueuedCommand, transfer: Callable[[], float], abandon: Callable[[], object]) -> None:
        """One try. `transfer` returns after how many seconds the next one comes, 0 for none; a command that is not done stays in
        the outbox."""
        wait, ours = 0.0, True
        try:
            wait = transfer()
        except StoreDown as error:
            log.warning("store-down", sid=short(self._state.sid), reason=str(error))
            wait = TRANSFER_RETRY_SECONDS
        except StreamFailure as failure:
            log.info("commands-wait", sid=short(self._state.sid), kind=failure.kind)
            wait = TRANSFER_RETRY_SECONDS
        except (Fenced, NoSession):
            ours = False
        except Exception as error:
            # The next try would fail in the same way: the phone gets the link, or is told.
            log_bug(error)
            abandon()
        finally:
            if wait:
                gevent.sleep(wait)
            queued.put_back()
        if ours:
            queued.wake_outbox()

    # --- from the phone ---

    def _upload(self, queued: QueuedCommand, command: SendMedia) -> float:
        """The file goes to the server, and messages with its address take its place in the outbox. From then on they are as any
        other message: sent again after a crash, it is the same address under the same id."""
        if not self._stream.open or self._state.closing:
            return 0.0
        try:
            url = self._pictures.upload(self._stream, self._state.session.domain, command.type, command.name, command.data)
        except NotSent as failure:
            tries = self._tries[queued.stored] = self._tries.get(queued.stored, 0) + 1
            log.info("upload-failed", sid=short(self._state.sid), reason=failure.reason, tries=tries)
            if failure.again and tries < MAX_UPLOAD_TRIES:
                return UPLOAD_RETRY_SECONDS * tries
            self._give_up(queued, command, failure)
            return 0.0
        messages = [
            commands.pack(commands.outgoing(stanza_id, jid, command.gids.get(jid, ""), url, command.receipt, url))
            for stanza_id, jid in command.to.items()
        ]
        with self._state.lock:
            self._store.replace_command(queued.stored, messages)
        self._tries.pop(queued.stored, None)
        return 0.0

    def _abandon_upload(self, queued: QueuedCommand, command: SendMedia) -> None:
        self._give_up(queued, command, NotSent(StatusCode.INTERNAL_ERROR, "internal error"))

    def _give_up(self, queued: QueuedCommand, command: SendMedia, failure: NotSent) -> None:
        for stanza_id, jid in command.to.items():
            self._store.write(self._failed(jid, stanza_id, failure.code, failure.reason))
        self._tries.pop(queued.stored, None)
        queued.remove()

    # --- for the phone ---

    def _fetch(self, queued: QueuedCommand, command: FetchPicture) -> float:
        """The link becomes the picture that it leads to, or stays what it is; then the phone is told."""
        found, left = None, command.until - time.time()
        if not self._state.closing:
            found = self._pictures.fetch(command.url, self._store.capabilities(), min(left, MAX_FETCH_SECONDS))
        item = b""
        if found is not None:
            waiting = self._store.waiting_item(command.item)
            if waiting is not None:
                item = records.pack_stored(replace(records.unpack_stored(waiting), type=found[0], data=found[1]))
        log.info("picture", sid=short(self._state.sid), found=found is not None, octets=len(found[1]) if found else 0)
        with self._state.lock:
            self._store.reveal(command.item, item, queued.stored)
        return 0.0

    def _reveal_link(self, queued: QueuedCommand, command: FetchPicture) -> None:
        self._store.reveal(command.item, b"", queued.stored)
