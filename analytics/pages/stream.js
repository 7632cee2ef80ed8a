// One session over the WebSocket protocol, version 1 (docs/protocol.md), over as many connections as it takes: what the
// server has not acknowledged is kept, and sent again over the next one.

import { Kept } from "./kept.js";

const DONE = 1000;
// After these the session goes on over another connection; after others it is over.
const LOST = [1001, 1006, 1011, 1012, 1013];
// Before each try in a row; together they outlast the grace that a server gives by default, 30 s.
const PAUSES_MS = [200, 500, 1000, 2000, 4000, 8000, 8000, 8000];
// A network that is gone says nothing. The server acknowledges every second.
const SILENT_MS = 20000;
// Sound that waited goes out at once up to 20 s of it, and then at six times real time: servers take no more.
const BURST = 80;
const FRAMES_PER_MS = 0.024;
const FORMAT = { encoding: "pcm_s16le", sample_rate: 16000, channels: 1 };

export class Stream {
  // `on` has a function per message type of the server; `lost(reason)`: the connection is lost, and another
  // one is tried; `resumed()`; `closed(code)`: for good, null if all is well. Those that are missing are skipped.
  constructor(url, token, start, on) {
    Object.assign(this, { url, token, start, on });
    this.kept = new Kept();
    this.resume = null;
    this.finals = 0;
    this.tries = 0;
    this.over = false;
    this.connect();
  }

  connect() {
    this.streaming = false;
    this.error = null;
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ type: "auth", token: this.token }));
    socket.onmessage = ({ data }) => {
      this.hearsUntil(SILENT_MS);
      if (typeof data === "string") this.heard(JSON.parse(data));
    };
    socket.onclose = ({ code }) => this.closed(code);
    this.socket = socket;
    this.hearsUntil(SILENT_MS);
  }

  heard(message) {
    switch (message.type) {
      case "ready":
        if (!this.streaming) this.socket.send(JSON.stringify(this.opening()));
        break;
      case "started":
        return this.started(message);
      case "ack":
        this.kept.drop(message.frames);
        this.tries = 0;
        break;
      case "final":
        this.finals = message.number;
        this.tries = 0;
        break;
      case "summary":
        this.over = true;
        break;
      case "error":
        if (message.code === "session_ended") return; // It ended while the connection was lost: the summary tells.
        if (message.fatal) {
          this.error = message; // What comes of it is known when the connection is closed.
          return;
        }
    }
    if (Object.hasOwn(this.on, message.type)) this.on[message.type](message);
  }

  opening() {
    if (!this.resume) return { type: "start", audio: FORMAT, ...this.start };
    return { type: "start", audio: FORMAT, resume: this.resume, from_frame: this.kept.frames, have_final: this.finals };
  }

  started(message) {
    const isFirst = !this.resume;
    this.resume = message.resume_token;
    this.streaming = true;
    this.since = performance.now();
    this.sent = 0;
    this.kept.rewind(message.next_frame);
    this.flush();
    if (isFirst) this.on.started?.(message);
    else this.on.resumed?.();
  }

  flush() {
    clearTimeout(this.later);
    const allowed = BURST + (performance.now() - this.since) * FRAMES_PER_MS;
    while (this.streaming && !this.over && this.kept.more) {
      if (this.sent >= allowed) {
        this.later = setTimeout(() => this.flush(), 50);
        return;
      }
      this.socket.send(this.kept.next());
      this.sent += 1;
    }
  }

  closed(code) {
    clearTimeout(this.silence);
    clearTimeout(this.later);
    this.socket.onclose = this.socket.onmessage = this.socket.onopen = null;
    this.streaming = false;
    const retryMs = this.error?.retry_after_ms ?? null;
    const mayPass = LOST.includes(code) && (this.resume || retryMs !== null);
    if (mayPass && this.tries < PAUSES_MS.length) {
      // Many clients lose their connections at once: they should not all come back at once.
      const ms = Math.max(PAUSES_MS[this.tries], retryMs ?? 0) * (0.8 + 0.4 * Math.random());
      this.tries += 1;
      this.on.lost?.(this.error?.message);
      setTimeout(() => this.connect(), ms);
      return;
    }
    if (this.error) this.on.error?.(this.error);
    this.on.closed(code === DONE ? null : code);
  }

  hearsUntil(ms) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.silent(), ms);
  }

  silent() {
    if (this.streaming && !this.kept.waits) {
      this.hearsUntil(SILENT_MS); // Nothing is owed to us.
      return;
    }
    const { socket } = this;
    this.closed(1006); // Its own close would wait for a network that is gone.
    socket.close();
  }

  audio(samples) {
    this.kept.audio(samples);
    this.flush();
  }

  answer(question) {
    this.kept.answer(question);
    this.flush();
  }

  end() {
    this.kept.end();
    this.flush();
  }

  // Sound that the network has not taken yet, in bytes.
  get waiting() {
    return this.socket.bufferedAmount;
  }
}
