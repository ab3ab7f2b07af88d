"""What a case found, beside what was expected."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. `good` is None where nothing was promised."""

    name: str
    value: float
    unit: str = ""
    goal: str = ""
    good: bool | None = None

    @property
    def verdict(self) -> str:
        return {None: "", True: "pass", False: "MISS"}[self.good]

    def __str__(self) -> str:
        shown = f"{self.value:.1f}" if self.value != int(self.value) else f"{self.value:.0f}"
        return f"{self.name}: {shown} {self.unit}".rstrip() + (f" ({self.goal})" if self.goal else "")


def most(name: str, value: float, limit: float, unit: str = "") -> Figure:
    """Good when it is not above the limit."""
    return Figure(name, value, unit, f"<= {limit:g}", value <= limit)


def least(name: str, value: float, limit: float, unit: str = "") -> Figure:
    return Figure(name, value, unit, f">= {limit:g}", value >= limit)


def just(name: str, value: float, unit: str = "") -> Figure:
    """Nothing was promised of it."""
    return Figure(name, value, unit)
