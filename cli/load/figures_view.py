"""The figures of `rostrum load` for a person, and how far it has come."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.load.figures import LoadFigures, Percentiles, conclusion
from cli.load.trace import SpeakerTrace
from schemas.audio import FRAME_MS


def progress_text(traces: Sequence[SpeakerTrace]) -> str:
    speaking = sum(trace.began and not trace.done for trace in traces)
    done = sum(trace.done for trace in traces)
    stored_s = sum(trace.frames_acked for trace in traces) * FRAME_MS / 1000
    of_s = sum(trace.speech.seconds for trace in traces)
    rejected = sum(trace.rejected_attempts.total() for trace in traces)
    return (
        f"{speaking} of {len(traces)} speaking, {done} done; {stored_s:.0f} of {of_s:.0f} s of audio stored"
        + (f"; {rejected} attempts rejected" if rejected else "")
        + " …"
    )


def figures_view(found: LoadFigures) -> RenderableType:
    table = Table("delay in ms", *(["p50", "p95", "p99", "greatest"]))
    for name, values in (
        ("frame sent → acknowledged", found.ack),
        ("end of word → first shown", found.partial),
        ("end of word → final", found.final),
        ("connection lost → next acknowledgement", found.reconnect_to_ack),
    ):
        table.add_row(name, *_cells(values))
    return Group(table, *_lines(found))


def _lines(found: LoadFigures) -> Iterator[Text]:
    wer = "unknown" if found.wer is None else f"{100 * found.wer:.1f} %"
    yield Text(
        f"{found.frames_acked} frames acknowledged, {found.reconnections} reconnections, word error rate {wer}; "
        f"duplicates: {found.duplicate_finals} finals, {found.repeated_passages} passages"
    )
    for code, count in found.rejected_attempts.items():
        yield Text(f"Attempts that were rejected and repeated: {code}, {count}")
    for name, losses in found.losses.items():
        yield Text(f"{name}: {'; '.join(losses)}", style="red")
    for name, reason in found.failed.items():
        if name not in found.losses:
            yield Text(f"{name}: {reason}", style="red")
    yield Text(conclusion(found), style="bold")


def _cells(values: Percentiles | None) -> list[str]:
    return [f"{value:.0f}" for value in values.values()] if values else ["-"] * 4
