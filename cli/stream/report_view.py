"""Questions, summary and report for a terminal. What a speaker said is never interpreted as markup."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from client.outcome import Outcome
from schemas.reports import AnswerReport, ErrorType, Report
from schemas.wire import Questions, Summary


def questions_view(asked: Questions) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for question in asked.questions:
        table.add_row(Text(f"{question.number}.", style="bold"), Text(question.text))
    by = "by the language model" if asked.source == "llm" else "from the question bank"
    return Group(Text(f"Questions ({by})", style="bold"), table)


def summary_view(summary: Summary) -> RenderableType:
    return Text(
        f"{summary.words} words in {summary.audio_ms / 1000:.1f} s "
        f"({summary.speech_ms / 1000:.1f} s of speech, {summary.words_per_minute:.0f} words a minute)",
        style="bold",
    )


def report_view(report: Report) -> RenderableType:
    by = f"by {report.model}" if report.engine == "llm" else "by rules"
    parts: list[RenderableType] = [Text(f"Report ({by})", style="bold"), Text(report.summary)]
    unanswered = [answer for answer in report.answers if answer.question and not answer.transcript]
    for answer in report.answers:
        if answer not in unanswered:
            parts += _answer_view(answer)
    if unanswered:
        numbers = ", ".join(str(answer.question) for answer in unanswered)
        parts.append(Text(f"\nNot answered: question{'s' if len(unanswered) > 1 else ''} {numbers}", style="cyan"))
    if report.practise:
        parts.append(Text("\nPractise next", style="cyan"))
        for item in report.practise:
            parts.append(Text(f"  • {item.title}: {item.reason}"))
            if item.lesson:
                parts.append(Text(f"    {item.lesson.text}", style="dim"))
    parts.append(Text("\nWhat this report does not know", style="cyan"))
    parts += [Text(f"  • {limit}", style="dim") for limit in report.limits]
    return Group(*parts)


def _answer_view(answer: AnswerReport) -> list[RenderableType]:
    heading = f"Question {answer.question}: {answer.question_text or ''}" if answer.question else "Unasked"
    parts: list[RenderableType] = [
        Text(f"\n{heading}", style="cyan"),
        Text(f"{answer.verdict.replace('_', ' ')}: {answer.reason}"),
    ]
    if answer.quality and answer.quality.advice:
        parts.append(Text(answer.quality.advice, style="yellow"))
    for error in answer.errors:
        line = Text("  • ")
        line.append(error.quote, style="red").append(" → ").append(error.correction, style="green")
        about = [error.type.replace("_", " ")] if error.type is not ErrorType.OTHER else []
        about += ["sure"] if error.sure else []
        about += ["possibly misheard"] if error.uncertain else []
        line.append(f"  {error.explanation}" + (f" ({', '.join(about)})" if about else ""))
        parts.append(line)
    if answer.improved:
        parts.append(Text(f"  Better: {answer.improved}", style="green"))
    return parts


def show_outcome(console: Console, outcome: Outcome) -> None:
    """The end of a session: summary, report, and what went wrong."""
    if outcome.summary:
        console.print(summary_view(outcome.summary))
    if outcome.report:
        console.print(report_view(outcome.report))
    for fault in outcome.faults:
        console.print(Text(f"✗ {fault}", style="red"))
