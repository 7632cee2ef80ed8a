// One session over the WebSocket protocol, version 1 (docs/protocol.md), over as many connections as it takes: audio that
// the server has not acknowledged is buffered, and sent again over the next connection.

import { ResendBuffer } from "./resend_buffer.js";

const NORMAL_CLOSE = 1000;
// After these close codes the session can be resumed over another connection; after others it is over.
const RESUMABLE_CODES = [1001, 1006, 1011, 1012, 1013];
// The delays before consecutive attempts. Together they outlast a server's default grace period of 30 s.
const RETRY_DELAYS_MS = [200, 500, 1000, 2000, 4000, 8000, 8000, 8000];
// A network that fails sends no close. The server acknowledges every second.
const SERVER_TIMEOUT_MS = 20000;
// Buffered audio is sent at once up to 20 s of it, and then at six times real time, since servers limit the rate.
const BURST_FRAMES = 80;
const FRAMES_PER_MS = 0.024;
const FORMAT = { encoding: "pcm_s16le", sample_rate: 16000, channels: 1 };

export class Stream {
  // `handlers` has a function per type of server message, all optional; and `lost(reason)`: the connection was lost and
  // is being reopened; `resumed()`; `closed(code)`: closed for good, with null if all went well.
  constructor(url, token, start, handlers) {
    Object.assign(this, { url, token, start, handlers });
    this.buffer = new ResendBuffer();
    this.resumeToken = null;
    this.lastFinal = 0;
    this.attempts = 0;
    this.isOver = false;
    this.connect();
  }

  connect() {
    this.isStarted = false;
    this.error = null;
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ type: "auth", token: this.token }));
    socket.onmessage = ({ data }) => {
      this.restartTimeout();
      if (typeof data === "string") this.receive(JSON.parse(data));
    };
    socket.onclose = ({ code }) => this.handleClose(code);
    this.socket = socket;
    this.restartTimeout();
  }

  receive(message) {
    switch (message.type) {
      case "ready":
        if (!this.isStarted) this.socket.send(JSON.stringify(this.startMessage()));
        break;
      case "started":
        return this.handleStarted(message);
      case "ack":
        this.buffer.acknowledge(message.frames);
        this.attempts = 0;
        break;
      case "final":
        this.lastFinal = message.number;
        this.attempts = 0;
        break;
      case "summary":
        this.isOver = true;
        break;
      case "error":
        if (message.code === "session_ended") return; // It ended during the disconnection; the summary follows.
        if (message.fatal) {
          this.error = message; // The connection is about to be closed, which decides whether to reconnect.
          return;
        }
    }
    if (Object.hasOwn(this.handlers, message.type)) this.handlers[message.type](message);
  }

  startMessage() {
    if (!this.resumeToken) return { type: "start", audio: FORMAT, ...this.start };
    const position = { from_frame: this.buffer.acknowledgedFrames, have_final: this.lastFinal };
    return { type: "start", audio: FORMAT, resume: this.resumeToken, ...position };
  }

  handleStarted(message) {
    const isFirst = !this.resumeToken;
    this.resumeToken = message.resume_token;
    this.isStarted = true;
    this.startedAt = performance.now();
    this.sentFrames = 0;
    this.buffer.rewind(message.next_frame);
    this.flush();
    if (isFirst) this.handlers.started?.(message);
    else this.handlers.resumed?.();
  }

  flush() {
    clearTimeout(this.flushTimer);
    const allowed = BURST_FRAMES + (performance.now() - this.startedAt) * FRAMES_PER_MS;
    while (this.isStarted && !this.isOver && this.buffer.hasNext) {
      if (this.sentFrames >= allowed) {
        this.flushTimer = setTimeout(() => this.flush(), 50);
        return;
      }
      this.socket.send(this.buffer.next());
      this.sentFrames += 1;
    }
  }

  handleClose(code) {
    clearTimeout(this.timeout);
    clearTimeout(this.flushTimer);
    this.socket.onclose = this.socket.onmessage = this.socket.onopen = null;
    this.isStarted = false;
    const retryMs = this.error?.retry_after_ms ?? null;
    const isRetryable = RESUMABLE_CODES.includes(code) && (this.resumeToken || retryMs !== null);
    if (isRetryable && this.attempts < RETRY_DELAYS_MS.length) {
      // With jitter: when many clients lose their connections at once, they should not all reconnect at once.
      const delayMs = Math.max(RETRY_DELAYS_MS[this.attempts], retryMs ?? 0) * (0.8 + 0.4 * Math.random());
      this.attempts += 1;
      this.handlers.lost?.(this.error?.message);
      setTimeout(() => this.connect(), delayMs);
      return;
    }
    if (this.error) this.handlers.error?.(this.error);
    this.handlers.closed(code === NORMAL_CLOSE ? null : code);
  }

  restartTimeout() {
    clearTimeout(this.timeout);
    this.timeout = setTimeout(() => this.handleTimeout(), SERVER_TIMEOUT_MS);
  }

  handleTimeout() {
    if (this.isStarted && !this.buffer.isAwaitingAck) {
      this.restartTimeout(); // The server owes nothing.
      return;
    }
    const { socket } = this;
    this.handleClose(1006); // The socket's own close event would wait for the failed network.
    socket.close();
  }

  sendAudio(samples) {
    this.buffer.addAudio(samples);
    this.flush();
  }

  sendAnswer(question) {
    this.buffer.addAnswer(question);
    this.flush();
  }

  sendEnd() {
    this.buffer.addEnd();
    this.flush();
  }

  // Bytes that the network has not taken yet.
  get bufferedBytes() {
    return this.socket.bufferedAmount;
  }
}
