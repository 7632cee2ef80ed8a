"""Sessions for tests: started ones, and transcribed ones made from plain text."""

import time
import uuid
from collections.abc import Sequence

from schemas.sessions import EndCause, Question, SessionStarted
from schemas.transcripts import Answer, Final, SessionTranscribed
from schemas.words import Word, count_words

START_MS = 1_700_000_000_000
WORD_MS = 250
GAP_MS = 50


def words(text: str, begin_ms: int = 0, *, unsure: Sequence[str] = ()) -> tuple[Word, ...]:
    """Words at an even pace; those in `unsure` have a low probability."""
    return tuple(
        Word(
            text=word,
            start_ms=begin_ms + number * (WORD_MS + GAP_MS),
            end_ms=begin_ms + number * (WORD_MS + GAP_MS) + WORD_MS,
            probability=0.2 if word in unsure else 0.95,
        )
        for number, word in enumerate(text.split())
    )


def started(topic: str | None = None, question_count: int = 10) -> SessionStarted:
    """A session that starts now, with a new id."""
    session_id = str(uuid.uuid4())
    return SessionStarted(
        event_id=session_id,
        at_ms=time.time_ns() // 1_000_000,
        session_id=session_id,
        user_id="ada",
        display_name="Ada Lovelace",
        org="",
        groups=(),
        mode="practice",
        competition=None,
        language="en",
        topic=topic,
        question_count=question_count,
    )


def transcribed(
    *answers: str,
    session_id: str = "s-1",
    unsure: Sequence[str] = (),
    question: Sequence[int | None] | None = None,
    topic: str | None = None,
    ended_by: EndCause = EndCause.CLIENT,
    reply_to: int = 0,
) -> SessionTranscribed:
    """A session with these answers to questions 1, 2, 3 …, or to the questions given."""
    numbers = question or range(1, len(answers) + 1)
    transcript, at_ms = [], 0
    for place, (number, text) in enumerate(zip(numbers, answers, strict=True), start=1):
        said = words(text, at_ms, unsure=unsure)
        end_ms = said[-1].end_ms if said else at_ms
        final = Final(number=place, text=text, start_ms=at_ms, end_ms=end_ms, question=number, words=said)
        transcript.append(Answer(question=number, start_ms=at_ms, end_ms=end_ms, finals=(final,)))
        at_ms = end_ms + GAP_MS
    total = sum(count_words(text) for text in answers)
    return SessionTranscribed(
        event_id=f"{session_id}-transcribed",
        at_ms=START_MS + at_ms,
        session_id=session_id,
        user_id="ada",
        display_name="Ada Lovelace",
        org="school",
        groups=("class-1",),
        mode="practice",
        competition=None,
        started_at_ms=START_MS,
        language="en",
        topic=topic,
        questions=tuple(Question(number=n, text=f"What do you like about number {n}?") for n in range(1, 11)),
        questions_source="bank",
        answers=tuple(transcript),
        words=total,
        speech_ms=at_ms,
        audio_ms=at_ms,
        words_per_minute=round(total * 60_000 / at_ms, 1) if at_ms else 0.0,
        finals=len(transcript),
        live=True,
        ended_by=ended_by,
        model="whisper-micro",
        conn="c-1",
        reply_to=reply_to,
    )
