/** Contacts in their lists, and how they are; adding, removing and looking at one. */

import { availabilityOf } from "../availability.js";
import { Question, TextScreen } from "./dialogs.js";
import { EditScreen } from "./edit.js";
import { ListScreen } from "./list.js";
import { openConversation } from "./chat.js";

const ORDER = ["AVAILABLE", "DISCREET", "NOT_AVAILABLE"];

export class ContactsScreen extends ListScreen {
  title() {
    return "Contacts";
  }

  empty() {
    return "No contacts yet. Options: add one.";
  }

  verb() {
    return "Chat";
  }

  rows() {
    const { session } = this.phone;
    const contacts = [...session.client.contacts.values()];
    const lists = [...new Set(contacts.map((contact) => contact.list ?? ""))];
    return lists.flatMap((list) => {
      const heading = { id: `list ${list}`, label: listName(list), heading: true };
      const rows = contacts.filter((contact) => (contact.list ?? "") === list).sort(compare(session));
      return [...(lists.length > 1 ? [heading] : []), ...rows.map((contact) => this._row(contact))];
    });
  }

  leftKey() {
    return { label: "Options", act: () => this.phone.open(new ContactOptions(this.phone, this.chosen()?.id)) };
  }

  key(name) {
    const chosen = this.chosen();
    if (name !== "call" || !chosen) return super.key(name);
    chosen.act();
    return true;
  }

  _row(contact) {
    const { session } = this.phone;
    const unread = session.unreadOf(contact.userId);
    const { icon, words, colour } = availabilityOf(contact.availability);
    return {
      id: contact.userId,
      label: session.nameOf(contact.userId),
      value: unread ? `${unread} new` : "",
      detail: contact.statusText || words,
      meaning: words,
      icon: unread ? "envelope" : icon,
      colour,
      act: () => openConversation(this.phone, contact.userId),
    };
  }
}

class ContactOptions extends ListScreen {
  constructor(phone, userId) {
    super(phone);
    this._userId = userId;
  }

  title() {
    return "Options";
  }

  rows() {
    const { phone, _userId: userId } = this;
    const one = [
      { id: "chat", label: "Chat", act: () => openConversation(phone, userId) },
      { id: "details", label: "Details", act: () => phone.open(details(phone, userId)) },
    ];
    const remove = { id: "remove", label: "Remove", act: () => phone.open(this._sure()) };
    const all = [
      { id: "write", label: "Write to...", act: () => this._writeTo() },
      { id: "add", label: "Add contact", act: () => this._add() },
    ];
    return userId ? [...one, ...all, remove] : all;
  }

  _add() {
    const screen = new EditScreen(this.phone, {
      title: "Add contact",
      hint: "A name of this server, or an address",
      done: "Add",
      limit: 100,
      accept: (text) =>
        this.phone.during("Add contact", "Asking the server", async () => {
          await this.phone.session.client.addContact(this.phone.session.userId(text), text.trim().split("@")[0]);
          this.phone.close(screen);
          this.phone.close(this);
        }),
    });
    this.phone.open(screen);
  }

  _writeTo() {
    const screen = new EditScreen(this.phone, {
      title: "Write to",
      hint: "A name of this server, or an address",
      done: "Next",
      limit: 100,
      accept: (text) => {
        this.phone.close(screen);
        this.phone.close(this);
        openConversation(this.phone, this.phone.session.userId(text));
      },
    });
    this.phone.open(screen);
  }

  _sure() {
    const name = this.phone.session.nameOf(this._userId);
    return new Question(this.phone, {
      title: "Remove",
      text: `Remove ${name} from your contacts?`,
      yes: "Yes",
      no: "No",
      answer: (yes) => yes && this._remove(),
    });
  }

  async _remove() {
    this.phone.close(this);
    await this.phone.during("Remove", "Telling the server", () => this.phone.session.client.removeContact(this._userId));
  }
}

function details(phone, userId) {
  const contact = phone.session.client.contacts.get(userId) ?? {};
  const { words } = availabilityOf(contact.availability);
  const status = contact.statusText ? `\n"${contact.statusText}"` : "";
  const text = `${userId}\n\n${words}${status}${contact.list ? `\n\nList: ${listName(contact.list)}` : ""}`;
  return new TextScreen(phone, { title: phone.session.nameOf(userId), text });
}

/** The name in a list's address: wv:alice/friends@example.org is "friends". */
function listName(address) {
  return address.split("/")[1]?.split("@")[0] || address || "Contacts";
}

function compare(session) {
  const key = ({ availability }) => (ORDER.includes(availability) ? ORDER.indexOf(availability) : ORDER.length);
  return (one, other) => key(one) - key(other) || session.nameOf(one.userId).localeCompare(session.nameOf(other.userId));
}
