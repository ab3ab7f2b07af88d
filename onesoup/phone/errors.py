"""Errors of the phone."""


class PhoneError(Exception):
    """A real phone would break here. The text names the rule and who breaks."""


class Unreachable(PhoneError):
    """No HTTP answer: no connection, a time-out, or a connection that ended too early."""


class Refused(PhoneError):
    """The server answered with a status code that is no success."""

    def __init__(self, code: int, description: str = "", what: str = "") -> None:
        super().__init__(" ".join(part for part in (what, str(code), description) if part))
        self.code, self.description = code, description


class SessionOver(Refused):
    """The session has ended: 600, 601, 604, or a Disconnect of the server."""
