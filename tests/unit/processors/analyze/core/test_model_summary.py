"""The summary of a session by a language model: what it is told, and what becomes of its answer."""

from processors.analyze.adapters.curriculum import read_curriculum
from processors.analyze.core.curriculum import Habit
from processors.analyze.core.model_summary import (
    MAX_ERRORS_SHOWN,
    MAX_SUGGESTIONS,
    SummaryOutput,
    offered_lessons,
    suggestions_from,
    summary_input,
)
from schemas.reports import AnswerReport, ErrorType, Finder, Measures, SpokenError, Verdict

LESSONS = read_curriculum()
MEASURES = Measures(words=9, words_per_minute=90.0, pauses=0, pause_ms=0, fillers=0, lexical_diversity=None)


def error(kind: ErrorType = ErrorType.TENSE, *, uncertain: bool = False, quote: str = "i go") -> SpokenError:
    return SpokenError(
        quote=quote,
        correction="i went",
        explanation="It is over.",
        type=kind,
        found_by=(Finder.RULES,),
        start_ms=0,
        end_ms=500,
        uncertain=uncertain,
    )


def answer(*errors: SpokenError, verdict: Verdict = Verdict.ANSWERED, question: int | None = 1) -> AnswerReport:
    return AnswerReport(
        question=question, question_text="?", transcript="i go", verdict=verdict, reason="", errors=errors
    )


def output(*lessons: str, reason: str = "It comes up often.") -> SummaryOutput:
    practise = [{"lesson": lesson, "reason": reason} for lesson in lessons]
    return SummaryOutput.model_validate({"summary": "Well done.", "practise": practise})


def test_the_input_holds_verdicts_and_certain_errors_and_no_transcript() -> None:
    answers = [answer(error(), error(ErrorType.ARTICLE, uncertain=True)), answer(question=None)]
    given = summary_input(answers, MEASURES, LESSONS)
    assert given["verdicts"] == [{"question": 1, "verdict": "answered"}]
    assert given["errors_by_type"] == {"tense": 1}
    assert [each["type"] for each in given["errors"]] == ["tense"]
    assert "transcript" not in str(given)


def test_long_quotes_and_many_errors_are_cut() -> None:
    given = summary_input([answer(*[error(quote="word " * 50)] * (MAX_ERRORS_SHOWN + 3))], MEASURES, LESSONS)
    assert len(given["errors"]) == MAX_ERRORS_SHOWN
    assert all(len(each["quote"]) <= 80 for each in given["errors"])
    assert given["errors_by_type"] == {"tense": MAX_ERRORS_SHOWN + 3}


def test_lessons_on_certain_errors_and_on_habits_are_offered() -> None:
    offered = offered_lessons(
        [answer(error(), error(ErrorType.ARTICLE, uncertain=True), error(ErrorType.OTHER))], LESSONS
    )
    assert ErrorType.TENSE in offered
    assert not offered & {ErrorType.ARTICLE, ErrorType.OTHER, Habit.MICROPHONE}
    assert Habit.ANSWERING in offered


def test_nobody_is_told_to_answer_questions_whose_answers_were_not_assessed() -> None:
    assert Habit.ANSWERING not in offered_lessons([answer(verdict=Verdict.NOT_JUDGED)], LESSONS)


def test_suggestions_keep_the_models_order_without_repeats_and_inventions() -> None:
    made = suggestions_from(output("pauses", "invented", "fillers", "pauses"), [answer()], LESSONS)
    assert [suggestion.lesson.id for suggestion in made if suggestion.lesson] == ["pauses", "fillers"]
    assert made[0].title == LESSONS["pauses"].title


def test_there_are_few_suggestions_and_none_without_a_reason() -> None:
    lessons = ("pauses", "fillers", "variety", "slow_pace", "tense")
    assert len(suggestions_from(output(*lessons), [answer(error())], LESSONS)) == MAX_SUGGESTIONS
    assert suggestions_from(output("pauses", reason=" "), [answer()], LESSONS) == ()
