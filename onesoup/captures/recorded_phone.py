"""Sorts what gateways publish for one recording: what belongs to the phone, and what to others that tried to log in. Pure.

Which phone it is shows with its first session; what it said before that waits here, beside what others said."""

from collections import OrderedDict
from dataclasses import dataclass, field

from onesoup.captures.exchanges import CapturedExchange, is_login

# Phones that have not logged in yet, and exchanges of each.
MAX_PHONES_BEFORE_LOGIN, MAX_EXCHANGES_BEFORE_LOGIN = 200, 20


@dataclass
class RecordedPhone:
    """A gateway names the session of an exchange only where it is recorded: such a phone is the one, or one of the user's."""

    _phones: set[str] = field(default_factory=set)
    _taken: list[CapturedExchange] = field(default_factory=list)
    _before: OrderedDict[str, list[CapturedExchange]] = field(default_factory=OrderedDict)

    def take(self, phone: str, session: str, exchange: CapturedExchange) -> list[CapturedExchange]:
        """What is the recorded phone's for sure now. `phone` is "" in a session; `session` is "" in a log-in without success."""
        if session:
            mine = [*(self._before.pop(phone, []) if phone else []), exchange]
            self._phones |= {phone} - {""}
        elif phone in self._phones:
            mine = [exchange]
        else:
            self._keep(phone, exchange)
            mine = []
        self._taken += mine
        return mine

    def _keep(self, phone: str, exchange: CapturedExchange) -> None:
        waiting = self._before.setdefault(phone, [])
        self._before.move_to_end(phone)
        waiting.append(exchange)
        del waiting[:-MAX_EXCHANGES_BEFORE_LOGIN]
        if len(self._before) > MAX_PHONES_BEFORE_LOGIN:
            self._before.popitem(last=False)

    def exchanges(self) -> list[CapturedExchange]:
        """All of them in the order of time. Where no phone got in: what the last one said that tried, since that tells why."""
        tried = [each for each in self._before.values() if any(map(is_login, each))]
        return sorted(self._taken or (tried[-1] if tried else []), key=lambda exchange: exchange.at)
