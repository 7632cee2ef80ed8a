"""A report as Markdown. What a person said is escaped: it can neither format the page nor link anywhere."""

import re
from collections.abc import Iterator

from schemas.reports import AnswerReport, ErrorType, Lesson, Report, SpokenError, Suggestion, Verdict

_SIGNS = re.compile(r"([\\`*_{}\[\]<>()#+!|~])")
_BEGINS_A_LIST = re.compile(r"^(\d*)([-=.)])")


def markdown(report: Report) -> str:
    return "\n".join(_lines(report)).rstrip() + "\n"


def verdict_words(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def title_of(answer: AnswerReport) -> str:
    if answer.question is None:
        return "Said to no question"
    return f"{answer.question}. {answer.question_text or ''}".strip()


def made_by(report: Report) -> str:
    """Who wrote the report, in a sentence."""
    if report.engine == "rules":
        return f"Checked by rules ({report.model})." if report.model != "none" else "Measured; nobody judged it."
    rules = report.provenance.rules if report.provenance else None
    return f"Written by {report.model}" + (f", checked by {rules}." if rules else ".")


def figures(report: Report) -> list[tuple[str, str]]:
    """What was measured, as (figure, what it counts)."""
    measures = report.measures
    found = [
        (str(measures.words), "words"),
        (f"{measures.words_per_minute:.0f}", "words a minute"),
        (str(measures.pauses), "pauses"),
        (f"{measures.pause_ms / 1000:.1f} s", "of pauses"),
        (str(measures.fillers), "fillers"),
        (str(measures.repetitions), "repetitions"),
        (str(measures.false_starts), "false starts"),
    ]
    if measures.lexical_diversity is not None:
        found.append((f"{measures.lexical_diversity * 100:.0f} %", "different words"))
    return found


def clock(ms: int) -> str:
    return f"{ms // 60_000}:{ms // 1000 % 60:02d}"


def marks(error: SpokenError) -> list[str]:
    """What is to be known of an error beside its words."""
    found = [error.type.value.replace("_", " ")] if error.type is not ErrorType.OTHER else []
    found += ["sure"] if error.sure else []
    found += ["perhaps misheard, not counted"] if error.uncertain else []
    return found


def _lines(report: Report) -> Iterator[str]:
    yield from ("# Your report", "", _plain(report.summary), "")
    yield from ("| " + " | ".join(_plain(name) for _, name in figures(report)) + " |",)
    yield "|" + " ---: |" * len(figures(report))
    yield from ("| " + " | ".join(figure for figure, _ in figures(report)) + " |", "")
    if report.practise:
        yield from ("## Practise next", "")
        for suggestion in report.practise:
            yield from _suggestion(suggestion)
    if report.answers:
        yield from ("## Your answers", "")
        for answer in report.answers:
            yield from _answer(answer)
    yield from ("## What this report does not know", "")
    yield from (f"- {_plain(limit)}" for limit in report.limits)
    yield from ("", _plain(made_by(report)))


def _suggestion(suggestion: Suggestion) -> Iterator[str]:
    yield from (f"### {_plain(suggestion.title)}", "", _plain(suggestion.reason), "")
    if suggestion.lesson:
        yield from _lesson(suggestion.lesson)


def _lesson(lesson: Lesson) -> Iterator[str]:
    yield from (_plain(lesson.text), "")
    if lesson.examples:
        yield from (f"- not “{_plain(one.wrong)}” but “{_plain(one.right)}”" for one in lesson.examples)
        yield ""
    if lesson.exercise:
        yield from (f"Try this: {_plain(lesson.exercise)}", "")


def _answer(answer: AnswerReport) -> Iterator[str]:
    yield from (f"### {_plain(title_of(answer))}", "")
    yield from (f"**{verdict_words(answer.verdict)}**: {_plain(answer.reason)}", "")
    if answer.quality and answer.quality.advice:
        yield from (_plain(answer.quality.advice), "")
    if answer.transcript:
        yield from (f"> {_plain(answer.transcript)}", "")
    for error in answer.errors:
        about = ", ".join((*marks(error), f"at {clock(error.start_ms)}"))
        yield f"- ~~{_plain(error.quote)}~~ → **{_plain(error.correction)}** ({about})"
        yield f"  {_plain(error.explanation)}"
    if answer.errors:
        yield ""
    if answer.improved:
        yield from (f"Better: *{_plain(answer.improved)}*", "")


def _plain(text: str) -> str:
    """Text as Markdown that shows just this text, on one line."""
    line = _SIGNS.sub(r"\\\1", " ".join(text.split()))
    return _BEGINS_A_LIST.sub(r"\1\\\2", line)
