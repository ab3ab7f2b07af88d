"""Ends sessions: the phone gets status 601 and may log in again. Messages that wait for it are kept for its next log-in."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from onesoup.handlers.login.access import end_session
from onesoup.operators.living import SessionRow, rows_of, user_sids
from onesoup.operators.operator import Operator, OperatorError
from onesoup.operators.whom import looks_like_session, named_target
from onesoup.store.account.login_tokens import forget_login_tokens
from onesoup.store.errors import NoSession
from onesoup.store.session.gateway_side import GatewaySessionStore


@dataclass(frozen=True, slots=True)
class Kicked:
    """Whose sessions were ended, and which, by their names in logs."""

    user: str
    sessions: tuple[str, ...]

    @property
    def said(self) -> str:
        count = len(self.sessions)
        return f"ended {count} session{'' if count == 1 else 's'} of {self.user}"


def kick(operator: Operator, word: str) -> Kicked:
    """Ends the sessions of a user, or one session. Those that were ended are noted, also when it breaks off. With all sessions of
    a user go the tokens with which the next log-in would save the password."""
    target = named_target(operator, word)
    if not target.sid:
        forget_login_tokens(operator.client, target.jid)
    sids = [target.sid] if target.sid else user_sids(operator.client, target.jid)
    ended: list[SessionRow] = []
    try:
        ended += _end_each(operator, sids)
    finally:
        if ended:
            operator.note("kick", ended[0].user, sessions=[row.id for row in ended])
    if not ended:
        also = f", and there is no session {word}" if looks_like_session(word) else ""
        raise OperatorError(f"{target.jid} is not logged in{also}")
    return Kicked(ended[0].user, tuple(row.id for row in ended))


def _end_each(operator: Operator, sids: Sequence[str]) -> Iterator[SessionRow]:
    store = GatewaySessionStore(operator.client)
    for sid, row in list(rows_of(operator.client, sids)):
        with suppress(NoSession):
            end_session(store, sid)
            yield row
