// A session, from the click on "Start speaking" to its report.

import { ask } from "./api.js";
import { clearNotice, showNotice, showProblem } from "./banners.js";
import { conceal, find, formatTime, make, reveal } from "./dom.js";
import { Microphone } from "./microphone.js";
import { closeProblem, Problem } from "./problem.js";
import { QuestionCards } from "./questions.js";
import { showNoReport, showReport, showSummary } from "./report.js";
import { Stream } from "./stream.js";
import { Transcript } from "./transcript.js";

const FRAME_MS = 250;
const BYTES_PER_MS = 32;
const SLOW_NETWORK_BYTES = 1024 * 1024; // About half a minute of audio.
const SILENCE_PEAK = 0.005;
const SILENCE_MS = 5000;
const REPORT_POLL_MS = 3000;
const REPORT_POLLS = 60;
const LISTENING = "Listening: speak now";
const FINISHING = "Thank you. Transcribing your last sentence…";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Session {
  // Asks for the microphone first, since nothing works without it. Throws a Problem.
  static async begin(url, token, start, onover) {
    return new Session(url, token, start, onover, await Microphone.open());
  }

  constructor(url, token, start, onover, microphone) {
    Object.assign(this, { url, token, onover, microphone });
    this.id = null;
    this.questions = [];
    this.sentMs = 0;
    this.silentMs = 0;
    this.hasFailed = false;
    this.hasReport = false;
    this.isEnding = false;
    find("stage-title").textContent = "Connecting…";
    find("clock").textContent = formatTime(0);
    find("saved").textContent = "";
    find("level").value = 0;
    conceal("asked", "end-early");
    reveal("stage", "unasked");
    this.transcript = new Transcript(() => this.questions);
    this.microphone.onended = () => this.microphoneDisconnected();
    this.stream = new Stream(url, token, start, {
      started: (message) => this.started(message),
      lost: (reason) => this.connectionLost(reason),
      resumed: () => this.resumed(),
      questions: (message) => this.showQuestions(message),
      ack: ({ frames }) => this.acknowledged(frames),
      partial: (message) => this.transcript.partial(message),
      final: (message) => this.transcript.final(message),
      summary: (message) => this.summary(message),
      report: (message) => this.report(message),
      notice: (message) => showNotice(message),
      error: (message) => this.error(message),
      closed: (code) => this.closed(code),
    });
    find("end").onclick = find("end-early").onclick = () => this.end();
  }

  async started({ session_id: id }) {
    this.id = id;
    clearNotice("reconnecting");
    find("stage-title").textContent = LISTENING;
    if (!this.questions.length) reveal("end-early");
    try {
      await this.microphone.start((samples, peak) => this.frame(samples, peak));
    } catch (error) {
      showProblem(new Problem(`The sound cannot be recorded (${error.name}).`, "Try another browser."));
      this.end();
    }
  }

  connectionLost(reason = "The connection was lost.") {
    const isStarted = this.id !== null;
    find("stage-title").textContent = isStarted ? "Reconnecting…" : "Waiting for a place…";
    const advice = isStarted && !this.isEnding ? " Keep speaking: nothing is lost." : "";
    const plan = isStarted ? `Reconnecting.${advice}` : "Trying again in a few seconds.";
    showNotice({ code: "reconnecting", message: `${reason} ${plan}` });
  }

  resumed() {
    clearNotice("reconnecting");
    clearNotice("draining");
    find("stage-title").textContent = this.isEnding ? FINISHING : LISTENING;
  }

  frame(samples, peak) {
    const frameMs = samples.byteLength / BYTES_PER_MS;
    this.stream.sendAudio(samples);
    this.sentMs += frameMs;
    find("clock").textContent = formatTime(this.sentMs);
    find("level").value = peak;
    this.silentMs = peak > SILENCE_PEAK ? 0 : this.silentMs + frameMs;
    const silent = "No sound is coming in. Is the right microphone selected, and is it switched on?";
    this.warn("silent", this.silentMs >= SILENCE_MS, silent);
    const slow = "Your network is slow: your words appear late, but none are lost.";
    this.warn("slow", this.stream.bufferedBytes > SLOW_NETWORK_BYTES, slow);
  }

  warn(code, isTrue, message) {
    if (isTrue) showNotice({ code, message });
    else clearNotice(code);
  }

  acknowledged(frames) {
    find("saved").textContent = `${formatTime(frames * FRAME_MS)} saved`;
  }

  showQuestions({ questions }) {
    if (this.questions.length) return; // The server sends them again after a reconnection.
    this.questions = questions;
    if (questions.length && !this.isEnding) {
      new QuestionCards(questions, (number) => this.stream.sendAnswer(number));
    } else {
      conceal("unasked");
    }
  }

  microphoneDisconnected() {
    if (this.isEnding) return;
    showNotice({ code: "microphone", message: "The microphone was disconnected, so the session ends here." });
    this.end();
  }

  async end() {
    if (this.isEnding) return;
    this.isEnding = true;
    find("stage-title").textContent = FINISHING;
    conceal("asked", "unasked", "end-early");
    clearNotice("silent");
    await this.microphone.stop();
    find("level").value = 0;
    this.stream.sendEnd();
    if (this.hasReport || this.hasFailed) return;
    find("report-body").replaceChildren(make("p", "Your report is being written…", "help waiting"));
    reveal("report");
  }

  summary(message) {
    showSummary(message);
    this.end(); // If the server ended the session, the microphone is still on.
  }

  report({ report, error }) {
    this.hasReport = true;
    if (report) showReport(report);
    else showNoReport("There is no report this time.", error);
  }

  error({ code, message, hint, fatal }) {
    if (!fatal) {
      showNotice({ code, message: `${message} ${hint}` });
      return;
    }
    this.hasFailed = true;
    showProblem(new Problem(message, hint, code));
  }

  async closed(code) {
    this.isEnding = true;
    clearNotice("reconnecting");
    await this.microphone.close();
    conceal("stage");
    this.transcript.partial({ text: "" });
    if (code !== null && !this.hasFailed) showProblem(this.problem(code));
    this.onover();
    if (this.id && !this.hasReport) await this.fetchReport();
    else if (!this.hasReport) conceal("report");
  }

  problem(code) {
    if (this.id || code !== 1006) return closeProblem(code);
    return new Problem("The speech server cannot be reached.", `Is it running? Its address is ${this.url}.`);
  }

  // A server ends the session of a client that stays away, and makes its report.
  async fetchReport() {
    showNoReport("Your report is not ready yet. It will appear here.");
    for (let polls = 0; polls < REPORT_POLLS; polls += 1) {
      try {
        const { status, body } = await ask(`/api/sessions/${encodeURIComponent(this.id)}/report`, this.token);
        if (status === 200) return this.report({ report: body.report });
      } catch (problem) {
        if (problem.code === "report_failed") return this.report({ error: problem.message });
        if (!["no_such_session", "unreachable", "storage_unavailable"].includes(problem.code)) {
          return showNoReport(problem.message, problem.hint);
        }
      }
      await pause(REPORT_POLL_MS);
    }
    return showNoReport("The report is still not ready.", `Ask for it later. The session is ${this.id}.`);
  }
}
