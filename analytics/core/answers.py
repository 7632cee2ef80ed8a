"""Finals, put together as answers."""

from collections.abc import Iterable, Sequence

from analytics.core.facts import Answer
from schemas.sessions import Question
from schemas.transcripts import Final


def answers(finals: Sequence[Final], questions: Iterable[Question]) -> tuple[Answer, ...]:
    """One answer per question in the order they were first spoken to; one taken up again later continues the same."""
    texts = {question.number: question.text for question in questions}
    by_question: dict[int | None, list[Final]] = {}
    for final in sorted(finals, key=lambda final: final.number):
        by_question.setdefault(final.question, []).append(final)
    return tuple(
        Answer(
            question=number,
            question_text=texts.get(number) if number is not None else None,
            text=" ".join(final.text for final in said),
            finals=tuple(said),
        )
        for number, said in by_question.items()
    )
