// The transcript while it is made: finals stay, the partial at its end is replaced.

import { find, make, reveal } from "./dom.js";

const MIN_PROBABILITY = 0.5; // Words with a lower probability are marked.

export class Transcript {
  constructor(questions = () => []) {
    this.questions = questions;
    this.paragraph = null;
    this.question = undefined; // Of the paragraph.
    this.partialText = make("span", "", "partial");
    find("words").replaceChildren(make("p", "Your words appear here.", "help waiting"));
    reveal("transcript");
  }

  final({ question, words, text }) {
    this.partialText.textContent = "";
    const final = make("span", "", "final");
    if (words.length) words.forEach((word, index) => final.append(index ? " " : "", this.word(word)));
    else final.textContent = text;
    const paragraph = this.paragraphFor(question);
    paragraph.insertBefore(final, this.partialText);
    paragraph.insertBefore(document.createTextNode(" "), this.partialText);
  }

  word({ text, probability }) {
    const span = make("span", text, probability < MIN_PROBABILITY ? "unsure" : "");
    if (probability < MIN_PROBABILITY) span.title = "This word may have been misheard.";
    return span;
  }

  partial({ text }) {
    if (!text && !this.paragraph) return;
    const paragraph = this.paragraph ?? this.paragraphFor(null);
    this.partialText.textContent = text;
    paragraph.append(this.partialText);
  }

  paragraphFor(question) {
    if (!this.paragraph || question !== this.question) {
      if (this.paragraph && !this.paragraph.querySelector(".final")) this.paragraph.remove();
      this.question = question;
      this.paragraph = make("p");
      find("words").querySelector(".waiting")?.remove();
      const asked = this.questions().find((one) => one.number === question);
      if (asked) find("words").append(make("h3", `${asked.number}. ${asked.text}`));
      find("words").append(this.paragraph);
      this.paragraph.append(this.partialText);
    }
    return this.paragraph;
  }
}
