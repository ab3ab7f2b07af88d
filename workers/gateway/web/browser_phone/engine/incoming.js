// What a transaction of the server changes at the phone, and what the phone answers, by the name of the primitive.

import { membersOfGroup, messageOf, presencesOf, propertiesOf, resultOf } from "./answers.js";
import * as requests from "./requests.js";

/** @typedef {import("./client.js").ImpsClient} Client */
/** @typedef {import("../wire/codec.js").Element} Element */

/**
 * Takes a transaction in. Returns the answer, null where this handset gives none.
 * @param {Client} client
 * @param {Element} content
 * @returns {Element | null}
 */
export function takeIn(client, content) {
  const answer = (Object.hasOwn(TAKEN, content.name) ? TAKEN[content.name](client, content) : null) ?? requests.success();
  return client.handset.ignores.includes(content.name) ? null : answer;
}

/** @type {Record<string, (client: Client, content: Element) => Element | void>} */
const TAKEN = {
  NewMessage(client, content) {
    const received = messageOf(content);
    client.hear(received);
    return requests.delivered(received.messageId);
  },

  "PresenceNotification-Request"(client, content) {
    client.keepPresences(presencesOf(content));
  },

  "PresenceAuth-Request"(client, content) {
    client.askedBy(content.textOf("UserID"));
  },

  "DeliveryReport-Request"(client, content) {
    const code = resultOf(content)?.code ?? 200;
    client.reported(content.textOf("MessageInfo", "MessageID"), code);
  },

  "InviteUser-Request"(client, content) {
    if (content.textOf("InviteType") === "GR") {
      client.invitedBy({
        inviteId: content.textOf("InviteID"),
        groupId: content.textOf("GroupID"),
        userId: content.textOf("Sender", "User", "UserID") || content.textOf("Sender", "Group", "ScreenName", "SName"),
        note: content.textOf("InviteNote"),
        sender: content.find("Sender"),
      });
    }
  },

  "CancelInviteUser-Request"(client, content) {
    client.invitations.delete(content.textOf("InviteID"));
  },

  "Invite-Response"(client, content) {
    client.emit("invited", { inviteId: content.textOf("InviteID"), accepted: content.textOf("Acceptance") === "T" });
  },

  GroupChangeNotice(client, content) {
    client.groupChanged(content.textOf("GroupID"), {
      joined: membersOfGroup(content.find("Joined")),
      left: membersOfGroup(content.find("Left")),
      name: propertiesOf(content).get("name"),
    });
  },

  "LeaveGroup-Response"(client, content) {
    client.leftGroup(content.textOf("GroupID"), resultOf(content)?.code ?? 200);
  },
};
