"""Events as the other stages write them; a test names only the fields that matter to it."""

from typing import Any

from schemas.base import derived_id
from schemas.counts import HourCount, WordsCounted
from schemas.reports import AnswerReport, Measures, Report, ReportReady, SpokenError, Suggestion, Verdict
from schemas.sessions import EndCause, Question, SessionStarted
from schemas.transcripts import Answer, Final, SessionTranscribed, TranscriptFinal
from schemas.words import Word

NINE_MS = 1_780_304_400_000
"""2026-06-01 09:00 UTC."""
HOUR_MS = 3_600_000


def shared(session: str = "s1", user: str = "ann", **more: Any) -> dict[str, Any]:
    return {
        "event_id": derived_id(session, user, sorted(more.items())),
        "at_ms": NINE_MS,
        "session_id": session,
        "user_id": user,
        "display_name": user.capitalize(),
        "org": "north",
        "groups": ("7a",),
        "mode": "practice",
        "competition": None,
    } | more


def started(session: str = "s1", user: str = "ann", **more: Any) -> SessionStarted:
    fields = {"language": "en", "topic": "holidays", "question_count": 2}
    return SessionStarted.model_validate(shared(session, user) | fields | more)


def final(number: int, text: str, question: int | None = 1) -> Final:
    words = tuple(
        Word(text=word, start_ms=number * 1000 + at * 100, end_ms=number * 1000 + at * 100 + 80, probability=0.9)
        for at, word in enumerate(text.split())
    )
    return Final(
        number=number,
        text=text,
        start_ms=words[0].start_ms,
        end_ms=words[-1].end_ms,
        question=question,
        words=words,
    )


def said(one: Final, session: str = "s1", user: str = "ann", **more: Any) -> TranscriptFinal:
    return TranscriptFinal.model_validate(shared(session, user) | {"final": one} | more)


def transcribed(
    finals: tuple[Final, ...] = (), session: str = "s1", user: str = "ann", **more: Any
) -> SessionTranscribed:
    by_question: dict[int | None, list[Final]] = {}
    for one in finals:
        by_question.setdefault(one.question, []).append(one)
    fields = {
        "started_at_ms": NINE_MS,
        "language": "en",
        "topic": "holidays",
        "questions": (Question(number=1, text="Where were you?"), Question(number=2, text="With whom?")),
        "questions_source": "bank",
        "answers": tuple(
            Answer(question=number, start_ms=ones[0].start_ms, end_ms=ones[-1].end_ms, finals=tuple(ones))
            for number, ones in by_question.items()
        ),
        "words": sum(len(one.words) for one in finals),
        "speech_ms": 4000,
        "audio_ms": 6000,
        "words_per_minute": 90.0,
        "finals": len(finals),
        "live": True,
        "ended_by": EndCause.CLIENT,
        "model": "whisper-micro",
        "conn": "c1",
        "reply_to": 0,
    }
    return SessionTranscribed.model_validate(shared(session, user) | fields | more)


def counted(words: int, session: str = "s1", user: str = "ann", **more: Any) -> WordsCounted:
    hours = (HourCount(hour_ms=NINE_MS, words=words),)
    return WordsCounted.model_validate(shared(session, user) | {"hours": hours, "live": True} | more)


def report(summary: str = "Well done.") -> Report:
    return Report(
        engine="rules",
        model="languagetool",
        summary=summary,
        answers=(
            AnswerReport(
                question=1,
                question_text="Where were you?",
                transcript="he go to the sea",
                verdict=Verdict.ANSWERED,
                reason="It names a place.",
                errors=(
                    SpokenError(
                        quote="he go",
                        correction="he goes",
                        explanation="After he, she or it the verb takes an s.",
                        start_ms=1000,
                        end_ms=1180,
                        uncertain=False,
                    ),
                ),
            ),
        ),
        measures=Measures(words=5, words_per_minute=90.0, pauses=1, pause_ms=600, fillers=0, lexical_diversity=None),
        practise=(Suggestion(title="Third person s", reason="It was missing once."),),
        limits=("Checked by rules alone.",),
    )


def report_ready(session: str = "s1", user: str = "ann", **more: Any) -> ReportReady:
    fields = {"analysis_version": 1, "report": report(), "error": None}
    return ReportReady.model_validate(shared(session, user) | fields | more)
