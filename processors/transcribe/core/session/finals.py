"""Confirmed words become numbered finals, each belonging to one answer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from schemas.transcripts import Answer, Final
from schemas.words import Word


@dataclass(frozen=True)
class AnswerMark:
    """From this time of the session on, words belong to this question, until a later mark says otherwise."""

    question: int
    from_ms: int


def question_at(marks: Sequence[AnswerMark], ms: int) -> int | None:
    """The question being answered at a time; None before the first mark."""
    return next((mark.question for mark in reversed(marks) if mark.from_ms <= ms), None)


def make_finals(words: Iterable[Word], marks: Sequence[AnswerMark], earlier: Sequence[Final]) -> tuple[Final, ...]:
    """The finals that follow the earlier ones. A word belongs to the answer in which it begins, and a final to one
    answer; times never go back and never overlap."""
    ordered = _in_order(words, earlier[-1].end_ms if earlier else 0)
    runs = groupby(ordered, key=lambda word: question_at(marks, word.start_ms))
    return tuple(
        _final(number, question, tuple(run)) for number, (question, run) in enumerate(runs, start=len(earlier) + 1)
    )


def _in_order(words: Iterable[Word], earliest_ms: int) -> Iterator[Word]:
    for word in words:
        start_ms = max(word.start_ms, earliest_ms)
        earliest_ms = max(word.end_ms, start_ms)
        yield word.model_copy(update={"start_ms": start_ms, "end_ms": earliest_ms})


def _final(number: int, question: int | None, words: tuple[Word, ...]) -> Final:
    return Final(
        number=number,
        text=" ".join(word.text for word in words),
        start_ms=words[0].start_ms,
        end_ms=words[-1].end_ms,
        question=question,
        words=words,
    )


def transcript(finals: Iterable[Final]) -> str:
    return " ".join(final.text for final in finals)


def group_answers(finals: Sequence[Final], marks: Sequence[AnswerMark], audio_ms: int) -> tuple[Answer, ...]:
    """One answer per question, in the order in which the questions were first answered. An answer lasts from its first
    mark until the next question is begun after its last mark; a question to which nothing was said has an answer
    without finals."""
    spans: dict[int | None, tuple[int, int]] = {}
    if any(final.question is None for final in finals):
        spans[None] = (0, marks[0].from_ms if marks else audio_ms)
    for mark, until_ms in zip(marks, [*(mark.from_ms for mark in marks[1:]), audio_ms], strict=False):
        start_ms, _ = spans.get(mark.question, (mark.from_ms, 0))
        spans[mark.question] = (start_ms, max(until_ms, start_ms))
    return tuple(
        Answer(
            question=question,
            start_ms=start_ms,
            end_ms=end_ms,
            finals=tuple(final for final in finals if final.question == question),
        )
        for question, (start_ms, end_ms) in spans.items()
    )
