"""One user as an operator sees them: sessions with what waits in each, and what waits for the next log-in."""

from dataclasses import dataclass

from onesoup.operators.living import SessionRow, rows_of, user_sids
from onesoup.operators.operator import Operator
from onesoup.operators.processes import shown_holders
from onesoup.operators.whom import user_meant
from onesoup.store.account.offline_inbox import OfflineInbox
from onesoup.store.session.waiting_items import WaitingItems


@dataclass(frozen=True, slots=True)
class WaitingSession:
    """A session; for how many seconds its oldest message has waited, None where none does; and which process its holder is, ""
    where that has not said so."""

    row: SessionRow
    oldest: int | None
    process: str


@dataclass(frozen=True, slots=True)
class LookedAtAccount:
    """`undelivered`: messages of sessions that are over, which wait for the next log-in."""

    user: str
    sessions: tuple[WaitingSession, ...]
    undelivered: int


def look_at_account(operator: Operator, word: str, now: float) -> LookedAtAccount:
    """The user that the word means, logged in or not. `now`: seconds since 1970."""
    user, items = user_meant(word, operator.domain), WaitingItems(operator.client)
    found = list(rows_of(operator.client, user_sids(operator.client, user)))
    waits = [None if (at := items.oldest(sid)) is None else max(int(now - at), 0) for sid, _ in found]
    holders = shown_holders(operator.client)
    sessions = tuple(
        WaitingSession(row, oldest, holders.get(row.holder, "")) for (_, row), oldest in zip(found, waits, strict=True)
    )
    return LookedAtAccount(user, sessions, OfflineInbox(operator.client).count(user))
