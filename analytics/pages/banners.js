// Problems and notices, as banners at the top of the page.

import { find, make, withChildren } from "./dom.js";

export function showProblem(problem) {
  const hint = problem.hint ? make("span", ` ${problem.hint}`, "hint") : "";
  find("problems").replaceChildren(withChildren(make("p", "", "banner bad"), make("strong", problem.message), hint));
  find("problems").scrollIntoView({ block: "nearest" });
}

export function clearProblem() {
  find("problems").replaceChildren();
}

// One banner per code: a new notice replaces the old one.
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
