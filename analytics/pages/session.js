// A session from the click on "Start" to its report.

import { ask } from "./api.js";
import { Microphone } from "./microphone.js";
import { closed, Problem } from "./problem.js";
import { QuestionCards } from "./questions.js";
import * as show from "./show.js";
import { Stream } from "./stream.js";
import { Transcript } from "./transcript.js";

const BYTES_PER_MS = 32;
const SLOW_BYTES = 1024 * 1024; // Half a minute of sound that the network has not taken.
const SILENT_MS = 5000;
const REPORT_EVERY_MS = 3000;
const REPORT_TRIES = 60;
const LISTENING = "We listen: speak now";
const FAREWELL = "Thank you. Writing down your last words…";

const find = show.find;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Session {
  // Asks for the microphone first: without it there is nothing to begin. Throws a Problem.
  static async begin(url, token, start, onover) {
    return new Session(url, token, start, onover, await Microphone.open());
  }

  constructor(url, token, start, onover, microphone) {
    Object.assign(this, { url, token, onover, microphone });
    this.id = null;
    this.questions = [];
    this.sentMs = 0;
    this.silentMs = 0;
    this.failed = false;
    this.reported = false;
    this.ending = false;
    find("stage-title").textContent = "Connecting…";
    find("clock").textContent = show.clock(0);
    find("kept").textContent = "";
    find("level").value = 0;
    show.conceal("asked", "end-early");
    show.reveal("stage", "unasked");
    this.transcript = new Transcript(() => this.questions);
    this.microphone.onended = () => this.microphoneGone();
    this.stream = new Stream(url, token, start, {
      started: (message) => this.started(message),
      lost: (reason) => this.lost(reason),
      resumed: () => this.resumed(),
      questions: (message) => this.asked(message),
      ack: ({ frames }) => this.kept(frames),
      partial: (message) => this.transcript.partial(message),
      final: (message) => this.transcript.final(message),
      summary: (message) => this.summary(message),
      report: (message) => this.report(message),
      notice: (message) => show.showNotice(message),
      error: (message) => this.error(message),
      closed: (code) => this.closed(code),
    });
    find("end").onclick = find("end-early").onclick = () => this.end();
  }

  async started({ session_id: id }) {
    this.id = id;
    show.clearNotice("reconnecting");
    find("stage-title").textContent = LISTENING;
    if (!this.questions.length) show.reveal("end-early");
    try {
      await this.microphone.start((samples, peak) => this.frame(samples, peak));
    } catch (error) {
      show.showProblem(new Problem(`The sound cannot be recorded (${error.name}).`, "Try another browser."));
      this.end();
    }
  }

  lost(reason = "The connection was lost.") {
    const begun = this.id !== null;
    find("stage-title").textContent = begun ? "Reconnecting…" : "Waiting for a place…";
    const advice = begun && !this.ending ? " Speak on: nothing of it is lost." : "";
    const plan = begun ? `We are connecting again.${advice}` : "We try again by ourselves in a few seconds.";
    show.showNotice({ code: "reconnecting", message: `${reason} ${plan}` });
  }

  resumed() {
    show.clearNotice("reconnecting");
    show.clearNotice("draining");
    find("stage-title").textContent = this.ending ? FAREWELL : LISTENING;
  }

  frame(samples, peak) {
    this.stream.audio(samples);
    this.sentMs += samples.byteLength / BYTES_PER_MS;
    find("clock").textContent = show.clock(this.sentMs);
    find("level").value = peak;
    this.silentMs = peak > 0.005 ? 0 : this.silentMs + samples.byteLength / BYTES_PER_MS;
    this.warn("silent", this.silentMs >= SILENT_MS, "We hear nothing. Is the right microphone chosen, and is it on?");
    const late = "Your network is slower than your voice: words come late, but none is lost.";
    this.warn("slow", this.stream.waiting > SLOW_BYTES, late);
  }

  warn(code, isTrue, message) {
    if (isTrue) show.showNotice({ code, message });
    else show.clearNotice(code);
  }

  kept(frames) {
    find("kept").textContent = `${show.clock(frames * 250)} safely kept`;
  }

  asked({ questions }) {
    if (this.questions.length) return; // After a lost connection they come again.
    this.questions = questions;
    if (questions.length && !this.ending) new QuestionCards(questions, (number) => this.stream.answer(number));
    else show.conceal("unasked");
  }

  microphoneGone() {
    if (this.ending) return;
    show.showNotice({ code: "microphone", message: "The microphone was taken away, so the session ends here." });
    this.end();
  }

  async end() {
    if (this.ending) return;
    this.ending = true;
    find("stage-title").textContent = FAREWELL;
    show.conceal("asked", "unasked", "end-early");
    show.clearNotice("silent");
    await this.microphone.stop();
    find("level").value = 0;
    this.stream.end();
    if (this.reported || this.failed) return;
    find("report-body").replaceChildren(show.make("p", "It is being written…", "help waiting"));
    show.reveal("report");
  }

  summary(message) {
    show.showSummary(message);
    this.end(); // If it was not this page that ended the session, the microphone is still on.
  }

  report({ report, error }) {
    this.reported = true;
    if (report) show.showReport(report);
    else show.showNoReport("There is no report this time.", error);
  }

  error({ code, message, hint, fatal }) {
    if (!fatal) {
      show.showNotice({ code, message: `${message} ${hint}` });
      return;
    }
    this.failed = true;
    show.showProblem(new Problem(message, hint, code));
  }

  async closed(code) {
    this.ending = true;
    show.clearNotice("reconnecting");
    await this.microphone.close();
    show.conceal("stage");
    this.transcript.partial({ text: "" });
    if (code !== null && !this.failed) show.showProblem(this.reason(code));
    this.onover();
    if (this.id && !this.reported) await this.fetchReport();
    else if (!this.reported) show.conceal("report");
  }

  reason(code) {
    if (this.id || code !== 1006) return closed(code);
    return new Problem("The speech server cannot be reached.", `It should listen at ${this.url}: is it running?`);
  }

  // The server ends a session whose speaker is gone by itself, and writes its report.
  async fetchReport() {
    show.showNoReport("Your report is still to come. It will be shown here.");
    for (let tries = 0; tries < REPORT_TRIES; tries += 1) {
      try {
        const { status, body } = await ask(`/api/sessions/${encodeURIComponent(this.id)}/report`, this.token);
        if (status === 200) return this.report({ report: body.report });
      } catch (problem) {
        if (problem.code === "report_failed") return this.report({ error: problem.message });
        if (!["no_such_session", "unreachable", "storage_unavailable"].includes(problem.code)) {
          return show.showNoReport(problem.message, problem.hint);
        }
      }
      await pause(REPORT_EVERY_MS);
    }
    return show.showNoReport("The report has not come.", `Ask for it later: its session is ${this.id}.`);
  }
}
