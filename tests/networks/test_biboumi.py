"""IRC by biboumi: a phone sits in a channel of an IRC server beside somebody with an IRC client."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from onesoup.demo.process import ProcessError
from onesoup.demo.stack import Stack
from onesoup.phone.messages import ReceivedMessage
from onesoup.runtime.ports import free_port
from onesoup.wire.document import Encoding
from tests.stories.test_groups import told
from tests.support import networks
from tests.support.secrets import secret_text
from tests.support.world import StoryPhone

BRIDGE = "irc.localhost"
CHANNEL = "#soup"
KINDS = [
    ("alice", {"version": "1.1", "encoding": Encoding.XML}),
    ("bob", {"version": "1.2", "encoding": Encoding.WBXML, "profile": "s60"}),
    ("carol", {"version": "1.3", "encoding": Encoding.WBXML}),
]


@dataclass
class Bridged:
    stack: Stack
    irc: networks.Ngircd

    @property
    def group(self) -> str:
        """How a phone types #channel%server@bridge: the % as %25, since %12 would be a character of its own."""
        return f"wv:/{CHANNEL}%25{self.irc.host}@{BRIDGE}"


@pytest.fixture(scope="module")
def bridged(tmp_path_factory: pytest.TempPathFactory, made_stack: Callable[..., Stack]) -> Iterator[Bridged]:
    directory, port = tmp_path_factory.mktemp("irc"), free_port()
    try:
        irc, biboumi = networks.Ngircd(directory), networks.Biboumi(directory, BRIDGE, port)
    except ProcessError as error:
        pytest.skip(str(error))
    prosody = {"options": networks.component_port(port), "more_hosts": networks.component(BRIDGE)}
    with ExitStack() as running:
        running.enter_context(irc)
        stack = running.enter_context(made_stack(directory, prosody_more=prosody))
        running.enter_context(biboumi)
        yield Bridged(stack, irc)


@pytest.fixture
def irc_user(bridged: Bridged, request: pytest.FixtureRequest) -> Iterator[networks.IrcUser]:
    user = networks.IrcUser(bridged.irc, "zoe", CHANNEL)
    yield user
    user.close()


def heard(phone: StoryPhone, text: str) -> ReceivedMessage:
    """The message with this text in it."""
    return phone.until(lambda: next((each for each in phone.inbox if text in each.text), None), 60)  # type: ignore[return-value]


@pytest.mark.parametrize(("user", "kind"), KINDS)
def test_a_phone_in_an_irc_channel(bridged: Bridged, start_phone, irc_user: networks.IrcUser, user, kind) -> None:
    # IRC servers take short nicks only, this one nine letters.
    phone, nick = start_phone(bridged.stack, user, **kind), f"{user}-r"
    assert irc_user.nick in phone.join_group(bridged.group, nick)
    assert f":{nick}!" in irc_user.until(" JOIN ")

    irc_user.says(line := secret_text("Grüße "))
    got = heard(phone, line)
    assert (got.nick, got.private) == (irc_user.nick, False)
    phone.say(bridged.group, line := secret_text("ça va "))
    assert f" PRIVMSG {CHANNEL} :{line}" in irc_user.until(line)

    # To one alone, and back.
    phone.say(bridged.group, line := secret_text(), irc_user.nick)
    assert f" PRIVMSG {irc_user.nick} :{line}" in irc_user.until(line)
    irc_user.says(line := secret_text(), to=nick)
    answer = heard(phone, line)
    assert irc_user.nick in (answer.nick, answer.sender)

    # Who comes and goes.
    other = networks.IrcUser(bridged.irc, "yan", CHANNEL)
    told(phone, "joined", "yan")
    other.close()
    told(phone, "left", "yan")
    phone.leave_group(bridged.group)
    assert f":{nick}!" in irc_user.until(" PART ")
