// The page: sign in, choose, speak; and the leaderboard beside it.

import { ask } from "./api.js";
import { Problem } from "./problem.js";
import { Session } from "./session.js";
import * as show from "./show.js";

const BOARD_MS = 3000;
const find = show.find;

let config = null;
let token = null;
let user = null; // { id, name }, as the token says.
let session = null;
let zones = {}; // Time zones of the competitions, by id: their days begin there.

function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname); // Out of sight, and out of the history.
  }
  return sessionStorage.getItem("token");
}

function claims(jwt) {
  try {
    const json = atob(jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    const { sub, name } = JSON.parse(new TextDecoder().decode(Uint8Array.from(json, (char) => char.charCodeAt(0))));
    return { id: sub, name: name ?? sub };
  } catch {
    throw new Problem("This is not a token.", "It has three parts joined by dots; paste all of it.");
  }
}

async function signIn(given) {
  user = claims(given);
  await ask("/api/users/me/progress", given);
  token = given;
  sessionStorage.setItem("token", given);
  find("who").textContent = user.name;
  find("name").value ||= (sessionStorage.getItem("name") ?? user.name).slice(0, config.limits.display_name);
  show.conceal("sign-in");
  show.reveal("who", "sign-out", "desk");
  await refreshBoard();
}

function signOut() {
  sessionStorage.clear();
  location.replace(location.pathname);
}

function edgeUrl() {
  const { ws_url: plain, wss_url: secure } = config.edge;
  const isLocal = location.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  return (isLocal && plain) || secure || plain;
}

async function start(event) {
  event.preventDefault();
  show.clearProblem();
  show.clearNotices();
  show.conceal("transcript", "summary", "report", "again-row");
  find("start").disabled = true;
  const wish = { questions: 10 };
  const fields = { display_name: "name", competition: "competition", topic: "topic" };
  for (const [field, id] of Object.entries(fields)) {
    const value = find(id).value.trim();
    if (value) wish[field] = value;
    sessionStorage.setItem(id, value);
  }
  try {
    session = await Session.begin(edgeUrl(), token, wish, over);
    show.conceal("setup");
  } catch (problem) {
    show.showProblem(problem);
    over();
  }
}

function over() {
  session = null;
  find("start").disabled = false;
  show.reveal("again-row");
  find("again-row").hidden = !find("setup").hidden;
}

function again() {
  show.clearProblem();
  show.clearNotices();
  show.conceal("transcript", "summary", "report", "again-row");
  show.reveal("setup");
  find("start").focus();
}

async function refreshBoard() {
  const id = find("competition").value.trim();
  find("board-name").textContent = id;
  if (!id) {
    show.showNoBoard("Name a competition to see its board.");
    return;
  }
  const today = new Date().toLocaleDateString("sv", { timeZone: zones[id] ?? "UTC" }); // Swedes write 2026-06-01.
  const day = find("today").checked ? `?day=${today}` : "";
  try {
    const { body } = await ask(`/api/competitions/${encodeURIComponent(id)}/leaderboard${day}`, token);
    if (find("competition").value.trim() === id) show.showBoard(body, user?.id);
  } catch (problem) {
    show.showNoBoard(problem.code === "no_such_competition" ? "No words yet." : problem.message);
  }
}

async function keepBoardFresh() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, BOARD_MS));
    if (!document.hidden && !find("desk").hidden) await refreshBoard();
  }
}

async function offerCompetitions() {
  const { body } = await ask("/api/competitions", token);
  const options = body.competitions.map(({ id, name }) => {
    const option = show.make("option", name);
    option.value = id;
    return option;
  });
  find("competitions").replaceChildren(...options);
  zones = Object.fromEntries(body.competitions.map(({ id, time_zone: zone }) => [id, zone]));
  find("competition").value = sessionStorage.getItem("competition") ?? body.competitions[0]?.id ?? "open";
}

async function open() {
  find("token-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    show.clearProblem();
    await enter(find("token").value.trim());
  });
  find("start-form").addEventListener("submit", start);
  find("sign-out").addEventListener("click", signOut);
  find("again").addEventListener("click", again);
  find("competition").addEventListener("change", refreshBoard);
  find("today").addEventListener("change", refreshBoard);
  addEventListener("beforeunload", (event) => {
    if (session) event.preventDefault();
  });
  addEventListener("hashchange", () => enter(takeToken()));
  config = (await ask("/api/config")).body;
  await enter(takeToken());
  keepBoardFresh();
}

async function enter(given) {
  if (given) {
    try {
      await offerCompetitions();
      await signIn(given);
      return;
    } catch (problem) {
      sessionStorage.removeItem("token");
      show.showProblem(problem);
    }
  }
  show.conceal("desk");
  show.reveal("sign-in");
}

open().catch((problem) => show.showProblem(problem));
