/** How others see the one who holds the phone. */

import { AVAILABILITY, OWN } from "../availability.js";
import { EditScreen } from "./edit.js";
import { ListScreen } from "./list.js";

export class OwnStatusScreen extends ListScreen {
  constructor(phone) {
    super(phone);
    this.choose(phone.session.own.availability);
  }

  title() {
    return "My status";
  }

  rows() {
    const { own } = this.phone.session;
    const now = (value) => (value === own.availability ? "now" : "");
    const set = (value) => () => this._set({ availability: value, text: own.text });
    return [
      ...OWN.map((id) => ({ ...AVAILABILITY[id], id, label: AVAILABILITY[id].words, value: now(id), act: set(id) })),
      { id: "text", label: "Text", detail: own.text || "What others read about you", icon: "status", act: () => this._write() },
    ];
  }

  _write() {
    const screen = new EditScreen(this.phone, {
      title: "Status text",
      hint: "Such as: in the library",
      text: this.phone.session.own.text,
      done: "OK",
      sentences: true,
      limit: 60,
      accept: (text) => {
        this.phone.close(screen);
        this._set({ availability: this.phone.session.own.availability, text });
      },
    });
    this.phone.open(screen);
  }

  async _set(own) {
    await this.phone.during("Status", "Telling the server", async () => {
      await this.phone.session.client.setPresence(own);
      this.phone.session.own = own;
    });
  }
}
