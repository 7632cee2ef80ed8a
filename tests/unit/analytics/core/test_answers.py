"""Finals grouped into answers."""

from analytics.core.answers import group_finals
from schemas.sessions import Question
from tests.support.analytics.events import final


def test_returning_to_a_question_continues_its_answer() -> None:
    said = [final(4, "and", 1), final(1, "well", None), final(2, "at home", 1), final(3, "alone", 2)]
    found = group_finals(said, [Question(number=1, text="Where?")])
    assert [(answer.question, answer.question_text, answer.text) for answer in found] == [
        (None, None, "well"),
        (1, "Where?", "at home and"),
        (2, None, "alone"),
    ]
