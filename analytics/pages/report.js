// The session's summary and report.

import { find, formatTime, make, reveal, showFigures, withChildren } from "./dom.js";

const VERDICTS = {
  answered: "answered",
  partly: "partly answered",
  off_topic: "off topic",
  not_answered: "not answered",
  not_understood: "not understood",
  not_judged: "not judged",
};
const label = (name) => name.replaceAll("_", " ");

export function showSummary(summary) {
  showFigures(find("figures"), [
    [summary.words, summary.words === 1 ? "word" : "words"],
    [Math.round(summary.words_per_minute), "words a minute"],
    [formatTime(summary.speech_ms), "speaking"],
    [formatTime(summary.audio_ms), "in all"],
  ]);
  reveal("summary");
}

export function showReport(report) {
  const body = [make("p", report.summary, "lead"), measures(report.measures)];
  if (report.practise.length) {
    body.push(make("h3", "Practise next"), withChildren(make("ul", "", "practise"), ...report.practise.map(suggestion)));
  }
  if (report.answers.length) body.push(make("h3", "Your answers"), ...report.answers.map(answer));
  if (report.limits.length) {
    const limits = withChildren(make("ul"), ...report.limits.map((limit) => make("li", limit)));
    body.push(withChildren(make("details"), make("summary", "What this report does not know"), limits));
  }
  body.push(make("p", report.engine === "llm" ? `Written by ${report.model}.` : `Checked by rules (${report.model}).`, "help"));
  find("report-body").replaceChildren(...body);
  reveal("report");
}

export function showNoReport(message, hint = "") {
  find("report-body").replaceChildren(make("p", message), make("p", hint, "help"));
  reveal("report");
}

function measures(measured) {
  const list = make("dl", "", "figures");
  const { pauses, fillers, repetitions, false_starts: falseStarts, lexical_diversity: diversity } = measured;
  showFigures(list, [
    [Math.round(measured.words_per_minute), "words a minute"],
    [pauses, pauses === 1 ? "pause" : "pauses"],
    [`${(measured.pause_ms / 1000).toFixed(1)} s`, "of pauses"],
    [fillers, fillers === 1 ? "filler word" : "filler words"],
    ...(repetitions ? [[repetitions, repetitions === 1 ? "repetition" : "repetitions"]] : []),
    ...(falseStarts ? [[falseStarts, falseStarts === 1 ? "false start" : "false starts"]] : []),
    ...(diversity === null ? [] : [[`${Math.round(diversity * 100)} %`, "different words"]]),
  ]);
  return list;
}

function suggestion({ title, reason, lesson }) {
  const item = withChildren(make("li"), make("strong", title), make("span", `: ${reason}`));
  if (!lesson) return item;
  const examples = (lesson.examples ?? []).map(({ wrong, right }) =>
    withChildren(make("li"), make("del", wrong), make("span", " → ", "arrow"), make("ins", right)),
  );
  const details = withChildren(make("details"), make("summary", "The lesson"), make("p", lesson.text));
  if (examples.length) details.append(withChildren(make("ul", "", "mistakes"), ...examples));
  if (lesson.exercise) details.append(make("p", `Try this: ${lesson.exercise}`, "help"));
  return withChildren(item, details);
}

function answer({ question, question_text: text, verdict, transcript, reason, quality, errors, improved }) {
  const article = make("article", "", "answer");
  const title = question === null ? "Not an answer to a question" : `${question}. ${text ?? ""}`;
  article.append(
    withChildren(make("h4", title), " ", make("span", VERDICTS[verdict] ?? verdict, `verdict ${verdict}`)),
  );
  if (transcript) article.append(make("blockquote", transcript));
  if (reason) article.append(make("p", reason, "help"));
  if (quality?.advice) article.append(make("p", quality.advice, "help"));
  if (errors.length) article.append(withChildren(make("ul", "", "mistakes"), ...errors.map(mistake)));
  if (improved) article.append(withChildren(make("p"), make("strong", "Better: "), improved));
  return article;
}

function mistake(error) {
  const quote = [make("del", error.quote), make("span", " → ", "arrow"), make("ins", error.correction)];
  const item = withChildren(make("li"), ...quote);
  if (error.type && error.type !== "other") item.append(" ", make("span", label(error.type), "help"));
  if (error.sure) item.append(" ", make("span", "sure", "verdict"));
  if (error.uncertain) item.append(" ", make("span", "perhaps misheard", "verdict"));
  return withChildren(item, make("p", error.explanation, "help"));
}
