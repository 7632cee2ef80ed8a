// The microphone, as frames of audio in the protocol's format.

import { Problem } from "./problem.js";

const RATE = 16000;

export class Microphone {
  // Asks for permission. Throws a Problem.
  static async open() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Problem(
        "This browser does not let this page use the microphone.",
        "Open the page over https, or at http://localhost: browsers allow the microphone only there.",
      );
    }
    // The page plays nothing that could echo, and recognition is better without the filters made for calls: with them,
    // the bundled recording had four wrong words instead of one.
    const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };
    try {
      return new Microphone(await navigator.mediaDevices.getUserMedia({ audio }));
    } catch (error) {
      throw microphoneProblem(error);
    }
  }

  constructor(stream) {
    this.stream = stream;
    this.context = null;
    this.node = null;
    this.onended = () => {};
    stream.getAudioTracks()[0].onended = () => this.onended();
  }

  // From now on `onframe(samples, peak)` is called with an ArrayBuffer of 250 ms and its peak, 0 to 1.
  async start(onframe) {
    const source = await this.connect();
    this.node = new AudioWorkletNode(this.context, "framer", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    this.finished = new Promise((resolve) => {
      this.node.port.onmessage = ({ data }) => {
        if (data.samples.byteLength) onframe(data.samples, data.peak);
        if (data.last) resolve();
      };
    });
    source.connect(this.node);
  }

  async connect() {
    try {
      return await this.sourceAt(new AudioContext({ sampleRate: RATE }));
    } catch (error) {
      if (error.name !== "NotSupportedError") throw error;
      // Firefox opens a microphone only at the device's own rate; the worklet then resamples.
      return this.sourceAt(new AudioContext());
    }
  }

  async sourceAt(context) {
    try {
      await context.audioWorklet.addModule("worklet.js");
      const source = context.createMediaStreamSource(this.stream);
      await context.resume();
      this.context = context;
      return source;
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  // Resolves once `onframe` has been called with the last, shorter frame.
  async stop() {
    if (this.node) {
      this.node.port.postMessage("end");
      await this.finished;
      this.node.disconnect();
    }
    await this.close();
  }

  async close() {
    for (const track of this.stream.getTracks()) track.stop();
    if (this.context && this.context.state !== "closed") await this.context.close();
  }
}

function microphoneProblem(error) {
  switch (error.name) {
    case "NotAllowedError":
      return new Problem(
        "The microphone was not allowed.",
        "Click the microphone or lock symbol in the address bar, allow the microphone for this page, and start again.",
      );
    case "NotFoundError":
      return new Problem("No microphone was found.", "Plug one in, or select one in the system's sound settings.");
    case "NotReadableError":
      return new Problem("The microphone cannot be used.", "Another program may be using it: close that program and try again.");
    default:
      return new Problem(`The microphone does not work (${error.name}).`, "Try another browser or another microphone.");
  }
}
