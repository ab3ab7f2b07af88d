/** What can be done in a group that one is in: seeing who is there, inviting, leaving. */

import { Question } from "./dialogs.js";
import { ListScreen } from "./list.js";

export class MembersScreen extends ListScreen {
  constructor(phone, groupId) {
    super(phone);
    this._groupId = groupId;
  }

  title() {
    return "Members";
  }

  empty() {
    return "Nobody is here";
  }

  rows() {
    const members = this.phone.session.client.groups.get(this._groupId)?.members ?? [];
    return [...members].map((name) => ({ id: name, label: name, icon: "person" }));
  }
}

/** Asks which contact to invite, and invites. */
export function inviteTo(phone, groupId) {
  phone.open(new InviteScreen(phone, groupId));
}

class InviteScreen extends ListScreen {
  constructor(phone, groupId) {
    super(phone);
    this._groupId = groupId;
  }

  title() {
    return "Invite";
  }

  verb() {
    return "Invite";
  }

  empty() {
    return "No contacts to invite";
  }

  rows() {
    const { session } = this.phone;
    return [...session.client.contacts.keys()].map((userId) => ({
      id: userId,
      label: session.nameOf(userId),
      icon: "person",
      act: () => this._invite(userId),
    }));
  }

  _invite(userId) {
    this.phone.close(this);
    return this.phone.during("Invite", "Inviting", () => this.phone.session.client.inviteToGroup(this._groupId, userId));
  }
}

/** Leaves the group, once the user is sure. */
export function leave(phone, groupId) {
  const name = phone.session.nameOf(groupId);
  const answer = (yes) => yes && goOut(phone, groupId);
  phone.open(new Question(phone, { title: "Leave group", text: `Leave ${name}?`, yes: "Yes", no: "No", answer }));
}

async function goOut(phone, groupId) {
  await phone.during("Leave group", "Leaving", () => phone.session.client.leaveGroup(groupId));
  for (const screen of phone.screens) if (screen.peer === groupId) phone.close(screen);
}
