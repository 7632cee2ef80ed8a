"""Questions, summary and report as text for a terminal. What a speaker said is never read as markup."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.outcome import Outcome
from schemas.reports import Report
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
    for answer in report.answers:
        heading = f"Question {answer.question}: {answer.question_text or ''}" if answer.question else "Unasked"
        parts.append(Text(f"\n{heading}", style="cyan"))
        parts.append(Text(f"{answer.verdict.replace('_', ' ')}: {answer.reason}"))
        for error in answer.errors:
            line = Text("  • ")
            line.append(error.quote, style="red").append(" → ").append(error.correction, style="green")
            line.append(f"  {error.explanation}" + (" (not sure it was said so)" if error.uncertain else ""))
            parts.append(line)
    if report.practise:
        parts.append(Text("\nPractise next", style="cyan"))
        parts += [Text(f"  • {item.title}: {item.reason}") for item in report.practise]
    parts += [Text(limit, style="dim") for limit in report.limits]
    return Group(*parts)


def show_outcome(console: Console, outcome: Outcome) -> None:
    """The end of a session: summary, report, and what went wrong."""
    if outcome.summary:
        console.print(summary_view(outcome.summary))
    if outcome.report:
        console.print(report_view(outcome.report))
    for fault in outcome.faults:
        console.print(Text(f"✗ {fault}", style="red"))
