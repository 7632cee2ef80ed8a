"""The curriculum: a short lesson for each type of error and for each speaking habit."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum

from schemas.reports import ErrorType, Lesson


class Habit(StrEnum):
    """Speaking habits that the measures can show."""

    LONGER_ANSWERS = "longer_answers"
    FILLERS = "fillers"
    REPETITIONS = "repetitions"
    PAUSES = "pauses"
    SLOW_PACE = "slow_pace"
    FAST_PACE = "fast_pace"
    VARIETY = "variety"
    ANSWERING = "answering"
    MICROPHONE = "microphone"
    NEXT_STEP = "next_step"


Curriculum = Mapping[str, Lesson]
"""Lessons by id, which is a value of ErrorType or of Habit."""

LESSON_IDS = tuple(kind.value for kind in (*ErrorType, *Habit))


def parse_lesson(name: str, content: str) -> Lesson:
    """`name`: the lesson's id, which is its file's name. Raises ValueError if the content is not a valid lesson."""
    return Lesson.model_validate({**tomllib.loads(content), "id": name})
