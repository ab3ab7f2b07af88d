"""Whole conversations of phone families, played against the running stack in both encodings."""

from pathlib import Path

import pytest

from onesoup.phone.conversation import report, script
from onesoup.phone.conversation.script import Script
from onesoup.wire.document import Encoding
from tests.conversations.conftest import Play

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / "shared" / "protocol" / "scripts"
OWN = REPOSITORY / "scripts"


def plays(directory: Path) -> list[object]:
    """Each file in its own version and encoding, in the other encoding, in each further version, with each alternative."""
    found = []
    for path in sorted(directory.glob("*.yaml")):
        loaded = script.load(path)
        for version in loaded.versions:
            there = script.in_version(loaded, version)
            for encoding in Encoding:
                coded = script.in_encoding(there, encoding)
                found.append(pytest.param(coded, id=f"{path.stem}-{version}-{encoding}"))
                for name in coded.alternatives:
                    other = script.with_alternative(coded, name)
                    found.append(pytest.param(other, id=f"{path.stem}-{name}-{version}-{encoding}"))
    return found


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/protocol/scripts beside this repository")
@pytest.mark.parametrize("wanted", plays(SHARED) or [None])
def test_shared(play: Play, wanted: Script) -> None:
    outcome = play(wanted)
    assert outcome.passed, "\n" + report.whole(outcome)


@pytest.mark.parametrize("wanted", plays(OWN))
def test_own(play: Play, wanted: Script) -> None:
    outcome = play(wanted)
    for step in outcome.gaps:
        print(f"known gap, {outcome.script.name}, {step.name}: {step.gap}")
    assert outcome.passed, "\n" + report.whole(outcome)
