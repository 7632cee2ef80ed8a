// The audio that the server has not acknowledged, and the messages between it.

const FRAME_SAMPLES = 4000;
const SAMPLE_BYTES = 2;

export class ResendBuffer {
  constructor() {
    this.acknowledgedFrames = 0;
    this.totalSamples = 0;
    this.items = []; // { from, to, data } in samples; a message has a beginning, and its end is Infinity.
    this.nextIndex = 0; // Of the next item to be sent.
  }

  addAudio(samples) {
    const from = this.totalSamples;
    this.totalSamples += samples.byteLength / SAMPLE_BYTES;
    this.items.push({ from, to: this.totalSamples, data: samples });
  }

  addAnswer(question) {
    this.items.push({ from: this.totalSamples, to: Infinity, data: JSON.stringify({ type: "answer", question }) });
  }

  // Comes after all audio, the last frame included, so that it is sent over every connection.
  addEnd() {
    this.items.push({ from: Infinity, to: Infinity, data: JSON.stringify({ type: "end" }) });
  }

  acknowledge(frames) {
    this.acknowledgedFrames = frames;
    const before = this.items.length;
    this.items = this.items.filter((item) => item.to > frames * FRAME_SAMPLES && !this.isAcknowledged(item));
    this.nextIndex = Math.max(0, this.nextIndex - (before - this.items.length));
  }

  // An acknowledgement covers every message that was sent before the audio it counts.
  isAcknowledged({ from, to }) {
    return to === Infinity && from < this.acknowledgedFrames * FRAME_SAMPLES;
  }

  // Send again, from this frame on.
  rewind(frames) {
    this.acknowledge(frames);
    this.nextIndex = 0;
  }

  get hasNext() {
    return this.nextIndex < this.items.length;
  }

  next() {
    this.nextIndex += 1;
    return this.items[this.nextIndex - 1].data;
  }

  // Whether audio was sent that is not acknowledged yet.
  get isAwaitingAck() {
    return this.items.slice(0, this.nextIndex).some(({ to }) => to !== Infinity);
  }
}
