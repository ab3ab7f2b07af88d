"""An HTTP server that answers phones by a script: each POST gets the next answer. For what no good server would ever say."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from onesoup.csp.codec.codec import read_message
from onesoup.csp.codec.envelope import Message, Mode, Transaction
from onesoup.csp.codec.generated_elements import Primitive
from onesoup.phone.engine import encode
from onesoup.wire import codec

# What is said to a request: a primitive in answer to it, octets of an HTTP answer as they are, or a function of the request.
Said = Primitive | bytes | Callable[[Message], "Said"]


class Scripted:
    """Answers in the order of its script; then it hangs up. `asked` are the messages that came, `bodies` their octets."""

    def __init__(self, *script: Said) -> None:
        self._script, self.asked, self.bodies = list(script), [], []  # type: ignore[var-annotated]
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._converse, args=(link,), daemon=True).start()

    def _converse(self, link: socket.socket) -> None:
        with link, link.makefile("rb") as lines, suppress(OSError):
            while line := lines.readline():
                length = 0
                while line.strip():
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                    line = lines.readline()
                body = lines.read(length)
                self.bodies.append(body)
                if not self._script:
                    return
                answer = self._answer(self._script.pop(0), body)
                link.sendall(answer)
                if not answer or b"\r\nConnection: close" in answer:
                    return

    def _answer(self, said: Said, body: bytes) -> bytes:
        if isinstance(said, bytes):
            return said
        request = read_message(body)
        if not self.asked or self.asked[-1] is not request:
            self.asked.append(request)
        if not isinstance(said, Primitive):
            return self._answer(said(request), body)
        return http(encode(reply_to(request, said)), codec.media_type(request.version, request.encoding))


def reply_to(request: Message, said: Primitive, mode: Mode = Mode.RESPONSE, tid: str | None = None) -> Message:
    """A message in answer to a request."""
    tid = request.transactions[0].id if tid is None else tid
    return Message(
        request.version,
        request.encoding,
        [Transaction(mode, tid, said)],
        request.session_id,
        request.session_type,
    )


def http(body: bytes, content_type: str = "application/vnd.wv.csp.wbxml", status: str = "200 OK", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def as_octets(change: Callable[[Message], Message]) -> Callable[[Message], bytes]:
    """A script entry from a function that makes the whole message of the answer."""

    def answer(request: Message) -> bytes:
        made = change(request)
        return http(encode(made), codec.media_type(made.version, made.encoding))

    return answer
