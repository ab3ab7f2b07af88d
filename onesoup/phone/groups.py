"""Groups and invitations, as a phone uses them."""

from collections.abc import Iterable

from onesoup.csp.codec.generated_elements import (
    CreateGroupRequest,
    Group,
    GroupProperties,
    InviteRequest,
    InviteUserRequest,
    InviteUserResponse,
    Joined,
    JoinGroupRequest,
    JoinGroupResponse,
    LeaveGroupRequest,
    Left,
    Property,
    Recipient,
    ScreenName,
    User,
)
from onesoup.phone.addresses import user_key
from onesoup.phone.messages import MessageRequests


class GroupRequests(MessageRequests):
    """Joins, leaves and makes groups; talks there; invites."""

    groups: dict[str, str]

    def create_group(self, gid: str, name: str = "", nick: str = "", **properties: str) -> None:
        """Makes a group and joins it."""
        values = {"Name": name or gid, **properties}
        request = CreateGroupRequest(
            group_id=gid,
            group_properties=GroupProperties(property=[Property(name=each, value=values[each]) for each in values]),
            join_group=True,
            screen_name=self._screen_name(gid, nick),
            subscribe_notification=True,
        )
        self._require_success(self.request(request), "CreateGroup")
        self.groups[user_key(gid)] = gid

    def join_group(self, gid: str, nick: str = "") -> list[str]:
        """Joins a group. Returns the screen names of its members."""
        request = JoinGroupRequest(
            group_id=gid, screen_name=self._screen_name(gid, nick), joined_request=True, subscribe_notification=True
        )
        answer = self.request(request)
        if not isinstance(answer, JoinGroupResponse):
            raise self._unexpected_answer(answer, "JoinGroup")
        self.groups[user_key(gid)] = gid
        if self.version == "1.3" and not self.profile.flat_members:
            lists = answer.joined
        else:
            lists = Joined(user_list=answer.user_list, user_map_list=answer.user_map_list)
        return [nick for nick, _ in members_of(lists)]

    def leave_group(self, gid: str) -> None:
        answer = self.request(LeaveGroupRequest(group_id=gid))
        self.groups.pop(user_key(gid), None)
        self._require_success(answer, "LeaveGroup")

    def say(self, gid: str, text: str, nick: str = "") -> str:
        """Sends a message to a group, or to one member by screen name. Returns the MessageID."""
        name = ScreenName(s_name=nick, group_id=gid) if nick else None
        return self._send_text(
            self._to_recipient(Recipient(group=[Group(group_id=None if name else gid, screen_name=name)])), text
        )

    def invite(self, gid: str, users: Iterable[str], note: str = "") -> str:
        """Invites into a group. The InviteID."""
        invite_id = f"inv-{self._next_tid()}"
        to = Recipient(user=[User(user_id=each) for each in users])
        request = InviteRequest(invite_id=invite_id, invite_type="GR", recipient=to, group_id=gid, invite_note=note or None)
        self._require_success(self.request(request), "Invite")
        return invite_id

    def answer_invitation(self, asked: InviteUserRequest, acceptance: bool, note: str = "") -> None:
        request = InviteUserResponse(
            invite_id=asked.invite_id, acceptance=acceptance, sender=asked.sender, response_note=note or None
        )
        self._require_success(self.request(request), "InviteUser")

    def _screen_name(self, gid: str, nick: str) -> ScreenName | None:
        return ScreenName(s_name=nick, group_id=gid) if nick else None


def members_of(lists: Joined | Left | None) -> list[tuple[str, str]]:
    """(screen name, address) of the people in a list, in whichever form they stand there."""
    found: list[tuple[str, str]] = []
    if lists is None:
        return found
    if lists.user_list is not None:
        found += [(name.s_name or "", "") for name in lists.user_list.screen_name]
        found += [(user.user_id or "", user.user_id or "") for user in lists.user_list.user]
    mapped = lists.user_map_list if isinstance(lists, Joined) else None
    for each in mapped.user_mapping if mapped is not None else ():
        found += [(one.s_name or "", one.user_id or "") for one in each.mapping]
        if each.s_name is not None:
            found.append((each.s_name, each.user_id or ""))
    return found
