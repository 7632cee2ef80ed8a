"""Lessons as files hold them."""

import pytest

from processors.analyze.core.curriculum import LESSON_IDS, Habit, parse_lesson

LESSON = """
title = "Articles"
text = "Use the."
exercise = "Describe your room."
examples = [{ wrong = "in room", right = "in the room" }]
"""


def test_a_lesson_gets_its_id_from_its_files_name() -> None:
    lesson = parse_lesson("article", LESSON)
    assert (lesson.id, lesson.title) == ("article", "Articles")


@pytest.mark.parametrize("content", ["title = ", 'title = "Articles"', "nonsense"])
def test_what_is_not_a_lesson_is_an_error(content: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_lesson("article", content)


def test_ids_of_error_types_and_habits_do_not_collide() -> None:
    assert len(set(LESSON_IDS)) == len(LESSON_IDS)
    assert Habit.MICROPHONE in LESSON_IDS
