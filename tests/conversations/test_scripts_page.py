"""What scripts/README.md and docs/captures.md tell people to type against `make run` passes there, as often as it is typed."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from onesoup.demo.stack import Stack
from onesoup.phone.play import play as command

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("scripts/README.md", "docs/captures.md")
# What stands in the pages for parts of the running demo.
URL, XMPP, CA = "http://127.0.0.1:8080/", "127.0.0.1:5222", ".run/prosody/certs/ca.crt"


def _typed() -> list[tuple[str, ...]]:
    """The commands against a running server, with every file that the page names for them."""
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8").replace("\\\n", " ")
        plays = [
            shlex.split(line, comments=True) for line in re.findall(r"^    (onesoup phone play .*--url.*)", text, re.MULTILINE)
        ]
        assert plays, page
        found += [tuple(words[3:]) for words in plays]
    others = re.search(r"So do ([^.]*)\.", (ROOT / "scripts/README.md").read_text(encoding="utf-8"))
    assert others is not None
    found += [(f"scripts/{name}.yaml", *found[0][1:]) for name in re.findall(r"`([\w.-]+)`", others[1])]
    return found


@pytest.fixture(scope="module")
def demo(made_stack: Callable[..., Stack], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """As `make run` starts it: its people, with Echo and the lobby."""
    with made_stack(tmp_path_factory.mktemp("demo"), companions=True, prosody_more={}) as made:
        yield made


@pytest.mark.parametrize("words", _typed(), ids=lambda words: words[0])
def test_a_command_of_the_page_passes_against_the_demo(
    demo: Stack, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    here = {URL: demo.url, XMPP: f"127.0.0.1:{demo.xmpp_port}", CA: str(demo.ca_file)}
    typed = [here.get(word, word) for word in words]
    assert demo.url in typed
    for _ in range(2):
        found = CliRunner().invoke(command, typed)
        assert found.exit_code == 0, found.output
