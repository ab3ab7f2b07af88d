"""Whole conversations of phone families, played against the running stack in each encoding that has words for them."""

from pathlib import Path

import pytest

from onesoup.phone.conversation import report, script
from onesoup.phone.conversation.outcome import PlayOutcome
from onesoup.phone.conversation.script import ConversationScript
from onesoup.wire.document import ANY_TREE, Encoding
from tests.conversations.conftest import Play

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = REPOSITORY / "scripts"


def ways(directory: Path) -> list[object]:
    """Each file in its own version and encoding, in the other encodings, in each further version, with each alternative."""
    found = []
    for path in sorted(directory.glob("*.yaml")):
        loaded = script.load(path)
        for version in loaded.versions:
            for encoding in loaded.encodings:
                coded = script.in_encoding(script.in_version(loaded, version), encoding)
                found.append(pytest.param(coded, id=f"{path.stem}-{version}-{encoding}"))
                for name in coded.alternatives:
                    other = script.with_alternative(coded, name)
                    found.append(pytest.param(other, id=f"{path.stem}-{name}-{version}-{encoding}"))
    return found


@pytest.mark.parametrize("wanted", ways(SCRIPTS))
def test_conversation(wanted: ConversationScript, outcome: PlayOutcome) -> None:
    for step in outcome.gaps:
        print(f"known gap, {wanted.name}, {step.name}: {step.gap}")
    for step in outcome.healed:
        print(f"no gap any more, {wanted.name}, {step.name}: {step.gap}")
    assert outcome.passed, "\n" + report.whole(outcome)


@pytest.mark.parametrize("encoding", ANY_TREE)
def test_s60_gives_its_password_when_the_server_has_none(play: Play, encoding: Encoding) -> None:
    """Without a stored secret the digest cannot be verified: the server asks for schema PWD."""
    wanted = script.with_alternative(script.load(SCRIPTS / "nokia-s60-startup.yaml"), "four_way_login")
    found = play(script.in_encoding(wanted, encoding), linked=False)
    assert found.passed, "\n" + report.whole(found)
    assert [step.name for step in found.steps if step.skipped] == ["login-2-md5"]
