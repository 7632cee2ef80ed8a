// In the browser's audio thread: turns microphone samples into frames of 250 ms, 16 kHz, signed 16 bit.

import { Resampler } from "./resample.js";

const RATE = 16000;
const FRAME = RATE / 4;

class Framer extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = sampleRate === RATE ? null : new Resampler(sampleRate, RATE);
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.peak = 0;
    this.ended = false;
    // The page ends the recording: the rest, shorter than a frame, is sent, and then nothing more.
    this.port.onmessage = () => {
      this.send(true);
      this.ended = true;
    };
  }

  process(inputs) {
    const channel = inputs[0][0];
    if (channel && !this.ended) {
      for (const sample of this.resampler ? this.resampler.push(channel) : channel) this.add(sample);
    }
    return !this.ended;
  }

  add(sample) {
    const limited = Math.max(-1, Math.min(1, sample));
    this.peak = Math.max(this.peak, Math.abs(limited));
    this.frame[this.filled] = Math.round(limited * 32767);
    this.filled += 1;
    if (this.filled === FRAME) this.send(false);
  }

  send(last) {
    const samples = this.frame.slice(0, this.filled).buffer;
    this.port.postMessage({ samples, peak: this.peak, last }, [samples]);
    this.filled = 0;
    this.peak = 0;
  }
}

registerProcessor("framer", Framer);
