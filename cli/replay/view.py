"""A replayed session compared with the stored one, for a person and for a program."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from client.accuracy import Comparison, Difference, compare
from infra.quantiles import spread
from processors.transcribe.offline import OfflineTranscript, finals_of
from schemas.transcripts import SessionTranscribed
from schemas.words import Word

_CONTEXT_WORDS = 3
"""Words shown on either side of a difference."""


@dataclass(frozen=True)
class ReplayComparison:
    """A replayed session beside the stored one and the reference."""

    replayed: OfflineTranscript
    stored: SessionTranscribed | None
    """None if the transcriber has not finished it."""
    reference: str | None
    """What was really said; None if it was not given."""

    @property
    def identical(self) -> bool:
        """Every final has the same number, words, times and answer."""
        if self.stored is None:
            return False
        return [_shown(each) for each in finals_of(self.stored)] == [
            _shown(each) for each in finals_of(self.replayed.transcribed)
        ]

    @property
    def against_stored(self) -> Comparison | None:
        return compare(_texts(self.stored), _texts(self.replayed.transcribed)) if self.stored else None

    @property
    def against_reference(self) -> Comparison | None:
        return self._compare_with_reference(self.replayed.transcribed)

    @property
    def stored_against_reference(self) -> Comparison | None:
        return self._compare_with_reference(self.stored) if self.stored else None

    def _compare_with_reference(self, transcribed: SessionTranscribed) -> Comparison | None:
        return compare(self.reference.split(), _texts(transcribed)) if self.reference is not None else None


def words_of(transcribed: SessionTranscribed) -> tuple[Word, ...]:
    return tuple(word for final in finals_of(transcribed) for word in final.words)


def _texts(transcribed: SessionTranscribed) -> list[str]:
    return [word.text for word in words_of(transcribed)]


def _shown(final: Any) -> dict[str, Any]:
    """A final without its words' probabilities, whose last digits depend on what else was in the batch."""
    shown: dict[str, Any] = final.model_dump(exclude={"words": {"__all__": {"probability"}}})
    return shown


def result(replay: ReplayComparison) -> dict[str, Any]:
    """One line of `--json`."""
    again, stored = replay.replayed.transcribed, replay.stored
    return {
        "type": "session",
        "session_id": again.session_id,
        "audio_ms": again.audio_ms,
        "model": again.model,
        "stored_model": stored.model if stored else None,
        "transcript": " ".join(_texts(again)),
        "stored_transcript": " ".join(_texts(stored)) if stored else None,
        "identical": replay.identical if stored else None,
        "against_stored": _figures(replay.against_stored),
        "against_reference": _figures(replay.against_reference),
        "stored_against_reference": _figures(replay.stored_against_reference),
        "changes": [{"at_ms": at_ms, "stored": before, "replayed": after} for at_ms, before, after in _changes(replay)],
        "delay_ms": spread(list(replay.replayed.delays_ms)),
        "delay_with_model_ms": spread(list(replay.replayed.delays_with_inference_ms)),
        "model_ms": round(replay.replayed.inference_ms),
    }


def _figures(comparison: Comparison | None) -> dict[str, Any] | None:
    if comparison is None:
        return None
    return {
        "wer": None if comparison.rate is None else round(comparison.rate, 4),
        "words": comparison.words,
        "substitutions": comparison.substitutions,
        "deletions": comparison.deletions,
        "insertions": comparison.insertions,
    }


def _changes(replay: ReplayComparison) -> Iterator[tuple[int, str, str]]:
    """The time of each change, the stored words and the replayed ones."""
    if replay.stored is None or replay.against_stored is None:
        return
    before, after = words_of(replay.stored), words_of(replay.replayed.transcribed)
    for each in replay.against_stored.differences:
        was, now = before[slice(*each.reference)], after[slice(*each.hypothesis)]
        yield (was or now)[0].start_ms, _joined(was), _joined(now)


def view(replay: ReplayComparison) -> RenderableType:
    """For a terminal. What a speaker said is never interpreted as markup."""
    return Group(*_lines(replay))


def _lines(replay: ReplayComparison) -> Iterator[Text]:
    replayed, stored = replay.replayed, replay.stored
    again = replayed.transcribed
    by = f"stored by {stored.model}, replayed by {again.model}" if stored else f"replayed by {again.model}"
    yield Text(f"Session {again.session_id}: {again.audio_ms / 1000:.1f} s, {by}", style="bold")
    if replay.against_stored is None:
        yield Text("  no stored transcript yet")
    else:
        same = ", every final identical" if replay.identical else ""
        yield Text(f"  against the stored transcript: {_summary(replay.against_stored)}{same}")
    if replay.against_reference is not None:
        yield Text(f"  against the reference: {_summary(replay.against_reference)}")
    if replay.stored_against_reference is not None:
        yield Text(f"  stored against the reference: {_summary(replay.stored_against_reference)}")
    if delays := spread(list(replayed.delays_ms)):
        whole = spread(list(replayed.delays_with_inference_ms)) or delays
        yield Text(f"  end of word → final: {_delays(delays)}; with the model's time {_delays(whole)}")
    if again.audio_ms:
        yield Text(f"  model: {replayed.inference_ms / again.audio_ms:.3f} s per second of audio")
    if stored and replay.against_stored:
        before, after = words_of(stored), words_of(again)
        for each in replay.against_stored.differences:
            yield _change(each, before, after)


def _summary(comparison: Comparison) -> str:
    rate = "" if comparison.rate is None else f" (WER {100 * comparison.rate:.1f} %)"
    return (
        f"{comparison.changed} of {comparison.words} words changed{rate}: {comparison.substitutions} substituted, "
        f"{comparison.deletions} deleted, {comparison.insertions} inserted"
    )


def _delays(delays: dict[str, float]) -> str:
    return f"median {delays['median'] / 1000:.2f} s, p95 {delays['p95'] / 1000:.2f} s"


def _change(difference: Difference, before: Sequence[Word], after: Sequence[Word]) -> Text:
    """The changed words in red and green between those around them."""
    (was_from, was_to), (now_from, now_to) = difference.reference, difference.hypothesis
    was, now = before[was_from:was_to], after[now_from:now_to]
    at_s = (was or now)[0].start_ms / 1000
    line = Text(f"  {at_s // 60:.0f}:{at_s % 60:04.1f}  … ", style="dim")
    line.append(_joined(before[max(was_from - _CONTEXT_WORDS, 0) : was_from]) + " ", style="default not dim")
    line.append(f"[{_joined(was) or '∅'}]", style="red not dim").append(" → ")
    line.append(f"[{_joined(now) or '∅'}]", style="green not dim")
    line.append(" " + _joined(before[was_to : was_to + _CONTEXT_WORDS]), style="default not dim").append(" …")
    return line


def _joined(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
