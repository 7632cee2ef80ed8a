// The page: sign in, fill in the form, speak; and the leaderboard beside it.

import { ask } from "./api.js";
import { clearNotices, clearProblem, showProblem } from "./banners.js";
import { conceal, find, make, reveal } from "./dom.js";
import { showLeaderboard, showNoLeaderboard } from "./leaderboard.js";
import { Problem } from "./problem.js";
import { Session } from "./session.js";

const REFRESH_MS = 3000;

let config = null;
let token = null;
let user = null; // { id, name }, from the token.
let session = null;
let zones = {}; // Time zones of the competitions by id; a competition's day begins at midnight there.

function readToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname); // The token stays neither in the address bar nor in the history.
  }
  return sessionStorage.getItem("token");
}

function claims(jwt) {
  try {
    const json = atob(jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    const { sub, name } = JSON.parse(new TextDecoder().decode(Uint8Array.from(json, (char) => char.charCodeAt(0))));
    return { id: sub, name: name ?? sub };
  } catch {
    throw new Problem("This is not a token.", "A token has three parts joined by dots. Paste all of it.");
  }
}

async function signIn(given) {
  user = claims(given);
  await ask("/api/users/me/progress", given);
  token = given;
  sessionStorage.setItem("token", given);
  find("who").textContent = user.name;
  find("name").value ||= (sessionStorage.getItem("name") ?? user.name).slice(0, config.limits.display_name);
  conceal("sign-in");
  reveal("who", "sign-out", "desk");
  await refreshLeaderboard();
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

async function startSession(event) {
  event.preventDefault();
  clearProblem();
  clearNotices();
  conceal("transcript", "summary", "report", "again-row");
  find("start").disabled = true;
  const options = { questions: 10 };
  const fields = { display_name: "name", competition: "competition", topic: "topic" };
  for (const [field, id] of Object.entries(fields)) {
    const value = find(id).value.trim();
    if (value) options[field] = value;
    sessionStorage.setItem(id, value);
  }
  try {
    session = await Session.begin(edgeUrl(), token, options, sessionOver);
    conceal("setup");
  } catch (problem) {
    showProblem(problem);
    sessionOver();
  }
}

function sessionOver() {
  session = null;
  find("start").disabled = false;
  reveal("again-row");
  find("again-row").hidden = !find("setup").hidden;
}

function speakAgain() {
  clearProblem();
  clearNotices();
  conceal("transcript", "summary", "report", "again-row");
  reveal("setup");
  find("start").focus();
}

async function refreshLeaderboard() {
  const id = find("competition").value.trim();
  find("board-name").textContent = id;
  if (!id) {
    showNoLeaderboard("Name a competition to see its leaderboard.");
    return;
  }
  const today = new Date().toLocaleDateString("sv", { timeZone: zones[id] ?? "UTC" }); // Swedish dates are ISO 8601.
  const day = find("today").checked ? `?day=${today}` : "";
  try {
    const { body } = await ask(`/api/competitions/${encodeURIComponent(id)}/leaderboard${day}`, token);
    if (find("competition").value.trim() === id) showLeaderboard(body, user?.id);
  } catch (problem) {
    showNoLeaderboard(problem.code === "no_such_competition" ? "No words yet." : problem.message);
  }
}

async function pollLeaderboard() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
    if (!document.hidden && !find("desk").hidden) await refreshLeaderboard();
  }
}

async function offerCompetitions() {
  const { body } = await ask("/api/competitions", token);
  const options = body.competitions.map(({ id, name }) => {
    const option = make("option", name);
    option.value = id;
    return option;
  });
  find("competitions").replaceChildren(...options);
  zones = Object.fromEntries(body.competitions.map(({ id, time_zone: zone }) => [id, zone]));
  find("competition").value = sessionStorage.getItem("competition") ?? body.competitions[0]?.id ?? "open";
}

async function main() {
  find("token-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    clearProblem();
    await enter(find("token").value.trim());
  });
  find("start-form").addEventListener("submit", startSession);
  find("sign-out").addEventListener("click", signOut);
  find("again").addEventListener("click", speakAgain);
  find("competition").addEventListener("change", refreshLeaderboard);
  find("today").addEventListener("change", refreshLeaderboard);
  addEventListener("beforeunload", (event) => {
    if (session) event.preventDefault();
  });
  addEventListener("hashchange", () => enter(readToken()));
  config = (await ask("/api/config")).body;
  await enter(readToken());
  pollLeaderboard();
}

async function enter(given) {
  if (given) {
    try {
      await offerCompetitions();
      await signIn(given);
      return;
    } catch (problem) {
      sessionStorage.removeItem("token");
      showProblem(problem);
    }
  }
  conceal("desk");
  reveal("sign-in");
}

main().catch((problem) => showProblem(problem));
