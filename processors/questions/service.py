"""The questions stage: when a session has started, its questions are written to the session's log."""

from infra.clock import Clock
from infra.errors import Unavailable
from infra.telemetry import get_logger
from processors.questions.core.bank import QuestionBank, draw
from processors.questions.core.validation import valid_questions
from processors.questions.ports import QuestionLog, QuestionWriter
from schemas.base import Event, derived_id
from schemas.sessions import Question, QuestionsAsked, SessionStarted

_MIN_TIMEOUT_S = 0.2
"""If less time than this is left, the language model is not called."""

_log = get_logger("questions")


class QuestionsService:
    """Handles the events of `session.events`."""

    events = (SessionStarted,)

    def __init__(
        self, bank: QuestionBank, writer: QuestionWriter | None, log: QuestionLog, clock: Clock, deadline_s: float
    ) -> None:
        self._bank = bank
        self._writer = writer
        self._log = log
        self._clock = clock
        self._deadline_s = deadline_s

    async def handle(self, event: Event) -> None:
        # A client that asked for no questions gets none, not an empty list.
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
        _log.info("questions written", source=asked.source, count=len(asked.questions))

    async def give_up(self, event: Event) -> None:
        """No reply is owed: a session is complete without questions."""

    async def _written(self, event: SessionStarted) -> tuple[str, ...]:
        """The language model's questions. None if it is not configured, late or failing, or if less than half of its
        questions are valid: the others are then not trusted either."""
        # Counted from the session's start, so that a backlog of sessions does not make the later ones wait longer.
        age_s = max(0, self._clock.now_ms() - event.at_ms) / 1000
        timeout_s = self._deadline_s - age_s
        if self._writer is None or timeout_s < _MIN_TIMEOUT_S:
            return ()
        try:
            texts = await self._writer.write(event.topic, event.question_count, timeout_s)
        except Unavailable as error:
            _log.warning("question bank used", reason=error.message)
            return ()
        valid = valid_questions(texts, event.question_count)
        if 2 * len(valid) < event.question_count:
            _log.warning("question bank used", reason="too few valid questions", valid=len(valid))
            return ()
        return valid
