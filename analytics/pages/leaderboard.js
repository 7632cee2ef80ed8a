// The leaderboard beside the session.

import { conceal, find, make, reveal, withChildren } from "./dom.js";

export function showLeaderboard({ competition, entries }, userId) {
  find("board-name").textContent = competition.name;
  find("board-rows").replaceChildren(...entries.map((entry) => row(entry, userId)));
  find("board").hidden = entries.length === 0;
  find("board-empty").hidden = entries.length > 0;
  find("board-empty").textContent = "No words yet.";
}

export function showNoLeaderboard(message) {
  conceal("board");
  find("board-empty").textContent = message;
  reveal("board-empty");
}

function row(entry, userId) {
  const element = make("tr");
  if (userId && entry.user_id === userId) element.setAttribute("aria-current", "true");
  return withChildren(
    element,
    make("td", String(entry.rank), "rank"),
    make("td", entry.display_name || "Anonymous"),
    make("td", String(entry.words), "number"),
  );
}
