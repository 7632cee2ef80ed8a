// The questions of a session: which one is being answered, and choosing another.

import { conceal, find, make, reveal } from "./show.js";

export class QuestionCards {
  // `onanswer(number)`: the speaker begins to answer this question.
  constructor(questions, onanswer) {
    this.questions = questions;
    this.onanswer = onanswer;
    this.at = -1; // Index of the question being answered.
    find("questions").replaceChildren(...questions.map((question, index) => this.item(question, index)));
    find("next").onclick = () => this.choose(this.at + 1);
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
    if (index >= this.questions.length || index === this.at) return;
    this.at = index;
    this.onanswer(this.questions[index].number);
    this.draw();
  }

  draw() {
    const shown = Math.max(0, this.at);
    const { length } = this.questions;
    find("question-count").textContent = `Question ${shown + 1} of ${length}`;
    find("question").textContent = this.questions[shown].text;
    find("next").textContent = this.at < 0 ? "Answer this question" : "Next question";
    find("next").hidden = this.at >= length - 1;
    [...find("questions").children].forEach((item, index) => {
      if (index === this.at) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    });
  }
}
