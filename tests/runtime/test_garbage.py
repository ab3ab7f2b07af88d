"""The garbage collector of a process leaves alone what was there before the first session, and nothing else."""

import gc
import weakref

import pytest

from onesoup.runtime.garbage import GC_THRESHOLDS, settle_garbage_collector


class Knot:
    """Knows itself, so counting references does not free it."""

    def __init__(self):
        self.me = self


@pytest.fixture
def settled():
    before = gc.get_threshold()
    settle_garbage_collector()
    yield before
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_there_is_by_now_is_left_alone(settled):
    assert gc.get_freeze_count() > 1000
    assert gc.get_threshold() == GC_THRESHOLDS


def test_what_comes_later_is_collected_without_being_asked(settled):
    seen = weakref.ref(Knot())
    for _ in range(GC_THRESHOLDS[0] + 10):
        Knot()
    assert seen() is None
