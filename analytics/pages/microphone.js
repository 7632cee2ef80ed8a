// The microphone, as frames the server takes.

import { Problem } from "./problem.js";

const RATE = 16000;

export class Microphone {
  // Asks for permission. Throws a Problem in human words.
  static async open() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Problem(
        "This browser gives no microphone to this page.",
        "Open the page at http://localhost or over https: browsers allow a microphone only there.",
      );
    }
    // The page plays nothing that could echo, and a recogniser hears plain sound better than sound that a call's filters
    // have been over: with them on, the bundled recording came out with four wrong words in place of one.
    const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };
    try {
      return new Microphone(await navigator.mediaDevices.getUserMedia({ audio }));
    } catch (error) {
      throw explained(error);
    }
  }

  constructor(stream) {
    this.stream = stream;
    this.context = null;
    this.node = null;
    this.onended = () => {};
    stream.getAudioTracks()[0].onended = () => this.onended();
  }

  // From now on `onframe(samples, peak)` gets an ArrayBuffer of 250 ms; peak is 0 to 1.
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
      // Firefox takes a microphone only at the device's own rate; the worklet then resamples.
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

  // The last, shorter frame has been given out when this resolves.
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

function explained(error) {
  switch (error.name) {
    case "NotAllowedError":
      return new Problem(
        "The microphone was not allowed.",
        "Click the microphone or lock symbol in the address bar, allow it for this page, and start again.",
      );
    case "NotFoundError":
      return new Problem("No microphone was found.", "Plug one in, or choose one in the system's sound settings.");
    case "NotReadableError":
      return new Problem("The microphone cannot be used.", "Another program may hold it: close that one and try again.");
    default:
      return new Problem(`The microphone does not work (${error.name}).`, "Try another browser or another microphone.");
  }
}
