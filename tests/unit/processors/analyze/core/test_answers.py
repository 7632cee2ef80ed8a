"""A session's answers, prepared for analysis."""

from processors.analyze.core.answers import SpokenSession, spoken_session
from schemas.reports import Problem
from tests.support.analyze.sessions import transcribed


def prepared(
    *answers: str, question: tuple[int | None, ...] | None = None, unsure: tuple[str, ...] = ()
) -> SpokenSession:
    return spoken_session(transcribed(*answers, question=question, unsure=unsure), min_probability=0.5)


def test_each_answer_has_its_question_and_its_fluent_words() -> None:
    session = prepared("um, i like the the river.", "yes i do.")
    first, second, *_ = session.answers
    assert (first.question, first.question_text) == (1, "What do you like about number 1?")
    assert (first.fluent.text, second.fluent.text) == ("i like the river.", "yes i do.")
    assert len(first.words) == 6


def test_questions_that_were_not_reached_are_unanswered_and_not_usable() -> None:
    session = prepared("i like the river very much.")
    assert [answer.question for answer in session.answers] == list(range(1, 11))
    assert session.usable_answers == session.answers[:1]
    assert session.answers[1].quality.problems == (Problem.NO_SPEECH,)
    assert session.answers[1].quality.advice == ""


def test_without_any_mark_no_question_counts_as_unanswered() -> None:
    session = prepared("i like the river very much.", question=(None,))
    assert [(answer.question, answer.question_text) for answer in session.answers] == [(None, None)]
    assert not session.marked


def test_words_that_were_hardly_recognised_make_an_answer_unusable() -> None:
    session = prepared("mumble mumble mumble mumble.", unsure=("mumble", "mumble."))
    assert session.has_words
    assert session.usable_answers == ()


def test_an_answer_of_fillers_alone_is_not_usable() -> None:
    session = prepared("um, uh.")
    assert session.has_words
    assert session.usable_answers == ()


def test_a_silent_session_has_no_words() -> None:
    session = prepared()
    assert (session.has_words, session.usable_answers) == (False, ())
