"""The chain of the questions stage: a session started → its questions stand in the session's log."""

from typing import Protocol

from infra.clock import Clock
from infra.errors import Unavailable
from infra.telemetry import get_logger
from processors.questions.core.bank import Bank, draw
from processors.questions.core.check import usable
from schemas.base import Event, derived_id
from schemas.sessions import Question, QuestionsAsked, SessionStarted

_LEAST_USEFUL_S = 0.2
"""With less time than this left, a model is not asked at all."""


class Writer(Protocol):
    """Writes questions: a language model."""

    async def write(self, topic: str | None, count: int, within_s: float) -> tuple[str, ...]:
        """Unchecked texts. Raises Unavailable if none came in time."""
        ...


class SessionLog(Protocol):
    """The sessions' logs on `audio.frames`."""

    async def append(self, asked: QuestionsAsked) -> None:
        """Returns once the broker holds the record. Raises KafkaError."""
        ...


class QuestionsService:
    """Handler of `session.events`."""

    events = (SessionStarted,)

    def __init__(self, bank: Bank, writer: Writer | None, log: SessionLog, clock: Clock, deadline_s: float) -> None:
        self._bank = bank
        self._writer = writer
        self._log = log
        self._clock = clock
        self._deadline_s = deadline_s

    async def handle(self, event: Event) -> None:
        # A speaker who asked for no questions gets none, not even an empty list.
        if not isinstance(event, SessionStarted) or event.question_count == 0:
            return
        written = await self._written(event)
        drawn = draw(self._bank, event.session_id, event.question_count - len(written), event.topic, without=written)
        asked = QuestionsAsked(
            event_id=derived_id(event.session_id, "questions"),
            at_ms=self._clock.now_ms(),
            session_id=event.session_id,
            questions=tuple(Question(number=n, text=text) for n, text in enumerate(written + drawn, start=1)),
            source="llm" if written else "bank",
        )
        await self._log.append(asked)
        get_logger("questions").info("questions asked", source=asked.source, count=len(asked.questions))

    async def give_up(self, event: Event) -> None:
        """Nobody waits for questions: a session is whole without them."""

    async def _written(self, event: SessionStarted) -> tuple[str, ...]:
        """The model's questions, or none: if it is missing, late or failing, or if fewer than half of what it wrote can
        be used, for then the rest deserves no trust either."""
        # Counted from the session's start, so that sessions which had to wait in a queue do not make others wait more.
        age_s = max(0, self._clock.now_ms() - event.at_ms) / 1000
        within_s = self._deadline_s - age_s
        if self._writer is None or within_s < _LEAST_USEFUL_S:
            return ()
        try:
            texts = await self._writer.write(event.topic, event.question_count, within_s)
        except Unavailable as error:
            get_logger("questions").warning("the bank is used", reason=error.message)
            return ()
        written = usable(texts, event.question_count)
        if 2 * len(written) < event.question_count:
            get_logger("questions").warning("the bank is used", reason="too few usable questions", usable=len(written))
            return ()
        return written
