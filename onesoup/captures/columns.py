"""A conversation on a terminal of 80 columns: what the phone says on the left, the server on the right. Pure."""

from dataclasses import dataclass

from onesoup.captures.exchanges import CapturedExchange, parts_of
from onesoup.wire.document import Document

# Characters of a line: a mark, the phone, an arrow, the server.
_MARK, PHONE_COLUMN, SERVER_COLUMN = 6, 33, 36
NOTHING = "(empty)"


@dataclass(frozen=True)
class Said:
    """One side of an exchange: the primitive, its code, its size. All empty for a side that says nothing."""

    name: str = ""
    code: str = ""
    size: int | None = None

    def text(self, width: int) -> str:
        """On so many columns; a long name is cut, the code and the size are not."""
        rest = " ".join(each for each in (self.code, "" if self.size is None else f"{self.size} B") if each)
        room = width - len(rest) - bool(rest)
        name = self.name if len(self.name) <= room else self.name[: room - 1] + "…"
        return f"{name} {rest}".rstrip() if rest else name


def two_columns(phone: Said, server: Said, mark: str = "") -> str:
    """One exchange as a line. The one that speaks first is the phone: a server speaks in answers only."""
    left, right = phone.text(PHONE_COLUMN), server.text(SERVER_COLUMN)
    return f"{mark:<{_MARK}}{left:<{PHONE_COLUMN}}  {'-> ' if phone.name else '   '}{right}".rstrip()


def heads() -> str:
    return f"{'':<{_MARK}}{'phone':<{PHONE_COLUMN}}     server"


def exchange_line(exchange: CapturedExchange, mark: str = "") -> str:
    """A captured exchange as a line."""
    sent, got = exchange.sizes
    return two_columns(_said(exchange.request, sent), _said(exchange.response, got), mark)


def _said(document: Document | None, size: int) -> Said:
    parts = parts_of(document)
    return Said(NOTHING) if parts is None else Said(parts.content.name, parts.code, size)
