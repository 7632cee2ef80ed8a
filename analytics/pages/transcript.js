// Words as they come: finals stay, the grey tail is replaced.

import { find, make, reveal } from "./show.js";

const UNSURE = 0.5; // Words the recogniser was less sure of than this are marked.

export class Transcript {
  constructor(questions = () => []) {
    this.questions = questions;
    this.paragraph = null;
    this.question = undefined;
    this.tail = make("span", "", "partial");
    find("words").replaceChildren(make("p", "Your words appear here.", "help waiting"));
    reveal("transcript");
  }

  final({ question, words, text }) {
    this.tail.textContent = "";
    const said = make("span", "", "final");
    if (words.length) words.forEach((word, index) => said.append(index ? " " : "", this.word(word)));
    else said.textContent = text;
    const paragraph = this.at(question);
    paragraph.insertBefore(said, this.tail);
    paragraph.insertBefore(document.createTextNode(" "), this.tail);
  }

  word({ text, probability }) {
    const span = make("span", text, probability < UNSURE ? "unsure" : "");
    if (probability < UNSURE) span.title = "We are not sure of this word.";
    return span;
  }

  partial({ text }) {
    if (!text && !this.paragraph) return;
    const paragraph = this.paragraph ?? this.at(null);
    this.tail.textContent = text;
    paragraph.append(this.tail);
  }

  at(question) {
    if (!this.paragraph || question !== this.question) {
      if (this.paragraph && !this.paragraph.querySelector(".final")) this.paragraph.remove();
      this.question = question;
      this.paragraph = make("p");
      find("words").querySelector(".waiting")?.remove();
      const asked = this.questions().find((one) => one.number === question);
      if (asked) find("words").append(make("h3", `${asked.number}. ${asked.text}`));
      find("words").append(this.paragraph);
      this.paragraph.append(this.tail);
    }
    return this.paragraph;
  }
}
