"""The short way of polls. Most requests are polls that are known by sight; Falcon's objects and routes would be an eighth of what
an empty one costs, with Redis (docs/performance.md). So these are answered before Falcon, and every other request by it."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, NoReturn, Protocol

from onesoup.http_server.wsgi import Application

# The longest body that may be a poll, and the digits of its length.
MAX_SHORT_BODY, _DIGITS = 999, 3


class PollAnswerer(Protocol):
    def answers_polls(self) -> bool:
        """Whether polls may go the short way just now. Asked before the body of a request is read."""

    def answer_poll(self, body: bytes, environ: dict[str, Any]) -> tuple[bytes, str] | None:
        """The answer to a poll that is known by sight, with its Content-Type; None for anything else."""


class PollsFirst:
    """The WSGI application: `polls` are asked first, what they leave goes to `others`."""

    def __init__(self, polls: PollAnswerer, others: Application) -> None:
        self._polls, self._others = polls, others

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _may_be_poll(environ) and self._polls.answers_polls():
            try:
                body = environ["wsgi.input"].read(MAX_SHORT_BODY)
            except OSError as error:
                environ["wsgi.input"] = _BrokenBody(error)
            else:
                answered = self._polls.answer_poll(body, environ)
                if answered is not None:
                    reply, kind = answered
                    start_response("200 OK", [("content-type", kind), ("content-length", str(len(reply)))])
                    return [reply]
                environ["wsgi.input"] = BytesIO(body)
        return self._others(environ, start_response)


def _may_be_poll(environ: dict[str, Any]) -> bool:
    """By the head of the request."""
    short = 0 < len(environ.get("CONTENT_LENGTH", "")) <= _DIGITS
    return short and environ["REQUEST_METHOD"] == "POST" and "HTTP_CONTENT_ENCODING" not in environ


class _BrokenBody:
    """Stands for a body that could not be read: whoever tries again gets the same error."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def read(self, _size: int = -1) -> NoReturn:
        raise self._error
