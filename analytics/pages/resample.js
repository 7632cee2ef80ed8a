// Resamples audio to a lower rate, with a low-pass filter (sinc, Hann window) that is evaluated only at the output samples.
// The method is that of J. O. Smith, "Digital Audio Resampling".

const ZERO_CROSSINGS = 16;
const STEPS = 512; // Table entries per zero crossing.
const PASSBAND = 0.92; // Share of the output's band; the rest is the filter's transition band.

export class Resampler {
  constructor(fromRate, toRate) {
    this.step = fromRate / toRate;
    const cutoff = Math.min(1, 1 / this.step) * PASSBAND;
    this.reach = Math.ceil(ZERO_CROSSINGS / cutoff);
    this.cutoff = cutoff;
    this.table = new Float32Array(ZERO_CROSSINGS * STEPS + 2);
    for (let i = 0; i < this.table.length; i += 1) {
      const x = i / STEPS;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      this.table[i] = x >= ZERO_CROSSINGS ? 0 : sinc * 0.5 * (1 + Math.cos((Math.PI * x) / ZERO_CROSSINGS));
    }
    // Preceded by silence, so that the first output sample is at the first input sample.
    this.held = new Float32Array(this.reach);
    this.next = this.reach;
  }

  // Takes a Float32Array, and gives the output samples for which there is enough input.
  push(input) {
    const all = new Float32Array(this.held.length + input.length);
    all.set(this.held);
    all.set(input, this.held.length);
    const output = [];
    while (this.next + this.reach < all.length) {
      output.push(this.sample(all, this.next));
      this.next += this.step;
    }
    const used = Math.max(0, Math.floor(this.next) - this.reach);
    this.held = all.slice(used);
    this.next -= used;
    return Float32Array.from(output);
  }

  sample(all, at) {
    let sum = 0;
    const last = Math.floor(at) + this.reach;
    for (let i = Math.ceil(at) - this.reach; i <= last; i += 1) {
      const x = Math.abs(i - at) * this.cutoff * STEPS;
      const whole = Math.floor(x);
      if (whole + 1 < this.table.length) {
        sum += all[i] * (this.table[whole] + (x - whole) * (this.table[whole + 1] - this.table[whole]));
      }
    }
    return sum * this.cutoff;
  }
}
