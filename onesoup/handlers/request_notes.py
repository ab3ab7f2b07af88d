"""Interface through which handlers report to /doctor. Whoever is told takes no time: no Redis, no waiting, and
never an error."""

from typing import Protocol

from onesoup.csp.codec.envelope import Message
from onesoup.handlers.context import Peer


class RequestNotes(Protocol):
    def answered(self, message: Message, octets: int, peer: Peer, code: int) -> None:
        """A message of so many bytes was answered with this CSP code."""

    def unreadable(self, peer: Peer, what: str, octets: int, media: str) -> None:
        """A body could not be read. `what` is a word of ours, `media` the type that it claims."""

    def opened(self, peer: Peer, path: str) -> None:
        """A browser asked for a page."""


class _NoNotes:
    def answered(self, message: Message, octets: int, peer: Peer, code: int) -> None:
        pass

    def unreadable(self, peer: Peer, what: str, octets: int, media: str) -> None:
        pass

    def opened(self, peer: Peer, path: str) -> None:
        pass


NO_NOTES: RequestNotes = _NoNotes()
