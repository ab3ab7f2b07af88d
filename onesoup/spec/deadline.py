"""How long a case, and a whole run, may take. The clock is monotonic."""

import time

from onesoup.spec.case import OutOfTime


class CaseDeadline:
    """Ends `seconds` from now, or with `outer`, whichever comes first."""

    def __init__(self, seconds: float, outer: "CaseDeadline | None" = None) -> None:
        end = time.monotonic() + seconds
        self.end: float = end if outer is None else min(end, outer.end)

    def left(self, most: float | None = None) -> float:
        """Seconds, at most `most`. OutOfTime when there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise OutOfTime("the time of the case is over")
        return left if most is None else min(left, most)

    def over(self) -> bool:
        return time.monotonic() >= self.end
