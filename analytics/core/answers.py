"""Finals grouped into answers."""

from collections.abc import Iterable, Sequence

from analytics.core.read_models import TranscriptAnswer
from schemas.sessions import Question
from schemas.transcripts import Final


def group_finals(finals: Sequence[Final], questions: Iterable[Question]) -> tuple[TranscriptAnswer, ...]:
    """One answer per question, in the order of their first words. If the speaker returned to a question, the answer
    continues.

    Not the transcriber's answers (`SessionTranscribed.answers`): those exist only once the session has ended, follow
    the client's marks, and include questions that were marked but not answered."""
    texts = {question.number: question.text for question in questions}
    by_question: dict[int | None, list[Final]] = {}
    for final in sorted(finals, key=lambda final: final.number):
        by_question.setdefault(final.question, []).append(final)
    return tuple(
        TranscriptAnswer(
            question=number,
            question_text=texts.get(number) if number is not None else None,
            text=" ".join(final.text for final in group),
            finals=tuple(group),
        )
        for number, group in by_question.items()
    )
