"""A user writes down who he is, for everybody to read; whatever his other clients keep in the same vCard stays there."""

import base64

from onesoup.csp.codec.generated_elements import (
    GetPublicProfileRequest,
    GetPublicProfileResponse,
    IDList,
    Property,
    PublicProfile,
    UpdatePublicProfileRequest,
    VerifyIDRequest,
)
from tests.support.world import StoryPhone, World

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()


def profile(phone: StoryPhone, user: str) -> dict[str, str]:
    answer = phone.request(GetPublicProfileRequest(user_id=[user]))
    assert isinstance(answer, GetPublicProfileResponse)
    assert answer.result is not None
    assert answer.result.code == 200, answer
    (found,) = answer.public_profile
    assert found.user_id == user
    return {each.name or "": each.value or "" for each in found.property}


def change(phone: StoryPhone, clear: bool | None = None, **values: str) -> int | None:
    properties = [Property(name=name, value=value) for name, value in values.items()]
    written = PublicProfile(user_id=phone.address, property=properties) if values else None
    answer = phone.request(UpdatePublicProfileRequest(clear_public_profile=clear, public_profile=written))
    return answer.result.code  # type: ignore[attr-defined]


def test_a_profile_is_written_on_a_phone_and_read_by_everybody(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    desk = world.online(alice)
    desk.vcard(
        full="Alice Liddell",
        nickname="Al",
        title="Curiouser",
        birthday="1852-05-04",
        photo_type="image/png",
        photo=PICTURE,
        note="none yet",
    )
    mine = world.phone(alice, version="1.3").start()
    theirs = world.phone(bob, version="1.3").start()
    assert profile(theirs, alice.wv) == {"PP_FRIENDLY_NAME": "Al", "PP_FREE_TEXT": "none yet"}  # born too long ago to be true

    assert (
        change(mine, PP_FRIENDLY_NAME="Alice", PP_CITY="Oxford", PP_GENDER="F", PP_FREE_TEXT="down the hole", PP_AGE="7") == 200
    )
    expected = {"PP_FRIENDLY_NAME": "Alice", "PP_CITY": "Oxford", "PP_GENDER": "F", "PP_FREE_TEXT": "down the hole"}
    assert profile(theirs, alice.wv) == profile(mine, alice.wv) == expected
    kept = desk.own_vcard()
    assert all(each in kept for each in ("Alice Liddell", "Curiouser", "1852-05-04", PICTURE, "Oxford"))
    assert "none yet" not in kept

    assert change(mine, clear=True, PP_CITY="Daresbury") == 200
    assert profile(theirs, alice.wv) == {"PP_FRIENDLY_NAME": "Alice Liddell", "PP_CITY": "Daresbury"}
    assert "Curiouser" in (kept := desk.own_vcard())
    assert PICTURE in kept


def test_who_has_no_profile_shows_an_empty_one_and_nobody_writes_another_ones(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone = world.phone(alice, version="1.3").start()
    assert profile(phone, bob.wv) == {}
    assert profile(phone, f"wv:nobody-of-this-name@{alice.domain}") == {}
    foreign = UpdatePublicProfileRequest(public_profile=PublicProfile(bob.wv, [Property("PP_CITY", "Hull")]))
    assert phone.request(foreign).result.code == 403  # type: ignore[attr-defined]
    assert change(phone, PP_SHOE_SIZE="12") == 402
    far = phone.request(GetPublicProfileRequest(user_id=[alice.wv, "wv:x@no-such-domain.example"]))
    assert far.result.code == 201  # type: ignore[attr-defined]
    assert [each.code for each in far.result.detailed_result] == [516]  # type: ignore[attr-defined]


def test_ids_are_verified_as_far_as_xmpp_tells(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone = world.phone(alice, version="1.2").start()
    good = IDList(user_id=[bob.wv, "wv:somebody"], contact_list=[phone.default_list], domain=[alice.domain])
    assert phone.request(VerifyIDRequest(id_list=good)).result.code == 200  # type: ignore[attr-defined]
    mixed = IDList(user_id=[bob.wv, "sip:bob@example.org", "wv:x@no-such-domain.example"], domain=["no-such-domain.example"])
    result = phone.request(VerifyIDRequest(id_list=mixed)).result  # type: ignore[attr-defined]
    assert result.code == 201
    assert [(each.code, each.user_id or each.domain) for each in result.detailed_result] == [
        (531, ["sip:bob@example.org"]),
        (516, ["wv:x@no-such-domain.example"]),
        (404, ["no-such-domain.example"]),
    ]
