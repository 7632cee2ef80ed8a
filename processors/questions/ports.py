"""What the questions stage needs of the outside."""

from typing import Protocol

from schemas.sessions import QuestionsAsked


class QuestionWriter(Protocol):
    """A language model that writes questions."""

    async def write(self, topic: str | None, count: int, timeout_s: float) -> tuple[str, ...]:
        """Questions that have not been validated. Raises Unavailable if there are none within the timeout."""
        ...


class QuestionLog(Protocol):
    """The sessions' logs on `audio.frames`."""

    async def append(self, asked: QuestionsAsked) -> None:
        """Returns once the broker has acknowledged the record. Raises KafkaError."""
        ...
