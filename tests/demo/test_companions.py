"""Somebody alone tries the demo: the echo user answers, and the lobby can be found, joined and read."""

import time
from collections.abc import Iterator

import pytest

from onesoup.csp.codec.generated_elements import DeliveryReportRequest, SearchPairList, SearchRequest, SearchResponse
from onesoup.demo.servers import Prosody, find_newer_prosody
from onesoup.demo.stack import Stack
from onesoup.wire.document import Encoding
from tests.support.peer import WITHIN
from tests.support.secrets import secret_text
from tests.support.world import StoryPhone

# The phones that most people of the demo have.
PHONES = [("1.1", Encoding.XML), ("1.2", Encoding.WBXML)]
ECHO, LOBBY = "wv:echo@localhost", "wv:/lobby@localhost"


@pytest.fixture(scope="module")
def stack(made_stack, tmp_path_factory) -> Iterator[Stack]:
    with made_stack(
        tmp_path_factory.mktemp("companions"), companions=True, prosody_more={}, env={"ONESOUP_GROUP_HISTORY": "5"}
    ) as made:
        yield made


def phone_of(stack: Stack, user: str, version: str, encoding: Encoding) -> StoryPhone:
    phone = StoryPhone(stack.url, user, stack.passwords[user], version=version, encoding=encoding)
    return phone.start()


def report(phone: StoryPhone) -> DeliveryReportRequest:
    """The next delivery report; everything else is answered on the way."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        told = phone.poll()
        while told is not None:
            content, told = told.content, phone.answer(told)
            if isinstance(content, DeliveryReportRequest):
                return content
        time.sleep(0.05)  # the server may not hold this phone's polls
    raise AssertionError("no report")


@pytest.mark.parametrize(("version", "encoding"), PHONES)
def test_echo_is_a_contact_that_is_online_and_answers_with_the_same_words(stack, version, encoding):
    phone = phone_of(stack, "alice", version, encoding)
    assert ECHO in [f"{contact.user}@localhost" for contact in phone.list_contacts()]
    phone.subscribe([ECHO])
    phone.until(lambda: ECHO in phone.presences and phone.presences[ECHO].online)
    phone.send(ECHO, text := secret_text(), report=True)
    assert report(phone).result.code == 200
    assert phone.hears(text).sender == ECHO
    phone.logout()


def test_whoever_adds_echo_as_a_contact_sees_it_online(world):
    (newcomer,) = world.cast("newcomer", strangers=True)
    phone = world.phone(newcomer).start()
    phone.add_contact(ECHO, "Echo")
    phone.subscribe([ECHO])
    phone.until(lambda: ECHO in phone.presences and phone.presences[ECHO].online)


def test_echo_answers_texts_and_nothing_that_could_go_on_for_ever(world):
    (friend,) = world.cast("friend", strangers=True)
    client = world.online(friend)
    for kind in ("error", "headline", "groupchat"):
        client.raw(f"<message to='echo@localhost' type='{kind}'><body>{secret_text()}</body></message>")
    client.send("echo@localhost", text := secret_text())
    client.message(body=text)
    assert [each.body for each in client.all("message")] == [text]


@pytest.mark.parametrize(("version", "encoding"), PHONES)
def test_the_lobby_is_found_joined_and_has_a_sentence(stack, version, encoding):
    phone = phone_of(stack, "dave", version, encoding)
    found = phone.request(SearchRequest(search_pair_list=[SearchPairList("GROUP_NAME", "lobby")], search_limit=10))
    assert isinstance(found, SearchResponse)
    assert found.search_result.group_list.group_id == [LOBBY]
    phone.join_group(LOBBY, "Dave")
    welcome = phone.until(lambda: next((each for each in phone.inbox if each.text.startswith("Welcome!")), None))
    assert (welcome.sender, welcome.nick) == (LOBBY, "onesoup")
    phone.leave_group(LOBBY)
    phone.logout()


def test_the_sentence_is_said_once_however_often_the_server_starts(stack):
    stack.prosody.restart()
    stack.prosody.restart()
    phone = phone_of(stack, "dave", "1.2", Encoding.WBXML)
    phone.until_good(lambda: phone.join_group(LOBBY, "Dave"))
    phone.until(lambda: phone.inbox)
    phone.run_once()
    assert [each.text[:8] for each in phone.inbox] == ["Welcome!"]
    phone.logout()


def test_the_modules_load_in_the_newer_prosody(tmp_path):
    program = find_newer_prosody()
    if program is None:
        pytest.skip("Prosody 13 is not here")
    with Prosody(tmp_path, program=program, companions={"echo": "echo", "lobby": "lobby"}) as server:
        lobby = server.data / "conference%2elocalhost" / "config" / "lobby.dat"
        server.process.wait_until(lobby.exists)
        kept, log = lobby.read_text(), server.process.output()
    assert "error" not in log
    assert "Everybody is welcome here" in kept
