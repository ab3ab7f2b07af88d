"""Blocks: who is shut out, shutting out somebody, and letting in again."""

from typing import Any

from onesoup.operators.blocks import end_block, planned_block, put_block, span_seconds, standing_blocks
from onesoup.operators.operator import OperatorError
from onesoup.runtime.networks import Nets
from onesoup.runtime.times import utc_text
from onesoup.store.blocks import OperatorBlock
from workers.gateway.console.acting import PREVIEW_ACTION, LongDeed, acting, command, told_on_page
from workers.gateway.console.pages import ActionProblem, ConsoleAction, ConsolePage, ConsoleVisit
from workers.gateway.console.rendering import CONSOLE_PATH

BLOCKS_PATH = f"{CONSOLE_PATH}/blocks"
BLOCK_ACTION, UNBLOCK_ACTION = "block", "unblock"
# What can be blocked, as the form and the command say it.
BLOCKABLE = ("user", "address", "domain", "handset")


def _look(page: ConsolePage, visit: ConsoleVisit) -> str:
    """The page then shows what is to be blocked."""
    with told_on_page():
        _planned(page, visit)
    return ""


def _block(page: ConsolePage, visit: ConsoleVisit) -> str:
    with told_on_page():
        plan = _planned(page, visit)
    seconds, operator = plan.until - plan.at if plan.until else 0, acting(page.site, visit)

    def put() -> str:
        proxies = Nets(page.site.settings.trusted_proxies)
        made = put_block(operator, visit.typed("what"), visit.typed("name"), plan.reason, seconds, plan.keeps, proxies)
        said = made.said_of_sessions
        return f"Blocked {_named(made.block)}, {_until(made.block)}. {said[0].upper()}{said[1:]}."

    return LongDeed(BLOCK_ACTION, put).said() or f"Blocked {_named(plan)}. Sessions are being ended; the audit log says how many."


def _unblock(page: ConsolePage, visit: ConsoleVisit) -> str:
    with told_on_page():
        ended = end_block(acting(page.site, visit), visit.typed("number"))
    return f"{', '.join(map(_named, ended))} can log in again."


def _planned(page: ConsolePage, visit: ConsoleVisit) -> OperatorBlock:
    """What the form asks for. OperatorError, ActionProblem."""
    what, span = visit.typed("what"), visit.typed("span")
    if what not in BLOCKABLE:
        raise ActionProblem("Say what is to be blocked: a user, an address, a domain or a handset.")
    if not visit.typed("name"):
        raise ActionProblem("Say who is to be blocked.")
    seconds, keep = span_seconds(span) if span else 0, bool(visit.typed("keep"))
    proxies = Nets(page.site.settings.trusted_proxies)
    return planned_block(acting(page.site, visit), what, visit.typed("name"), visit.typed("reason"), seconds, keep, proxies)


def _named(block: OperatorBlock) -> str:
    return f"{block.what} {block.name}"


def _until(block: OperatorBlock) -> str:
    return f"until {_clock(block.until)}" if block.until else "until somebody ends it"


def _clock(at: int) -> str:
    return utc_text(at, "%Y-%m-%d %H:%M UTC")


class BlocksPage(ConsolePage):
    """`end`: the number of a block that is to be ended, for the question before it is."""

    path = BLOCKS_PATH
    title = "Blocks"
    template = "blocks.html"
    actions = (
        ConsoleAction(PREVIEW_ACTION, "onesoup block WHAT NAME --reason WHY", _look, notes_itself=True),
        ConsoleAction(BLOCK_ACTION, "onesoup block WHAT NAME --reason WHY", _block, notes_itself=True),
        ConsoleAction(UNBLOCK_ACTION, "onesoup unblock WHO", _unblock, notes_itself=True),
    )

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        found = standing_blocks(acting(self.site, visit))
        done = visit.form.get("action") == BLOCK_ACTION
        plan = self._plan(visit) if visit.form.get("action") == PREVIEW_ACTION and visit.is_operator else None
        ending = visit.typed("end") if visit.req.method == "GET" and visit.is_operator else ""
        return {
            "rows": [(each, _clock(each.until) if each.until else "it is ended", _clock(each.at)) for each in found],
            "kinds": BLOCKABLE,
            "typed": {name: visit.typed(name) for name in ("what", "name", "reason", "span", "keep")},
            "plan": plan,
            "plan_until": _until(plan) if plan else "",
            "ending": next((each for each in found if each.id == ending), None),
            "gone": bool(ending) and all(each.id != ending for each in found),
            "done": done,
            "block_command": _block_command(visit) if plan else "",
            "list_command": command("block", "list"),
            "unblock_command": command("unblock", ending) if ending else "",
        }

    def _plan(self, visit: ConsoleVisit) -> OperatorBlock | None:
        """What is to be confirmed; None for a form that was told to be wrong."""
        try:
            return _planned(self, visit)
        except (ActionProblem, OperatorError):
            return None


def _block_command(visit: ConsoleVisit) -> str:
    what, span = visit.typed("what"), visit.typed("span")
    words = ["block", what, visit.typed("name"), "--reason", visit.typed("reason")]
    words += ["--for", span] if span else []
    return command(*words, *(["--keep-sessions"] if visit.typed("keep") and what != "address" else []))
