"""A connection as the parser sees it: some bytes, in pieces, and what was served of them at its end."""

from onesoup.http_server.requests import BadRequest, Request, RequestParser

CLEAN, CUT, BAD = "clean", "cut short", "bad"
Served = list[tuple[str, bytes]]


def read(data: bytes, *cuts: int) -> tuple[Served, str]:
    """(target, body) of each request that was read to its end, and how the connection ends."""
    parser = RequestParser()
    served: Served = []
    outcome = BAD
    try:
        _feed(parser, data, cuts, served)
        outcome = CUT
        parser.end()
        outcome = CLEAN
    except BadRequest:
        assert parser.broken
    return served, outcome


def _feed(parser: RequestParser, data: bytes, cuts: tuple[int, ...], served: Served) -> None:
    request: Request | None = None
    parts: list[bytes] = []
    for begin, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        parser.feed(data[begin:end])
        while request is not None or (request := parser.request()) is not None:
            while piece := parser.body(4096):
                parts.append(piece)
            if piece is None:
                break
            served.append((request.target, b"".join(parts)))
            request, parts = None, []


def whole(parser: RequestParser, request: Request) -> bytes:
    """The body of a request that is all there."""
    return b"".join(iter(lambda: parser.body(4096) or b"", b""))
