"""Why a stream could not be made, or why it ended. Knows nothing of CSP status codes."""

from typing import Final

# The kinds of StreamFailure, and what they stand for.
DNS: Final = "dns"  # condition: no-such-domain, no-service, lookup-failed
REFUSED: Final = "refused"  # no listener, or no route; condition: refused, unreachable, not-permitted
TIMEOUT: Final = "timeout"  # condition: connect, log-in, stalled (peer does not read), silent (peer does not answer)
TLS: Final = "tls"  # condition: certificate, handshake, not-offered
NO_MECHANISM: Final = "no-mechanism"  # no SASL mechanism that both sides accept; condition: none-offered, none-common, downgraded
AUTH: Final = "auth"  # condition: the SASL condition; server-not-proved when the server's own proof is wrong
BIND: Final = "bind"  # condition: the stanza error condition
STREAM: Final = "stream"  # the server sent a stream error; condition: its condition
CLOSED: Final = "closed"  # condition: end (a polite </stream:stream>), eof, reset, local (we closed it)
PROTOCOL: Final = "protocol"  # the server broke the protocol; condition: not-well-formed, restricted-xml, policy-violation ...
STORE: Final = "store"  # our side could not take what came in
NO_ANSWER: Final = "no-answer"  # a request ran out of time; the stream lives
BACKLOG: Final = "backlog"  # too many stanzas wait for the server's acknowledgement; the stream lives

# Trying again by itself cannot help: the account, its address or the server's configuration must change first.
_FINAL = {
    DNS: {"no-such-domain", "no-service"},
    REFUSED: {"not-permitted"},
    NO_MECHANISM: {"none-common", "none-offered", "downgraded"},
    AUTH: {
        "not-authorized",
        "credentials-expired",
        "account-disabled",
        "malformed-request",
        "incorrect-encoding",
        "invalid-authzid",
        "invalid-mechanism",
        "mechanism-too-weak",
        "encryption-required",
        "server-not-proved",
        "task-required",
    },
    BIND: {"not-allowed", "not-authorized", "conflict"},
    STREAM: {
        "conflict",  # another client took our resource: coming back would take it away from that one again
        "not-authorized",
        "host-gone",
        "host-unknown",
        "unsupported-version",
        "unsupported-encoding",
        "unsupported-stanza-type",
        "unsupported-feature",
    },
}


class StreamFailure(Exception):
    """No stream, or no stream any more. `retry`: the same attempt may succeed later without anybody's doing."""

    def __init__(self, kind: str, condition: str = "", text: str = "", retry: bool | None = None) -> None:
        super().__init__(kind, condition, text)
        self.kind, self.condition, self.text = kind, condition, text
        self.retry = condition not in _FINAL.get(kind, ()) if retry is None else retry

    def __str__(self) -> str:
        return " ".join(filter(None, (f"{self.kind}/{self.condition}" if self.condition else self.kind, self.text)))


class NotStored(Exception):
    """A batch handler raises it when nothing of the batch could be kept, so that none of it may be acknowledged."""
