"""Each target with thousands of mutants, the same in every run."""

import random
import time

import pytest

from tests.fuzz.mutants import mutant
from tests.fuzz.targets import TARGETS, Target

# More than any case takes on a slow machine; what goes on for longer has no bound.
MOST_SECONDS = 10.0


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_whatever_is_done_to_good_input_nothing_breaks(target: Target) -> None:
    rng, seeds, good = random.Random(20010925), target.seeds(), 0
    assert seeds
    for _ in range(target.cases):
        data = mutant(rng, seeds, target.language)
        began = time.process_time()
        try:
            good += target.run(data)
        except Exception as error:
            pytest.fail(f"{target.name}: {type(error).__name__}: {error}\n{data[:2000]!r}")
        assert time.process_time() - began < MOST_SECONDS, data[:2000]
    assert good * 1000 >= target.good * target.cases, f"only {good} of {target.cases} mutants were taken"


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_seeds_themselves(target: Target) -> None:
    for data in target.seeds():
        target.run(data)
