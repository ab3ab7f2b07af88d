"""How a process collects garbage that reference counts do not free, such as a session, whose parts know each other."""

import gc

# New objects until the young ones are looked through; rounds of those until the middle ones are; rounds of these until all are.
# Python's own are 700, 10, 10. A process that keeps thousands of sessions or lines makes many objects that are no garbage.
GC_THRESHOLDS = (10_000, 10, 10)


def settle_garbage_collector() -> None:
    """Before the first session: what the process has made so far stays, and is not looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
