"""What can go wrong with a request that parses: the phone is told a status code, nothing has changed."""

from onesoup.csp.status import StatusCode


class CspError(Exception):
    """The phone's fault, or an answer that is a refusal. `code` is one of status-codes.tsv. `reason` is for the log only: the
    phone is told `description`, which says less."""

    def __init__(self, code: int, description: str = "", reason: str = "") -> None:
        super().__init__(f"{code} {description}".strip())
        self.code, self.description, self.reason = code, description, reason or description


class BackendError(Exception):
    """Ours or XMPP's fault: Redis away, XMPP server down, no answer in time. The phone may try again. `reason` as CspError's."""

    def __init__(self, code: int = StatusCode.SERVICE_UNAVAILABLE, description: str = "", reason: str = "") -> None:
        super().__init__(f"{code} {description}".strip())
        self.code, self.description, self.reason = code, description, reason or description
