/** Choosing a picture, looking at it, sending it. It is made to fit the handset first. */

import { drawing, DRAWINGS, shrunk } from "../images.js";
import { COLOURS, LINE_HEIGHT } from "../painter.js";
import { ListScreen } from "./list.js";
import { Screen } from "./screen.js";

export class PicturesScreen extends ListScreen {
  constructor(phone, peer) {
    super(phone);
    this._peer = peer;
  }

  title() {
    return "Pictures";
  }

  rows() {
    const own = Object.keys(DRAWINGS).map((name) => ({ id: name, label: name, icon: "picture", act: () => this._drawn(name) }));
    return [...own, { id: "file", label: "From this computer", icon: "add", act: () => this._pick() }];
  }

  async _drawn(name) {
    this._preview(await drawing(name, this.phone.handset.screen));
  }

  async _pick() {
    const file = await this.phone.pickFile();
    if (!file) return;
    await this.phone.during("Picture", "Making it fit", async () => {
      this._preview(await shrunk(file, this.phone.handset.screen));
    });
  }

  _preview(blob) {
    this.phone.open(new PreviewScreen(this.phone, blob, () => this._send(blob)));
  }

  async _send(blob) {
    this.phone.close(this);
    await this.phone.during("Picture", "Sending", () => this.phone.session.client.sendPicture(this._peer, blob));
  }
}

class PreviewScreen extends Screen {
  constructor(phone, blob, send) {
    super(phone);
    this._blob = blob;
    this._send = send;
  }

  title() {
    return "Picture";
  }

  softKeys() {
    return { left: { label: "Send", act: () => this._go() }, right: this.backKey() };
  }

  draw(painter, top, bottom) {
    const image = this.phone.images.of(this._blob);
    if (image) painter.picture(image, 4, top + 3, painter.width - 8, bottom - top - 8 - LINE_HEIGHT);
    painter.text(4, bottom - LINE_HEIGHT - 1, this._size(), COLOURS.quiet);
  }

  lines() {
    return [this._size()];
  }

  _size() {
    return `${this._blob.type.replace("image/", "").toUpperCase()}, ${Math.ceil(this._blob.size / 1024)} KB`;
  }

  _go() {
    this.phone.close(this);
    this._send();
  }
}
