"""Scripts can rely on the exit status of every command: a wrong name ends in a line and 1, a Redis that is away in 3, and nothing
in a traceback."""

import os
from pathlib import Path

import click
import pytest
import redis
from click.testing import CliRunner, Result

from onesoup.commands.exit_codes import ALL_WELL, FAILED, NO_REDIS, NOT_BEGUN
from onesoup.commands.main import main
from onesoup.commands.tree import FoundCommand, walk_commands
from onesoup.demo.servers import RedisServer
from onesoup.store.account.keyring import KeyRing

NOWHERE = "redis://127.0.0.1:1/0"
NOBODY = "nobody@nowhere.example"
# Words that a command needs before it looks at Redis, in the place of WHO for each argument.
WORDS: dict[str, list[str]] = {
    "onesoup accounts add": [NOBODY, "--stdin", "--unchecked"],
    "onesoup accounts rotate": ["--wait", "0"],
    "onesoup block address": ["--reason", "noise", "192.0.2.7"],
    "onesoup block domain": ["--reason", "noise", "nowhere.example"],
    "onesoup whois": ["u-3f9c0a1b2c3d"],
}
# Those that become a process, speak with a server of their own, or work without Redis. tests/stories plays them.
APART = {
    *("onesoup web", "onesoup holder", "onesoup cir", "onesoup all", "onesoup cir send", "onesoup ota show", "onesoup ota send"),
    *(
        "onesoup phone",
        "onesoup phone play",
        "onesoup spec",
        "onesoup load",
        "onesoup demo",
        "onesoup demo two",
        "onesoup demo link",
        "onesoup demo passwords",
    ),
    *("onesoup wire decode", "onesoup wire encode", "onesoup coverage", "onesoup config show", "onesoup config check"),
    *("onesoup accounts new", "onesoup init"),
}
# What they find wrong is their result: also that Redis is away.
CHECKS = {"onesoup doctor", "onesoup redis check"}
# They wait for what comes next, for as long as they are asked to.
WAITING = {"onesoup trace", "onesoup record"}
LEAVES = [each for each in walk_commands(main) if not each.is_group and each.name not in APART]


def name_of(found: FoundCommand) -> str:
    return found.name


@pytest.fixture
def env(redis_server: RedisServer, tmp_path: Path) -> dict[str, str]:
    KeyRing.create(tmp_path / "keys")
    values = {"REDIS_URL": redis_server.url, "KEYS_FILE": str(tmp_path / "keys"), "DATA": str(tmp_path)}
    return {"ONESOUP_DOMAIN": "nowhere.example"} | {f"ONESOUP_{name}": value for name, value in values.items()}


def words(found: FoundCommand, who: str) -> list[str]:
    """The command with WHO for each argument and each option that must be there."""
    if found.name in WORDS:
        return [*found.words, *(who if word == NOBODY else word for word in WORDS[found.name])]
    options = [word for each in found.options if each.required for word in (each.opts[-1], _value(each, who))]
    arguments = [who for each in found.command.params if isinstance(each, click.Argument)]
    return [*found.words, *options, *arguments]


def _value(option: click.Option, who: str) -> str:
    return str(option.type.choices[0]) if isinstance(option.type, click.Choice) else who


def run(env: dict[str, str], *called: str) -> Result:
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    return CliRunner().invoke(main, called, env=clean | env, input="xmpp-word\nphone-word\n", prog_name="onesoup")


def sound(done: Result) -> Result:
    """It has ended by itself, whatever its status."""
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert "Traceback" not in done.output
    return done


@pytest.mark.parametrize("found", LEAVES, ids=name_of)
def test_a_redis_that_is_away_has_a_status_of_its_own(found: FoundCommand, env: dict[str, str], tmp_path: Path) -> None:
    called = words(found, NOBODY)
    done = sound(run(env | {"ONESOUP_REDIS_URL": NOWHERE}, *called))
    if found.name in CHECKS:
        assert done.exit_code == FAILED, done.output
        return
    assert done.exit_code == NO_REDIS, (
        f"`{' '.join(called)}` without Redis ends with {done.exit_code}: use open_store() of onesoup.commands.common, or "
        f"tell this test in APART that the command needs no Redis, or in WORDS which words it needs\n{done.output}"
    )
    assert "Redis" in done.output


NAMES = (NOBODY, "@", "a b", "\N{SNOWMAN}")
# A command that waits would wait for a log-in of a user who may come.
NAMED = [
    pytest.param(found, who, id=f"{found.name}-{who}")
    for found in LEAVES
    if found.name not in CHECKS
    for who in (("@",) if found.name in WAITING else NAMES)
]


@pytest.mark.parametrize(("found", "who"), NAMED)
def test_a_name_that_is_none_is_no_traceback(
    found: FoundCommand, who: str, env: dict[str, str], client: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty Redis: nothing that anybody could name is there."""
    monkeypatch.chdir(tmp_path)
    done = sound(run(env, *words(found, who)))
    assert done.exit_code in (ALL_WELL, FAILED, NOT_BEGUN), f"`{found.name}` ends with {done.exit_code}\n{done.output}"
    assert done.output.strip(), "it says what it did, or why not"


@pytest.mark.parametrize(
    "called",
    [
        ("kick", NOBODY),
        ("accounts", "remove", NOBODY),
        ("guard", "clear", "nowhere.example"),
        ("servers", "show", "nowhere.example"),
        ("servers", "forget", "nowhere.example"),
        ("announce", "Hello.", "--user", NOBODY),
    ],
    ids=" ".join,
)
def test_what_was_named_and_is_not_there_is_a_failure(called: tuple[str, ...], env: dict[str, str], client: redis.Redis) -> None:
    done = sound(run(env, *called))
    assert done.exit_code == FAILED, done.output
    assert len(done.output.splitlines()) == 1


@pytest.mark.parametrize("called", [("sessions",), ("audit",), ("accounts", "list"), ("guard", "show")], ids=" ".join)
def test_an_empty_list_is_no_failure(called: tuple[str, ...], env: dict[str, str], client: redis.Redis) -> None:
    assert sound(run(env, *called)).exit_code == ALL_WELL
    assert sound(run(env, *called, "--json")).exit_code == ALL_WELL
