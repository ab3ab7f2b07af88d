"""Two operators, each with a whole onesoup and an XMPP server of its own (Prosody here, ejabberd there): their phones are
contacts, write to each other, sit in one group; and are told when the way between the servers is cut, and find it healed."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from onesoup.csp.codec.generated_elements import (
    BlockEntityRequest,
    BlockList,
    DeliveryReportRequest,
    InviteUserRequest,
    PresenceAuthRequest,
    RemoveList,
)
from onesoup.demo import accounts
from onesoup.demo.ejabberd import find_ejabberd
from onesoup.demo.process import ProcessError
from onesoup.demo.stack import Stack
from onesoup.demo.two_operators import TwoOperators
from onesoup.load.proxy import NO_FAULT, Fault, TcpProxy
from onesoup.wire.document import Encoding
from tests.conftest import TIMES
from tests.stories.test_blocking import block, blocked
from tests.stories.test_groups import told
from tests.stories.test_pictures import opened, picture
from tests.support.secrets import secret_text
from tests.support.world import Person, StoryPhone

# How soon a phone must know that the way is cut (seconds).
CUT_SECONDS = 15.0
UNREACHABLE = "the other server cannot be reached now"


@dataclass
class Federation:
    """The two operators, the ways between their servers, and the people, by name."""

    operators: TwoOperators
    ways: list[TcpProxy]
    people: dict[str, Person]

    def cut(self) -> None:
        for way in self.ways:
            way.fault = Fault(refuse=True)
            way.reset()

    def heal(self) -> None:
        for way in self.ways:
            way.fault = NO_FAULT

    def stack_of(self, person: Person) -> Stack:
        return next(each for each in self.operators.stacks if each.domain == person.domain)


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory, noted_stacks: Callable[[Stack], None]) -> Iterator[Federation]:
    try:
        find_ejabberd()
    except ProcessError as error:
        pytest.skip(str(error))
    with ExitStack() as open_ways:
        ways: list[TcpProxy] = []

        def link(port: int) -> int:
            ways.append(open_ways.enter_context(TcpProxy(("127.0.0.1", port))))
            return ways[-1].port

        operators = TwoOperators(tmp_path_factory.mktemp("federation"), env=TIMES, ejabberd=True, link=link)
        people = {}
        for stack in operators.stacks:
            noted_stacks(stack)
            for user in stack.passwords:
                people[user] = Person(user.title(), user, accounts.password(user), stack.domain)
        try:
            operators.up()
            yield Federation(operators, ways, people)
        finally:
            operators.down()


@pytest.fixture
def start(federation: Federation, start_phone: Callable[..., StoryPhone]) -> Callable[..., StoryPhone]:
    """A phone of one of the people, logged in: start("bob", version="1.2")."""
    return lambda name, **options: start_phone(federation.stack_of(federation.people[name]), name, **options)


OLD = {"version": "1.1", "encoding": Encoding.XML}
MIDDLE = {"version": "1.2", "encoding": Encoding.WBXML, "profile": "s60"}
NEW = {"version": "1.3", "encoding": Encoding.WBXML, "profile": "android"}


def news(phone: StoryPhone, kind: type, within: float = 60.0) -> object:
    return phone.until(lambda: next((each for each in phone.news if isinstance(each, kind)), None), within)


@pytest.mark.parametrize("there", [MIDDLE, NEW])
def test_presence_and_messages_with_reports_go_both_ways(federation: Federation, start, there) -> None:
    alice, bob = federation.people["alice"], federation.people["bob"]
    alices, bobs = start("alice", **OLD), start("bob", **there)
    alices.sees(bob, online=True)
    bobs.sees(alice, online=True)
    for sender, recipient, to in ((alices, bobs, bob), (bobs, alices, alice)):
        id = sender.send(to.wv, text := secret_text("Grüße ", " €"), report=True)
        assert recipient.hears(text).sender == (alice if to is bob else bob).wv
        report = news(sender, DeliveryReportRequest)
        assert (report.result.code, report.message_info.message_id) == (200, id)
        sender.news.clear()
    bobs.update_presence("DISCREET", busy := secret_text())
    assert alices.sees(bob, text=busy).availability == "DISCREET"
    bobs.logout()
    alices.sees(bob, online=False)


def test_a_message_waits_for_a_phone_that_is_off(federation: Federation, start) -> None:
    alice, bob = federation.people["alice"], federation.people["bob"]
    alices = start("alice", **OLD)
    sent = time.time()
    alices.send(bob.wv, text := secret_text())
    heard = start("bob", **NEW).hears(text)
    assert heard.sender == alice.wv
    assert heard.time >= time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(sent - 2))


def test_contacts_of_different_operators_ask_and_allow(federation: Federation, start) -> None:
    """In both directions, each asked by the other."""
    carol, dave = federation.people["carol"], federation.people["dave"]
    carols, daves = start("carol", **OLD), start("dave", **MIDDLE)
    for asker, asked, who, whom in ((carols, daves, carol, dave), (daves, carols, dave, carol)):
        asker.add_contact(whom.wv, whom.name)
        asker.subscribe(users=[whom.wv])
        question = news(asked, PresenceAuthRequest)
        assert question.user_id == who.wv
        asked.decide(who.wv, True)
        asker.sees(whom, online=True)
        asked.news.clear()


def test_members_of_both_operators_are_in_one_group(federation: Federation, start) -> None:
    alice, bob = federation.people["alice"], federation.people["bob"]
    alices, bobs = start("alice", **OLD), start("bob", **NEW)
    gid = f"wv:/soup@{alice.domain}"
    alices.create_group(gid, "Soup", nick="Alice")
    alices.invite(gid, [bob.wv], "Join us")
    asked = news(bobs, InviteUserRequest)
    assert asked.invite_note == "Join us"
    bobs.join_group(asked.group_id, "Bob")
    told(alices, "joined", "Bob")
    for sender, recipient, group, nick in ((alices, bobs, gid, "Alice"), (bobs, alices, asked.group_id, "Bob")):
        sender.say(group, line := secret_text())
        assert recipient.hears(line).nick == nick
    bobs.leave_group(asked.group_id)
    told(alices, "left", "Bob")


def test_a_picture_goes_over(federation: Federation, start) -> None:
    alice, bob = federation.people["alice"], federation.people["bob"]
    alices, bobs = start("alice", **OLD), start("bob", version="1.2", encoding=Encoding.WBXML)
    alices.send_file([bob.wv], "image/jpeg", picture())
    got = bobs.until(lambda: next((each for each in bobs.inbox if each.type.startswith("image/")), None))
    assert got.sender == alice.wv
    assert opened(got.data).size[0] > 0


def test_who_is_blocked_over_there_is_not_heard(federation: Federation, start) -> None:
    alice, bob = federation.people["alice"], federation.people["bob"]
    alices, bobs = start("alice", **OLD), start("bob", **MIDDLE)
    bobs.sees(alice, online=True)
    alices.sees(bob, online=True)
    block(bobs, alice.wv)
    alices.sees(bob, online=False)
    alices.send(bob.wv, unheard := secret_text())
    bounced = alices.until(lambda: next((each for each in alices.inbox if each.sender == bob.wv), None))
    assert bounced.text.startswith("not delivered:")
    assert unheard not in bobs.said()
    block_none(bobs)
    alices.sees(bob, online=True)


def block_none(phone: StoryPhone) -> None:
    phone.request(BlockEntityRequest(block_list=BlockList(remove_list=RemoveList(user_id=blocked(phone)))))


def test_a_cut_between_the_servers_is_told_and_heals(federation: Federation, start) -> None:
    """Who wrote what to whom is told as not delivered, and the contact is offline, within seconds. What was delivered before the
    cut stays delivered, and afterwards everything goes again, without a new log-in."""
    alice, bob = federation.people["alice"], federation.people["bob"]
    alices, bobs = start("alice", **OLD), start("bob", **MIDDLE)
    alices.sees(bob, online=True)
    bobs.sees(alice, online=True)
    alices.send(bob.wv, before := secret_text())
    bobs.hears(before)

    federation.cut()
    try:
        began = time.monotonic()
        alices.send(bob.wv, lost := secret_text())
        words = lost[:20]
        bounced = alices.until(lambda: next((each for each in alices.inbox if UNREACHABLE in each.text), None))
        told_after = time.monotonic() - began
        assert (bounced.sender, words in bounced.text) == (bob.wv, True)
        alices.sees(bob, online=False)
        offline_after = time.monotonic() - began
        print(f"cut: told after {told_after:.1f} s, offline after {offline_after:.1f} s")
    finally:
        federation.heal()
    # Each server tries again in its own time; a phone's user does so by writing.
    healed = time.monotonic()

    def arrives() -> bool:
        alices.send(bob.wv, text := secret_text())
        end = time.monotonic() + 3
        while time.monotonic() < end:
            bobs.run_once()
            if text in bobs.said():
                return True
        return False

    while not arrives():
        assert time.monotonic() < healed + 90, "the way is healed, and nothing arrives"
    alices.sees(bob, online=True, within=90)
    assert lost not in bobs.said(), "a message that was told as lost arrived after all"
    bobs.send(alice.wv, back := secret_text())
    alices.hears(back)
