"""Errors of codecs. It carries the answer for the phone, so that the caller decides nothing from a message text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onesoup.wire.tree import Element


class WireError(ValueError):
    """The peer's bytes break the encoding. `status` is what the phone is told.

    `partial` is the root of what was read before the error, and `version` its CSP version as far as it was known: enough to
    find the session and transaction ids for a Status in the phone's own version.
    """

    status = 400

    def __init__(self, what: str, offset: int | None = None) -> None:
        super().__init__(what if offset is None else f"{what} at offset {offset}")
        self.offset = offset
        self.partial: Element | None = None
        self.version: str | None = None
