"""A session as the analysis sees it: one row for each answer, and one for each question that got none."""

from dataclasses import dataclass

from processors.analyze.core.fluency import Fluent, make_fluent
from processors.analyze.core.quality import quality_of
from schemas.reports import Problem, Quality
from schemas.sessions import Question
from schemas.transcripts import SessionTranscribed
from schemas.words import Word


@dataclass(frozen=True)
class Heard:
    """`words` as they were said, `fluent` without disfluencies. `question` null: said as an answer to no question."""

    question: int | None
    question_text: str | None
    transcript: str
    words: tuple[Word, ...]
    fluent: Fluent
    quality: Quality

    @property
    def usable(self) -> bool:
        return self.quality.level != "unusable" and bool(self.fluent.words)


@dataclass(frozen=True)
class HeardSession:
    """`marked`: the client said which question was being answered."""

    answers: tuple[Heard, ...]
    questions: tuple[Question, ...]
    topic: str | None
    marked: bool

    @property
    def usable(self) -> tuple[Heard, ...]:
        """What judges are shown."""
        return tuple(answer for answer in self.answers if answer.usable)

    @property
    def spoken(self) -> bool:
        """Whether any word was heard at all."""
        return any(answer.words for answer in self.answers)


def hear(session: SessionTranscribed, floor: float) -> HeardSession:
    """`floor`: words heard with a lower probability are unsure."""
    asked = {question.number: question.text for question in session.questions}
    rows = [
        _heard(answer.question, asked.get(answer.question or 0), answer.text, answer.words, floor)
        for answer in session.answers
    ]
    begun = {answer.question for answer in session.answers}
    marked = bool(begun - {None})
    if marked:
        # Where no answer was marked, any question may have been answered.
        rows += [_left_out(number, text) for number, text in asked.items() if number not in begun]
    return HeardSession(tuple(rows), session.questions, session.topic, marked)


def _left_out(number: int, text: str) -> Heard:
    """A question that the speaker never came to: nothing is wrong with the microphone."""
    quality = Quality(level="unusable", unsure_share=0.0, problems=(Problem.NO_SPEECH,))
    return Heard(number, text, "", (), make_fluent(()), quality)


def _heard(number: int | None, text: str | None, transcript: str, words: tuple[Word, ...], floor: float) -> Heard:
    return Heard(number, text, transcript, words, make_fluent(words), quality_of(words, floor))
