"""Ends sessions: the phone gets status 601 and may log in again. Messages that wait for it are kept for its next log-in."""

from contextlib import suppress
from dataclasses import dataclass

from onesoup.handlers.login.access import end_session
from onesoup.operators.living import rows_of, user_sids
from onesoup.operators.operator import Operator, OperatorError
from onesoup.operators.whom import looks_like_session, named_target
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
    """Ends the sessions of a user, or one session."""
    target = named_target(operator, word)
    store, ended = GatewaySessionStore(operator.client), []
    for sid, row in list(rows_of(operator.client, [target.sid] if target.sid else user_sids(operator.client, target.jid))):
        with suppress(NoSession):
            end_session(store, sid)
            ended.append(row)
    if not ended:
        also = f", and there is no session {word}" if looks_like_session(word) else ""
        raise OperatorError(f"{target.jid} is not logged in{also}")
    kicked = Kicked(ended[0].user, tuple(row.id for row in ended))
    operator.note("kick", kicked.user, sessions=list(kicked.sessions))
    return kicked
