// The questions of a session, with the one that is being answered.

import { conceal, find, make, reveal } from "./dom.js";

export class QuestionCards {
  // `onanswer(number)` is called when the speaker begins to answer a question.
  constructor(questions, onanswer) {
    this.questions = questions;
    this.onanswer = onanswer;
    this.current = -1; // Index of the question being answered.
    find("questions").replaceChildren(...questions.map((question, index) => this.item(question, index)));
    find("next").onclick = () => this.choose(this.current + 1);
    conceal("unasked", "end-early");
    reveal("asked");
    this.draw();
  }

  item(question, index) {
    const button = make("button", question.text, "choice");
    button.type = "button";
    button.onclick = () => this.choose(index);
    const item = make("li");
    item.append(button);
    return item;
  }

  choose(index) {
    if (index >= this.questions.length || index === this.current) return;
    this.current = index;
    this.onanswer(this.questions[index].number);
    this.draw();
  }

  draw() {
    const shown = Math.max(0, this.current);
    const { length } = this.questions;
    find("question-count").textContent = `Question ${shown + 1} of ${length}`;
    find("question").textContent = this.questions[shown].text;
    find("next").textContent = this.current < 0 ? "Answer this question" : "Next question";
    find("next").hidden = this.current >= length - 1;
    [...find("questions").children].forEach((item, index) => {
      if (index === this.current) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    });
  }
}
