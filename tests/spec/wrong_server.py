"""A WSGI application that passes requests on to a right server, and spoils what it answers in one way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gevent.pywsgi import WSGIServer

from onesoup.phone.http import PhoneHttpClient
from onesoup.spec.exchange import SpecExchange, elements_of, name_of
from onesoup.wire import codec
from onesoup.wire.document import Document


@dataclass
class Answer:
    """What goes back to the phone; a fault changes it. `asked` is the request as it came."""

    asked: SpecExchange
    body: bytes
    content_type: str
    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=list)
    length: bool = True

    @property
    def primitive(self) -> str:
        """The name of what was asked."""
        message = self.asked.asked
        return name_of(message.transactions[0].content) if message else ""

    def alter(self, change: Callable[[Document], None]) -> None:
        """Changes the tree of the answer."""
        if self.body:
            document = codec.decode(self.body)
            change(document)
            self.body = codec.encode(document)

    def set_text(self, name: str, change: Callable[[str], str]) -> None:
        """Changes the text of every element of that name."""

        def alter(document: Document) -> None:
            for each in elements_of(document, name):
                each.text = change(each.text)

        self.alter(alter)


Fault = Callable[[Answer], None]


class WrongServer:
    """`before` may change a request on its way to the right server."""

    def __init__(self, url: str, fault: Fault, before: Callable[[bytes], bytes] = lambda body: body) -> None:
        self._url, self._fault, self._before = url, fault, before

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        kind = environ.get("CONTENT_TYPE") or "application/octet-stream"
        client = PhoneHttpClient(self._url, timeout=60.0)
        try:
            reply = client.post(self._before(body), kind)
        finally:
            client.close()
        answer = Answer(SpecExchange(body, kind), reply.body, reply.headers.get("content-type", ""), f"{reply.status} X")
        self._fault(answer)
        headers = [("Content-Type", answer.content_type), *answer.headers]
        if answer.length:
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(answer.status, headers)
        return [answer.body] if answer.length else (part for part in (answer.body,) if part)


@contextlib.contextmanager
def served(application: WrongServer) -> Iterator[str]:
    """Its URL."""
    server = WSGIServer(("127.0.0.1", 0), application, log=None, error_log=None)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.stop(timeout=1)
