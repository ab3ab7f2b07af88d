"""A user looks for people and rooms: contacts, whoever the domain's directory knows, and what vCards tell."""

import pytest

from onesoup.csp.codec.generated_elements import (
    GroupProperties,
    Property,
    SearchPairList,
    SearchRequest,
    SearchResponse,
    SetGroupPropsRequest,
    StopSearchRequest,
)
from tests.support.world import StoryPhone, World


def look(phone: StoryPhone, limit: int | None = None, **criteria: str) -> SearchResponse:
    pairs = [SearchPairList(element, text) for element, text in criteria.items()]
    answer = phone.request(SearchRequest(search_pair_list=pairs, search_limit=limit))
    assert isinstance(answer, SearchResponse)
    return answer


def users(answer: SearchResponse) -> list[str]:
    result = answer.search_result
    return [each.user_id or "" for each in result.user_list.user] if result and result.user_list else []


def groups(answer: SearchResponse) -> list[str]:
    result = answer.search_result
    return list(result.group_list.group_id) if result and result.group_list else []


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_a_stranger_is_found_by_the_directory_of_the_domain(world: World, version: str) -> None:
    (alice,), (stranger,) = world.cast("alice"), world.cast("stranger")
    phone = world.phone(alice, version=version).start()
    answer = look(phone, USER_ID=stranger.user[2:])
    assert users(answer) == [stranger.wv]
    assert answer.completion_flag
    assert users(look(phone, USER_ID=stranger.user, USER_LAST_NAME="Nobody Has This")) == []


def test_several_criteria_are_met_together_by_name_city_and_mail(either: World) -> None:
    """ejabberd's directory finds whole values only, unless its tables are in SQL, which its form says."""
    world = either
    (alice,), people = world.cast("alice"), world.cast("ann", "ben", "cleo", strangers=True)
    family = f"Okonkwo{people[0].user}"
    for person, given, city in zip(people, ("Ann", "Ben", "Cleo"), ("Lagos", "Abuja", "Lagos"), strict=True):
        peer = world.online(person)
        peer.vcard(given=given, family=family, nickname=f"{given}chen", locality=city, email=f"{given}@mail.example")
    phone = world.phone(alice, version="1.3").start()
    everybody = users(look(phone, USER_LAST_NAME=family))
    assert sorted(everybody) == sorted(person.wv for person in people)
    ann, ben, cleo = (person.wv for person in people)
    assert users(look(phone, USER_LAST_NAME=family, USER_FIRST_NAME="ann")) == [ann]
    assert sorted(users(look(phone, USER_LAST_NAME=family, USER_CITY="lagos"))) == sorted([ann, cleo])
    assert users(look(phone, USER_LAST_NAME=family, USER_EMAIL_ADDRESS="ben@mail.example")) == [ben]
    assert users(look(phone, USER_LAST_NAME=family, USER_ALIAS="cleochen", USER_GENDER="F")) == [cleo]
    assert users(look(phone, USER_GENDER="F")) == []


def test_hits_come_page_by_page_until_the_search_is_stopped(world: World) -> None:
    (alice,), people = world.cast("alice"), world.cast("paging", "paginga", "pagingb", "pagingc", "pagingd", strangers=True)
    phone = world.phone(alice, version="1.2").start()
    answer = look(phone, limit=2, USER_ID="paging")
    seen = users(answer)
    assert answer.search_findings == 5
    while not answer.completion_flag:
        assert answer.search_index == len(seen)
        again = SearchRequest(search_id=answer.search_id, search_index=len(seen) + 1, search_limit=2)
        more = phone.request(again)
        assert isinstance(more, SearchResponse)
        answer = more
        assert len(users(answer)) <= 2
        seen += users(answer)
    assert sorted(seen) == sorted(person.wv for person in people)
    phone.request(StopSearchRequest(search_id=answer.search_id))
    over = phone.request(SearchRequest(search_id=answer.search_id, search_index=1))
    assert over.result.code == 424  # type: ignore[attr-defined]


def test_a_contact_is_found_by_what_only_its_vcard_tells(world: World) -> None:
    alice, bob, _ = world.cast("alice", "bob", "carol")
    world.online(bob).vcard(tel="+49 170 55 66 77", country="Benin")
    phone = world.phone(alice).start()
    # What has not come in time is left out, and a busy server takes longer.
    phone.until(lambda: users(look(phone, USER_MOBILE_NUMBER="170 5566")) == [bob.wv])
    assert users(look(phone, USER_MOBILE_NUMBER="0170 5566")) == []
    phone.until(lambda: users(look(phone, USER_COUNTRY="benin")) == [bob.wv])
    assert users(look(phone, USER_ONLINE_STATUS="T")) == [bob.wv] or phone.sees(bob, online=True)
    assert users(look(phone, USER_ONLINE_STATUS="T")) == [bob.wv]


def test_rooms_are_found_by_name_and_topic(either: World) -> None:
    world = either
    (alice,), (host,) = world.cast("alice"), world.cast("host")
    service = f"conference.{alice.domain}"
    desk = world.online(host)
    for name, topic in (("tea", "Hats and owls"), ("chess", "Openings")):
        room = f"{name}-{host.user}@{service}"
        desk.raw(f"<presence to='{room}/host'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        fields = {"FORM_TYPE": "http://jabber.org/protocol/muc#roomconfig", "muc#roomconfig_roomdesc": topic}
        inside = "".join(f"<field var='{var}'><value>{value}</value></field>" for var, value in fields.items())
        form = f"<x xmlns='jabber:x:data' type='submit'>{inside}</x>"
        assert desk.iq("set", f"<query xmlns='http://jabber.org/protocol/muc#owner'>{form}</query>", to=room).type == "result"
    phone = world.phone(alice, version="1.2").start()
    tea, chess = (f"wv:/{name}-{host.user}@{alice.domain}" for name in ("tea", "chess"))
    phone.until(lambda: groups(look(phone, GROUP_NAME=host.user)) == sorted([tea, chess]))
    phone.until(lambda: groups(look(phone, GROUP_ID=f"tea-{host.user}")) == [tea])
    phone.until(lambda: groups(look(phone, GROUP_ID=host.user, GROUP_TOPIC="openings")) == [chess])


def test_a_group_is_found_by_the_topic_that_its_owner_has_given_it(either: World) -> None:
    """Prosody tells a room's topic to those who are in it only."""
    world = either
    alice, bob = world.cast("alice", "bob")
    owner, phone = world.phone(alice, version="1.2").start(), world.phone(bob, version="1.1").start()
    gids = {name: f"wv:/{name}-{alice.user}@{alice.domain}" for name in ("owls", "hats", "secret")}
    for name, gid in gids.items():
        access = "Restricted" if name == "secret" else "Open"
        owner.create_group(gid, name, nick="Alice", Topic=f"All about {name} of {alice.user}", AutoDelete="F", AccessType=access)
    topics = [f"about {name} of {alice.user}" for name in gids]
    phone.until(lambda: groups(look(phone, GROUP_TOPIC=topics[0])) == [gids["owls"]])
    topic = GroupProperties(property=[Property(name="Topic", value=f"Night birds of {alice.user}")])
    assert owner.request(SetGroupPropsRequest(group_id=gids["owls"], group_properties=topic)).result.code == 200
    phone.until(lambda: groups(look(phone, GROUP_TOPIC=f"night birds of {alice.user}")) == [gids["owls"]])
    assert groups(look(phone, GROUP_TOPIC=topics[0])) == []
    assert groups(look(phone, GROUP_TOPIC=topics[1])) == [gids["hats"]]
    # Who is in it may find it; that others do not is the server's affair where it tells the topic itself.
    owner.until(lambda: groups(look(owner, GROUP_TOPIC=topics[2])) == [gids["secret"]])
    if world.stack.prosody.__class__.__name__ == "Prosody":
        assert groups(look(phone, GROUP_TOPIC=topics[2])) == []


def test_own_groups_at_log_in_are_none_and_no_error(world: World) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, version="1.1").start()
    answer = look(phone, limit=50, GROUP_USER_ID_OWNER=alice.wv)
    assert (answer.search_findings, answer.completion_flag, answer.search_result) == (0, True, None)
    assert answer.search_id is not None
