"""slidge, which bridges to other networks, with its own pretended one: a phone that has nothing but its chat client registers
there by chat, and has contacts, messages, pictures and groups of the other network."""

import calendar
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from time import strptime, time

import pytest

from onesoup.csp.codec.generated_elements import InviteUserRequest, PresenceAuthRequest
from onesoup.demo.process import ProcessError
from onesoup.demo.stack import Stack
from onesoup.phone.messages import ReceivedMessage
from onesoup.runtime.ports import free_port
from onesoup.wire.document import Encoding
from tests.stories.test_pictures import opened
from tests.support import networks
from tests.support.secrets import secret_text
from tests.support.world import StoryPhone

# A transport that needs nothing but Prosody, and one that may manage rosters; its name is too long for a Nokia.
PLAIN, PRIVILEGED = "superduper.localhost", "slidge-of-a-name-for-no-nokia.localhost"
NOKIA_LIMIT = 50
OLD = {"version": "1.1", "encoding": Encoding.XML}
NEW = {"version": "1.3", "encoding": Encoding.WBXML}
# What slidge asks by "register", by a word of the question. To everything else (preferences) the user says yes.
ANSWERS = {"User name": "slidger", "Password": "any-word", "Code": "666"}
WELCOME = "Success, welcome!"


@dataclass
class Bridged:
    stack: Stack
    # Whether Prosody has what a privileged transport needs.
    privileged: bool


@pytest.fixture(scope="module")
def bridged(tmp_path_factory: pytest.TempPathFactory, made_stack: Callable[..., Stack]) -> Iterator[Bridged]:
    try:
        networks.find_slidge()
    except ProcessError as error:
        pytest.skip(str(error))
    directory, port, privileged = tmp_path_factory.mktemp("slidge"), free_port(), networks.PRIVILEGE.exists()
    names = [PLAIN, PRIVILEGED] if privileged else [PLAIN]
    prosody = {
        "options": networks.component_port(port) + ("\n" + networks.privileges([PRIVILEGED]) if privileged else ""),
        "more_hosts": "".join(networks.component(each, each == PRIVILEGED) for each in names),
        "modules": ["privilege"] if privileged else [],
    }
    with ExitStack() as running:
        stack = running.enter_context(made_stack(directory, prosody_more=prosody, env={"ONESOUP_GROUP_HISTORY": "4"}))
        slidges = [networks.Slidge(directory, each, port) for each in names]
        for slidge in slidges:
            slidge.process.start()
        for slidge in slidges:
            running.enter_context(slidge)
        yield Bridged(stack, privileged)


def address(domain: str) -> str:
    return f"wv:{domain}@{domain}"


def talk(phone: StoryPhone, bot: str, words: str, *parts: str) -> ReceivedMessage:
    """Writes to a bot, and returns what it says next that has one of these parts in it."""
    before = len(phone.inbox)
    phone.send(bot, words)

    def answered() -> ReceivedMessage | None:
        new = [each for each in phone.inbox[before:] if each.sender == bot]
        return next((each for each in new if any(part in each.text for part in parts)), None)

    return phone.until(answered, 60)  # type: ignore[return-value]


def register(phone: StoryPhone, bot: str) -> None:
    """Answers what the bot asks."""
    asked = talk(phone, bot, "register", "abort")
    while WELCOME not in asked.text:
        words = next((answer for word, answer in ANSWERS.items() if asked.text.startswith(word)), "yes")
        asked = talk(phone, bot, words, "abort", WELCOME)


def news(phone: StoryPhone, kind: type, wanted: Callable[[object], bool]) -> object:
    return phone.until(lambda: next((each for each in phone.news if isinstance(each, kind) and wanted(each)), None), 60)


def seconds(when: str | None) -> int:
    """The Unix time of a DateTime in UTC."""
    return calendar.timegm(strptime(when or "", "%Y%m%dT%H%M%SZ"))


def listed(phone: StoryPhone, user: str) -> str:
    """The list in which a contact is."""

    def there() -> str:
        phone.get_lists()
        phone.load_lists()
        return phone.contacts[user].list if user in phone.contacts else ""

    return phone.until(there, 60)


def meets(phone: StoryPhone, baba: str) -> None:
    """Adds somebody of slidge's pretended network as a contact; texts go both ways, and a picture comes."""
    phone.add_contact(baba, "Baba")
    phone.subscribe(users=[baba])
    assert talk(phone, baba, secret_text(), "A reply").sender == baba
    phone.send(baba, "picture")
    got = phone.until(lambda: next((each for each in phone.inbox if each.type.startswith("image/")), None), 60)
    assert got.sender == baba
    assert opened(got.data).size[0] > 0


@pytest.mark.parametrize(("user", "kind"), [("alice", OLD), ("bob", NEW)])
def test_a_phone_registers_by_chat_and_talks_with_the_other_network(bridged: Bridged, start_phone, user, kind) -> None:
    phone = start_phone(bridged.stack, user, **kind)
    bot, baba, group = address(PLAIN), f"wv:111@{PLAIN}", f"wv:/aaa@{PLAIN}"
    register(phone, bot)
    news(phone, PresenceAuthRequest, lambda asked: asked.user_id == bot)
    # A user takes longer to answer than the bridge needs to fetch its groups.
    news(phone, InviteUserRequest, lambda asked: asked.group_id == f"wv:/bbb@{PLAIN}")
    phone.decide(bot, True)
    listed(phone, bot)
    assert phone.hears("Hey!").sender == baba

    # Who is there, and how to reach them.
    assert f"xmpp:111@{PLAIN}" in talk(phone, bot, "contacts", "Baba").text
    meets(phone, baba)

    # A group into which the transport has invited, with what was said there before, at its times.
    news(phone, InviteUserRequest, lambda asked: asked.group_id == group)
    began = time()
    members = phone.join_group(group, user.title())
    assert {"Baba", "Bibi"} <= set(members)
    joker = next(each for each in members if "joker" in each)
    for number in range(4):
        line = phone.hears(f"History message #{number}", 60)
        assert (line.sender, line.nick) == (group, joker)
        assert abs(seconds(line.time) - (began - 3600 * number)) < 1800
    phone.say(group, secret_text())
    assert phone.hears("A reply", 60)
    corrected = phone.hears("* A reply (correction)", 60)
    assert (corrected.sender, corrected.nick) == (group, joker)
    # Who speaks there becomes a contact, in a list named after the transport.
    assert listed(phone, f"wv:0@{PLAIN}").startswith(f"wv:{user}/superduper")


def test_a_privileged_transport_fills_the_contacts_of_a_nokia(bridged: Bridged, start_phone) -> None:
    """It cannot type the address of the bot, nor take it: it writes to @domain, and is shown a short one."""
    if not bridged.privileged:
        pytest.skip("no mod_privilege; `tools/setup networks` as root installs prosody-modules")
    phone = start_phone(bridged.stack, "carol", version="1.2", encoding=Encoding.WBXML, profile="s60")
    phone.send(f"wv:@{PRIVILEGED}", "help")
    bot = phone.until(lambda: next((each for each in phone.inbox if "register" in each.text), None), 60).sender
    assert len(bot) <= NOKIA_LIMIT
    register(phone, bot)
    talk(phone, bot, "sync-contacts", "Are you sure")
    assert "2 added" in talk(phone, bot, "yes", "added").text
    baba = f"wv:111@{PRIVILEGED}"
    assert listed(phone, baba).startswith("wv:carol/")
    assert (phone.contacts[baba].name, phone.contacts[baba].list != phone.default_list) == ("Baba", True)
    phone.until(lambda: baba in phone.presences and phone.presences[baba].online, 60)
    assert talk(phone, baba, secret_text(), "A reply").sender == baba
