// What is shown, and how. Text from a server or a person only ever becomes text.

export const find = (id) => document.getElementById(id);

export function make(name, text = "", className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

const holding = (parent, ...children) => {
  parent.append(...children);
  return parent;
};

export function reveal(...ids) {
  for (const id of ids) find(id).hidden = false;
}

export function conceal(...ids) {
  for (const id of ids) find(id).hidden = true;
}

export function showProblem(problem) {
  const hint = problem.hint ? make("span", ` ${problem.hint}`, "hint") : "";
  find("problems").replaceChildren(holding(make("p", "", "banner bad"), make("strong", problem.message), hint));
  find("problems").scrollIntoView({ block: "nearest" });
}

export function clearProblem() {
  find("problems").replaceChildren();
}

// One banner per code: news replace old news of the same kind.
export function showNotice({ code, message }) {
  const banner = make("p", message, "banner");
  banner.dataset.code = code;
  clearNotice(code);
  find("notices").append(banner);
}

export function clearNotice(code) {
  for (const banner of find("notices").children) if (banner.dataset.code === code) banner.remove();
}

export function clearNotices() {
  find("notices").replaceChildren();
}

export function clock(ms) {
  const s = Math.floor(ms / 1000);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

export function figures(list, pairs) {
  list.replaceChildren(
    ...pairs.map(([value, label]) => holding(make("div"), make("dt", label), make("dd", String(value)))),
  );
}

export function showSummary(summary) {
  figures(find("figures"), [
    [summary.words, summary.words === 1 ? "word" : "words"],
    [Math.round(summary.words_per_minute), "words a minute"],
    [clock(summary.speech_ms), "speaking"],
    [clock(summary.audio_ms), "in all"],
  ]);
  reveal("summary");
}

const VERDICTS = {
  answered: "answered",
  partly: "partly answered",
  off_topic: "off topic",
  not_answered: "not answered",
  not_understood: "not understood",
  not_judged: "not judged",
};
const words = (name) => name.replaceAll("_", " ");

export function showReport(report) {
  const body = [make("p", report.summary, "lead")];
  const measures = make("dl", "", "figures");
  const { measures: m } = report;
  figures(measures, [
    [Math.round(m.words_per_minute), "words a minute"],
    [m.pauses, m.pauses === 1 ? "pause" : "pauses"],
    [`${(m.pause_ms / 1000).toFixed(1)} s`, "of pauses"],
    [m.fillers, m.fillers === 1 ? "filler word" : "filler words"],
    ...(m.repetitions ? [[m.repetitions, m.repetitions === 1 ? "repetition" : "repetitions"]] : []),
    ...(m.false_starts ? [[m.false_starts, m.false_starts === 1 ? "false start" : "false starts"]] : []),
    ...(m.lexical_diversity === null ? [] : [[`${Math.round(m.lexical_diversity * 100)} %`, "different words"]]),
  ]);
  body.push(measures);
  if (report.practise.length) {
    body.push(make("h3", "Practise next"), holding(make("ul", "", "practise"), ...report.practise.map(suggestion)));
  }
  if (report.answers.length) body.push(make("h3", "Your answers"), ...report.answers.map(answer));
  if (report.limits.length) {
    const limits = holding(make("ul"), ...report.limits.map((limit) => make("li", limit)));
    body.push(holding(make("details"), make("summary", "What this report does not know"), limits));
  }
  body.push(make("p", report.engine === "llm" ? `Written by ${report.model}.` : `Checked by rules (${report.model}).`, "help"));
  find("report-body").replaceChildren(...body);
  reveal("report");
}

function suggestion({ title, reason, lesson }) {
  const item = holding(make("li"), make("strong", title), make("span", `: ${reason}`));
  if (!lesson) return item;
  const examples = (lesson.examples ?? []).map(({ wrong, right }) =>
    holding(make("li"), make("del", wrong), make("span", " → ", "arrow"), make("ins", right)),
  );
  const study = holding(make("details"), make("summary", "The lesson"), make("p", lesson.text));
  if (examples.length) study.append(holding(make("ul", "", "mistakes"), ...examples));
  if (lesson.exercise) study.append(make("p", `Try this: ${lesson.exercise}`, "help"));
  return holding(item, study);
}

function answer(one) {
  const article = make("article", "", "answer");
  const title = one.question === null ? "Said to no question" : `${one.question}. ${one.question_text ?? ""}`;
  const verdict = make("span", VERDICTS[one.verdict] ?? one.verdict, `verdict ${one.verdict}`);
  article.append(holding(make("h4", title), " ", verdict));
  if (one.transcript) article.append(make("blockquote", one.transcript));
  if (one.reason) article.append(make("p", one.reason, "help"));
  if (one.quality?.advice) article.append(make("p", one.quality.advice, "help"));
  if (one.errors.length) article.append(holding(make("ul", "", "mistakes"), ...one.errors.map(mistake)));
  if (one.improved) article.append(holding(make("p"), make("strong", "Better: "), one.improved));
  return article;
}

function mistake(error) {
  const item = holding(make("li"), make("del", error.quote), make("span", " → ", "arrow"), make("ins", error.correction));
  if (error.type && error.type !== "other") item.append(" ", make("span", words(error.type), "help"));
  if (error.sure) item.append(" ", make("span", "sure", "verdict"));
  if (error.uncertain) item.append(" ", make("span", "perhaps misheard", "verdict"));
  return holding(item, make("p", error.explanation, "help"));
}

export function showNoReport(words, hint = "") {
  find("report-body").replaceChildren(make("p", words), make("p", hint, "help"));
  reveal("report");
}

export function showBoard({ competition, entries }, userId) {
  find("board-name").textContent = competition.name;
  find("board-rows").replaceChildren(
    ...entries.map((entry) => {
      const row = make("tr");
      if (userId && entry.user_id === userId) row.setAttribute("aria-current", "true");
      row.append(make("td", String(entry.rank), "rank"), make("td", entry.display_name || "somebody"));
      return holding(row, make("td", String(entry.words), "number"));
    }),
  );
  find("board").hidden = entries.length === 0;
  find("board-empty").hidden = entries.length > 0;
  find("board-empty").textContent = "No words yet.";
}

export function showNoBoard(words) {
  conceal("board");
  find("board-empty").textContent = words;
  reveal("board-empty");
}
