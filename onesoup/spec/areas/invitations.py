"""Cases about invitations into a group."""

from onesoup.csp.codec.generated_elements import (
    CancelInviteRequest,
    InviteRequest,
    InviteResponse,
    InviteUserRequest,
    InviteUserResponse,
    Recipient,
    Status,
    User,
)
from onesoup.spec.areas.groups import own_group
from onesoup.spec.areas.marks import CLIENT_SEEN, FROM_MEMORY, TWO
from onesoup.spec.case import Area, expect
from onesoup.spec.scene import Scene, fresh_word

INVITING = "FundamentalFeat/InviteFunc"

area = Area("invitations", "Invitations", f"{INVITING}/INVIT")


def invited(scene: Scene) -> tuple[str, InviteUserRequest]:
    """Alice's InviteID, and the invitation that came to Bob."""
    address, number = own_group(scene), fresh_word("inv-")
    to = Recipient(user=[User(user_id=scene.bob.address)])
    request = InviteRequest(invite_id=number, invite_type="GR", recipient=to, group_id=address, invite_note=f"Come {number}")
    scene.alice.ask(request, Status)
    bob = scene.bob
    return number, bob.told(InviteUserRequest, lambda each: number in (each.invite_note or ""))


@area.case(
    "invite",
    "An invitation reaches its guest, with sender, group and note.",
    "flows.md 12",
    TWO,
    "An Android drops an invitation without a group; the guest never knows.",
)
def invite(scene: Scene) -> None:
    _, asked = invited(scene)
    expect(asked.invite_id and len(asked.invite_id) <= 100, f"InviteID {asked.invite_id!r}")
    expect(asked.invite_type == "GR", f"InviteType {asked.invite_type!r}")
    expect("/" in (asked.group_id or ""), f"GroupID {asked.group_id!r} without a name behind a slash")
    expect(asked.sender, "no Sender")


@area.case(
    "accept",
    "A guest who accepts gets 200, and the host is told.",
    "flows.md 12",
    TWO,
    "The host of a Nokia S60 never learns who comes.",
)
def accept(scene: Scene) -> None:
    answered(scene, True)


@area.case(
    "decline",
    "A guest who declines gets 200, and the host is told.",
    "flows.md 12",
    TWO,
    "The host of a Nokia S60 waits for somebody who will not come.",
)
def decline(scene: Scene) -> None:
    answered(scene, False)


def answered(scene: Scene, acceptance: bool) -> None:
    number, asked = invited(scene)
    bob = scene.bob
    if acceptance:
        scene.undo(lambda: bob.leave_group(asked.group_id or ""))
        bob.join_group(asked.group_id or "", "Bob")
    bob.answer_invitation(asked, acceptance)
    told = scene.alice.told(InviteResponse, lambda each: each.invite_id == number)
    expect(told.acceptance is acceptance, f"Acceptance {told.acceptance}")


@area.case(
    "answer.bare-user",
    "An answer with a bare User in the place of Sender is understood.",
    "flows.md 12",
    CLIENT_SEEN,
    "An Android answers so.",
)
def answer_bare_user(scene: Scene) -> None:
    _, asked = invited(scene)
    scene.bob.ask(InviteUserResponse(invite_id=asked.invite_id, acceptance=False), Status)


@area.case(
    "answer.unknown",
    "An answer to an unknown invitation is refused with 423, or taken; the session goes on.",
    "messages.md 12",
    FROM_MEMORY,
    "A phone whose owner answers late loses its session.",
)
def answer_unknown_invitation(scene: Scene) -> None:
    scene.bob.request(InviteUserResponse(invite_id="spec-no-such-id", acceptance=False))
    scene.bob.keep_alive()


@area.case(
    "cancel",
    "An invitation can be withdrawn; withdrawing it again is refused, or taken.",
    "flows.md 12",
    TWO,
    "A phone shows an error when its owner withdraws an invitation.",
    feature=f"{INVITING}/CAINV",
)
def cancel(scene: Scene) -> None:
    number, _ = invited(scene)
    request = CancelInviteRequest(invite_id=number, recipient=Recipient(user=[User(user_id=scene.bob.address)]))
    scene.alice.ask(request, Status)
    scene.alice.ask(request, Status, 200, 423)
