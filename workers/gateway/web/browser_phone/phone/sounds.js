/** A click for each key, and a tone for what arrives; off until they are switched on. Made by the browser, from no file. */

const NOTES = [988, 1319, 1568]; // B5, E6, G6, in Hz

export class Sounds {
  constructor(on = false) {
    this.on = on;
    this._context = null;
  }

  click() {
    if (this.on) this._beep(1800, 0, 0.012, 0.04);
  }

  message() {
    if (this.on) NOTES.forEach((pitch, number) => this._beep(pitch, number * 0.13, 0.12, 0.08));
  }

  error() {
    if (this.on) this._beep(220, 0, 0.25, 0.08);
  }

  _beep(pitch, after, seconds, loudness) {
    this._context ??= new AudioContext();
    const context = this._context;
    const begin = context.currentTime + after;
    const [oscillator, gain] = [context.createOscillator(), context.createGain()];
    oscillator.type = "square";
    oscillator.frequency.value = pitch;
    gain.gain.setValueAtTime(loudness, begin);
    gain.gain.setTargetAtTime(0, begin + seconds * 0.7, 0.01);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(begin);
    oscillator.stop(begin + seconds + 0.05);
  }
}
