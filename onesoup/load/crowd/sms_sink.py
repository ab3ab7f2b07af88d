"""The carrier's end of the SMS webhook (docs/cir.md): an SMS that would wake a phone does so."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from gevent.pywsgi import WSGIServer

_ACCEPTED = json.dumps({"status": "accepted"}).encode()


def sms_sink(port: int, on_sms: Callable[[str], None]) -> WSGIServer:
    """Listens; `on_sms` is called with the number of each SMS, digits only."""

    def app(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        found = json.loads(environ["wsgi.input"].read())
        on_sms(str(found.get("msisdn", "")).lstrip("+"))
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(_ACCEPTED)))])
        return [_ACCEPTED]

    server = WSGIServer(("127.0.0.1", port), app, log=None, error_log=None)
    server.start()
    return server
