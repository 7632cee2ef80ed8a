// One session over the WebSocket protocol, version 1 (docs/protocol.md).

const DONE = 1000;

export class Stream {
  // `on` has a function per message type of the server, and `closed(code)`; those that are missing are skipped.
  constructor(url, token, start, on) {
    this.done = false;
    this.socket = new WebSocket(url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.send({ type: "auth", token });
    this.socket.onmessage = ({ data }) => {
      if (typeof data !== "string") return;
      const message = JSON.parse(data);
      if (message.type === "ready" && !this.started) {
        this.started = true;
        this.send({ type: "start", audio: { encoding: "pcm_s16le", sample_rate: 16000, channels: 1 }, ...start });
      }
      if (Object.hasOwn(on, message.type)) on[message.type](message);
    };
    this.socket.onclose = ({ code }) => {
      this.done = true;
      on.closed(code === DONE ? null : code);
    };
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  audio(samples) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(samples);
  }

  // Sound that the network has not taken yet, in bytes.
  get waiting() {
    return this.socket.bufferedAmount;
  }

  answer(question) {
    this.send({ type: "answer", question });
  }

  end() {
    this.send({ type: "end" });
  }

  close() {
    this.socket.close(DONE);
  }
}
