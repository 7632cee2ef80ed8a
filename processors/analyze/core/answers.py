"""A session's answers, prepared for analysis: one for each answer given, and one for each question left unanswered."""

from dataclasses import dataclass

from processors.analyze.core.disfluency import FluentSpeech, remove_disfluencies
from processors.analyze.core.quality import quality_of
from schemas.reports import Problem, Quality
from schemas.sessions import Question
from schemas.transcripts import SessionTranscribed
from schemas.words import Word


@dataclass(frozen=True)
class SpokenAnswer:
    """An answer as it was transcribed."""

    question: int | None
    """None for speech that answers no question."""
    question_text: str | None
    transcript: str
    words: tuple[Word, ...]
    """All words, disfluencies included."""
    fluent: FluentSpeech
    """The words without disfluencies."""
    quality: Quality

    @property
    def usable(self) -> bool:
        return self.quality.level != "unusable" and bool(self.fluent.words)


@dataclass(frozen=True)
class SpokenSession:
    """A session's answers and their context."""

    answers: tuple[SpokenAnswer, ...]
    questions: tuple[Question, ...]
    topic: str | None
    marked: bool
    """Whether the client marked which question was being answered."""

    @property
    def usable_answers(self) -> tuple[SpokenAnswer, ...]:
        """The answers that the grammar checker and the language model get."""
        return tuple(answer for answer in self.answers if answer.usable)

    @property
    def has_words(self) -> bool:
        return any(answer.words for answer in self.answers)


def spoken_session(session: SessionTranscribed, min_probability: float) -> SpokenSession:
    """`min_probability`: words recognised with a lower probability are unsure."""
    asked = {question.number: question.text for question in session.questions}
    answers = [
        _spoken_answer(answer.question, asked.get(answer.question or 0), answer.text, answer.words, min_probability)
        for answer in session.answers
    ]
    begun = {answer.question for answer in session.answers}
    marked = bool(begun - {None})
    if marked:
        # Without any mark it is not known which questions were left unanswered.
        answers += [_unanswered(number, text) for number, text in asked.items() if number not in begun]
    return SpokenSession(tuple(answers), session.questions, session.topic, marked)


def _unanswered(number: int, text: str) -> SpokenAnswer:
    """A question that the speaker did not get to. No advice about the microphone: nothing is wrong with it."""
    quality = Quality(level="unusable", unsure_share=0.0, problems=(Problem.NO_SPEECH,))
    return SpokenAnswer(number, text, "", (), remove_disfluencies(()), quality)


def _spoken_answer(
    number: int | None, text: str | None, transcript: str, words: tuple[Word, ...], min_probability: float
) -> SpokenAnswer:
    quality = quality_of(words, min_probability)
    return SpokenAnswer(number, text, transcript, words, remove_disfluencies(words), quality)
