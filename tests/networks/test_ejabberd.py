"""ejabberd with bridges, set up by the lines of docs/networks.md themselves, with names, ports and passwords of the test."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import yaml

from onesoup.csp.codec.generated_elements import PresenceAuthRequest
from onesoup.demo.ejabberd import Ejabberd, find_ejabberd
from onesoup.demo.process import ProcessError, write_private
from onesoup.demo.servers import REPOSITORY
from onesoup.demo.stack import Stack
from onesoup.runtime.ports import free_port
from onesoup.wire.document import Encoding
from tests.networks.test_biboumi import CHANNEL, heard
from tests.networks.test_slidge import address, listed, meets, news, register
from tests.support import networks
from tests.support.secrets import secret_text

PAGE = REPOSITORY / "docs" / "networks.md"
SLIDGE, IRC = "superduper.localhost", "irc.localhost"
# Of older ones mod_privilege speaks a version of XEP-0356 that slidge does not: the page says to leave it out.
FIRST_WITH_PRIVILEGES = (24, 10)


@dataclass
class Bridged:
    stack: Stack
    irc: networks.Ngircd


def recipe(heading: str, name: str, number: int, port: int, bridge: str) -> dict:
    """What a section of the page adds to ejabberd.yml, with another port, name and password of the bridge."""
    section = PAGE.read_text(encoding="utf-8").partition(f"# {heading}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    lines = section.partition("```yaml\n")[2].partition("\n```")[0]
    for theirs, ours in ((name, bridge), ("a long random word", networks.SECRET), (str(number), str(port))):
        assert theirs in lines
        lines = lines.replace(theirs, ours)
    return yaml.safe_load(lines)


def _version() -> tuple[int, ...]:
    names = [each.name for each in find_ejabberd().glob("ejabberd-*")]
    return max(tuple(map(int, found.groups())) for name in names if (found := re.match(r"ejabberd-(\d+)\.(\d+)", name)))


def add_recipe(server: Ejabberd, page: dict) -> None:
    """As an operator does: lines below the keys that are there."""
    if _version() < FIRST_WITH_PRIVILEGES:
        page.get("modules", {}).pop("mod_privilege", None)
    path = server.dir / "ejabberd.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["listen"] += page.pop("listen")
    for key, lines in page.items():
        for name, value in lines.items():
            config[key][name] = config[key].get(name, {}) | value if isinstance(value, dict) else value
    write_private(path, yaml.safe_dump(config))


@pytest.fixture(scope="module")
def bridged(tmp_path_factory: pytest.TempPathFactory, made_stack: Callable[..., Stack]) -> Iterator[Bridged]:
    directory, ports = tmp_path_factory.mktemp("ejabberd-bridges"), (free_port(), free_port())
    try:
        networks.find_slidge()
        server = Ejabberd(directory / "ejabberd")
        bridges = [networks.Slidge(directory, SLIDGE, ports[0]), networks.Biboumi(directory, IRC, ports[1])]
        irc = networks.Ngircd(directory)
    except ProcessError as error:
        pytest.skip(str(error))
    add_recipe(server, recipe("slidge with ejabberd", "tg.example.org", 5347, ports[0], SLIDGE))
    add_recipe(server, recipe("IRC by biboumi", "irc.example.org", 5348, ports[1], IRC))
    with ExitStack() as running:
        for each in (irc, server):
            running.enter_context(each)
        stack = running.enter_context(made_stack(directory, prosody=server))
        for bridge in bridges:
            running.enter_context(bridge)
        yield Bridged(stack, irc)


def test_a_phone_registers_with_slidge_and_talks_with_the_other_network(bridged: Bridged, start_phone) -> None:
    phone = start_phone(bridged.stack, "bob", version="1.2", encoding=Encoding.WBXML)
    bot, baba = address(SLIDGE), f"wv:111@{SLIDGE}"
    register(phone, bot)
    news(phone, PresenceAuthRequest, lambda asked: asked.user_id == bot)
    phone.decide(bot, True)
    listed(phone, bot)
    assert phone.hears("Hey!").sender == baba
    meets(phone, baba)


def test_a_phone_in_an_irc_channel(bridged: Bridged, start_phone) -> None:
    phone = start_phone(bridged.stack, "alice", version="1.1", encoding=Encoding.XML)
    zoe, group = networks.IrcUser(bridged.irc, "zoe", CHANNEL), f"wv:/{CHANNEL}%25{bridged.irc.host}@{IRC}"
    assert zoe.nick in phone.join_group(group, "alice-r")
    zoe.says(line := secret_text("Grüße "))
    assert heard(phone, line).nick == zoe.nick
    phone.say(group, line := secret_text("ça va "))
    assert f" PRIVMSG {CHANNEL} :{line}" in zoe.until(line)
    zoe.close()
