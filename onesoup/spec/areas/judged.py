"""Makes cases of the rules that are judged over all answers of a run."""

from typing import Any

from onesoup.spec.case import Area, CaseFailed, CaseLevel, Support
from onesoup.spec.scene import Scene


def standing(
    area: Area,
    name: str,
    asks: str,
    rests: str,
    support: Support,
    breaks: str,
    level: CaseLevel = CaseLevel.COMPLETE,
    **more: Any,
) -> None:
    """A case that fails with the first answer in which its rule found something. Where no other case ran before it, it
    makes a little traffic of its own."""
    rule = f"{area.name}.{name}"

    def check(scene: Scene) -> None:
        if not scene.column.rules.answers:
            scene.alice.run_once()
        if found := scene.column.rules.findings.get(rule):
            raise CaseFailed(found[0])

    area.case(name, asks, rests, support, breaks, level, standing=True, feature="", **more)(check)
