"""Standalone HTTP (cir.md 8): the phone asks a URL of its own whether something waits. Bytes and values.

One path segment, no query, an empty answer. A phone stops this channel for good on any error, so nothing here redirects,
asks for authentication or keeps it waiting."""

import base64

SHTTP_TOKEN_LENGTH = 32
SHTTP_PREFIX = "/cir/"
_REASON_PHRASES = {200: "OK", 204: "No Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"}
_REASON_PHRASES |= {413: "Content Too Large", 503: "Service Unavailable"}


def shttp_token(digest: bytes) -> str:
    """The path segment that stands for a session; `digest` is a keyed digest of its id."""
    return base64.urlsafe_b64encode(digest).decode()[:SHTTP_TOKEN_LENGTH]


def shttp_url(base: str, token_: str) -> str:
    """The URL that a phone is told."""
    return f"{base.rstrip('/')}{SHTTP_PREFIX}{token_}"


def shttp_request(path: str, host: str) -> bytes:
    """What a phone sends."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def shttp_answer(status: int, keep: bool = True) -> bytes:
    """An answer without a body; 200 says that something waits, 204 that nothing does."""
    lines = [f"HTTP/1.1 {status} {_REASON_PHRASES[status]}"]
    lines += [] if status == 204 else ["Content-Type: text/plain"]
    lines += ["Cache-Control: no-store"]
    lines += [] if status == 204 else ["Content-Length: 0"]
    lines += [f"Connection: {'keep-alive' if keep else 'close'}", "", ""]
    return "\r\n".join(lines).encode()
