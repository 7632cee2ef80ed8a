"""A report as Markdown, and its texts for other formats. Speech is escaped: it can neither add formatting nor links."""

import re
from collections.abc import Iterator

from schemas.reports import AnswerReport, ErrorType, Lesson, Report, SpokenError, Suggestion, Verdict

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~])")
_LIST_MARKER = re.compile(r"^(\d*)([-=.)])")


def report_markdown(report: Report) -> str:
    return "\n".join(_lines(report)).rstrip() + "\n"


def verdict_label(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def answer_title(answer: AnswerReport) -> str:
    if answer.question is None:
        return "Not an answer to a question"
    return f"{answer.question}. {answer.question_text or ''}".strip()


def made_by(report: Report) -> str:
    """A sentence on how the report was made."""
    if report.engine == "rules":
        return f"Checked by rules ({report.model})." if report.model != "none" else "Measured only; nothing was judged."
    rules = report.provenance.rules if report.provenance else None
    return f"Written by {report.model}" + (f", checked by {rules}." if rules else ".")


def figures(report: Report) -> list[tuple[str, str]]:
    """The measures as (value, label)."""
    measures = report.measures
    found = [
        (str(measures.words), "words"),
        (f"{measures.words_per_minute:.0f}", "words a minute"),
        (str(measures.pauses), "pauses"),
        (f"{measures.pause_ms / 1000:.1f} s", "of pauses"),
        (str(measures.fillers), "filler words"),
        (str(measures.repetitions), "repetitions"),
        (str(measures.false_starts), "false starts"),
    ]
    if measures.lexical_diversity is not None:
        found.append((f"{measures.lexical_diversity * 100:.0f} %", "different words"))
    return found


def clock(ms: int) -> str:
    """A time in the session as minutes and seconds."""
    return f"{ms // 60_000}:{ms // 1000 % 60:02d}"


def error_labels(error: SpokenError) -> list[str]:
    """The error's type, certainty and time."""
    labels = [error.type.value.replace("_", " ")] if error.type is not ErrorType.OTHER else []
    labels += ["sure"] if error.sure else []
    labels += ["perhaps misheard, not counted"] if error.uncertain else []
    return [*labels, f"at {clock(error.start_ms)}"]


def _lines(report: Report) -> Iterator[str]:
    yield from ("# Your report", "", _escaped(report.summary), "")
    yield from ("| " + " | ".join(_escaped(name) for _, name in figures(report)) + " |",)
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
    yield from (f"- {_escaped(limit)}" for limit in report.limits)
    yield from ("", _escaped(made_by(report)))


def _suggestion(suggestion: Suggestion) -> Iterator[str]:
    yield from (f"### {_escaped(suggestion.title)}", "", _escaped(suggestion.reason), "")
    if suggestion.lesson:
        yield from _lesson(suggestion.lesson)


def _lesson(lesson: Lesson) -> Iterator[str]:
    yield from (_escaped(lesson.text), "")
    if lesson.examples:
        yield from (f"- not “{_escaped(one.wrong)}” but “{_escaped(one.right)}”" for one in lesson.examples)
        yield ""
    if lesson.exercise:
        yield from (f"Try this: {_escaped(lesson.exercise)}", "")


def _answer(answer: AnswerReport) -> Iterator[str]:
    yield from (f"### {_escaped(answer_title(answer))}", "")
    yield from (f"**{verdict_label(answer.verdict)}**: {_escaped(answer.reason)}", "")
    if answer.quality and answer.quality.advice:
        yield from (_escaped(answer.quality.advice), "")
    if answer.transcript:
        yield from (f"> {_escaped(answer.transcript)}", "")
    for error in answer.errors:
        labels = ", ".join(error_labels(error))
        yield f"- ~~{_escaped(error.quote)}~~ → **{_escaped(error.correction)}** ({labels})"
        yield f"  {_escaped(error.explanation)}"
    if answer.errors:
        yield ""
    if answer.improved:
        yield from (f"Better: *{_escaped(answer.improved)}*", "")


def _escaped(text: str) -> str:
    """Markdown that renders as exactly this text, on one line."""
    line = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    return _LIST_MARKER.sub(r"\1\\\2", line)
