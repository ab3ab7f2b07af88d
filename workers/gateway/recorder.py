"""Records what phones say and hear, for operators (`onesoup record`). Every text is replaced here, before it leaves the process.

While nothing is recorded, a request costs one look at an empty tuple. While anything is, each request of a session asks Redis
once whether it is recorded. A log-in is looked at before its answer goes out, so that nothing of the new session is missed."""

import hashlib
import json
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import falcon
import gevent
import redis
import structlog

from onesoup.captures.exchanges import CapturedExchange, pack_exchange, parts_of, redacted
from onesoup.captures.redaction import Redactor
from onesoup.handlers.context import Peer
from onesoup.observability.bugs import log_bug
from onesoup.observability.logs import short
from onesoup.runtime import scheduler
from onesoup.store.errors import StoreDown
from onesoup.store.recordings import Recording, Recordings
from onesoup.wire import codec
from onesoup.wire.errors import WireError

log = structlog.get_logger()

# Most exchanges that wait to be sent. A gateway never waits for an operator.
MAX_WAITING_RECORDED = 200


class Recorder:
    """Sends exchanges of recorded phones. `active` is empty while nothing is recorded."""

    def __init__(self, recordings: Recordings | None, whom: Callable[[str, Peer], str]) -> None:
        """`whom` says which account the user id of a log-in means, "" for none."""
        self.active: tuple[Recording, ...] = ()
        self._recordings, self._whom = recordings, whom
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=MAX_WAITING_RECORDED)
        self._sender: gevent.Greenlet | None = None

    def start(self) -> None:
        """Starts to look, periodically, what is recorded."""
        scheduler.every(scheduler.TASK_SECONDS, self.update).by(0.0)

    def update(self) -> None:
        """Reads what is recorded now, and sees that the log says so once."""
        assert self._recordings is not None
        try:
            known, self.active = {each.id for each in self.active}, self._recordings.active()
            for recording in self.active:
                if recording.id not in known:
                    self._recordings.note_gateway(recording.id)
                if recording.who:
                    self._log_once(recording, recording.who)
        except (StoreDown, redis.RedisError):
            self.active = ()

    def record(self, req: falcon.Request, peer: Peer, body: bytes, reply: bytes, sid: str | None) -> None:
        """Sends an exchange to those who record this session, or the phone that logs in by it. Raises nothing: the phone gets its
        answer all the same."""
        try:
            exchange = CapturedExchange(
                codec.decode(body, req.content_type),
                codec.decode(reply) if reply else None,
                request_type=req.content_type or "",
                headers=dict(req.headers),
                at=time.time(),
                sizes=(len(body), len(reply)),
            )
            parts = parts_of(exchange.request)
            if sid and parts is not None and parts.content.name != "Login-Request":
                self._inside(exchange, sid)
            else:
                self._outside(exchange, peer)
        except (StoreDown, redis.RedisError, WireError) as error:
            log.warning("recording-missed", reason=str(error))
        except Exception as error:
            log_bug(error)

    def _inside(self, exchange: CapturedExchange, sid: str) -> None:
        assert self._recordings is not None
        name = self._recordings.recording_of(short(sid))
        recording = next((each for each in self.active if each.id == name), None)
        if recording is not None:
            self._publish(recording, exchange, session=short(sid))

    def _outside(self, exchange: CapturedExchange, peer: Peer) -> None:
        """A log-in, or what comes before one. Whose it is shows later: the operator's command keeps what belongs together."""
        assert self._recordings is not None
        user, new = self._user(exchange, peer), _new_session(exchange)
        for recording in self.active:
            if recording.who and user not in ("", recording.who):
                continue
            phone = _phone_name(peer, recording.key[:64])
            found = bool(new) and self._recordings.follow(recording.id, short(new), "" if recording.who else phone)
            if found:
                self._log_once(recording, user)
            self._publish(recording, exchange, phone=phone, session=short(new) if found else "")

    def _user(self, exchange: CapturedExchange, peer: Peer) -> str:
        """The bare JID that a log-in names, "?" for one that names none of ours, "" for what is no log-in."""
        parts = parts_of(exchange.request)
        named = parts.content.findtext("UserID") if parts and parts.content.name == "Login-Request" else ""
        return (self._whom(named, peer) or "?") if named else ""

    def _log_once(self, recording: Recording, user: str) -> None:
        """The line that says who is recorded, and for how long."""
        assert self._recordings is not None
        if self._recordings.first_to_log(recording.id):
            log.warning("recording", user=user, seconds=round(recording.until - time.time()), id=recording.id)

    def _publish(self, recording: Recording, exchange: CapturedExchange, phone: str = "", session: str = "") -> None:
        safe = pack_exchange(redacted(exchange, Redactor(recording.key))).decode()
        event = json.dumps({"phone": phone, "session": session, "exchange": safe})
        self._waiting.append((recording.id, event.encode()))
        if self._sender is None or self._sender.dead:
            self._sender = gevent.spawn(self._send)

    def _send(self) -> None:
        assert self._recordings is not None
        with suppress(StoreDown, redis.RedisError):
            while self._waiting:
                self._recordings.tell(*self._waiting.popleft())


def _phone_name(peer: Peer, key: bytes) -> str:
    """The same for all requests of a phone, as far as they can be told before it logs in. Says nothing about it."""
    return hashlib.blake2b(f"{peer.address} {peer.user_agent}".encode(), key=key, digest_size=8).hexdigest()


def _new_session(exchange: CapturedExchange) -> str:
    parts = parts_of(exchange.response)
    return parts.content.findtext("SessionID") if parts and parts.content.name == "Login-Response" else ""


NO_RECORDER = Recorder(None, lambda _user_id, _peer: "")
