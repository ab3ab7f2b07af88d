"""Invitations into a room, both ways: taken, declined, withdrawn."""

from onesoup.csp.codec.generated_elements import (
    CancelInviteRequest,
    InviteRequest,
    InviteResponse,
    InviteUserRequest,
    InviteUserResponse,
    Recipient,
    User,
)
from tests.stories.test_groups import a_room
from tests.support.secrets import secret_text
from tests.support.world import StoryPhone, World


def invite(phone: StoryPhone, gid: str, *users: str, id: str = "inv-5", kind: str = "GR", note: str = "Join us") -> int | None:
    to = Recipient(user=[User(user_id=each) for each in users])
    answer = phone.request(InviteRequest(invite_id=id, invite_type=kind, recipient=to, group_id=gid, invite_note=note))
    return answer.result.code  # type: ignore[attr-defined]


def reply(phone: StoryPhone, asked: InviteUserRequest, yes: bool, note: str = "") -> int | None:
    answer = phone.request(InviteUserResponse(invite_id=asked.invite_id, acceptance=yes, response_note=note or None))
    return answer.result.code  # type: ignore[attr-defined]


def news(phone: StoryPhone, kind: type, **wanted: object) -> object:
    def found() -> object:
        all_of_it = [each for each in phone.news if isinstance(each, kind)]
        return next((each for each in all_of_it if all(getattr(each, name) == value for name, value in wanted.items())), None)

    return phone.until(found)


def test_phones_and_a_client_invite_each_other(world: World) -> None:
    alice, bob, carol, dave = world.cast("alice", "bob", "carol", "dave")
    jid, gid = a_room(world)
    daves = world.online(dave)
    alices, bobs = world.phone(alice, version="1.2").start(), world.phone(bob, version="1.3", profile="android").start()
    carols = world.phone(carol, version="1.1").start()
    alices.create_group(gid, "Soup", nick="Alice")
    assert invite(alices, gid, dave.wv, bob.wv, carol.wv) == 200
    asked = daves.wait("invite", room=jid)
    assert asked.reason == "Join us"

    asked = news(bobs, InviteUserRequest)
    assert asked.group_id == gid, "the guest knows the group by another name than its owner"
    assert (asked.invite_type, asked.sender.group.screen_name.s_name, asked.invite_note) == ("GR", "Alice", "Join us")
    bobs.join_group(asked.group_id, "Bob")  # Android joins first
    assert reply(bobs, asked, yes=True) == 200
    yes = news(alices, InviteResponse, acceptance=True)
    assert (yes.invite_id, yes.sender.user.user_id) == ("inv-5", bob.wv)

    asked = news(carols, InviteUserRequest)
    assert reply(carols, asked, yes=False, note="no time") == 200
    no = news(alices, InviteResponse, acceptance=False, response_note="no time")
    assert (no.invite_id, no.sender.user.user_id) == ("inv-5", carol.wv)
    assert reply(carols, asked, yes=True) == 423
    daves.decline(jid, alice.jid, "busy")
    assert news(alices, InviteResponse, response_note="busy").sender.user.user_id == dave.wv

    daves.join(jid, "Dave")
    daves.say(jid, line := secret_text())
    assert bobs.hears(line).nick == "Dave"


def test_a_group_that_does_not_let_its_guests_invite_says_so(either: World) -> None:
    world = either
    alice, bob, dave = world.cast("alice", "bob", "dave")
    jid, gid = a_room(world)
    daves = world.online(dave)
    daves.join(jid, "Dave")
    daves.affiliate(jid, alice.jid, "member")
    daves.configure(jid, membersonly="1")
    phone = world.phone(alice, version="1.2").start()
    phone.join_group(gid, "Alice")
    assert invite(phone, gid, bob.wv) == 200
    answer = news(phone, InviteResponse)
    assert (answer.invite_id, answer.acceptance, answer.sender.user.user_id) == ("inv-5", False, bob.wv)
    assert answer.response_note == "not delivered: the group does not let you invite"


def test_a_client_invites_a_phone_which_may_hear_of_it_only_at_its_next_log_in(world: World) -> None:
    alice, dave = world.cast("alice", "dave")
    jid, _ = a_room(world)
    daves = world.online(dave)
    daves.join(jid, "Dave")
    phone = world.phone(alice).start()
    daves.invite(jid, alice.jid, "come")
    daves.invite_directly(jid, alice.jid, "come")
    daves.send(alice.jid, after := secret_text())
    phone.hears(after)
    (asked,) = [each for each in phone.news if isinstance(each, InviteUserRequest)]
    assert reply(phone, asked, yes=False, note="not now") == 200
    assert daves.wait("decline", room=jid).reason == "not now"

    other, _ = a_room(world)
    daves.join(other, "Dave")
    daves.invite(other, alice.jid, "later")
    daves.send(alice.jid, later := secret_text())
    while phone.poll() is None:  # it is handed out, and never answered
        pass
    phone.logout()
    again = world.phone(alice).start()
    again.hears(later)
    asked = news(again, InviteUserRequest, invite_note="later")
    assert again.join_group(asked.group_id, "Alice") == ["Dave"]


def test_what_has_no_room_goes_as_what_xmpp_has(world: World) -> None:
    alice, dave = world.cast("alice", "dave", strangers=True)
    daves = world.online(dave)
    phone = world.phone(alice).start()
    assert invite(phone, "", dave.wv, kind="PR", id="p", note="show yourself") == 200
    assert daves.wait("presence", sender=alice.jid, type="subscribe").status == "show yourself"
    daves.subscription(alice.jid, "subscribed")
    assert news(phone, InviteResponse, invite_id="p").acceptance is True
    text = secret_text()
    assert invite(phone, "", dave.wv, kind="IM", note=text) == 200
    daves.message(body=text)
    assert invite(phone, "", dave.wv, kind="AP") == 501
    assert phone.request(CancelInviteRequest(invite_id="inv-5")).result.code == 200
    assert phone.request(CancelInviteRequest(invite_id="inv-5")).result.code == 423
