"""Why a stream could not be made, or why it ended. Knows nothing of CSP status codes."""

from typing import Final

# The kinds of StreamFailure, and what they stand for.
FAILURE_DNS: Final = "dns"  # condition: no-such-domain, no-service, lookup-failed
FAILURE_REFUSED: Final = "refused"  # no listener, or no route; condition: refused, unreachable, not-permitted
FAILURE_TIMEOUT: Final = "timeout"  # condition: connect, log-in, stalled (peer does not read), silent (peer does not answer)
FAILURE_TLS: Final = "tls"  # condition: certificate, handshake, not-offered
FAILURE_NO_MECHANISM: Final = "no-mechanism"  # no SASL mechanism for both sides; condition: none-offered, none-common, downgraded
FAILURE_AUTH: Final = "auth"  # condition: the SASL condition; server-not-proved when the server's own proof is wrong
FAILURE_BIND: Final = "bind"  # condition: the stanza error condition
FAILURE_STREAM: Final = "stream"  # the server sent a stream error; condition: its condition
FAILURE_CLOSED: Final = "closed"  # condition: end (a polite </stream:stream>), eof, reset, local (we closed it)
FAILURE_PROTOCOL: Final = "protocol"  # the server broke a rule; condition: not-well-formed, restricted-xml, policy-violation ...
FAILURE_STORE: Final = "store"  # our side could not take what came in
FAILURE_NO_ANSWER: Final = "no-answer"  # a request ran out of time; the stream lives
FAILURE_BACKLOG: Final = "backlog"  # too many stanzas wait for the server's acknowledgement; the stream lives

# Trying again by itself cannot help: the account, its address or the server's configuration must change first.
_FINAL = {
    FAILURE_DNS: {"no-such-domain", "no-service"},
    FAILURE_REFUSED: {"not-permitted"},
    FAILURE_NO_MECHANISM: {"none-common", "none-offered", "downgraded"},
    FAILURE_AUTH: {
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
    FAILURE_BIND: {"not-allowed", "not-authorized", "conflict"},
    FAILURE_STREAM: {
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
