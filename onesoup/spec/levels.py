"""Which levels a server reaches, by the results of its cases. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from onesoup.spec.case import SPEC_VERSIONS, CaseLevel, Outcome
from onesoup.spec.column import CaseResult

# What `--level` takes -> how it is shown.
LEVEL_TITLES = {"chat": CaseLevel.CHAT.value} | {version: f"complete {version}" for version in SPEC_VERSIONS}


@dataclass(frozen=True)
class LevelState:
    """`reached` is None where nothing was run that the level asks for. `missing` are the results that stand in its way."""

    name: str
    reached: bool | None
    missing: tuple[CaseResult, ...] = ()


def level_states(results: Sequence[CaseResult]) -> list[LevelState]:
    return [_chat(results), *(_complete(version, results) for version in SPEC_VERSIONS)]


def _chat(results: Sequence[CaseResult]) -> LevelState:
    """A phone can chat when it can in every version and encoding that the server offers, and it offers one."""
    asked = [each for each in _of_offered_columns(results) if each.case.level is CaseLevel.CHAT]
    return _state("chat", asked, any(each.case.level is CaseLevel.CHAT for each in results))


def _complete(version: str, results: Sequence[CaseResult]) -> LevelState:
    """All but the optional cases pass, and of those none fails."""
    mine = [each for each in results if each.version == version]
    asked = [each for each in mine if each.case.level is not CaseLevel.OPTIONAL or each.outcome is Outcome.FAILED]
    return _state(version, asked, bool(mine))


def _state(name: str, asked: Iterable[CaseResult], was_run: bool) -> LevelState:
    asked = tuple(asked)
    missing = tuple(each for each in asked if each.outcome is not Outcome.PASSED)
    return LevelState(name, bool(asked) and not missing if was_run else None, missing)


def _of_offered_columns(results: Sequence[CaseResult]) -> list[CaseResult]:
    offered = {(each.version, each.encoding) for each in results if each.outcome is not Outcome.NOT_OFFERED}
    return [each for each in results if (each.version, each.encoding) in offered]
