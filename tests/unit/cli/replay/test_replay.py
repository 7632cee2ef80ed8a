from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from cli.replay.command import parse_time, replay
from cli.replay.run import Replay, Replayed
from cli.replay.view import Verdict, result, view
from infra.errors import RostrumError
from processors.transcribe.core.audio.vad import VadInput, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.registry import SessionRegistry
from schemas.audio import FRAME_MS
from schemas.words import Word
from tests.support.transcribe.core_values import OPTIONS, SILENT_FRAME, Script, TruthfulRecogniser, words
from tests.support.transcribe.session_records import session_ended

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MODEL_MS = 40
SAID = words("one two three four five six seven eight")


class Clock:
    """Goes on only while the model works."""

    ms = 0

    def now_ms(self) -> int:
        return self.ms

    def monotonic_ms(self) -> int:
        return self.ms


class Model:
    """Hears what is said, and takes its time."""

    def __init__(self, clock: Clock, said: Sequence[Word]) -> None:
        self._clock = clock
        self._ears = TruthfulRecogniser(said)

    async def transcribe(self, windows: Sequence[Window]) -> list[Hypothesis]:
        self._clock.ms += MODEL_MS
        return [self._ears.hear(window) for window in windows]


class NoFilter:
    async def listen(self, pieces: Sequence[VadInput]) -> Sequence[VadOutput]:
        raise AssertionError(f"these streams have no voice filter, {pieces} came")


def log(session_id: str, frames: int, *, ends: bool = True, partition: int = 0) -> list[SessionLogRecord]:
    script = Script(session_id, partition)
    records = [script.start(), *(script.frame() for _ in range(frames - 1)), script.frame(SILENT_FRAME[:3200])]
    return [*records, script.record(session_ended(session_id))] if ends else records


async def heard(said: Sequence[Word] = SAID, session_id: str = "s-1") -> Replayed:
    clock = Clock()
    core = Replay(SessionRegistry(OPTIONS), NoFilter(), Model(clock, said), clock, at_once=2)
    (replayed,) = await core.take(log(session_id, 12))
    return replayed


async def test_a_session_is_given_once_it_has_ended() -> None:
    clock = Clock()
    core = Replay(SessionRegistry(OPTIONS), NoFilter(), Model(clock, SAID), clock, at_once=2)
    *most, end = log("s-1", 12)

    assert await core.take(most) == []
    assert core.unfinished == ("s-1",)
    (replayed,) = await core.take([end, *log("s-2", 4, ends=False, partition=1)])

    assert core.unfinished == ("s-2",)
    assert [word.text for final in replayed.transcribed.answers[0].finals for word in final.words] == [
        word.text for word in SAID
    ]


async def test_delays_count_from_a_words_end_to_the_audio_that_made_it_final() -> None:
    replayed = await heard()

    audio_ms = 11 * FRAME_MS + 100
    assert replayed.transcribed.audio_ms == audio_ms
    assert len(replayed.delays_ms) == len(SAID)
    # Two windows of a second agree on the first word, the newest words wait for the end.
    assert replayed.delays_ms[0] == 2000 - SAID[0].end_ms
    assert replayed.delays_ms[-1] == audio_ms - SAID[-1].end_ms
    assert [whole - audio for whole, audio in zip(replayed.whole_delays_ms, replayed.delays_ms, strict=True)] == [
        MODEL_MS
    ] * len(SAID)
    assert replayed.model_ms == 4 * MODEL_MS  # one window per second, and once more at the end


async def test_the_same_words_are_identical() -> None:
    once, again = await heard(), await heard()

    figures = result(Verdict(again, once.transcribed, None))

    assert figures["identical"]
    assert figures["against_stored"] == {"wer": 0, "words": 8, "substitutions": 0, "deletions": 0, "insertions": 0}
    assert figures["changes"] == []
    assert figures["against_reference"] is None


async def test_words_that_changed_are_shown_where_they_stand() -> None:
    stored, again = await heard(), await heard(words("one too three four five six eight"))
    verdict = Verdict(again, stored.transcribed, "one two three four five six eight")

    figures = result(verdict)

    assert not figures["identical"]
    assert figures["changes"] == [
        {"at_ms": 300, "stored": "two", "replayed": "too"},
        {"at_ms": 1800, "stored": "seven", "replayed": ""},
    ]
    assert figures["against_reference"]["wer"] == round(1 / 7, 4)
    assert figures["stored_against_reference"]["insertions"] == 1
    shown = _printed(verdict)
    assert "2 of 8 words changed (WER 25.0 %): 1 other, 1 gone, 0 new" in shown
    assert "0:00.3  … one [two] → [too] three four five …" in shown
    assert "[seven] → [∅]" in shown


async def test_a_session_without_a_stored_transcript() -> None:
    verdict = Verdict(await heard(()), None, None)

    figures = result(verdict)

    assert (figures["identical"], figures["against_stored"], figures["delay_ms"]) == (None, None, None)
    assert "stored transcript: none yet" in _printed(verdict)


def _printed(verdict: Verdict) -> str:
    console = Console(width=200, soft_wrap=True)
    with console.capture() as captured:
        console.print(view(verdict))
    return captured.get()


def test_times() -> None:
    assert parse_time("90s", NOW) == NOW - timedelta(seconds=90)
    assert parse_time("1.5h", NOW) == NOW - timedelta(minutes=90)
    assert parse_time("2026-05-01T09:30:00Z", NOW) == datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
    assert parse_time("2026-05-01", NOW).tzinfo is not None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "--session ID or --since TIME"),
        (["--session", "a", "--since", "1h"], "--session ID or --since TIME"),
        (["--since", "1h", "--reference", "said.txt"], "the text of one session"),
        (["--since", "yesterday"], "neither a time"),
        (["--since", "99999999999d"], "neither a time"),
    ],
)
def test_wrong_options_are_told(arguments: list[str], reason: str) -> None:
    ended = CliRunner().invoke(replay, arguments)

    assert ended.exit_code == 2
    assert reason in ended.output


def test_a_reference_that_is_missing_is_told_first(tmp_path: Path) -> None:
    ended = CliRunner().invoke(replay, ["--session", "a", "--reference", str(tmp_path / "none.txt")])

    assert isinstance(ended.exception, RostrumError)
    assert "none.txt" in ended.exception.message
