// Helpers for the document. Text from a server or a person is only ever set as text, never as HTML.

export const find = (id) => document.getElementById(id);

export function make(name, text = "", className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

// The parent, with these children appended.
export function withChildren(parent, ...children) {
  parent.append(...children);
  return parent;
}

export function reveal(...ids) {
  for (const id of ids) find(id).hidden = false;
}

export function conceal(...ids) {
  for (const id of ids) find(id).hidden = true;
}

export function formatTime(ms) {
  const s = Math.floor(ms / 1000);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

export function showFigures(list, pairs) {
  list.replaceChildren(
    ...pairs.map(([value, label]) => withChildren(make("div"), make("dt", label), make("dd", String(value)))),
  );
}
