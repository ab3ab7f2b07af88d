/** Before the log-in: who logs in, with which handset. */

import { EditScreen } from "./edit.js";
import { ListScreen } from "./list.js";
import { TextScreen } from "./dialogs.js";

const HELP = `This phone talks to the server as phones of 2005 did.

Choose somebody and press OK to log in.
Arrows: move. OK or Enter: the middle key.
F1, F2: the keys below the screen's words.
Backspace: C. Esc: back.
In a text, keys 2-9 write letters: press 2 twice for b. # changes abc, Abc, 123. * shows signs, 1 has . , ?`;

export class StartScreen extends ListScreen {
  title() {
    return "Log in as";
  }

  rows() {
    const { accounts } = this.phone;
    const known = accounts.map(({ user, password }) => ({
      id: `account ${user}`,
      label: user,
      icon: "person",
      act: () => this.phone.logIn(user, password),
    }));
    const other = { id: "other", label: accounts.length ? "Somebody else" : "Log in", icon: "key", act: () => this._other() };
    return [...known, other, ...this._settings()];
  }

  verb() {
    return this.chosen()?.id.startsWith("account ") ? "Log in" : "Select";
  }

  softKeys() {
    const { left } = super.softKeys();
    return { left, right: { label: "Help", act: () => this._help() } };
  }

  /** No screen lies below this one: the keys that lead back elsewhere do nothing here, and do not open the help. */
  key(name) {
    return super.key(name) || name === "escape" || name === "clear";
  }

  _settings() {
    const { handset } = this.phone;
    const pick = () => this.phone.open(new HandsetScreen(this.phone, () => this.choose(this.rows()[0].id)));
    return [{ id: "handset", label: "Handset", value: spoken(handset), detail: handset.title, icon: "handset", act: pick }];
  }

  _other() {
    this.phone.open(new LogInScreen(this.phone));
  }

  _help() {
    this.phone.open(new TextScreen(this.phone, { title: "Help", text: HELP }));
  }
}

/** User and password, each on a row that opens to be written. */
export class LogInScreen extends ListScreen {
  constructor(phone) {
    super(phone);
    this._user = "";
    this._password = "";
  }

  title() {
    return "Log in";
  }

  rows() {
    const stars = "*".repeat(this._password.length);
    return [
      { id: "user", label: "User", value: this._user, icon: "person", act: () => this._edit("user") },
      { id: "password", label: "Password", value: stars, icon: "key", act: () => this._edit("password") },
      { id: "go", label: "Log in", icon: "handset", act: () => this._go() },
    ];
  }

  verb() {
    return this.chosen()?.id === "go" ? "Log in" : "Change";
  }

  _edit(name) {
    const secret = name === "password";
    const screen = new EditScreen(this.phone, {
      title: secret ? "Password" : "User",
      hint: secret ? "" : `A name, such as alice, or a whole address at ${this.phone.domain}`,
      text: secret ? "" : this._user,
      done: "OK",
      secret,
      limit: 100,
      accept: (text) => this._take(name, text, screen),
    });
    this.phone.open(screen);
  }

  _take(name, text, screen) {
    if (name === "password") this._password = text;
    else this._user = text.trim();
    this.choose(name === "password" ? "go" : "password");
    this.phone.close(screen);
  }

  _go() {
    if (!this._user || !this._password) this._edit(this._user ? "password" : "user");
    else this.phone.logIn(this._user, this._password);
  }
}

/** The handsets of the table: what each speaks, how large its screen is. */
class HandsetScreen extends ListScreen {
  /** @param {() => void} picked when one is chosen */
  constructor(phone, picked) {
    super(phone);
    this._picked = picked;
    this.choose(phone.handset.name);
  }

  title() {
    return "Handset";
  }

  rows() {
    return this.phone.handsets.map((handset) => ({
      id: handset.name,
      label: handset.title,
      detail: `${spoken(handset)} ${handset.screen.width}x${handset.screen.height}`,
      icon: "handset",
      act: () => this._pick(handset),
    }));
  }

  _pick(handset) {
    this.phone.close(this);
    this.phone.handset = handset;
    this._picked();
  }
}

/** The language of a handset: version and encoding of CSP. */
function spoken({ version, encoding }) {
  return `${version} ${encoding.toUpperCase()}`;
}
