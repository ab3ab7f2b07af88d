/** Pictures: made small enough for a handset, drawn by ourselves for those who have none at hand, and decoded to be shown. */

/** @typedef {{width: number, height: number}} Size */

const QUALITY = 0.8;
// The largest file that is read at all; a photo of a camera has less.
const MOST_BYTES = 30_000_000;

/** @type {Record<string, (context: CanvasRenderingContext2D, size: number) => void>} */
export const DRAWINGS = { Sunset: sunset, Heart: heart, Smile: smile };

/** A picture of our own, as wide as the screen. @param {Size} screen @returns {Promise<Blob>} */
export function drawing(name, screen) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(screen.width, 128);
  DRAWINGS[name](canvas.getContext("2d"), canvas.width);
  return encoded(canvas, "image/png");
}

/** A file's picture as JPEG, not larger than the screen. Throws where the file is none. @returns {Promise<Blob>} */
export async function shrunk(file, screen) {
  const problem = new Error("The phone cannot read this file as a picture.");
  if (file.size > MOST_BYTES) throw problem;
  const image = await createImageBitmap(file).catch(() => {
    throw problem;
  });
  const scale = Math.min(1, screen.width / image.width, screen.height / image.height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  return encoded(canvas, "image/jpeg");
}

/** Decoded pictures, by their blobs. */
export class Images {
  /** @param {() => void} decoded is called when one more can be drawn */
  constructor(decoded) {
    this._decoded = decoded;
    /** @type {WeakMap<Blob, ImageBitmap | null | undefined>} */
    this._known = new WeakMap();
  }

  /** The picture to draw; undefined while it is decoded, null where it is none. @param {Blob} blob */
  of(blob) {
    if (!this._known.has(blob)) {
      this._known.set(blob, undefined);
      createImageBitmap(blob)
        .catch(() => null)
        .then((image) => {
          this._known.set(blob, image);
          this._decoded();
        });
    }
    return this._known.get(blob);
  }
}

/** @returns {Promise<Blob>} */
function encoded(canvas, type) {
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("The picture cannot be made."))), type, QUALITY);
  });
}

function sunset(context, size) {
  const sky = context.createLinearGradient(0, 0, 0, size * 0.65);
  for (const [at, colour] of [[0, "#27306b"], [0.6, "#c2506a"], [1, "#ffb45c"]]) sky.addColorStop(at, colour);
  context.fillStyle = sky;
  context.fillRect(0, 0, size, size);
  disc(context, size / 2, size * 0.6, size * 0.17, "#ffe9a8");
  context.fillStyle = "#17405c";
  context.fillRect(0, size * 0.65, size, size * 0.35);
  context.fillStyle = "#ffd58a";
  for (let row = 0; row < 6; row++) context.fillRect(size * (0.36 + row * 0.02), size * (0.68 + row * 0.05), size * (0.28 - row * 0.04), 2);
}

function heart(context, size) {
  context.fillStyle = "#fff0f2";
  context.fillRect(0, 0, size, size);
  const red = "#d3213f";
  disc(context, size * 0.35, size * 0.38, size * 0.2, red);
  disc(context, size * 0.65, size * 0.38, size * 0.2, red);
  context.beginPath();
  context.moveTo(size * 0.18, size * 0.47);
  context.lineTo(size * 0.82, size * 0.47);
  context.lineTo(size * 0.5, size * 0.86);
  context.fill();
}

function smile(context, size) {
  context.fillStyle = "#d8efff";
  context.fillRect(0, 0, size, size);
  disc(context, size / 2, size / 2, size * 0.38, "#ffd53d");
  disc(context, size * 0.37, size * 0.42, size * 0.05, "#3a2c00");
  disc(context, size * 0.63, size * 0.42, size * 0.05, "#3a2c00");
  context.strokeStyle = "#3a2c00";
  context.lineWidth = size * 0.04;
  context.beginPath();
  context.arc(size / 2, size * 0.52, size * 0.2, 0.15 * Math.PI, 0.85 * Math.PI);
  context.stroke();
}

function disc(context, x, y, radius, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
