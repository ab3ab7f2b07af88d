"""Conversations that were recorded from phones, and such as were sent in: each holds against the running stack."""

import re
from pathlib import Path

import pytest

from onesoup.phone.conversation import report, script
from onesoup.phone.conversation.outcome import PlayOutcome
from onesoup.phone.conversation.script import ConversationScript
from tests.conversations.test_conversations import SCRIPTS

VARIABLES = {"${password}", "${wrong_password}", "${digest}", "${sid}"}
FILES = sorted((SCRIPTS / "captured").glob("*.yaml"))


@pytest.mark.parametrize("wanted", [pytest.param(script.load(path), id=path.stem) for path in FILES])
def test_captured(wanted: ConversationScript, outcome: PlayOutcome) -> None:
    """In its own version and encoding."""
    assert outcome.passed, "\n" + report.whole(outcome)
    assert not outcome.unchecked


def test_there_are_captures_of_five_families() -> None:
    assert len({script.load(path).data["client"] for path in FILES}) >= 5


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_in_it_looks_like_a_secret(path: Path) -> None:
    """Passwords, digests, sessions are variables; a long row of digits is somebody's number."""
    text = path.read_text(encoding="utf-8")
    for element in ("Password", "DigestBytes", "SessionID", "Nonce"):
        assert set(re.findall(rf"<{element}>([^<]*)</{element}>", text)) <= {
            "${password}",
            "${wrong_password}",
            "${digest}",
            "${sid}",
        }
    assert "X-MSISDN" not in text
