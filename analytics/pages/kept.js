// What the server has not acknowledged: sound, and the messages between it.

const FRAME_SAMPLES = 4000;
const SAMPLE_BYTES = 2;

export class Kept {
  constructor() {
    this.frames = 0; // Acknowledged ones: all before them is gone.
    this.samples = 0; // All that came in.
    this.items = []; // { from, to, data }: samples; an answer begins at one and ends nowhere.
    this.at = 0; // Index of the next one to be sent.
  }

  audio(samples) {
    const from = this.samples;
    this.samples += samples.byteLength / SAMPLE_BYTES;
    this.items.push({ from, to: this.samples, data: samples });
  }

  answer(question) {
    this.items.push({ from: this.samples, to: Infinity, data: JSON.stringify({ type: "answer", question }) });
  }

  // Stands after all sound, the last frame too: so it goes out over every connection.
  end() {
    this.items.push({ from: Infinity, to: Infinity, data: JSON.stringify({ type: "end" }) });
  }

  drop(frames) {
    this.frames = frames;
    const before = this.items.length;
    this.items = this.items.filter((item) => item.to > frames * FRAME_SAMPLES && !this.isCovered(item));
    this.at = Math.max(0, this.at - (before - this.items.length));
  }

  // An acknowledgement covers every message sent before the sound it counts.
  isCovered({ from, to }) {
    return to === Infinity && from < this.frames * FRAME_SAMPLES;
  }

  // Begin again with what follows so many frames.
  rewind(frames) {
    this.drop(frames);
    this.at = 0;
  }

  get more() {
    return this.at < this.items.length;
  }

  next() {
    this.at += 1;
    return this.items[this.at - 1].data;
  }

  // Whether sound was sent that is not acknowledged.
  get waits() {
    return this.items.slice(0, this.at).some(({ to }) => to !== Infinity);
  }
}
