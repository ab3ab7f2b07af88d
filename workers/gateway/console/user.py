"""One user: sessions, what waits for them, the live trace, and ending sessions."""

import time
from typing import Any

from onesoup.operators.account import look_at_account
from onesoup.operators.blocks import block_of_user
from onesoup.operators.kick import kick
from onesoup.operators.operator import OperatorError
from workers.gateway.console.acting import acting, command, told_on_page
from workers.gateway.console.blocking import BLOCKS_PATH
from workers.gateway.console.pages import ActionProblem, ConsoleAction, ConsolePage, ConsoleVisit
from workers.gateway.console.trace_stream import MAX_TRACE_SECONDS, TRACE_EVENTS_PATH
from workers.gateway.console.users import USERS_PATH

USER_PATH = f"{USERS_PATH}/one"
KICK_ACTION = "kick"


def _kick(page: ConsolePage, visit: ConsoleVisit) -> str:
    """One session where the form names it, else all of the user."""
    word = visit.typed("session") or visit.typed("who")
    if not word:
        raise ActionProblem("nobody is named")
    with told_on_page():
        return kick(acting(page.site, visit), word).said + ". The phone is told so with its next request, and may log in again."


class UserPage(ConsolePage):
    """`who`: a user in any spelling. `ask`: the action that is to be confirmed."""

    path = USER_PATH
    title = "User"
    template = "user.html"
    in_navigation = False
    actions = (ConsoleAction(KICK_ACTION, "onesoup kick WHO", _kick, notes_itself=True),)

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        try:
            account = look_at_account(acting(self.site, visit), visit.typed("who"), time.time())
        except OperatorError as error:
            return {"account": None, "asks": False, "problem": str(error), "users": USERS_PATH}
        session = visit.typed("session")
        return {
            "account": account,
            "users": USERS_PATH,
            "blocks": BLOCKS_PATH,
            "block": block_of_user(acting(self.site, visit), account.user),
            "asks": visit.req.method == "GET" and visit.typed("ask") == KICK_ACTION and visit.is_operator,
            "asked": [each for each in account.sessions if session in ("", each.row.id)],
            "session": session,
            "events": TRACE_EVENTS_PATH,
            "trace_minutes": MAX_TRACE_SECONDS // 60,
            "kick_command": command("kick", session or account.user),
            "trace_command": command("trace", account.user),
            "sessions_command": command("sessions", "--user", account.user),
        }
