"""Users: all sessions, page by page, and the search for some."""

from contextlib import suppress
from typing import Any

from onesoup.operators.history import SubjectKind, history_subject
from onesoup.operators.operator import OperatorError
from onesoup.operators.search import MAX_SEARCH_LETTERS, FoundSessions, SessionPage, listed_sessions, search_sessions
from workers.gateway.console.acting import acting, command
from workers.gateway.console.pages import ConsolePage, ConsoleVisit
from workers.gateway.console.rendering import CONSOLE_PATH

USERS_PATH = f"{CONSOLE_PATH}/users"
# Sessions on a page.
SESSIONS_ON_PAGE = 50


class UsersPage(ConsolePage):
    path = USERS_PATH
    title = "Users"
    template = "users.html"

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        words = visit.typed("q")
        common = {"words": words, "most_letters": MAX_SEARCH_LETTERS, "place": self._place(words)}
        if not words:
            found: FoundSessions | None = None
            listed = listed_sessions(self.site.client, _after(visit.typed("from")), SESSIONS_ON_PAGE)
            return common | _shown(found, listed, command("sessions"))
        try:
            found = search_sessions(acting(self.site, visit), words, SESSIONS_ON_PAGE)
        except OperatorError as error:
            return common | _shown(None, SessionPage((), None), command("sessions")) | {"problem": str(error)}
        return common | _shown(found, SessionPage(found.rows, None), command("sessions", "--find", words))

    def _place(self, words: str) -> str:
        """The phone number or the address that the words are, "" where they are none: of these there is a history."""
        with suppress(ValueError):
            subject = history_subject(words, self.site.settings.domain, self.site.settings.country_code)
            return subject.name if subject.kind != SubjectKind.USER else ""
        return ""


def _shown(found: FoundSessions | None, listed: SessionPage, same: str) -> dict[str, Any]:
    after = "" if listed.after is None else ".".join(map(str, listed.after))
    return {"found": found, "rows": listed.rows, "after": after, "command": same}


def _after(text: str) -> tuple[int, int]:
    """Where a page begins, of a link on the page before; the first page for anything else."""
    first, dot, second = text.partition(".")
    good = dot and all(part.isascii() and part.isdigit() and len(part) < 9 for part in (first, second))
    return (int(first), int(second)) if good else (0, 0)
