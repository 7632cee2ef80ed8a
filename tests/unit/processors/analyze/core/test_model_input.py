"""What a language model is sent of a session's context."""

from processors.analyze.core.answers import spoken_session
from processors.analyze.core.model_input import MAX_QUESTION_CHARS, MAX_QUESTIONS, MAX_TOPIC_CHARS, session_context
from schemas.sessions import Question
from tests.support.analyze.sessions import transcribed


def test_topic_and_questions_are_sent_on_one_line_each() -> None:
    context = session_context(spoken_session(transcribed("yes.", topic="a river\nand a   sea"), 0.5))
    assert context["topic"] == "a river and a sea"
    assert context["questions"][0] == {"number": 1, "text": "What do you like about number 1?"}
    assert "Ada" not in str(context)


def test_without_a_topic_none_is_sent() -> None:
    assert session_context(spoken_session(transcribed("yes."), 0.5))["topic"] is None


def test_what_is_too_long_or_too_much_is_cut() -> None:
    questions = tuple(Question(number=number, text="why " * 100) for number in range(1, MAX_QUESTIONS + 5))
    session = transcribed("yes.", topic="x" * 500).model_copy(update={"questions": questions})
    context = session_context(spoken_session(session, 0.5))
    assert len(context["topic"]) <= MAX_TOPIC_CHARS
    assert len(context["questions"]) == MAX_QUESTIONS
    assert all(len(question["text"]) <= MAX_QUESTION_CHARS for question in context["questions"])
