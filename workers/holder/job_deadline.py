"""When a job of a gateway worker is too old to begin: its phone has been answered without it."""

import time
from collections.abc import Mapping
from typing import Any

# How far the clocks of two machines may be apart.
MAX_CLOCK_SKEW_SECONDS = 5.0


def is_late(job: Mapping[str, Any]) -> bool:
    return bool(time.time() > job["until"] + MAX_CLOCK_SKEW_SECONDS)
