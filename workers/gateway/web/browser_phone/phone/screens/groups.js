/** The groups that one is in, joining one by its name, making one. */

import { openConversation } from "./chat.js";
import { EditScreen } from "./edit.js";
import { ListScreen } from "./list.js";

const LOBBY = "lobby";

export class GroupsScreen extends ListScreen {
  title() {
    return "Groups";
  }

  rows() {
    const { phone } = this;
    const { session } = phone;
    const joined = [...session.client.groups.keys()].map((groupId) => ({
      id: groupId,
      label: session.nameOf(groupId),
      value: session.unreadOf(groupId) ? `${session.unreadOf(groupId)} new` : "",
      detail: memberCount(session.client.groups.get(groupId)),
      icon: "group",
      act: () => openConversation(phone, groupId),
    }));
    return [
      ...joined,
      { id: "join", label: "Join a group", detail: `Try ${LOBBY}`, icon: "add", act: () => this._join() },
      { id: "create", label: "Make a group", icon: "add", act: () => this._create() },
    ];
  }

  _join() {
    const { phone } = this;
    const inLobby = phone.session.client.groups.has(phone.session.groupId(LOBBY));
    const screen = new EditScreen(phone, {
      title: "Join a group",
      text: inLobby ? "" : LOBBY,
      hint: "The name of the group",
      done: "Join",
      limit: 100,
      accept: (text) => {
        const groupId = phone.session.groupId(text);
        const join = () => phone.session.client.joinGroup(groupId, phone.session.screenName);
        return this._goIn(screen, "Joining", join, groupId);
      },
    });
    phone.open(screen);
  }

  _create() {
    const { phone } = this;
    const screen = new EditScreen(phone, {
      title: "Make a group",
      hint: "What it is called",
      done: "Make",
      limit: 50,
      accept: (text) => this._goIn(screen, "Making it", () => phone.session.client.createGroup(text.trim())),
    });
    phone.open(screen);
  }

  async _goIn(screen, words, act, groupId) {
    const { phone } = this;
    await phone.during("Group", words, async () => {
      const made = await act();
      phone.close(screen);
      openConversation(phone, groupId ?? made);
    });
  }
}

function memberCount(group) {
  const count = [...(group?.members ?? [])].length;
  return count ? `${count} ${count === 1 ? "member" : "members"}` : "";
}
