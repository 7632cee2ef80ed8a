"""Sessions' logs through the transcriber's own core and a recogniser, with nobody listening."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from infra.clock import Clock
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import Output
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.service import VoiceActivityDetector
from schemas.audio import FRAME_MS
from schemas.transcripts import Final, SessionTranscribed
from schemas.wire import FinalMessage
from schemas.words import Word


class Recogniser(Protocol):
    async def transcribe(self, windows: Sequence[Window]) -> Sequence[Hypothesis]:
        """One hypothesis per window, in order, whatever their kinds."""
        ...


@dataclass(frozen=True)
class Replayed:
    """A session as it was heard this time. Both delays have one entry per word, in milliseconds: from the word's end to
    the end of the audio with which it became final; and with the time the model took for that audio added."""

    transcribed: SessionTranscribed
    delays_ms: tuple[float, ...]
    whole_delays_ms: tuple[float, ...]
    model_ms: float


@dataclass
class _Tally:
    """`finals`: a final's words, the audio that had been heard by then, and the model's time for the last of it."""

    finals: list[tuple[tuple[Word, ...], int, int]] = field(default_factory=list)
    model_ms: float = 0


def finals_of(transcribed: SessionTranscribed) -> tuple[Final, ...]:
    """All finals of a session, in their order."""
    finals = [final for answer in transcribed.answers for final in answer.finals]
    return tuple(sorted(finals, key=lambda final: final.number))


class Replay:
    """Takes records as they stand in the log and gives each session once it has ended. `at_once`: the most windows that
    are heard in one round, as of different sessions."""

    def __init__(
        self, streams: SessionRegistry, voice: VoiceActivityDetector, recogniser: Recogniser, clock: Clock, at_once: int
    ) -> None:
        self._streams = streams
        self._voice = voice
        self._recogniser = recogniser
        self._clock = clock
        self._at_once = at_once
        self._tallies: defaultdict[str, _Tally] = defaultdict(_Tally)

    async def take(self, records: Iterable[SessionLogRecord]) -> list[Replayed]:
        """Work through these records. Windows never grow because others wait: the same log gives the same words."""
        ended = self._note(self._streams.advance(records), {})
        while self._streams.busy:
            while pieces := self._streams.unlistened():
                heard = await self._voice.listen(pieces)
                ended += self._note(self._streams.listened(pieces, heard, go_on=True), {})
            ended += await self._hear()
            ended += self._note(self._streams.advance(()), {})
        return ended

    async def _hear(self) -> list[Replayed]:
        windows = self._streams.due(self._at_once)
        if not windows:
            return []
        begun_ms = self._clock.monotonic_ms()
        hypotheses = await self._recogniser.transcribe(windows)
        took_ms = self._clock.monotonic_ms() - begun_ms
        for window in windows:
            self._tallies[window.session_id].model_ms += took_ms / len(windows)
        took = {window.session_id: took_ms for window in windows}
        return self._note(self._streams.settle(windows, hypotheses), took)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Sessions that began, and whose log has no end yet."""
        return tuple(session.session_id for session in self._streams.open_sessions())

    def _note(self, output: Output, took_ms: dict[str, int]) -> list[Replayed]:
        for addressed in output.replies:
            reply = addressed.reply
            if isinstance(reply.message, FinalMessage):
                heard_ms = (reply.heard_frames or 0) * FRAME_MS
                noted = (reply.message.words, heard_ms, took_ms.get(reply.session_id, 0))
                self._tallies[reply.session_id].finals.append(noted)
        return [
            _replayed(fact.event, self._tallies.pop(fact.event.session_id, _Tally()))
            for fact in output.facts
            if isinstance(fact.event, SessionTranscribed)
        ]


def _replayed(transcribed: SessionTranscribed, tally: _Tally) -> Replayed:
    delays = [
        # A session's last frame may be shorter than a frame.
        (min(heard_ms, transcribed.audio_ms) - word.end_ms, took_ms)
        for words, heard_ms, took_ms in tally.finals
        for word in words
    ]
    return Replayed(
        transcribed,
        delays_ms=tuple(float(delay) for delay, _ in delays),
        whole_delays_ms=tuple(float(delay + took) for delay, took in delays),
        model_ms=tally.model_ms,
    )
